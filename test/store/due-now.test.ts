import { afterEach, beforeEach, expect, test } from 'vitest';
import { DUE_NOW } from '../../src/store/due-now.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;

beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

test('due now is never ahead, kept to the millisecond; the time itself is, one time in two', async () => {
  const { rows } = await database.db.raw(
    `select count(*) filter (where due > now)::int as due, count(*) filter (where rounded > now)::int as rounded
     from (select ${DUE_NOW}::timestamptz(3) as due, clock_timestamp()::timestamptz(3) as rounded, clock_timestamp() as now
       from generate_series(1, 5000)) as times`,
  );
  expect(rows[0].due).toBe(0);
  expect(rows[0].rounded).toBeGreaterThan(0);
});

test.each([
  ['inbound_mail', 'due_at'],
  ['outbox', 'due_at'],
  ['ticket_event', 'recorded_at'],
])('%s.%s begins with it', async (table, column) => {
  const { rows } = await database.db.raw(
    `select pg_get_expr(adbin, adrelid) as expression from pg_attrdef join pg_attribute on attrelid = adrelid and attnum = adnum
     where adrelid = ?::regclass and attname = ?`,
    [table, column],
  );
  expect(rows).toEqual([
    { expression: expect.stringMatching(/^date_trunc\('milliseconds'::text, clock_timestamp\(\)\)$/) },
  ]);
});
