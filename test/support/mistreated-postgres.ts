import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrations.ts';
import { ensureDatabase, startPrivatePostgres } from '../../src/trial/postgres.ts';
import type { TestDatabase } from './database.ts';

/** A PostgreSQL of its own with one migrated database, for tests that kill the server. */
export interface MistreatedPostgres extends TestDatabase {
  /** `pg_ctl -m immediate` and a new start on the same port: what was committed is there, every connection is gone. */
  restartImmediately(): Promise<void>;
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
    async drop() {
      await db.destroy();
      await postgres.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
