import { createPostgresBackend, type PgPool, Queue, runMigrations, Worker, withBackend } from 'bullmq';
import pg from 'pg';

/** Where BullMQ keeps its jobs, and its classes for that place. */
export interface JobBackend {
  /** Rejects while that place is away, and is to be asked again then. `onError` hears of what goes wrong later. */
  createQueue(name: string, onError: (error: Error) => void): Promise<LookQueue>;
  /** As `createQueue`; the worker is at work then. */
  createWorker(name: string, drain: () => Promise<void>, onError: (error: Error) => void): Promise<LookWorker>;
  /** When all queues and workers are closed. */
  close(): Promise<void>;
}

/** The few things we ask of BullMQ's classes, whose types differ from backend to backend. */
export interface LookQueue {
  add(name: 'look', data: Record<string, never>, options?: { delay: number; jobId: string }): Promise<unknown>;
  getJobCounts(...states: ('waiting' | 'active' | 'delayed' | 'failed')[]): Promise<Record<string, number>>;
  retryJobs(options: { state: 'failed' }): Promise<void>;
  close(): Promise<void>;
}

export interface LookWorker {
  on(event: 'failed', listener: (job: unknown, error: Error) => void): unknown;
  close(force?: boolean): Promise<void>;
}

/** After an outage everything asks again every second. */
export const RETRY_AFTER_MS = 1000;

const JOB_OPTIONS = {
  attempts: 3,
  backoff: { type: 'exponential', delay: 1000 },
  removeOnComplete: true,
  removeOnFail: { age: 24 * 3600, count: 100 },
} as const;

/** One look at a time in a process. */
const WORKER_OPTIONS = { concurrency: 1, runRetryDelay: RETRY_AFTER_MS } as const;

export function onRedis(url: string): JobBackend {
  const told = <Told extends { on(event: 'error', listener: (error: Error) => void): unknown }>(
    one: Told,
    onError: (error: Error) => void,
  ): Told => {
    one.on('error', onError);
    return one;
  };
  return {
    createQueue: async (name, onError) =>
      told(
        new Queue(name, {
          connection: { url, maxRetriesPerRequest: 1 },
          prefix: 'docket',
          skipWaitingForReady: true,
          defaultJobOptions: JOB_OPTIONS,
        }),
        onError,
      ),
    createWorker: async (name, drain, onError) =>
      told(
        new Worker(name, drain, {
          connection: { url, maxRetriesPerRequest: null },
          prefix: 'docket',
          ...WORKER_OPTIONS,
        }),
        onError,
      ),
    close: async () => {},
  };
}

/** The schema of BullMQ's own tables beside ours; the only one it knows in a pool that it is given. */
const POSTGRES_SCHEMA = 'bullmq';

/** Besides those on which the workers listen. */
const QUERY_CONNECTIONS_MAX = 3;
const CONNECT_MS_MAX = 10_000;
/** Until a connection that fell silent is asked whether it is there: BullMQ's own for those on which workers listen. */
const KEEP_ALIVE_AFTER_MS = 10_000;

/**
 * One pool for all queues and workers of the process: left to themselves each has its own, of two connections and one to listen on,
 * and a process of five queues holds seventeen.
 *
 * Each is ready before it is used, and thrown away where it could not be: BullMQ remembers that its first connection failed for as long
 * as it lives, and a worker then asks again without ever giving way to anything else in the process (bullmq 6.7).
 */
export function onPostgres(connectionString: string, queueCount: number): JobBackend {
  const postgres = withBackend(createPostgresBackend);
  const pool = new pg.Pool({
    connectionString,
    application_name: 'docket jobs',
    options: `-c search_path=${POSTGRES_SCHEMA}`,
    max: queueCount + QUERY_CONNECTIONS_MAX,
    connectionTimeoutMillis: CONNECT_MS_MAX,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
  });
  // Each queue and worker hears of the connections that break, also those thrown away.
  pool.setMaxListeners(0);
  pool.on('error', () => undefined);
  // One that breaks in somebody's hands fails what they ask; as an event that nobody hears it would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  // BullMQ describes a pool more narrowly than pg types its own.
  const connection = pool as unknown as PgPool;
  let migrated: Promise<void> | null = null;
  let ended: Promise<void> | null = null;

  async function migrate(): Promise<void> {
    const client = await pool.connect();
    try {
      await runMigrations(client, POSTGRES_SCHEMA);
    } finally {
      client.release();
    }
  }

  function ready(): Promise<void> {
    migrated ??= migrate().catch((error) => {
      migrated = null;
      throw error;
    });
    return migrated;
  }

  return {
    async createQueue(name, onError) {
      await ready();
      const queue = new postgres.Queue(name, { connection, defaultJobOptions: JOB_OPTIONS });
      queue.on('error', onError);
      await orClosed(queue.waitUntilReady(), () => queue.close());
      return queue;
    },
    async createWorker(name, drain, onError) {
      await ready();
      const worker = new postgres.Worker(name, drain, { connection, autorun: false, ...WORKER_OPTIONS });
      worker.on('error', onError);
      await orClosed(worker.waitUntilReady(), () => worker.close(true));
      worker.run().catch(onError);
      return worker;
    },
    close() {
      ended ??= pool.end();
      return ended;
    },
  };
}

async function orClosed(ready: Promise<unknown>, close: () => Promise<void>): Promise<void> {
  try {
    await ready;
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
}
