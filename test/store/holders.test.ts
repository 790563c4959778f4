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

test('a connection lost while it waits for the lock is claimed again once, and release ends what waits', async () => {
  const { db, url } = database;
  const losses: Error[] = [];
  const holder = await registerHolder(url, (error) => losses.push(error));
  const number = Number(holder.name.replace('holder-', ''));
  const connections = async () =>
    (await db('pg_stat_activity').where({ application_name: 'docket holder' }).pluck('wait_event_type')).sort();
  const endAll = () =>
    db.raw(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'docket holder'`);
  await db.transaction(async (blocker) => {
    const { rows } = await blocker.raw(`select classid::int as class from pg_locks where objid::bigint = ?`, [number]);
    await endAll();
    // As when the server has not noticed yet that the old connection is gone.
    await blocker.raw('select pg_advisory_xact_lock(?, ?)', [rows[0].class, number]);
    await expect.poll(connections, { timeout: 5000 }).toEqual(['Lock']);
    await endAll();
    await expect.poll(connections, { timeout: 5000, interval: 20 }).toEqual([]);
    await expect.poll(connections, { timeout: 5000 }).toEqual(['Lock']);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await connections()).toEqual(['Lock']);
    expect(losses).toHaveLength(1);
    await holder.release();
  });
  await expect.poll(connections, { timeout: 5000 }).toEqual([]);
});
