import { describe, expect, test } from 'vitest';
import { parseMail } from '../../src/ingest/parse-mail.ts';
import { buildMail } from '../support/mail-builder.ts';

const OUTLOOK_HEADER =
  '<p><b>From:</b> Desk<br><b>Sent:</b> Monday<br><b>To:</b> Karen<br><b>Subject:</b> banking</p></div><p>Does it work?</p>';

async function readHtml(html: string) {
  const mail = await parseMail(buildMail({ from: 'karen@x.test', subject: 'Re: banking', html }));
  const kinds = (kind: string) => mail.spans.filter((span) => span.kind === kind);
  const textOf = (kind: string) =>
    kinds(kind)
      .map(({ from, to }) => mail.text.slice(from, to))
      .join('')
      .trim();
  return { ...mail, reply: textOf('reply'), quoted: textOf('quoted'), signature: textOf('signature') };
}

describe('the markup tells what the text does not', () => {
  test.for([
    [
      'Gmail, in a language we have no words of',
      '<div class="gmail_quote">Karen skribis:<blockquote>Does it work?</blockquote></div>',
    ],
    [
      'Yahoo, without quote marks',
      '<div class="ydp1yahoo_quoted" id="x"><div>Karen skribis:</div><div>Does it work?</div></div>',
    ],
    [
      'Outlook on the web',
      '<hr id="stopSpelling"><div id="divRplyFwdMsg"><b>Elde:</b> Desk<br><b>Dato:</b> x<br><b>Al:</b> y</div>Does it work?',
    ],
    ['Outlook', `<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in">${OUTLOOK_HEADER}`],
    ['Proton', '<div class="protonmail_quote">On Monday somebody said<blockquote>Does it work?</blockquote></div>'],
  ])('%s', async ([, quote]) => {
    const { reply, quoted, cuts } = await readHtml(`<p>It works now.</p>${quote}`);
    expect(reply).toBe('It works now.');
    expect(quoted).toMatch(/Does it work\?$/);
    expect(cuts[0]?.rule).toMatch(/^markup-/);
  });

  test('a signature in its own element', async () => {
    const { reply, signature } = await readHtml(
      '<p>It works.</p><div class="gmail_signature">Karen, all day long at your service, always.</div>',
    );
    expect({ reply, signature }).toEqual({
      reply: 'It works.',
      signature: 'Karen, all day long at your service, always.',
    });
  });
});

test('a line drawn above a text is no quote without the header of a mail', async () => {
  const { text, reply } = await readHtml('<p>News</p><div style="border-top:solid 1px">Our offer of today</div>');
  expect(reply).toBe(text.trim());
});

test('what a sender writes in the characters of marks is dropped, and the spans are the text', async () => {
  const { text, spans } = await readHtml('<p>a\ufdd0gmail\ufdd1b</p><div class="gmail_quote">&#xfdd2;c</div>');
  expect(text).not.toMatch(/[\ufdd0-\ufdd3]/);
  expect(spans.map(({ from, to }) => text.slice(from, to)).join('')).toBe(text);
});

test('a mail passed on in HTML is read', async () => {
  const html =
    '<p>Please.</p><div class="gmail_quote">---------- Forwarded message ---------<br>From: <b>Claire</b> &lt;claire@customer.test&gt;<br>' +
    'Date: Mon, 23 Nov 2026 10:00:00 +0100<br>Subject: Card lost<br>To: john@desk.test<br><br>I lost it.</div>';
  const { forwarded, reply } = await readHtml(html);
  expect(forwarded).toMatchObject({
    from: { name: 'Claire', address: 'claire@customer.test' },
    subject: 'Card lost',
    text: 'I lost it.',
  });
  expect(reply).toContain('I lost it.');
});

test('an attached mail is the one passed on, and a returned one is not', async () => {
  const attached = 'From: Claire <claire@customer.test>\r\nSubject: Card lost\r\n\r\nI lost it.\r\n';
  const multipart = (extra: string) =>
    Buffer.from(
      `From: john@desk.test\r\nSubject: see\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nPlease.\r\n${extra}` +
        `--b\r\nContent-Type: message/rfc822\r\n\r\n${attached}--b--\r\n`,
    );
  const passedOn = await parseMail(multipart(''));
  expect(passedOn.forwarded).toMatchObject({
    from: { address: 'claire@customer.test' },
    subject: 'Card lost',
    text: 'I lost it.',
  });
  const returned = await parseMail(
    multipart('--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n'),
  );
  expect(returned.forwarded).toBeNull();
});
