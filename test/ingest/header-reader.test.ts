import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readHeader } from '../../src/ingest/header-reader.ts';
import { cpuStopwatch } from '../support/cpu-stopwatch.ts';
import { buildMail } from '../support/mail-builder.ts';

function header(text: string) {
  return readHeader(Buffer.from(text, 'latin1'));
}

test('fields come in order, in lower case, unfolded and undecoded', () => {
  const { fields } = header(
    'Subject: one\r\n two\r\nX-Word: =?utf-8?q?=C3=A4?=\r\nsubject:\tthree\r\n\r\nbody: no field\r\n',
  );
  expect(fields).toEqual([
    { name: 'subject', value: 'one two' },
    { name: 'x-word', value: '=?utf-8?q?=C3=A4?=' },
    { name: 'subject', value: 'three' },
  ]);
});

test.for([
  ['CRLF', 'A: b\r\n\r\nbody', 'body'],
  ['LF', 'A: b\n\nbody', 'body'],
  ['CR alone', 'A: b\r\rbody', 'body'],
  ['an LF header above a CRLF body', 'A: b\n\nbody\r\n\r\nmore', 'body\r\n\r\nmore'],
  ['no body', 'A: b\r\n', ''],
  ['no header', '\r\nbody', 'body'],
  ['nothing', '', ''],
])('the body starts behind the first empty line: %s', ([, text = '', body]) => {
  expect(text.slice(header(text).bodyStart)).toBe(body);
});

test('a line that is no field is passed over, such as the From line of an mbox', () => {
  const { fields } = header('From karen@customer.test Mon Nov 23 10:00:00 2026\nA: b\nno colon here\nC: d\n\n');
  expect(fields.map(({ name }) => name)).toEqual(['a', 'c']);
});

test('case 20: white space before the colon is read and flagged', () => {
  const { fields, oddities } = header('From : agent@desk.test\r\n\r\n');
  expect(fields).toEqual([{ name: 'from', value: 'agent@desk.test' }]);
  expect([...oddities]).toEqual(['header-name-space']);
});

test('case 21: a lone CR ends nothing and is flagged', () => {
  const { fields, oddities } = header('From: a@x.test\rFrom: b@y.test\r\n\r\n');
  expect(fields).toEqual([{ name: 'from', value: 'a@x.test From: b@y.test' }]);
  expect([...oddities]).toEqual(['header-lone-cr']);
});

test('case 58: raw 8-bit values are read as UTF-8 where they are, else as windows-1252', () => {
  expect(readHeader(Buffer.from('Subject: Käse\n\n', 'utf8')).fields[0]?.value).toBe('Käse');
  expect(readHeader(Buffer.from('Subject: Käse\n\n', 'latin1')).fields[0]?.value).toBe('Käse');
});

test('case 89: NUL becomes U+FFFD, so that what stood around it does not join', () => {
  const { fields, oddities } = header('From: a@b\0@c\n\n');
  expect(fields[0]?.value).toBe('a@b\ufffd@c');
  expect([...oddities]).toEqual(['nul-bytes']);
});

test('case 74: names such as __proto__ are data', () => {
  expect(header('__proto__: x\nconstructor: y\n\n').fields).toEqual([
    { name: '__proto__', value: 'x' },
    { name: 'constructor', value: 'y' },
  ]);
});

test('the parents are In-Reply-To, then the nearest ancestors, each once', () => {
  const raw = buildMail({ inReplyTo: '<c@x>', references: ['<a@x>', '<b@x>', '<c@x>'] });
  expect(readHeader(raw).parentMessageIds).toEqual(['c@x', 'b@x', 'a@x']);
});

test('case 30: of 20,000 references the nearest 50 are waited for', () => {
  const ids = Array.from({ length: 20_000 }, (_, at) => `<${at}@x>`);
  const { parentMessageIds } = readHeader(buildMail({ references: ids }));
  expect(parentMessageIds).toHaveLength(50);
  expect(parentMessageIds[0]).toBe('19999@x');
});

test('case 2 and 3: the Message-ID is null when there is none or several disagree', () => {
  expect(header('A: b\n\n').messageId).toBeNull();
  expect(header('Message-ID: <a@x>\nMessage-ID: <b@x>\n\n').messageId).toBeNull();
  expect(header('Message-ID: <a@x>\nMessage-ID: <a@x>\n\n').messageId).toBe('a@x');
});

test.for([
  ['case 47: 100,000 lines', 'Received: x\r\n'.repeat(100_000)],
  ['case 48: one field of 2 MB', `X: ${'a'.repeat(2_000_000)}`],
  ['folded 500,000 times', `X:${'\r\n a'.repeat(500_000)}`],
  ['brackets only', `References: ${'<'.repeat(1_000_000)}`],
  ['closing brackets only', `References: <${'>'.repeat(1_000_000)}`],
])('IN-10 a hostile header is read in bounded time and flagged: %s', ([, text = '']) => {
  const spentMs = cpuStopwatch();
  expect([...header(text).oddities]).toContain('over-limit');
  expect(spentMs()).toBeLessThan(1000);
});

test('any bytes at all are read without an exception', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      const { bodyStart, fields } = readHeader(bytes);
      expect(bodyStart).toBeLessThanOrEqual(bytes.length);
      for (const { value } of fields) expect(value).not.toMatch(/[\0\r\n]/);
    }),
  );
});
