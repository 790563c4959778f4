import { createPostgresBackend, type PgPool, Queue, runMigrations, Worker, withBackend } from 'bullmq';
import pg from 'pg';

/** Where BullMQ keeps its jobs, and its classes for that place. */
export interface JobBackend {
  /** Resolves when jobs can be given and taken; rejects while that cannot be, and is asked again then. */
  ready(): Promise<void>;
  /** Once it is ready. */
  createQueue(name: string): LookQueue;
  /** Once it is ready. */
  createWorker(name: string, drain: () => Promise<void>): LookWorker;
  /** When all queues and workers are closed. */
  close(): Promise<void>;
}

/** The few things we ask of BullMQ's classes, whose types differ from backend to backend. */
export interface LookQueue {
  add(name: 'look', data: Record<string, never>, options?: { delay: number; jobId: string }): Promise<unknown>;
  getJobCounts(...states: ('waiting' | 'active' | 'delayed' | 'failed')[]): Promise<Record<string, number>>;
  retryJobs(options: { state: 'failed' }): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  close(): Promise<void>;
}

export interface LookWorker {
  on(event: 'error', listener: (error: Error) => void): unknown;
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
  return {
    ready: async () => {},
    createQueue: (name) =>
      new Queue(name, {
        connection: { url, maxRetriesPerRequest: 1 },
        prefix: 'docket',
        skipWaitingForReady: true,
        defaultJobOptions: JOB_OPTIONS,
      }),
    createWorker: (name, drain) =>
      new Worker(name, drain, { connection: { url, maxRetriesPerRequest: null }, prefix: 'docket', ...WORKER_OPTIONS }),
    close: async () => {},
  };
}

/** The schema of BullMQ's own tables beside ours; the only one it knows in a pool that it is given. */
const POSTGRES_SCHEMA = 'bullmq';

/** Besides those on which the workers listen. */
const QUERY_CONNECTIONS_MAX = 3;

/**
 * One pool for all queues and workers of the process: left to themselves each has its own, of two connections and one to listen on,
 * and a process of five queues holds seventeen.
 */
export function onPostgres(connectionString: string, queueCount: number): JobBackend {
  const postgres = withBackend(createPostgresBackend);
  const pool = new pg.Pool({
    connectionString,
    application_name: 'docket jobs',
    options: `-c search_path=${POSTGRES_SCHEMA}`,
    max: queueCount + QUERY_CONNECTIONS_MAX,
    keepAlive: true,
  });
  // Each queue and worker hears of the connections that break.
  pool.setMaxListeners(2 * queueCount + 1);
  pool.on('error', () => undefined);
  // BullMQ describes a pool more narrowly than pg types its own.
  const connection = pool as unknown as PgPool;
  let migrated: Promise<void> | null = null;

  async function migrate(): Promise<void> {
    const client = await pool.connect();
    try {
      await runMigrations(client, POSTGRES_SCHEMA);
    } finally {
      client.release();
    }
  }

  return {
    ready() {
      migrated ??= migrate().catch((error) => {
        migrated = null;
        throw error;
      });
      return migrated;
    },
    createQueue: (name) => new postgres.Queue(name, { connection, defaultJobOptions: JOB_OPTIONS }),
    createWorker: (name, drain) => new postgres.Worker(name, drain, { connection, ...WORKER_OPTIONS }),
    close: () => pool.end(),
  };
}
