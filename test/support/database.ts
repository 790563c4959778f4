import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { inject } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { expectNothingInternal, listPromisedMails } from './nothing-internal.ts';

export const TEMPLATE_DATABASE = 'docket_template';

export interface TestDatabase {
  /** For a process of the product under test; `db` is the same database. */
  url: string;
  db: Knex;
  /** Looks first whether anything that is for inside alone was promised to anybody else (nothing-internal.ts). */
  drop(): Promise<void>;
}

/** A database of its own, migrated and empty: a copy of the template that `setup.ts` made (some 30 ms). */
export async function createTestDatabase(): Promise<TestDatabase> {
  return copyDatabase(` template ${TEMPLATE_DATABASE} strategy file_copy`);
}

/** A database no migration has seen. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return copyDatabase('');
}

async function copyDatabase(from: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await admin().raw(`create database ${name}${from}`);
  const url = new URL(inject('postgresUrl'));
  url.pathname = name;
  const db = openDatabase(url.href);
  const look = async () => {
    const { rows } = await db.raw(`select to_regclass('outbox') is not null as migrated`);
    if (rows[0].migrated) await expectNothingInternal(db, await listPromisedMails(db));
  };
  return {
    url: url.href,
    db,
    async drop() {
      try {
        // A test that has ended its connections was about something else.
        if (db.client.pool !== undefined) await look();
      } finally {
        await db.destroy();
        await admin().raw(`drop database if exists ${name} with (force)`);
      }
    },
  };
}

let keptAdmin: Knex | null = null;

/** Kept for all the test files of this process: a connection costs as much as copying a database. */
function admin(): Knex {
  keptAdmin ??= openDatabase(inject('postgresUrl'), { poolMax: 2 });
  return keptAdmin;
}
