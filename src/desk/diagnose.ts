import type { Knex } from 'knex';
import { countNoun } from '../core/count-noun.ts';
import type { Desk } from '../core/desk-config.ts';
import { checkReplyPattern } from '../core/reply-token.ts';
import { errorMessage } from '../errors.ts';
import { loadDesk } from '../store/desk-config.ts';
import { type Backlog, type Health, readHealth } from '../store/health.ts';
import { migrationStatus } from '../store/migrations.ts';
import { readServerFacts } from '../store/server-facts.ts';

/**
 * What `docket doctor` looks at. A check has a name, needs other checks to hold first, and finds one thing or several (one
 * for each mailbox); everything but a pass says what to do next.
 */
export interface Check {
  name: string;
  /** What it looks at, for `--list`. */
  about: string;
  /** Checks without which this one says nothing: when one of them fails, this one is skipped. */
  needs: string[];
  run(): Promise<Finding[]>;
}

export interface Finding {
  outcome: 'pass' | 'warn' | 'fail' | 'skip';
  /** Which of several: a mailbox's key. */
  subject: string | null;
  detail: string;
  nextStep: string | null;
}

export interface CheckResult extends Finding {
  check: string;
}

/** Runs the chosen checks and what they need, in their order; reports the chosen ones. */
export async function* diagnose(checks: Check[], chosen: ReadonlySet<string>): AsyncGenerator<CheckResult> {
  const needed = withNeeds(checks, chosen);
  const failed = new Set<string>();
  for (const check of checks) {
    if (!needed.has(check.name)) continue;
    const missing = check.needs.find((name) => failed.has(name));
    const findings = missing === undefined ? await findingsOf(check) : [skip(`needs ${missing}`)];
    if (missing !== undefined || findings.some(({ outcome }) => outcome === 'fail')) failed.add(check.name);
    if (chosen.has(check.name)) for (const finding of findings) yield { check: check.name, ...finding };
  }
}

function withNeeds(checks: Check[], chosen: ReadonlySet<string>): Set<string> {
  const needed = new Set<string>(chosen);
  // Checks stand after what they need, so one walk from the end meets everything.
  for (const { name, needs } of checks.toReversed()) if (needed.has(name)) for (const need of needs) needed.add(need);
  return needed;
}

async function findingsOf(check: Check): Promise<Finding[]> {
  try {
    return await check.run();
  } catch (error) {
    return [fail(serverWords(error), 'See the message; docs/operations.md lists the error codes.')];
  }
}

export function pass(detail: string, subject: string | null = null): Finding {
  return { outcome: 'pass', subject, detail, nextStep: null };
}

export function warn(detail: string, nextStep: string, subject: string | null = null): Finding {
  return { outcome: 'warn', subject, detail, nextStep };
}

export function fail(detail: string, nextStep: string, subject: string | null = null): Finding {
  return { outcome: 'fail', subject, detail, nextStep };
}

export function skip(detail: string): Finding {
  return { outcome: 'skip', subject: null, detail, nextStep: null };
}

/** knex puts the statement before the server's words. */
function serverWords(error: unknown): string {
  return errorMessage(error).split(' - ').at(-1) ?? '';
}

const VERSION_MIN = 150_000;
const CLOCK_WARN_SECONDS = 5;
const CLOCK_FAIL_SECONDS = 60;

/** The checks of everything that stands in the database. */
export function databaseChecks(db: Knex, now: () => Date): Check[] {
  const desk = once(() => loadDesk(db));
  const health = once(() => readHealth(db));
  const needs = ['database', 'migrations'];
  return [
    {
      name: 'database',
      about: 'PostgreSQL answers, is new enough and can be written',
      needs: ['settings'],
      run: () => checkServer(db),
    },
    {
      name: 'migrations',
      about: 'the tables are those of this release',
      needs: ['database'],
      run: () => checkMigrations(db),
    },
    {
      name: 'clock',
      about: "this machine's clock agrees with the database's",
      needs: ['database'],
      run: () => checkClock(db, now),
    },
    {
      name: 'desk',
      about: 'mailboxes, departments and agents are configured',
      needs,
      run: async () => checkDesk(await desk()),
    },
    {
      name: 'reply-address',
      about: 'reply addresses can carry a token',
      needs,
      run: async () => checkReplyAddresses(await desk()),
    },
    {
      name: 'authentication',
      about: 'each mailbox can tell who really wrote',
      needs,
      run: async () => checkAuthentication(await desk()),
    },
    { name: 'polling', about: 'mailboxes were looked at lately', needs, run: async () => checkPolling(await health()) },
    { name: 'gaps', about: 'every mail the servers list is here', needs, run: async () => checkGaps(await health()) },
    {
      name: 'intake',
      about: 'received mail is taken in without delay',
      needs,
      run: async () => checkIntake(await health()),
    },
    {
      name: 'quarantine',
      about: 'no mail rests because it could not be processed',
      needs,
      run: async () => checkQuarantine(await health()),
    },
    { name: 'outbox', about: 'mail leaves', needs, run: async () => checkOutbox(await health()) },
  ];
}

function once<Value>(read: () => Promise<Value>): () => Promise<Value> {
  let value: Promise<Value> | undefined;
  return () => {
    value ??= read();
    return value;
  };
}

async function checkServer(db: Knex): Promise<Finding[]> {
  const { version, versionNumber, readOnly } = await readServerFacts(db);
  if (versionNumber < VERSION_MIN) return [fail(`PostgreSQL ${version}`, 'Upgrade PostgreSQL to 15 or newer.')];
  if (readOnly)
    return [fail(`PostgreSQL ${version} is read-only`, 'Point DATABASE_URL at the primary, or end its recovery.')];
  return [pass(`PostgreSQL ${version}`)];
}

async function checkMigrations(db: Knex): Promise<Finding[]> {
  const { applied, pending, unknown } = await migrationStatus(db);
  if (unknown.length > 0)
    return [
      fail(
        `the database is of a newer release (${unknown.join(', ')})`,
        'Run that release, or restore an older backup.',
      ),
    ];
  if (pending.length > 0) return [fail(`not applied: ${pending.join(', ')}`, 'Run: docket migrate up')];
  return [pass(`${applied.length} applied`)];
}

async function checkClock(db: Knex, now: () => Date): Promise<Finding[]> {
  const before = now().getTime();
  const { now: server } = await readServerFacts(db);
  const here = (before + now().getTime()) / 2;
  const seconds = Math.abs(server.getTime() - here) / 1000;
  const detail = `${seconds.toFixed(1)} s apart`;
  const nextStep = 'Let both machines follow a time server (chrony, systemd-timesyncd).';
  if (seconds > CLOCK_FAIL_SECONDS) return [fail(detail, nextStep)];
  return [seconds > CLOCK_WARN_SECONDS ? warn(detail, nextStep) : pass(detail)];
}

function checkDesk({ mailboxes, departments, agents, configVersion }: Desk): Finding[] {
  const next = 'Write a docket.yaml and run: docket config apply docket.yaml';
  if (configVersion === null) return [warn('nothing is configured yet', next)];
  if (mailboxes.length === 0) return [warn('there is no mailbox, so no mail comes in', next)];
  if (agents.length === 0) return [warn('there are no agents to answer', next)];
  return [
    pass(
      [
        countNoun(mailboxes.length, 'mailbox', 'mailboxes'),
        countNoun(departments.length, 'department'),
        countNoun(agents.length, 'agent'),
        `version ${configVersion}`,
      ].join(', '),
    ),
  ];
}

function checkReplyAddresses({ mailboxes }: Desk): Finding[] {
  return mailboxes.map(({ key, replyAddress }) => {
    const problem = checkReplyPattern(replyAddress);
    return problem === null
      ? pass(replyAddress, key)
      : fail(
          `${replyAddress}: ${problem.problem}`,
          `Set replyAddress of mailbox ${key}, for example to ${problem.proposal}`,
          key,
        );
  });
}

function checkAuthentication({ mailboxes }: Desk): Finding[] {
  return mailboxes.map(({ key, authentication }) =>
    authentication.length > 0
      ? pass(authentication.map((source) => Object.keys(source)[0]).join(', then '), key)
      : warn(
          'no sender can be authenticated',
          `Give mailbox ${key} an authentication list, such as the authserv-id of its server.`,
          key,
        ),
  );
}

const POLL_FAIL_SECONDS = 15 * 60;
const GAP_FAIL_SECONDS = 15 * 60;
const INTAKE_FAIL_SECONDS = 5 * 60;
const OUTBOX_WARN_SECONDS = 15 * 60;
const OUTBOX_FAIL_SECONDS = 24 * 3600;

function checkPolling({ mailboxes }: Health): Finding[] {
  return mailboxes.map(({ mailbox, lastPollSeconds }) => {
    const detail = `last looked at ${formatSeconds(lastPollSeconds)} ago`;
    const next = `Check that docket serve runs, and: docket mailbox test ${mailbox}`;
    return lastPollSeconds > POLL_FAIL_SECONDS ? fail(detail, next, mailbox) : pass(detail, mailbox);
  });
}

function checkGaps({ mailboxes }: Health): Finding[] {
  return mailboxes.map(({ mailbox, gaps }) => {
    const detail = backlogWords(gaps, 'gap');
    const next = `See them with: docket mailbox gaps ${mailbox}`;
    if (gaps.count === 0) return pass('none', mailbox);
    return (gaps.oldestSeconds ?? 0) > GAP_FAIL_SECONDS ? fail(detail, next, mailbox) : warn(detail, next, mailbox);
  });
}

function checkIntake({ inboundMails }: Health): Finding[] {
  const received = inboundMails.find(({ state }) => state === 'received');
  if (received === undefined || received.count === 0) return [pass('nothing waits')];
  const detail = backlogWords(received, 'mail');
  const next = 'Check that docket serve runs with the role worker, and: docket jobs status';
  return [(received.oldestSeconds ?? 0) > INTAKE_FAIL_SECONDS ? fail(detail, next) : pass(detail)];
}

function checkQuarantine({ inboundMails }: Health): Finding[] {
  const resting = inboundMails.find(({ state }) => state === 'quarantined');
  if (resting === undefined || resting.count === 0) return [pass('empty')];
  return [fail(backlogWords(resting, 'mail'), 'See them with: docket mail list --state quarantined')];
}

function checkOutbox({ outboxMails }: Health): Finding[] {
  const open = outboxMails.filter(({ oldestSeconds }) => oldestSeconds !== null);
  const oldest = Math.max(0, ...open.map(({ oldestSeconds }) => oldestSeconds ?? 0));
  const waiting = open.map((state) => `${state.count} ${state.state}`).join(', ');
  const next = 'See why with: docket outbox list --open; test the relay with: docket mailbox test';
  if (open.length === 0) return [pass('nothing waits')];
  const detail = `${waiting}, the oldest for ${formatSeconds(oldest)}`;
  if (oldest > OUTBOX_FAIL_SECONDS) return [fail(detail, next)];
  return [oldest > OUTBOX_WARN_SECONDS ? warn(detail, next) : pass(detail)];
}

function backlogWords({ count, oldestSeconds }: Backlog, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}, the oldest for ${formatSeconds(oldestSeconds ?? 0)}`;
}

function formatSeconds(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 90 * 60 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
