import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { classifyMail } from '../../../src/core/classify.ts';
import type { DeliveryReport, InboundMail, MailKind } from '../../../src/core/inbound-mail.ts';
import { parseMail } from '../../../src/ingest/parse-mail.ts';

/**
 * What is understood of the corpus's bounces, pinned: none of these may fall unseen. The corpus is not part of the repository.
 * What is missed, and why, stands in docs/mail-rules.md.
 */
const CORPUS = join(import.meta.dirname, '../../../../shared/corpus');
const isThere = existsSync(CORPUS);
if (!isThere) console.warn('shared/corpus is not beside the repository: the scores of bounces are not checked.');

const OWN = { addresses: ['support@desk.test'], isOwnMessageId: () => false };

async function read(path: string): Promise<{ mail: InboundMail; kind: MailKind; unsuccessful: DeliveryReport[] }> {
  const mail = await parseMail(readFileSync(join(CORPUS, path)));
  const unsuccessful = mail.deliveryReports.filter(({ action }) => action === 'failed' || action === 'delayed');
  return { mail, kind: classifyMail(mail, OWN).kind, unsuccessful };
}

function expected<Row>(folder: string): [file: string, row: Row][] {
  const rows: Record<string, Row> = JSON.parse(readFileSync(join(CORPUS, folder, 'expected.json'), 'utf8'));
  return Object.entries(rows);
}

function recipients(reports: DeliveryReport[]): string[] {
  return [...new Set(reports.flatMap(({ recipient }) => recipient?.toLowerCase() ?? []))].sort();
}

class Score {
  right = 0;
  total = 0;

  count(isRight: boolean): void {
    this.total += 1;
    if (isRight) this.right += 1;
  }
}

const returned: MailKind[] = ['bounce', 'delivery-report'];

describe.skipIf(!isThere)('bounces of the corpus', { timeout: 60_000 }, () => {
  test('sisimai: kind, permanence, a report for each recipient', async () => {
    const kinds = new Score();
    const permanence = new Score();
    const counts = new Score();
    type Row = { status: string; reason: string };
    for (const [file, rows] of expected<Row[]>('sisimai_bounces')) {
      const { mail, kind } = await read(`sisimai_bounces/maildir/${file}`);
      const reason = rows[0]?.reason;
      if (reason === 'feedback' || reason === 'vacation') {
        kinds.count(kind === (reason === 'feedback' ? 'complaint' : 'auto-reply'));
        continue;
      }
      kinds.count(returned.includes(kind));
      counts.count(mail.deliveryReports.length === rows.length);
      for (const [at, { status }] of rows.entries()) {
        permanence.count(mail.deliveryReports[at]?.permanent === status.startsWith('5'));
      }
    }
    expect({ kinds, permanence, counts }).toMatchObject({
      kinds: { right: 302, total: 303 },
      permanence: { right: expect.toSatisfy((right: number) => right >= 303), total: 312 },
      counts: { right: 291, total: 292 },
    });
  });

  test('flufl: kind, recipients, permanence', async () => {
    const kinds = new Score();
    const addresses = new Score();
    const permanence = new Score();
    type Row = { failed_addresses: string[]; temporary: boolean };
    // A person's mail and an absence note that the folder holds to show that nothing is found in them.
    const noBounces = new Set(['groupwise_03.txt', 'qmail_08.txt']);
    for (const [file, row] of expected<Row>('flufl_bounce')) {
      const { kind, unsuccessful } = await read(`flufl_bounce/data/${file}`);
      kinds.count(returned.includes(kind) !== noBounces.has(file));
      const failed = [...new Set(row.failed_addresses.map((address) => address.toLowerCase()))].sort();
      addresses.count(recipients(unsuccessful).join() === failed.join());
      if (failed.length > 0) {
        permanence.count(unsuccessful.length > 0 && unsuccessful.every(({ permanent }) => permanent !== row.temporary));
      }
    }
    expect({ kinds, addresses, permanence }).toMatchObject({
      kinds: { right: 113, total: 113 },
      addresses: { right: 109, total: 113 },
      permanence: { right: 103, total: 108 },
    });
  });

  test('bounceparser: kind, recipients', async () => {
    const kinds = new Score();
    const addresses = new Score();
    type Row = { is_bounce: 0 | 1; addresses?: string[] };
    for (const [file, row] of expected<Row>('bounceparser_perl')) {
      if (!existsSync(join(CORPUS, 'bounceparser_perl/corpus', file))) continue;
      const { kind, unsuccessful } = await read(`bounceparser_perl/corpus/${file}`);
      kinds.count(returned.includes(kind) === (row.is_bounce === 1));
      if (row.addresses !== undefined) {
        addresses.count(
          recipients(unsuccessful).join() ===
            row.addresses
              .map((one) => one.toLowerCase())
              .sort()
              .join(),
        );
      }
    }
    expect({ kinds, addresses }).toMatchObject({
      kinds: { right: 112, total: 114 },
      addresses: { right: 35, total: 36 },
    });
  });

  // The worst error there is: a person's mail taken for a machine's.
  test.for([
    ['redmine_mail_handler', []],
    // Both copies of one Postfix bounce: rightly found.
    ['otobo', ['EmailParser/PostMaster-Test10.box', 'PostMaster/PostMaster-Test10.box']],
    ['spamassassin/nice', []],
    ['jetbrains_email_parser', []],
    ['notmuch', []],
  ] satisfies [string, string[]][])('no false automatic: %s', async ([folder, automatic]) => {
    const found: string[] = [];
    for (const entry of readdirSync(join(CORPUS, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || /^(?:README|LICEN|COPYING|CORPORA)|\.json$/.test(entry.name)) continue;
      const path = join(entry.parentPath, entry.name).slice(CORPUS.length + 1);
      const { kind } = await read(path);
      if (kind !== 'person' && kind !== 'list') found.push(path.slice(folder.length + 1));
    }
    expect(found.sort()).toEqual(automatic);
  });
});
