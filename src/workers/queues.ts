import { setTimeout as sleep } from 'node:timers/promises';
import { crashPoint } from '../crash-points.ts';
import { errorCode } from '../errors.ts';
import type { Log } from '../log.ts';
import { type LookQueue, type LookWorker, onPostgres, onRedis, RETRY_AFTER_MS } from './job-backend.ts';

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

/** A worker that looked once works until nothing is due, so the look after the next commits can wait this long. */
const LOOK_SPACING_MS = 500;

export function createQueues(options: QueueOptions): Queues {
  const backend =
    options.redisUrl === null ? onPostgres(options.databaseUrl, QUEUE_NAMES.length) : onRedis(options.redisUrl);
  const queues = new Map<QueueName, Promise<LookQueue>>();
  const workers = new Map<QueueName, LookWorker>();
  const closing = new AbortController();
  const adding = new Map<QueueName, { again: boolean; done: Promise<void> }>();

  const toldAt = new Map<QueueName, number>();
  /** Once a second at most: what BullMQ tries again at once, it also tells of again at once. */
  const unreachable = (queue: QueueName) => (error: unknown) => {
    const now = performance.now();
    if (now - (toldAt.get(queue) ?? -Infinity) < RETRY_AFTER_MS) return;
    toldAt.set(queue, now);
    options.log.warn('queue.unreachable', { queue, code: errorCode(error) });
  };

  function queueOf(name: QueueName): Promise<LookQueue> {
    let queue = queues.get(name);
    if (queue === undefined) {
      queue = backend.createQueue(name, unreachable(name));
      queues.set(name, queue);
      queue.catch(() => queues.delete(name));
    }
    return queue;
  }

  /** As soon as there is something to work at. */
  async function startWorker(name: QueueName, drain: () => Promise<void>): Promise<void> {
    const { signal } = closing;
    while (!signal.aborted) {
      try {
        const worker = await backend.createWorker(name, drain, unreachable(name));
        worker.on('failed', (_job, error) => options.log.error('look.failed', { queue: name, code: errorCode(error) }));
        if (signal.aborted) await worker.close(true);
        else workers.set(name, worker);
        return;
      } catch (error) {
        unreachable(name)(error);
        await sleep(RETRY_AFTER_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /**
   * At most one add is under way, and one more remembered: a hundred commits in a row need two looks, not a hundred. The
   * second comes a little later, because on PostgreSQL every worker of every queue hears of every job, by a transaction each.
   */
  async function add(name: QueueName, state: { again: boolean }): Promise<void> {
    try {
      while (state.again) {
        state.again = false;
        await (await queueOf(name)).add('look', {});
        crashPoint('after-enqueue');
        await sleep(LOOK_SPACING_MS, undefined, { signal: closing.signal }).catch(() => undefined);
      }
    } catch (error) {
      unreachable(name)(error);
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
      const delay = Math.max(0, Math.ceil(inMs));
      queueOf(name)
        .then((queue) => queue.add('look', {}, { delay, jobId: `at-${at.toISOString().replaceAll(':', '')}` }))
        .catch(unreachable(name));
    },

    work: (name, drain) => void startWorker(name, drain),

    status: () =>
      Promise.all(
        QUEUE_NAMES.map(async (name) => {
          const counts = await (await queueOf(name)).getJobCounts('waiting', 'active', 'delayed', 'failed');
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
      const queue = await queueOf(name);
      const { failed = 0 } = await queue.getJobCounts('failed');
      if (failed > 0) await queue.retryJobs({ state: 'failed' });
      return failed;
    },

    async close(graceMs) {
      closing.abort();
      const lastLooks = Promise.all([...adding.values()].map(({ done }) => done));
      await closeWithin({ close: async () => void (await lastLooks) }, graceMs);
      await Promise.all([...workers.values()].map((worker) => closeWithin(worker, graceMs)));
      const close = async (queue: Promise<LookQueue>) => (await queue.catch(() => null))?.close();
      await Promise.all([...queues.values()].map((queue) => closeWithin({ close: () => close(queue) }, graceMs)));
      await closeWithin(backend, graceMs);
    },
  };
}

/** With its server gone a graceful close never ends (bullmq 6.7, stack-facts.md §4), so it is raced and then forced. */
async function closeWithin(
  closing: { close(force?: boolean): Promise<void> | Promise<undefined> },
  graceMs: number,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), graceMs);
  });
  const closed = closing.close().catch(() => undefined);
  if ((await Promise.race([closed, late])) === 'late') void closing.close(true).catch(() => undefined);
  clearTimeout(timer);
}
