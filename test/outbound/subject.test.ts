import { describe, expect, test } from 'vitest';
import { ownWords, ticketSubject } from '../../src/outbound/subject.ts';

describe('R19 the subject of an answer', () => {
  test.each([
    ['Mobile banking does not work', 'Re: [#1042] Mobile banking does not work'],
    ['Re: [#1042] Mobile banking does not work', 'Re: [#1042] Mobile banking does not work'],
    ['AW: RE: Re[2]: [#1042] Re: [#1042] WG: printer', 'Re: [#1042] printer'],
    ['SV: Antw: Fwd: TR: VS: printer', 'Re: [#1042] printer'],
    ['回复：发票', 'Re: [#1042] 发票'],
    ['[#7] of another desk', 'Re: [#1042] [#7] of another desk'],
    ['Regarding: the app', 'Re: [#1042] Regarding: the app'],
    ['', 'Re: [#1042]'],
    ['   ', 'Re: [#1042]'],
  ])('%j becomes %j', (subject, expected) => {
    expect(ticketSubject(subject, '1042')).toBe(expected);
    expect(ticketSubject(expected, '1042')).toBe(expected);
  });

  test('case 59 is one line whatever it decodes to', () => {
    expect(ticketSubject('Hello\r\nBcc: victim@bank.test\0', '1042')).toBe('Re: [#1042] Hello Bcc: victim@bank.test');
  });

  test('case 24 cannot turn the writing direction around', () => {
    expect(ticketSubject('invoice\u202efdp.exe', '1042')).toBe('Re: [#1042] invoice fdp.exe');
  });

  test('is cut at a whole character when it is far too long', () => {
    const subject = ticketSubject('🙂'.repeat(5_000), '1042');
    expect(subject.isWellFormed()).toBe(true);
    expect([...subject].length).toBeLessThan(280);
    expect(subject.endsWith('🙂…')).toBe(true);
  });
});

test('what follows a closed ticket is called as its sender called it', () => {
  expect(ownWords('AW: Re: [#1001] Card lost [#1003]', '1001')).toBe('Card lost [#1003]');
  expect(ownWords('Card lost', '1001')).toBe('Card lost');
});
