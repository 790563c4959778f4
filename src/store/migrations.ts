import { readdir } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Knex } from 'knex';
import { crashPoint } from '../crash-points.ts';
import { PermanentError } from '../errors.ts';

/**
 * Forward-only migrations. Names are stored without their file extension, so that a database migrated from TypeScript
 * sources and one migrated from built files agree (knex's own source stores `.ts`).
 */
const DIRECTORY = fileURLToPath(new URL('../../migrations/', import.meta.url));

/** Any number would do; this one is ours, so that two starting processes migrate one after the other. */
const ADVISORY_LOCK = 7_314_208_515n;

const source: Knex.MigrationSource<string> = {
  async getMigrations() {
    const files = await readdir(DIRECTORY);
    return files.filter((file) => /^\d{4}_\w+\.(ts|js)$/.test(file)).sort();
  },
  getMigrationName: (file) => file.replace(/\.(ts|js)$/, ''),
  async getMigration(file) {
    const { up }: { up(db: Knex): Promise<void> } = await import(pathToFileURL(DIRECTORY + file).href);
    return {
      async up(db: Knex) {
        await up(db);
        crashPoint('inside-migration');
      },
      async down() {
        throw new PermanentError('MIGRATION_BACKWARD', 'Migrations only go forward; restore a backup instead.');
      },
    };
  },
};

const config: Knex.MigratorConfig = { migrationSource: source, tableName: 'schema_migration' };

export interface MigrationStatus {
  applied: string[];
  pending: string[];
  /** Applied by a newer release than this one. */
  unknown: string[];
}

/** Which migrations this database has had, and which it lacks. Reads only: a database never touched has had none. */
export async function migrationStatus(db: Knex): Promise<MigrationStatus> {
  const known = (await source.getMigrations([])).map(source.getMigrationName);
  const { rows: tables } = await db.raw<{ rows: { present: boolean }[] }>(
    `select to_regclass('schema_migration') is not null as present`,
  );
  const applied = tables[0]?.present
    ? (await db<{ name: string }>('schema_migration').orderBy('id').select('name')).map((row) => row.name)
    : [];
  return {
    applied,
    pending: known.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !known.includes(name)),
  };
}

/**
 * Applies what is pending and returns the names. Any number of processes may call it at once: an advisory lock lets one
 * migrate and the others find it done. knex's own lock row outlives a killed process, so it is freed under that lock.
 */
export async function migrate(db: Knex): Promise<string[]> {
  return db.transaction(async (holder) => {
    await holder.raw(`set local lock_timeout = 0; set local statement_timeout = 0;
      set local idle_in_transaction_session_timeout = 0`);
    await holder.raw('select pg_advisory_xact_lock(?)', [ADVISORY_LOCK.toString()]);
    const { pending } = await requireKnownSchema(db);
    if (pending.length === 0) return [];
    await db.migrate.forceFreeMigrationsLock(config);
    await db.migrate.latest(config);
    return pending;
  });
}

/** The status, after making sure that no newer release has been at this database. */
async function requireKnownSchema(db: Knex): Promise<MigrationStatus> {
  const status = await migrationStatus(db);
  if (status.unknown.length > 0) {
    throw new PermanentError(
      'SCHEMA_NEWER',
      `The database was migrated by a newer release (${status.unknown.join(', ')}). Run that release, or restore a backup made before it.`,
    );
  }
  return status;
}
