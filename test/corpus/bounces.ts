import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { classifyMail } from '../../src/core/classify.ts';
import type { FailureReason } from '../../src/core/failure-reasons.ts';
import type { DeliveryReport, MailKind } from '../../src/core/inbound-mail.ts';
import { parseMail } from '../../src/ingest/parse-mail.ts';
import { CORPUS, type Measure } from './measure.ts';
import { DOCKET } from './reader.ts';

const OWN = { addresses: ['support@desk.test'], isOwnMessageId: () => false };

interface ReadMail {
  kind: MailKind;
  reports: DeliveryReport[];
  /** Those of its reports that say a mail did not arrive, or not yet. */
  unsuccessful: DeliveryReport[];
}

async function read(...path: string[]): Promise<ReadMail> {
  const mail = await parseMail(readFileSync(join(CORPUS, ...path)));
  const reports = mail.deliveryReports;
  return {
    kind: classifyMail(mail, OWN).kind,
    reports,
    unsuccessful: reports.filter(({ action }) => action === 'failed' || action === 'delayed'),
  };
}

/** What bounces, automatic answers and complaints of the corpus are understood as, and that no person's mail is taken for one. */
export async function bounceMeasures(): Promise<Measure[]> {
  return [
    ...(await sisimai()),
    ...(await flufl()),
    ...(await bounceparser()),
    ...(await Promise.all(PERSONS.map(noFalseAutomatic))),
  ];
}

const RETURNED: MailKind[] = ['bounce', 'delivery-report'];

class Tally {
  readonly #folder: string;
  readonly #cases = new Map<string, Measure['cases']>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  add(measure: string, name: string, isRight: boolean): void {
    const cases = this.#cases.get(measure) ?? [];
    this.#cases.set(measure, cases);
    cases.push({ name, isRight: (reader) => (reader === DOCKET ? isRight : null) });
  }

  measures(): Measure[] {
    return [...this.#cases].map(([name, cases]) => ({ folder: this.#folder, name, cases }));
  }
}

function rowsOf<Row>(folder: string): [file: string, row: Row][] {
  return Object.entries(JSON.parse(readFileSync(join(CORPUS, folder, 'expected.json'), 'utf8')) as Record<string, Row>);
}

/**
 * Sisimai's reasons as ours. It files a mail by the phase of SMTP and by the server that refused it, we by what a person can do about it;
 * where one of its reasons holds several of ours, each of them is right.
 */
const SISIMAI_REASONS: Record<string, (FailureReason | 'complaint' | null)[]> = {
  authfailure: ['authentication'],
  badreputation: ['blocked'],
  blocked: ['blocked', 'policy'],
  contenterror: ['policy', 'rejected'],
  delivered: [null],
  expired: ['expired', 'unreachable'],
  filtered: ['no-such-user', 'disabled', 'policy', 'rejected'],
  hostunknown: ['no-such-host'],
  mailboxfull: ['mailbox-full'],
  mailererror: ['system-error'],
  mesgtoobig: ['too-big'],
  networkerror: ['unreachable', 'no-such-host', 'loop'],
  norelaying: ['relaying-denied'],
  notaccept: ['no-such-host', 'policy'],
  notcompliantrfc: ['policy', 'rejected'],
  onhold: [null],
  policyviolation: ['policy'],
  rejected: ['policy', 'blocked', 'rejected'],
  requireptr: ['blocked', 'policy'],
  securityerror: ['authentication', 'policy'],
  spamdetected: ['spam'],
  speeding: ['rate-limited'],
  suspend: ['disabled'],
  syntaxerror: ['system-error', 'bad-address'],
  systemerror: ['system-error'],
  toomanyconn: ['rate-limited'],
  userunknown: ['no-such-user', 'bad-address', 'moved'],
  virusdetected: ['virus'],
};

async function sisimai(): Promise<Measure[]> {
  const tally = new Tally('sisimai_bounces');
  for (const [file, rows] of rowsOf<{ status: string; reason: string }[]>('sisimai_bounces')) {
    const { kind, reports } = await read('sisimai_bounces/maildir', file);
    const reason = rows[0]?.reason;
    if (reason === 'feedback' || reason === 'vacation') {
      tally.add('kind', file, kind === (reason === 'feedback' ? 'complaint' : 'auto-reply'));
      continue;
    }
    tally.add('kind', file, RETURNED.includes(kind));
    tally.add('a report for each recipient', file, reports.length === rows.length);
    for (const [at, row] of rows.entries()) {
      const report = reports[at];
      tally.add('permanent or not', `${file}, ${at + 1}`, report?.permanent === row.status.startsWith('5'));
      const isRight =
        report !== undefined && SISIMAI_REASONS[row.reason]?.includes(report.reason as FailureReason | null);
      tally.add('reason', `${file}, ${at + 1}: ${row.reason}, ours ${report?.reason}`, isRight === true);
    }
  }
  return tally.measures();
}

/** A person's mail and an absence note, which the folder holds to show that nothing is found in them. */
const FLUFL_NO_BOUNCES = new Set(['groupwise_03.txt', 'qmail_08.txt']);

async function flufl(): Promise<Measure[]> {
  const tally = new Tally('flufl_bounce');
  for (const [file, row] of rowsOf<{ failed_addresses: string[]; temporary: boolean }>('flufl_bounce')) {
    const { kind, unsuccessful } = await read('flufl_bounce/data', file);
    tally.add('kind', file, RETURNED.includes(kind) !== FLUFL_NO_BOUNCES.has(file));
    tally.add('recipients, all of a mail', file, recipients(unsuccessful) === addresses(row.failed_addresses));
    if (row.failed_addresses.length === 0) continue;
    const isRight = unsuccessful.length > 0 && unsuccessful.every(({ permanent }) => permanent !== row.temporary);
    tally.add('permanent or not', file, isRight);
  }
  return tally.measures();
}

/** Of this folder's reasons, those that say why. It knows of no accounts that are full, blocked or spam apart from these. */
const BOUNCEPARSER_REASONS: Record<string, FailureReason[]> = {
  domain_error: ['no-such-host', 'relaying-denied'],
  over_quota: ['mailbox-full'],
  spam: ['spam', 'blocked', 'policy'],
  user_disabled: ['disabled'],
  user_unknown: ['no-such-user', 'bad-address', 'disabled'],
};

async function bounceparser(): Promise<Measure[]> {
  const tally = new Tally('bounceparser_perl');
  type Row = { is_bounce: 0 | 1; addresses?: string[]; std_reason?: string };
  for (const [file, row] of rowsOf<Row>('bounceparser_perl')) {
    if (!existsSync(join(CORPUS, 'bounceparser_perl/corpus', file))) continue;
    const { kind, unsuccessful } = await read('bounceparser_perl/corpus', file);
    tally.add('kind', file, RETURNED.includes(kind) === (row.is_bounce === 1));
    if (row.addresses !== undefined) {
      tally.add('recipients, all of a mail', file, recipients(unsuccessful) === addresses(row.addresses));
    }
    const reasons: string[] | undefined = BOUNCEPARSER_REASONS[row.std_reason ?? ''];
    if (reasons === undefined) continue;
    const reason = unsuccessful[0]?.reason;
    tally.add('reason', `${file}: ${row.std_reason}, ours ${reason}`, reasons.includes(reason ?? ''));
  }
  for (const file of BOUNCEPARSER_AUTO_REPLIES) {
    const { kind } = await read('bounceparser_perl/corpus', file);
    tally.add('automatic answers', file, kind === 'auto-reply');
  }
  return tally.measures();
}

/** Absence notes and challenges, as its README tells them from bounces. */
const BOUNCEPARSER_AUTO_REPLIES = [
  'aol-vacation.msg',
  'autoreply.msg',
  'bluebottle.msg',
  'boxbe-cr.msg',
  'boxbe-cr2.msg',
  'polish-autoreply.msg',
];

function recipients(reports: DeliveryReport[]): string {
  return addresses(reports.flatMap(({ recipient }) => recipient ?? []));
}

function addresses(list: string[]): string {
  return [...new Set(list.map((address) => address.toLowerCase()))].sort().join();
}

/** Folders of people's and lists' mail, with the machines' mails among it that are rightly found. */
const PERSONS: [folder: string, automatic: string[]][] = [
  ['redmine_mail_handler', []],
  // Both copies of one Postfix bounce.
  ['otobo', ['EmailParser/PostMaster-Test10.box', 'PostMaster/PostMaster-Test10.box']],
  ['spamassassin/nice', []],
  ['jetbrains_email_parser', []],
  ['notmuch', []],
];

async function noFalseAutomatic([folder, automatic]: [string, string[]]): Promise<Measure> {
  const tally = new Tally(folder);
  for (const entry of readdirSync(join(CORPUS, folder), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || /^(?:README|LICEN|COPYING|CORPORA)|\.json$/.test(entry.name)) continue;
    const name = join(entry.parentPath, entry.name).slice(join(CORPUS, folder).length + 1);
    const { kind } = await read(folder, name);
    const isAutomatic = kind !== 'person' && kind !== 'list';
    tally.add('not taken for a machine’s', `${name}: ${kind}`, isAutomatic === automatic.includes(name));
  }
  return tally.measures()[0] ?? { folder, name: '', cases: [] };
}
