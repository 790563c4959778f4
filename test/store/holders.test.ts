import { afterAll, beforeAll, expect, test } from 'vitest';
import { endLeasesOf, listDeadHolders, registerHolder } from '../../src/store/holders.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

async function holdLease(name: string, holder: string): Promise<void> {
  await database.db.raw(
    `insert into lease (name, holder, fencing_token, expires_at)
     values (?, ?, 1, clock_timestamp() + interval '1 hour')`,
    [name, holder],
  );
}

test('a holder is alive while its process holds the connection, and dead at once when that is gone', async () => {
  const living = await registerHolder(database.url, () => undefined);
  const dying = await registerHolder(database.url, () => undefined);
  expect(living.name).not.toBe(dying.name);
  await holdLease('a', living.name);
  await holdLease('b', dying.name);
  await dying.release();

  await expect.poll(() => listDeadHolders(database.db)).toEqual([dying.name]);
  await endLeasesOf(database.db, [dying.name]);

  const open = await database.db('lease').where('expires_at', '>', database.db.raw('clock_timestamp()')).pluck('name');
  expect(open).toEqual(['a']);
  expect(await listDeadHolders(database.db)).toEqual([]);
  await living.release();
});

test('a lost connection is told once, and the same name is claimed again', async () => {
  await database.db('lease').delete();
  const losses: Error[] = [];
  const holder = await registerHolder(database.url, (error) => losses.push(error));
  await holdLease('c', holder.name);
  await database.db.raw(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'docket holder'`,
  );
  await expect.poll(() => listDeadHolders(database.db)).toEqual([holder.name]);
  await expect.poll(() => listDeadHolders(database.db), { timeout: 5000 }).toEqual([]);
  expect(losses).toHaveLength(1);
  await holder.release();
});
