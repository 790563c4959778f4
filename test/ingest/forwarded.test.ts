import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SEPARATOR_LANGUAGES } from '../../src/ingest/trim/languages/separators.ts';
import { trimReply } from '../../src/ingest/trim/trim.ts';

const CLAIRE = { name: 'Claire Client', address: 'claire@customer.test' };

test.for<[string, string, string, object]>([
  [
    'Gmail',
    'Fwd: Card lost',
    'Please.\n\n---------- Forwarded message ---------\nFrom: Claire Client <claire@customer.test>\n' +
      'Date: Mon, 23 Nov 2026 10:00:00 +0100\nSubject: Card lost\nTo: <john@desk.test>\n\n\nI lost it.\n\nClaire\n',
    { from: CLAIRE, date: new Date('2026-11-23T09:00:00Z'), subject: 'Card lost', text: 'I lost it.\n\nClaire' },
  ],
  [
    'Apple, quoted',
    'Fwd: Card lost',
    '> Begin forwarded message:\n>\n> From: Claire Client <claire@customer.test>\n> Subject: Card lost\n' +
      '> Date: 23 November 2026 at 10:00:00 CET\n> To: john@desk.test\n>\n> I lost it.\n> \n> Claire\n',
    { from: CLAIRE, subject: 'Card lost', text: 'I lost it.\n\nClaire' },
  ],
  [
    'Outlook, de, by its subject',
    'WG: Karte',
    'Bitte anlegen.\n\n________________________________\nVon: Claire Client <claire@customer.test>\n' +
      'Gesendet: Montag, 23. November 2026 10:00\nAn: john@desk.test\nBetreff: Karte\n\nIch habe sie verloren.\n',
    { from: CLAIRE, date: null, subject: 'Karte', text: 'Ich habe sie verloren.' },
  ],
  [
    'Outlook, with a separator',
    'FW: Card',
    '-----Original Message-----\nFrom: Claire Client <claire@customer.test>\nSent: Monday\nTo: x\nSubject: Card\n\nLost.\n',
    { from: CLAIRE, subject: 'Card', text: 'Lost.' },
  ],
  [
    'no sender',
    'Fwd: Card',
    '---- Forwarded message ----\nSubject: Card\n\nLost.\n',
    { from: null, subject: 'Card', text: 'Lost.' },
  ],
  [
    'a sender without an address',
    'Fwd: Card',
    '---- Forwarded message ----\nFrom: Claire Client\nSubject: Card\n\nLost.\n',
    { from: null, subject: 'Card', text: 'Lost.' },
  ],
])('a mail that was passed on is read: %s', ([, subject, text, expected]) => {
  expect(trimReply(text, subject).forwarded).toMatchObject(expected);
});

test.for([
  ['an ordinary mail', 'Hello\n', 'Fwd: nothing'],
  ['a reply under a repeated header', 'Yes.\n\nFrom: a@x.test\nSent: Monday\nTo: b\nSubject: c\n\nq\n', 'Re: c'],
  ['a line that says so with nothing below', 'Begin forwarded message:\n', 'Fwd: c'],
  [
    'a forward inside what a reply quotes',
    'Yes.\n\nOn 23 Nov 2026, Desk <a@x.test> wrote:\n> ---- Forwarded message ----\n> From: b@x.test\n> Subject: c\n>\n> x\n',
    'Re: c',
  ],
])('and nothing else is: %s', ([, text = '', subject = '']) => {
  expect(trimReply(text, subject).forwarded).toBeNull();
});

test.for(SEPARATOR_LANGUAGES.flatMap(({ forwarded }) => forwarded))('the line that says so: %s', (words) => {
  const text = `Please.\n\n-------- ${words} --------\nFrom: a@x.test\nSubject: c\n\n> x\ny\n`;
  const { spans, forwarded } = trimReply(text, 'Fwd: c');
  expect(spans).toEqual([{ kind: 'reply', from: 0, to: text.length }]);
  expect(forwarded?.text).toBe('> x\ny');
});

test('any text is read without an exception', () => {
  const LINES = [
    'Begin forwarded message:',
    'From: a@x',
    'From:',
    '> From: b',
    'Subject: ',
    '',
    '>',
    'Sent: x',
    'To: y',
  ];
  const text = fc
    .array(fc.oneof(fc.constantFrom(...LINES), fc.string()), { maxLength: 20 })
    .map((all) => all.join('\n'));
  fc.assert(fc.property(text, fc.constantFrom('Fwd: x', 'x'), (body, subject) => void trimReply(body, subject)));
});
