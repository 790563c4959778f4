import { expect, test } from 'vitest';
import { parseMail } from '../../src/ingest/parse-mail.ts';
import { readPartContents } from '../../src/ingest/part-contents.ts';

const HEADER = 'From: karen@customer.test\nDate: Mon, 23 Nov 2026 10:00:00 +0000\nMessage-ID: <a@customer.test>\n';
const mail = (rest: string) => parseMail(Buffer.from(HEADER + rest));

test('in a digest, a part without a type is a mail, named by its subject', async () => {
  const { attachments, text } = await mail(
    'Content-Type: multipart/mixed; boundary=m\n\n--m\n\nTwo mails.\n--m\nContent-Type: multipart/digest; boundary=d\n\n' +
      '--d\n\nFrom: a@customer.test\nSubject: one\n\nText of one\n--d\n\nSubject: two\n\nText of two\n--d--\n--m--\n',
  );
  expect(text).toBe('Two mails.');
  expect(attachments).toMatchObject([
    { partPath: '2.1', contentType: 'message/rfc822', fileName: 'one.eml' },
    { partPath: '2.2', contentType: 'message/rfc822', fileName: 'two.eml' },
  ]);
});

test('a type that is none is text', async () => {
  const { attachments, text } = await mail('Content-Type: text\n\nHello\n');
  expect({ attachments, text }).toEqual({ attachments: [], text: 'Hello\n' });
});

test('a boundary that ends in spaces ends its multipart', async () => {
  const { text } = await mail(
    'Content-Type: multipart/mixed; boundary="b  "\n\n--b  \n\nHello\n--b \nstill Hello\n--b  --\nepilogue\n',
  );
  expect(text).toBe('Hello\n--b \nstill Hello');
});

test('a part that lost the delimiter below its multipart shows the text that follows', async () => {
  const { text } = await mail(
    'Content-Type: multipart/related; boundary=r\n\n--r\nContent-Type: multipart/alternative; boundary=a\n' +
      'Content-Type: text/plain; charset=utf-8\n\nGr\u00fc\u00dfe\n--a\nContent-Type: text/html\n\n<p>Hi</p>\n--a--\n--r--\n',
  );
  expect(text).toContain('Grüße');
});

test('alternatives of one kind that say something else are all shown, what repeats another is not', async () => {
  const { text, html } = await mail(
    'Content-Type: multipart/alternative; boundary=a\n\n--a\n\nHello\n--a\n\nThis mail was scanned.\n--a\n\nHello\n' +
      '--a\nContent-Type: text/html\n\n<p>Hello</p>\n--a\nContent-Type: text/html\n\n<p>Scanned</p>\n--a--\n',
  );
  expect(text).toBe('Hello\nThis mail was scanned.');
  expect(html).toBe('<p>Hello</p>\n<p>Scanned</p>');
});

const base64 = (text: string) => Buffer.from(text).toString('base64');

test.for([
  ['base64', `${base64('Hello you\n')}\n`, 'Hello you\n'],
  [
    'base64 with a stray character',
    `${base64('Hello you\n').slice(0, 6)}*${base64('Hello you\n').slice(6)}\n`,
    'Hello you\n',
  ],
  ['base64 encoded piece by piece', `${base64('Hello')}\n${base64(' you')}\n`, 'Hello you'],
  [
    'base64 with the footer of a list',
    `${base64('Hello you\n')}\n_______________\nsupport mailing list\n`,
    'Hello you\n_______________\nsupport mailing list\n',
  ],
  ['words that say they are base64', 'My printer is on fire.\n', 'My printer is on fire.\n'],
])('of a text that says base64: %s', async ([, written = '', read = '']) => {
  const { text } = await mail(`Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n${written}`);
  expect(text).toBe(read);
});

test.for([
  [
    'base64 on lines of any length',
    Buffer.from([0, 255, 13, 10, 7, 61])
      .toString('base64')
      .replace(/(.{3})/g, '$1\r\n'),
    [0, 255, 13, 10, 7, 61],
  ],
  ['base64 that is cut', 'AAEC/', [0, 1, 2]],
  ['words', '... file goes here ...', [...Buffer.from('... file goes here ...')]],
])('of a file that says base64: %s', async ([, written = '', bytes = []]) => {
  const raw = Buffer.from(
    `${HEADER}Content-Type: application/x-file\nContent-Transfer-Encoding: base64\n\n${String(written)}`,
  );
  const content = (await readPartContents(raw, ['1'])).get('1');
  expect([...(content ?? [])]).toEqual(bytes);
  expect((await parseMail(raw)).attachments).toMatchObject([{ sizeBytes: content?.length }]);
});

test('a file in base64 is the same however its bytes arrive', async () => {
  const file = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 7919) % 256));
  const raw = Buffer.from(
    `${HEADER}Content-Type: image/png\nContent-Transfer-Encoding: base64\n\n${file.toString('base64').replace(/.{76}/g, '$&\r\n')}\r\n`,
  );
  expect((await readPartContents(raw, ['1'])).get('1')?.equals(file)).toBe(true);
});
