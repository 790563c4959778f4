import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { jsonLines, runDocket } from '../support/docket.ts';
import { buildMail } from '../support/mail-builder.ts';

const mail = buildMail({
  from: 'Karen <karen@customer.test>',
  subject: '=?utf-8?Q?M=C3=BCde?=',
  text: 'New.\n\nOn Mon, Jane wrote:\n> Old.\n',
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
    expect(lines).toMatchObject([
      {
        file: files[0],
        kind: 'person',
        kindEvidence: [],
        subject: 'Müde',
        from: { name: 'Karen', address: 'karen@customer.test' },
      },
      { file: files[1], kind: 'auto-reply', kindEvidence: [expect.objectContaining({ rule: expect.any(String) })] },
    ]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('anything at all is explained: bytes are never refused', async () => {
  for (const input of ['', '\0\0\0', 'no header at all', Buffer.from([0xff, 0xfe, 0x0d, 0x0a])]) {
    const run = await runDocket(['mail', 'inspect', '--json'], { input });
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(jsonLines(run)).toHaveLength(1);
  }
});
