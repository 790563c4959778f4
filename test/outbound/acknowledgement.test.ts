import { convert } from 'html-to-text';
import { describe, expect, test } from 'vitest';
import { acknowledgement } from '../../src/outbound/acknowledgement.ts';

const karen = {
  ticketNumber: '1042',
  followsNumber: null,
  deskName: 'Desk Support',
  languages: [null, 'en'],
  original: {
    subject: 'Mobile banking does not work',
    text: 'Hello,\n\nit shows E4711 since this morning.\n\nKaren',
  },
};

/** The words of a mail, without layout. */
const words = (text: string) => text.replace(/^>/gm, '').replace(/^-- $/m, '').replace(/\s+/g, ' ').trim();

describe('R7 the acknowledgement', () => {
  test('says the number, what they wrote, what happens next and how to add something', () => {
    const { subject, text, language } = acknowledgement(karen);
    expect(language).toBe('en');
    expect(subject).toBe('Re: [#1042] Mobile banking does not work');
    expect(text).toBe(`We have received your message. Your ticket number is #1042.

You wrote:

> Hello,
>
> it shows E4711 since this morning.
>
> Karen

What happens next: someone at Desk Support reads your message and answers you by email.

To add something, just reply to this email.

-- 
Desk Support sent this email automatically because a message arrived that names your address as its sender.
`);
  });

  test('R12 says that an answer to a closed ticket opened a new one', () => {
    const { text, html } = acknowledgement({ ...karen, followsNumber: '1001' });
    const said = 'You answered on ticket #1001, which is closed. So this is a new ticket that follows it.';
    expect(text).toContain(`Your ticket number is #1042.\n\n${said}\n\nYou wrote:\n`);
    expect(html).toContain(said);
    const german = acknowledgement({ ...karen, original: null, followsNumber: '1001', languages: ['de'] }).text;
    expect(german).toContain('#1042.\n\nSie haben zu Ticket #1001 geschrieben, das geschlossen ist.');
  });

  test('speaks German to Germans', () => {
    const { text, html, language } = acknowledgement({ ...karen, languages: ['de-DE', 'en'] });
    expect(language).toBe('de');
    expect(text).toContain('Ihre Ticketnummer ist #1042.');
    expect(html).toContain('<html lang="de" dir="ltr">');
  });

  test.each([
    ['with', karen],
    ['without', { ...karen, original: null }],
    ['with markup in', { ...karen, original: { subject: '<b>x</b>', text: 'a < b && c > "d"\n<img src=x>' } }],
    ['with an empty', { ...karen, original: { subject: 'x', text: ' \n ' } }],
  ])('R1 its HTML says the same as its text, %s their words', (_name, input) => {
    const { text, html } = acknowledgement(input);
    const fromHtml = convert(html, {
      wordwrap: false,
      selectors: [
        { selector: 'h1', options: { uppercase: false, trailingLineBreaks: 1 } },
        { selector: 'blockquote', format: 'block' },
      ],
    });
    // The heading ends in a full stop where it is a sentence of the text.
    expect(words(fromHtml)).toBe(
      words(text).replace('message. Your', 'message Your').replace('erhalten. Ihre', 'erhalten Ihre'),
    );
  });

  test('OUT-11 carries none of the words, the subject or the name of a stranger', () => {
    const { subject, text, html } = acknowledgement({ ...karen, original: null });
    expect(subject).toBe('We have received your message [#1042]');
    for (const part of [subject, text, html]) expect(part).not.toMatch(/banking|E4711|Karen/);
    expect(text).toContain('You did not write to us?');
  });

  test('shows the first lines only and counts the rest', () => {
    const text = Array.from({ length: 30 }, (_, line) => `line ${line + 1}`).join('\r\n');
    const mail = acknowledgement({ ...karen, original: { subject: 'x', text } });
    expect(mail.text).toContain('> line 8\n> … and 22 more lines\n');
    expect(mail.text).not.toContain('line 9\n');
  });

  test('cuts one endless line', () => {
    const mail = acknowledgement({ ...karen, original: { subject: 'x', text: '🙂'.repeat(100_000) } });
    expect(mail.html.length).toBeLessThan(20_000);
    expect(mail.text.isWellFormed()).toBe(true);
  });

  test('WEB-14 never compiles what a sender wrote', () => {
    const text = "{{ 'x' | upcase }} {% for i in (1..9) %}{{ i }}{% endfor %} {number} {{ footer }}";
    const mail = acknowledgement({
      ...karen,
      deskName: '{{ title }} {desk}',
      original: { subject: '{{ desk }}', text },
    });
    expect(mail.text).toContain(`> ${text}`);
    expect(mail.subject).toBe('Re: [#1042] {{ desk }}');
    expect(mail.text).toContain('someone at {{ title }} {desk} reads');
  });
});

describe('R16 its HTML', () => {
  const { html } = acknowledgement({ ...karen, original: { subject: 'x', text: '<script>alert(1)</script>"\' &' } });

  test('is small, tells its language, and follows the colour scheme', () => {
    expect(Buffer.byteLength(html)).toBeLessThan(20_000);
    expect(html).toMatch(/^<!doctype html>\n<html lang="en" dir="ltr">/);
    expect(html).toContain('<meta name="color-scheme" content="light dark">');
  });

  test('R6 loads nothing, links nowhere, tracks nobody', () => {
    expect(html).not.toMatch(/<(?:img|script|link|iframe|object|a)\b|url\(|https?:|src=/i);
  });

  test('escapes what the sender wrote', () => {
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39; &amp;');
  });
});
