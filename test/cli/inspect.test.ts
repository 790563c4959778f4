import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { jsonLines, runDocket } from '../support/docket.ts';
import { buildMail } from '../support/mail-builder.ts';

const mail = buildMail({
  from: 'Karen <karen@customer.test>',
  subject: '=?utf-8?Q?M=C3=BCde?=',
  text: 'New.\n\nOn 23 Nov 2026, Jane wrote:\n> Old.\n',
  attachments: [{ fileName: 'a.txt', content: 'abc' }],
});
const autoReply = buildMail({ headers: { 'Auto-Submitted': 'auto-replied' }, text: 'I am away.\n' });

test('a mail from standard input is explained without any database', async () => {
  const run = await runDocket(['mail', 'inspect'], { input: mail });
  expect(run).toMatchObject({ exitCode: 0, stderr: '' });
  expect(run.stdout).toContain('standard input');
  expect(run.stdout).toContain('kind          person');
  expect(run.stdout).toContain('subject       Müde');
  expect(run.stdout).toContain('attachment    a.txt');
  expect(run.stdout).toContain('  reply\n  | New.\n');
  expect(run.stdout).toContain('  quoted, by attribution, certain\n  | On 23 Nov 2026, Jane wrote:\n  | > Old.\n');
});

/** The promise to scripts: these fields, in this order. */
const FIELDS = [
  'schemaVersion',
  'file',
  'messageId',
  'inReplyTo',
  'references',
  'from',
  'sender',
  'replyTo',
  'to',
  'cc',
  'subject',
  'date',
  'kind',
  'evidence',
  'language',
  'text',
  'reply',
  'quoted',
  'signature',
  'forwarded',
  'attachments',
  'deliveryReports',
  'calendar',
  'protection',
  'defects',
  'cuts',
];

test('one file of several that is not there is said, and the others are explained', async () => {
  const run = await runDocket(['mail', 'inspect', '--json', '/nowhere/a.eml', '-'], { input: mail });
  expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('/nowhere/a.eml') });
  expect(jsonLines(run)).toMatchObject([{ file: '-' }]);
});

test('files are explained one a line, in their order', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'docket-inspect-'));
  try {
    const files = [mail, autoReply].map((raw, index) => {
      const file = join(directory, `${index}.eml`);
      writeFileSync(file, raw);
      return file;
    });
    const lines = jsonLines(await runDocket(['mail', 'inspect', '--json', ...files]));
    expect(Object.keys(lines[0] ?? {})).toEqual(FIELDS);
    expect(lines).toMatchObject([
      {
        file: files[0],
        kind: 'person',
        evidence: [],
        subject: 'Müde',
        from: { name: 'Karen', address: 'karen@customer.test' },
        reply: 'New.\n\n',
        quoted: 'On 23 Nov 2026, Jane wrote:\n> Old.\n',
        signature: '',
        attachments: [{ filename: 'a.txt', contentType: 'text/plain', sizeBytes: 3 }],
        cuts: [{ rule: 'attribution', confidence: 'certain' }],
      },
      { file: files[1], kind: 'auto-reply', evidence: [expect.objectContaining({ rule: expect.any(String) })] },
    ]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('of a mail that was passed on it gives who wrote it, when, and what', async () => {
  const input = buildMail({
    subject: 'Fwd: Card',
    text: 'See below.\n\n---------- Forwarded message ---------\nFrom: Claire <claire@x.test>\nDate: Mon, 23 Nov 2026 10:00:00 +0100\nSubject: Card\nTo: <karen@customer.test>\n\nI lost it.\n',
  });
  const [line] = jsonLines(await runDocket(['mail', 'inspect', '--json'], { input }));
  expect(line?.forwarded).toEqual({
    from: { name: 'Claire', address: 'claire@x.test' },
    date: '2026-11-23T09:00:00.000Z',
    subject: 'Card',
    text: 'I lost it.',
  });
});

test('anything at all is explained: bytes are never refused', async () => {
  for (const input of ['', '\0\0\0', 'no header at all', Buffer.from([0xff, 0xfe, 0x0d, 0x0a])]) {
    const run = await runDocket(['mail', 'inspect', '--json'], { input });
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(jsonLines(run)).toHaveLength(1);
  }
});
