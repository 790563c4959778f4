import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrations.ts';
import { ensureDatabase, startPrivatePostgres } from '../../src/trial/postgres.ts';
import { isRunning, waitFor } from '../../src/trial/server-process.ts';
import type { TestDatabase } from './database.ts';

/** A PostgreSQL of its own with one migrated database, for tests that kill the server. */
export interface MistreatedPostgres extends TestDatabase {
  /** `pg_ctl -m immediate` and a new start on the same port: what was committed is there, every connection is gone. */
  restartImmediately(): Promise<void>;
  /** The same, taken apart: nobody answers in between. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

export async function startMistreatedPostgres(): Promise<MistreatedPostgres> {
  const directory = mkdtempSync(join(tmpdir(), 'docket-test-mistreated-postgres-'));
  const start = () => startPrivatePostgres({ directory, durable: false, whenWeDie: 'SIGINT' });
  let postgres = await start();
  const url = await ensureDatabase(postgres, 'docket');
  const db = openDatabase(url);
  await migrate(db);
  return {
    url,
    db,
    async restartImmediately() {
      process.kill(postgres.pid, 'SIGQUIT');
      postgres = await start();
    },
    async kill() {
      process.kill(postgres.pid, 'SIGQUIT');
      const gone = await waitFor(async () => (isRunning(postgres.pid) ? null : true), { withinMs: 5000, everyMs: 20 });
      if (gone === null) throw new Error('PostgreSQL is still there 5 s after SIGQUIT');
    },
    async start() {
      postgres = await start();
    },
    async drop() {
      await db.destroy();
      await postgres.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
