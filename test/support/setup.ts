/**
 * Before the tests that need a database: one throw-away PostgreSQL for the whole run, the embedded 18 or, with
 * `DOCKET_TEST_POSTGRES=15`, Debian's, and in it a migrated template that `createTestDatabase` copies.
 */
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrations.ts';
import { findProgram } from '../../src/trial/packages.ts';
import { PACKAGES_DIRECTORY } from '../../src/trial/places.ts';
import { startPrivatePostgres } from '../../src/trial/postgres.ts';
import { TEMPLATE_DATABASE } from './database.ts';
import { POSTGRES_15 } from './postgres-15.ts';
import { type Pristine, readPristine } from './pristine.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of the superuser and its database `postgres`. */
    postgresUrl: string;
    pristine: Pristine;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = mkdtempSync(join(roomForCluster(), 'docket-test-postgres-'));
  const programs = process.env.DOCKET_TEST_POSTGRES === '15' ? await postgres15() : {};
  const postgres = await startPrivatePostgres({ directory, durable: false, whenWeDie: 'SIGINT', ...programs });
  const stop = async () => {
    await postgres.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    project.provide('pristine', await createTemplate(postgres.url('postgres'), postgres.url(TEMPLATE_DATABASE)));
  } catch (error) {
    await stop();
    throw error;
  }
  project.provide('postgresUrl', postgres.url('postgres'));
  return stop;
}

const MEMORY_FOLDER = '/dev/shm';
/** Three suites run at once, each with the copies that its tests are in and its write-ahead log (1 GiB, then recycled). */
const MEMORY_NEEDED = 6 * 2 ** 30;

/** In memory where there is plenty: a copy of the template is a thousand small files, in memory six times as quick. */
function roomForCluster(): string {
  try {
    const { bavail, bsize } = statfsSync(MEMORY_FOLDER);
    if (Math.min(bavail * bsize, freemem()) >= MEMORY_NEEDED) return MEMORY_FOLDER;
  } catch {
    // Not every system has it.
  }
  return tmpdir();
}

async function postgres15(): Promise<{ binDirectory: string; libraryFolders: string[] }> {
  const { path, libraryFolders } = await findProgram(POSTGRES_15, PACKAGES_DIRECTORY);
  return { binDirectory: dirname(path), libraryFolders };
}

async function createTemplate(adminUrl: string, templateUrl: string): Promise<Pristine> {
  const admin = openDatabase(adminUrl, { poolMax: 1 });
  await admin.raw(`create database ${TEMPLATE_DATABASE}`);
  await admin.destroy();
  const template = openDatabase(templateUrl);
  await migrate(template);
  const pristine = await readPristine(template);
  await template.destroy();
  return pristine;
}
