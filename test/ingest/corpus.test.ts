import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { classifyMail } from '../../src/core/classify.ts';
import type { InboundMail, MailKind } from '../../src/core/inbound-mail.ts';
import { parseMail } from '../../src/ingest/parse-mail.ts';
import { cpuStopwatch } from '../support/cpu-stopwatch.ts';

/** Some 2,100 real mails and bodies beside the repository, used in place; what is in there is hostile input. */
const CORPUS = join(import.meta.dirname, '../../../shared/corpus');
const isThere = existsSync(CORPUS);
if (!isThere) console.warn('shared/corpus is not beside the repository: the corpus tests are skipped.');

const OWN = { addresses: ['support@desk.test'], isOwnMessageId: () => false };

function folders(): string[] {
  if (!isThere) return ['(no corpus)'];
  return readdirSync(CORPUS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

function filesIn(folder: string): string[] {
  return readdirSync(join(CORPUS, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/^(?:README|LICENSE)|\.json$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

async function kindsIn(folder: string, only = /./): Promise<Partial<Record<MailKind, number>>> {
  const kinds: Partial<Record<MailKind, number>> = {};
  for (const file of filesIn(folder).filter((name) => only.test(name))) {
    const { kind } = classifyMail(await parseMail(readFileSync(file)), OWN);
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  return kinds;
}

function flaws(mail: InboundMail): string[] {
  const flaws: string[] = [];
  const spans = mail.spans.map(({ from, to }) => mail.text.slice(from, to)).join('');
  if (spans !== mail.text) flaws.push('spans are not the text');
  if (/\\u0000|\\ud[89a-f]/.test(JSON.stringify(mail))) flaws.push('NUL or a lone surrogate');
  if (/[\r\n]/.test(mail.subject + (mail.from?.name ?? ''))) flaws.push('more than one line');
  if (mail.attachments.some(({ fileName }) => fileName === '' || /[/\\]/.test(fileName)))
    flaws.push('unsafe file name');
  return flaws;
}

describe.skipIf(!isThere)('real mail', () => {
  test.for(folders())(
    '%s is read without an exception, in time, into sound text',
    { timeout: 60_000 },
    async (folder) => {
      for (const file of filesIn(folder)) {
        const spentMs = cpuStopwatch();
        expect(flaws(await parseMail(readFileSync(file))), file).toEqual([]);
        expect(spentMs(), file).toBeLessThan(2000);
      }
    },
  );

  test.for(['redmine_mail_handler', 'jetbrains_email_parser', 'proton_bridge', 'quotequail', 'rails_action_mailbox'])(
    'no mail of a person is taken for a machine’s: %s',
    async (folder) => {
      expect(Object.keys(await kindsIn(folder))).toEqual(['person']);
    },
  );

  test('bounces are known', { timeout: 60_000 }, async () => {
    const { person = 0, ...others } = await kindsIn('sisimai_bounces');
    const known = Object.values(others).reduce((sum, count) => sum + count, 0);
    expect(known / (known + person)).toBeGreaterThan(0.95);
  });
});
