import { expect, test } from 'vitest';
import { decodeText } from '../../src/ingest/charset.ts';
import { parseMail } from '../../src/ingest/parse-mail.ts';

const LATIN = Buffer.from('Gr\xfc\xdfe \x96 5 \x80', 'latin1');

async function read(charset: string | null, body: Buffer, subtype = 'plain') {
  const type = `text/${subtype}${charset === null ? '' : `; charset=${charset}`}`;
  const header = `From: karen@customer.test\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: base64\r\n\r\n`;
  const { text, html, defects } = await parseMail(Buffer.from(header + body.toString('base64')));
  return { text, html, isDoubtful: defects.some(({ code }) => code === 'charset-unknown') };
}

test.for([null, 'us-ascii', 'unknown-8bit', 'x-unknown', 'default', 'utf-8'])(
  '8-bit text that is not UTF-8 under %s is read as windows-1252, and flagged',
  async (charset) => {
    expect(await read(charset, LATIN)).toMatchObject({ text: 'Grüße – 5 €', isDoubtful: true });
  },
);

test.for<[string | null, Buffer, string]>([
  [null, Buffer.from('Grüße'), 'Grüße'],
  ['us-ascii', Buffer.from('Grüße'), 'Grüße'],
  ['utf8mb4', Buffer.from('Grüße'), 'Grüße'],
  ["'utf-8'", Buffer.from('Grüße'), 'Grüße'],
  ['iso8859_1', LATIN, 'Grüße – 5 €'],
  ['ANSI_X3.110-1983', LATIN, 'Grüße – 5 €'],
  ['cp850', Buffer.from([0x47, 0x72, 0x81, 0xe1, 0x65]), 'Grüße'],
  ['ks_c_5601-1987', Buffer.from([0xb0, 0xa1]), '가'],
  ['windows-31j', Buffer.from([0x82, 0xa0]), 'あ'],
  ['utf-7', Buffer.from('Gr+APwA3w-e 1 +- 1'), 'Grüße 1 + 1'],
])('%s is decoded', async ([charset, body, text]) => {
  expect((await read(charset, body)).text).toBe(text);
});

test('mostly UTF-8 stays UTF-8 where a byte is broken', async () => {
  const body = Buffer.concat([Buffer.from('Grüße '), Buffer.from([0xff])]);
  expect(await read('utf-8', body)).toMatchObject({ text: 'Grüße \ufffd', isDoubtful: true });
});

test('case 57: UTF-7 is read as text and never as markup', async () => {
  const bytes = Buffer.from('+ADw-script+AD4-');
  expect((await read('utf-7', bytes)).text).toBe('<script>');
  expect((await read('utf-7', bytes, 'html')).html).not.toContain('<script');
  expect(decodeText(bytes, 'unicode-1-1-utf-7', false)).toBeNull();
});
