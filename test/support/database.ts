import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { inject } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';

export const TEMPLATE_DATABASE = 'docket_template';

export interface TestDatabase {
  /** For a process of the product under test; `db` is the same database. */
  url: string;
  db: Knex;
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
  const adminUrl = inject('postgresUrl');
  await runAsAdmin(adminUrl, `create database ${name}${from}`);
  const url = new URL(adminUrl);
  url.pathname = name;
  const db = openDatabase(url.href);
  return {
    url: url.href,
    db,
    async drop() {
      await db.destroy();
      await runAsAdmin(adminUrl, `drop database if exists ${name} with (force)`);
    },
  };
}

async function runAsAdmin(url: string, statement: string): Promise<void> {
  const admin = openDatabase(url, { poolMax: 1 });
  try {
    await admin.raw(statement);
  } finally {
    await admin.destroy();
  }
}
