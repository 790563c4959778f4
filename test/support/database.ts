import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { inject } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { expectNothingInternal, listPromisedMails } from './nothing-internal.ts';
import { schemaMark } from './pristine.ts';

export const TEMPLATE_DATABASE = 'docket_template';

export interface TestDatabase {
  /** For a process of the product under test; `db` is the same database. */
  url: string;
  db: Knex;
  /** Looks first whether anything that is for inside alone was promised to anybody else (nothing-internal.ts). */
  drop(): Promise<void>;
}

/**
 * A database of its own, migrated and empty: one that an earlier test of this process has left, emptied, or else a copy of the
 * template that `setup.ts` made. A copy and its first connection cost some 50 ms of processor time, emptying some 3.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const left = LEFT.pop();
  if (left === undefined) return copyDatabase(` template ${TEMPLATE_DATABASE} strategy file_copy`);
  const db = withPoolOf(left);
  await db.raw(inject('pristine').resetSql);
  return testDatabase(left.name, db);
}

/** A database no migration has seen. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return copyDatabase('');
}

async function copyDatabase(from: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await admin().raw(`create database ${name}${from}`);
  return testDatabase(name, openDatabase(urlOf(name)));
}

function urlOf(name: string): string {
  const url = new URL(inject('postgresUrl'));
  url.pathname = name;
  return url.href;
}

function testDatabase(name: string, db: Knex): TestDatabase {
  return {
    url: urlOf(name),
    db,
    async drop() {
      let isUsable = false;
      try {
        // A test that has ended its connections was about something else.
        if (db.client.pool !== undefined) isUsable = await look(db);
      } finally {
        if (isUsable) LEFT.push({ name, pool: takePool(db) });
        else {
          await db.destroy();
          await admin().raw(`drop database if exists ${name} with (force)`);
        }
      }
    },
  };
}

/** Whether another test may have it. */
async function look(db: Knex): Promise<boolean> {
  const { rows } = await db.raw(`select to_regclass('outbox') is not null as migrated`);
  if (!rows[0].migrated) return false;
  await expectNothingInternal(db, await listPromisedMails(db));
  return (await isOurs(db)) && (await schemaMark(db)) === inject('pristine').schemaMark;
}

/** Nobody else is in it who may come back, and nothing of ours is still at work. */
async function isOurs(db: Knex): Promise<boolean> {
  const { rows } = await db.raw(
    `select count(*)::int from pg_stat_activity where datname = current_database() and backend_type = 'client backend'`,
  );
  const { pool } = db.client;
  return (
    rows[0].count === pool.numFree() && pool.numUsed() + pool.numPendingAcquires() + pool.numPendingCreates() === 0
  );
}

interface LeftDatabase {
  name: string;
  /** Of knex's client: its connections stay. */
  pool: Knex.Client['pool'];
}

/** What earlier tests of this process have done with. */
const LEFT: LeftDatabase[] = [];

/** Whatever of a test outlives it finds its database closed, as if it were gone. */
function takePool(db: Knex): LeftDatabase['pool'] {
  const { pool } = db.client;
  db.client.pool = undefined;
  return pool;
}

function withPoolOf({ name, pool }: LeftDatabase): Knex {
  const db = openDatabase(urlOf(name));
  db.client.pool = pool;
  return db;
}

let keptAdmin: Knex | null = null;

/** Kept for all the test files of this process: a connection costs as much as copying a database. */
function admin(): Knex {
  keptAdmin ??= openDatabase(inject('postgresUrl'), { poolMax: 2 });
  return keptAdmin;
}
