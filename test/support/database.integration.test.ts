import { expect, test } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { seedDesk } from './desk.ts';
import { createTestIntake } from './intake.ts';
import { buildMail } from './mail-builder.ts';
import { readPristine } from './pristine.ts';

/** Every row and the next value of every sequence. */
async function everythingIn({ db }: TestDatabase): Promise<unknown> {
  const { rows: tables } = await db.raw(
    `select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
  );
  const rows = Object.fromEntries(
    await Promise.all(tables.map(async ({ relname }: { relname: string }) => [relname, await db(relname)])),
  );
  const { rows: sequences } = await db.raw(
    `select sequencename, last_value, start_value from pg_sequences order by sequencename`,
  );
  return { rows, sequences };
}

async function use(database: TestDatabase): Promise<void> {
  const { desk } = await seedDesk(database.db);
  const intake = createTestIntake(database, desk);
  await intake.receive(buildMail());
  await intake.drain();
  await database.db('event_reader').update({ name: 'another' });
  await database.db('schema_migration').del();
}

test('a database that a test has left is empty again for the next one, and nobody else’s', async () => {
  const untouched = await createTestDatabase();
  const expected = await everythingIn(untouched);
  const { resetSql } = await readPristine(untouched.db);
  let isReused = false;
  // One whose idle connections are just being closed is not given on.
  for (let tries = 0; tries < 5 && !isReused; tries++) {
    const first = await createTestDatabase();
    await use(first);
    expect(await everythingIn(first)).not.toEqual(expected);
    await first.drop();
    await expect(first.db('ticket')).rejects.toThrow();

    const second = await createTestDatabase();
    isReused = second.url === first.url;
    expect(await everythingIn(second)).toEqual(expected);
    expect((await readPristine(second.db)).resetSql).toBe(resetSql);
    await second.drop();
  }
  expect(isReused).toBe(true);
  await untouched.drop();
});

test.each([
  ['a column', 'alter table ticket add column extra text'],
  ['a trigger', 'create trigger extra before update on ticket execute function suppress_redundant_updates_trigger()'],
  ['a function', 'create function extra() returns integer language sql as $$ select 1 $$'],
  ['a dropped index', 'drop index ticket_clock_due'],
  ['a setting', `do $$ begin execute format('alter database %I set work_mem = %L', current_database(), '1MB'); end $$`],
])('a database with %s of its own is given to nobody else', async (_, sql) => {
  const database = await createTestDatabase();
  await database.db.raw(sql);
  await database.drop();
  const next = await createTestDatabase();
  expect(next.url).not.toBe(database.url);
  await next.drop();
});

test('a database that somebody else is connected to is given to nobody else', async () => {
  const database = await createTestDatabase();
  const other = openDatabase(database.url);
  await other.raw('select 1');
  await database.drop();
  const next = await createTestDatabase();
  expect(next.url).not.toBe(database.url);
  await next.drop();
  await other.destroy();
});
