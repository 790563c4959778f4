import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acquireLease, assertHeld, releaseLease, renewLease, underLease } from '../../src/store/leases.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let names = 0;
const newName = () => `mailbox:${++names}`;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** As if the holder had been frozen past the end of its lease. */
async function expire(name: string) {
  await database.db.raw(`update lease set expires_at = clock_timestamp() - interval '1 second' where name = ?`, [name]);
}

function acquire(name: string, holder = 'first') {
  return acquireLease(database.db, { name, holder, durationMs: 20_000 });
}

describe('a lease', () => {
  test('IN-19: is held by one at a time', async () => {
    const name = newName();
    expect(await acquire(name)).toMatchObject({ name, fencingToken: '1' });
    expect(await acquire(name, 'second')).toBeNull();
    expect(await acquire(name)).toBeNull();
  });

  test('IN-19: goes to exactly one of many who ask at the same moment', async () => {
    const name = newName();
    const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => acquire(name, `holder-${index}`)));
    expect(answers.filter((lease) => lease !== null)).toHaveLength(1);
  });

  test('gives a higher token to each new holder, also after release', async () => {
    const name = newName();
    const first = await acquire(name);
    await expire(name);
    const second = await acquire(name, 'second');
    expect(second?.fencingToken).toBe('2');
    if (!first || !second) throw new Error('not acquired');
    await releaseLease(database.db, second);
    expect((await acquire(name))?.fencingToken).toBe('3');
  });

  test('is renewed by its holder only, and not once it has expired', async () => {
    const name = newName();
    const first = await acquire(name);
    if (!first) throw new Error('not acquired');
    expect(await renewLease(database.db, first, 20_000)).toBe(true);
    await expire(name);
    expect(await renewLease(database.db, first, 20_000)).toBe(false);
    await acquire(name, 'second');
    expect(await renewLease(database.db, first, 20_000)).toBe(false);
  });

  test('released by one who lost it stays with the new holder', async () => {
    const name = newName();
    const first = await acquire(name);
    await expire(name);
    const second = await acquire(name, 'second');
    if (!first || !second) throw new Error('not acquired');
    await releaseLease(database.db, first);
    expect(await renewLease(database.db, second, 20_000)).toBe(true);
  });

  test('IN-19: a holder thawed after its lease went to another has its write refused', async () => {
    const name = newName();
    const frozen = await acquire(name);
    await expire(name);
    await acquire(name, 'second');
    if (!frozen) throw new Error('not acquired');
    const write = underLease(database.db, frozen, (transaction) =>
      transaction.raw(`insert into lease values ('written-by-the-frozen', 'frozen', 1, clock_timestamp())`),
    );
    await expect(write).rejects.toMatchObject({ code: 'LEASE_LOST', name: 'TemporaryError' });
    expect(await database.db('lease').where({ name: 'written-by-the-frozen' })).toEqual([]);
  });

  test('IN-19: a holder thawed after its lease expired has its write refused even if nobody took over', async () => {
    const name = newName();
    const frozen = await acquire(name);
    await expire(name);
    if (!frozen) throw new Error('not acquired');
    await expect(underLease(database.db, frozen, async () => 'written')).rejects.toMatchObject({ code: 'LEASE_LOST' });
  });

  test('IN-19: does not change hands while a transaction under it is open', async () => {
    const name = newName();
    const first = await acquire(name);
    if (!first) throw new Error('not acquired');
    const order: string[] = [];
    let takeover: Promise<unknown> = Promise.resolve();
    await database.db.transaction(async (transaction) => {
      await assertHeld(transaction, first);
      // Runs out in the middle of the transaction; the row lock makes whoever takes over wait for the commit.
      takeover = database.db
        .raw('select pg_sleep(0)')
        .then(() => database.db.raw(`update lease set fencing_token = fencing_token + 1 where name = ?`, [name]))
        .then(() => order.push('taken over'));
      await transaction.raw('select pg_sleep(0.2)');
      order.push('committed');
    });
    await takeover;
    expect(order).toEqual(['committed', 'taken over']);
  });
});
