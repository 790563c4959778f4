import { setTimeout as sleep } from 'node:timers/promises';
import { createPostgresBackend, Queue, Worker, withBackend } from 'bullmq';
import { crashPoint } from '../crash-points.ts';
import { errorCode } from '../errors.ts';
import type { Log } from '../log.ts';

/**
 * The BullMQ queues. A job carries nothing and says only "look": what there is to do stands in PostgreSQL, and a woken
 * worker claims due rows until none are left. Losing a job costs at most the time until the next sweep; an extra one costs
 * one query (design.md §3, promise 5).
 *
 * With a Redis URL the queues live there; without, on BullMQ's PostgreSQL backend in the desk's own database.
 */
export const QUEUE_NAMES = ['intake', 'assignment', 'sla', 'delivery', 'maintenance'] as const;
export type QueueName = (typeof QUEUE_NAMES)[number];

export interface Queues {
  /** Wakes a worker of this queue, somewhere, soon. Never waits and never fails: the sweeper makes up for a lost look. */
  look(queue: QueueName): void;
  /**
   * As `look`, in a while: so that what is due at a known moment is done then and not with the next sweep. Asked again for the same
   * moment it makes no second job.
   */
  lookIn(queue: QueueName, moment: { at: Date; inMs: number }): void;
  /** Starts this process's worker: `drain` is called for every look, never twice at the same time. */
  work(queue: QueueName, drain: () => Promise<void>): void;
  status(): Promise<QueueStatus[]>;
  /** Puts failed jobs back; returns how many. */
  retryFailed(queue: QueueName): Promise<number>;
  /** Stops taking looks and ends the connections, waiting at most `graceMs` for what is running. */
  close(graceMs: number): Promise<void>;
}

export interface QueueStatus {
  queue: QueueName;
  waiting: number;
  active: number;
  delayed: number;
  failed: number;
}

export interface QueueOptions {
  /** Null: the PostgreSQL backend. */
  redisUrl: string | null;
  databaseUrl: string;
  log: Log;
}

/** The schema of BullMQ's own tables beside ours. */
const POSTGRES_SCHEMA = 'bullmq';

/** A worker that looked once works until nothing is due, so the look after the next commits can wait this long. */
const LOOK_SPACING_MS = 500;

export function createQueues(options: QueueOptions): Queues {
  const backend = options.redisUrl === null ? onPostgres(options.databaseUrl) : onRedis(options.redisUrl);
  const queues = new Map<QueueName, LookQueue>();
  const workers = new Map<QueueName, LookWorker>();
  const closing = new AbortController();
  const adding = new Map<QueueName, { again: boolean; done: Promise<void> }>();

  function queueOf(name: QueueName): LookQueue {
    let queue = queues.get(name);
    if (queue === undefined) {
      queue = backend.createQueue(name);
      queue.on('error', (error) => options.log.warn('queue.unreachable', { queue: name, code: errorCode(error) }));
      queues.set(name, queue);
    }
    return queue;
  }

  /**
   * At most one add is under way, and one more remembered: a hundred commits in a row need two looks, not a hundred. The
   * second comes a little later, because on PostgreSQL every worker of every queue hears of every job, by a transaction each.
   */
  async function add(name: QueueName, state: { again: boolean }): Promise<void> {
    try {
      while (state.again) {
        state.again = false;
        await queueOf(name).add('look', {});
        crashPoint('after-enqueue');
        await sleep(LOOK_SPACING_MS, undefined, { signal: closing.signal }).catch(() => undefined);
      }
    } catch (error) {
      options.log.warn('queue.unreachable', { queue: name, code: errorCode(error) });
    } finally {
      adding.delete(name);
    }
  }

  return {
    look(name) {
      const underWay = adding.get(name);
      if (underWay !== undefined) {
        underWay.again = true;
        return;
      }
      const state = { again: true, done: Promise.resolve() };
      adding.set(name, state);
      state.done = add(name, state);
    },

    lookIn(name, { at, inMs }) {
      queueOf(name)
        .add('look', {}, { delay: Math.max(0, Math.ceil(inMs)), jobId: `at-${at.toISOString().replaceAll(':', '')}` })
        .catch((error) => options.log.warn('queue.unreachable', { queue: name, code: errorCode(error) }));
    },

    work(name, drain) {
      const worker = backend.createWorker(name, drain);
      worker.on('error', (error) => options.log.warn('queue.unreachable', { queue: name, code: errorCode(error) }));
      worker.on('failed', (_job, error) => options.log.error('look.failed', { queue: name, code: errorCode(error) }));
      workers.set(name, worker);
    },

    status: () =>
      Promise.all(
        QUEUE_NAMES.map(async (name) => {
          const counts = await queueOf(name).getJobCounts('waiting', 'active', 'delayed', 'failed');
          return {
            queue: name,
            waiting: counts.waiting ?? 0,
            active: counts.active ?? 0,
            delayed: counts.delayed ?? 0,
            failed: counts.failed ?? 0,
          };
        }),
      ),

    async retryFailed(name) {
      const queue = queueOf(name);
      const { failed = 0 } = await queue.getJobCounts('failed');
      if (failed > 0) await queue.retryJobs({ state: 'failed' });
      return failed;
    },

    async close(graceMs) {
      closing.abort();
      const lastLooks = Promise.all([...adding.values()].map(({ done }) => done));
      await closeWithin({ close: async () => void (await lastLooks) }, graceMs);
      await Promise.all([...workers.values()].map((worker) => closeWithin(worker, graceMs)));
      await Promise.all([...queues.values()].map((queue) => closeWithin(queue, graceMs)));
    },
  };
}

/** With its server gone a graceful close never ends (bullmq 6.7, stack-facts.md §4), so it is raced and then forced. */
async function closeWithin(closing: { close(force?: boolean): Promise<void> }, graceMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), graceMs);
  });
  const closed = closing.close().catch(() => undefined);
  if ((await Promise.race([closed, late])) === 'late') await Promise.race([closing.close(true), Promise.resolve()]);
  clearTimeout(timer);
}

/** The few things we ask of BullMQ's classes, whose types differ from backend to backend. */
interface LookQueue {
  add(name: 'look', data: Record<string, never>, options?: { delay: number; jobId: string }): Promise<unknown>;
  getJobCounts(...states: ('waiting' | 'active' | 'delayed' | 'failed')[]): Promise<Record<string, number>>;
  retryJobs(options: { state: 'failed' }): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  close(): Promise<void>;
}

interface LookWorker {
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'failed', listener: (job: unknown, error: Error) => void): unknown;
  close(force?: boolean): Promise<void>;
}

interface Backend {
  createQueue(name: QueueName): LookQueue;
  createWorker(name: QueueName, drain: () => Promise<void>): LookWorker;
}

const JOB_OPTIONS = {
  attempts: 3,
  backoff: { type: 'exponential', delay: 1000 },
  removeOnComplete: true,
  removeOnFail: { age: 24 * 3600, count: 100 },
} as const;

/** One look at a time in a process; after an outage the worker asks again every second. */
const WORKER_OPTIONS = { concurrency: 1, runRetryDelay: 1000 } as const;

function onRedis(url: string): Backend {
  return {
    createQueue: (name) =>
      new Queue(name, {
        connection: { url, maxRetriesPerRequest: 1 },
        prefix: 'docket',
        skipWaitingForReady: true,
        defaultJobOptions: JOB_OPTIONS,
      }),
    createWorker: (name, drain) =>
      new Worker(name, drain, { connection: { url, maxRetriesPerRequest: null }, prefix: 'docket', ...WORKER_OPTIONS }),
  };
}

function onPostgres(connectionString: string): Backend {
  const postgres = withBackend(createPostgresBackend);
  const connection = { connectionString, schema: POSTGRES_SCHEMA, migrate: true, max: 2, keepAlive: true };
  return {
    createQueue: (name) => new postgres.Queue(name, { connection, defaultJobOptions: JOB_OPTIONS }),
    createWorker: (name, drain) => new postgres.Worker(name, drain, { connection, ...WORKER_OPTIONS }),
  };
}
