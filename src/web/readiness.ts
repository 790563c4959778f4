import type { Knex } from 'knex';
import { errorMessage } from '../errors.ts';
import { type Health, type HealthQueue, type QueueHealth, readHealth, tryBlobWrite } from '../store/health.ts';
import { migrationStatus } from '../store/migrations.ts';
import { within } from './within.ts';

/**
 * Can this process do its work? Not: is every mailbox well — one tenant's password must not restart the service
 * (ux.md O10); a dead mailbox shows in the metrics.
 */
export interface Readiness {
  ready: boolean;
  checks: ReadinessCheck[];
}

export interface ReadinessCheck {
  name: 'database' | 'migrations' | 'blobs' | 'jobs' | 'workers';
  ok: boolean;
  /** Why not, in words for the operator; null when it is. */
  reason: string | null;
}

/** As much of the job queues as it takes to see whether their backend answers. */
export interface JobBackend {
  status(): Promise<unknown>;
}

export interface ReadinessOptions {
  db: Knex;
  queues: JobBackend;
  /** The queues this process works: only for these is it to blame. */
  workedQueues: readonly HealthQueue[];
}

/** A check that has no answer by then has failed: whoever probes us waits no longer either. */
const ANSWER_WITHIN_MS = 3000;

export async function checkReadiness({ db, queues, workedQueues }: ReadinessOptions): Promise<Readiness> {
  const [database, jobs] = await Promise.all([
    check('database', () => requireDatabase(db)),
    check('jobs', () => queues.status()),
  ]);
  // Without a database the rest would only say the same again.
  const rest = database.ok
    ? await Promise.all([
        check('migrations', () => requireMigrations(db)),
        check('blobs', () => tryBlobWrite(db)),
        check('workers', async () => requirePulse(await readHealth(db), workedQueues)),
      ])
    : [];
  const checks = [database, jobs, ...rest];
  return { ready: checks.every(({ ok }) => ok), checks };
}

async function check(name: ReadinessCheck['name'], work: () => Promise<unknown>): Promise<ReadinessCheck> {
  try {
    await within(ANSWER_WITHIN_MS, work());
    return { name, ok: true, reason: null };
  } catch (error) {
    return { name, ok: false, reason: withoutStatement(errorMessage(error)) };
  }
}

/** knex puts the statement before the server's words, with ` - ` between them. */
function withoutStatement(message: string): string {
  return message.split(' - ').at(-1) ?? message;
}

async function requireDatabase(db: Knex): Promise<void> {
  await db.raw('select 1');
}

/** Migrations of a newer release are no reason to stop: the release before must keep running while it is replaced. */
async function requireMigrations(db: Knex): Promise<void> {
  const { pending } = await migrationStatus(db);
  if (pending.length > 0) throw new Error(`not applied: ${pending.join(', ')}; run docket migrate up`);
}

function requirePulse(health: Health, workedQueues: readonly HealthQueue[]): void {
  const stuck = health.queues.filter((queue) => workedQueues.includes(queue.queue) && isStuck(queue));
  if (stuck.length === 0) return;
  const reasons = stuck.map(
    ({ queue, oldestDueSeconds, pulseSeconds }) =>
      `${queue}: due for ${Math.round(oldestDueSeconds ?? 0)} s, and ` +
      (pulseSeconds === null ? 'no worker ever woke' : `the last worker woke ${Math.round(pulseSeconds)} s ago`),
  );
  throw new Error(reasons.join('; '));
}

const STUCK_AFTER_SECONDS = 60;

/**
 * Rows are due, nobody has any of them in hand, and no worker woke for a minute: the process looks alive and consumes
 * nothing (reliability.md Q-08). A long batch is no such case — it was woken once, long ago, and holds leases.
 */
export function isStuck({ pulseSeconds, oldestDueSeconds, heldCount }: QueueHealth): boolean {
  const due = oldestDueSeconds !== null && oldestDueSeconds > STUCK_AFTER_SECONDS;
  const silent = pulseSeconds === null || pulseSeconds > STUCK_AFTER_SECONDS;
  return due && silent && heldCount === 0;
}
