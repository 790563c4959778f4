import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../src/log.ts';
import { createQueues, type QueueName, type Queues } from '../../src/workers/queues.ts';
import { createSweeper } from '../../src/workers/sweep.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type SeededDesk, seedDesk } from '../support/desk.ts';
import { createTestIntake, type TestIntake } from '../support/intake.ts';
import { buildMail } from '../support/mail-builder.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';

/** The queues hold wake-ups only: whatever becomes of them, the rows say what is to be done, and it is done once. */
let redis: TestRedis;
let database: TestDatabase;
let seeded: SeededDesk;
let intake: TestIntake;
let queues: Queues;

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.remove());

beforeEach(async () => {
  await redis.flushAll();
  database = await createTestDatabase();
  seeded = await seedDesk(database.db);
  intake = createTestIntake(database, seeded.desk);
});
afterEach(async () => {
  await queues.close(2000);
  await database.drop();
});

function openQueues(redisUrl: string | null): Queues {
  return createQueues({ redisUrl, databaseUrl: database.url, log: silentLog });
}

function sweeperOf(drain: () => Promise<void>) {
  const drains = new Map<QueueName, () => Promise<void>>([['intake', drain]]);
  return createSweeper({ db: database.db, queues, lookAhead: async () => {}, drains, intervalMs: 500, log: silentLog });
}

async function receive(count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    await intake.receive(buildMail({ from: `person${index}@customer.test`, subject: `Mail ${index}` }));
  }
}

async function makeOverdue(): Promise<void> {
  await database.db('inbound_mail').update({ due_at: database.db.raw(`clock_timestamp() - interval '1 minute'`) });
}

const open = async (): Promise<string[]> => database.db('inbound_mail').whereNot({ state: 'settled' }).pluck('id');
const ticketCount = async () => Number((await database.db('ticket').count('* as count').first())?.count);

const BACKENDS: [name: string, urlOf: () => string | null][] = [
  ['Redis', () => redis.url],
  ['PostgreSQL (Q-15: without REDIS_URL)', () => null],
];

describe.for(BACKENDS)('on %s', ([, urlOf]) => {
  beforeEach(() => {
    queues = openQueues(urlOf());
  });

  test('a look wakes a worker', async () => {
    queues.work('intake', intake.drain);
    await receive(3);
    queues.look('intake');
    await expect.poll(open, { timeout: 10_000 }).toEqual([]);
    expect(await ticketCount()).toBe(3);
  });

  test('a look in a while wakes a worker then, once however often it was asked for', async () => {
    let wokenAt: number[] = [];
    queues.work('sla', async () => {
      wokenAt.push(performance.now());
    });
    queues.look('sla');
    await expect.poll(() => wokenAt.length, { timeout: 10_000 }).toBe(1);
    wokenAt = [];
    const askedAt = performance.now();
    const moment = { at: new Date('2026-11-23T10:00:00.250Z'), inMs: 700 };
    for (let asked = 0; asked < 3; asked++) queues.lookIn('sla', moment);
    await expect.poll(() => wokenAt.length, { timeout: 10_000 }).toBe(1);
    expect((wokenAt[0] ?? 0) - askedAt).toBeGreaterThan(650);
    // What comes after it shows that there was no second one.
    queues.look('sla');
    await expect.poll(() => wokenAt.length, { timeout: 10_000 }).toBe(2);
    expect((await queues.status()).find(({ queue }) => queue === 'sla')).toMatchObject({ delayed: 0, failed: 0 });
  });

  test('Q-06: any number of looks has one effect', async () => {
    queues.work('intake', intake.drain);
    await receive(3);
    for (let index = 0; index < 200; index++) {
      queues.look('intake');
      if (index % 50 === 0) await sleep(20);
    }
    await expect.poll(open, { timeout: 10_000 }).toEqual([]);
    await sleep(500);
    expect(await ticketCount()).toBe(3);
  });

  test('Q-04: looks that fail for good leave their rows due, and the sweep has them done', async () => {
    let isBroken = true;
    const drain = async () => {
      if (isBroken) throw new Error('broken');
      await intake.drain();
    };
    queues.work('intake', drain);
    await receive(2);
    queues.look('intake');
    await expect
      .poll(async () => (await queues.status()).find(({ queue }) => queue === 'intake')?.failed, { timeout: 15_000 })
      .toBe(1);
    expect(await open()).toHaveLength(2);
    isBroken = false;
    await sweeperOf(drain).sweep();
    await expect.poll(open, { timeout: 10_000 }).toEqual([]);
    expect(await ticketCount()).toBe(2);
    expect(await queues.retryFailed('intake')).toBe(1);
  });

  test('mail that nobody was woken for is found by the sweep', async () => {
    queues.work('intake', intake.drain);
    await receive(2);
    await sweeperOf(intake.drain).sweep();
    await expect.poll(open, { timeout: 10_000 }).toEqual([]);
  });
});

describe('when Redis is not to be relied on', () => {
  beforeEach(() => {
    queues = openQueues(redis.url);
  });

  test('Q-01: FLUSHALL loses no work and doubles none', async () => {
    await receive(5);
    for (let index = 0; index < 5; index++) queues.look('intake');
    await redis.flushAll();
    queues.work('intake', intake.drain);
    await redis.flushAll();
    await sweeperOf(intake.drain).sweep();
    await expect.poll(open, { timeout: 10_000 }).toEqual([]);
    await redis.flushAll();
    await receive(1);
    queues.look('intake');
    await expect.poll(open, { timeout: 10_000 }).toEqual([]);
    expect(await ticketCount()).toBe(6);
  });

  test('Q-02: a job carries nothing of the mail', async () => {
    await receive(1);
    queues.look('intake');
    const reader = new Queue('intake', { connection: { url: redis.url }, prefix: 'docket' });
    await expect.poll(() => reader.getWaitingCount(), { timeout: 10_000 }).toBe(1);
    const [job] = await reader.getJobs(['waiting']);
    expect(job?.name).toBe('look');
    expect(job?.data).toEqual({});
    await reader.close();
  });

  test('Q-03: nobody waits for Redis when it is down, and the sweep does the work', { timeout: 60_000 }, async () => {
    queues.work('intake', intake.drain);
    await redis.stop();
    try {
      const startedAt = performance.now();
      for (let index = 0; index < 100; index++) queues.look('intake');
      expect(performance.now() - startedAt).toBeLessThan(500);
      await receive(2);
      await makeOverdue();
      await sweeperOf(intake.drain).sweep();
      await expect.poll(open, { timeout: 10_000 }).toEqual([]);
      expect(await ticketCount()).toBe(2);
    } finally {
      await redis.start();
    }
  });

  test('Q-07: work resumes within 15 s of its return', { timeout: 60_000 }, async () => {
    queues.work('intake', intake.drain);
    await redis.stop();
    await sleep(3000);
    await redis.start();
    await receive(2);
    const sweeper = sweeperOf(async () => undefined);
    sweeper.start();
    await expect.poll(open, { timeout: 15_000 }).toEqual([]);
    await sweeper.stop();
  });

  test('closing does not hang on a Redis that is gone', { timeout: 60_000 }, async () => {
    queues.work('intake', intake.drain);
    queues.look('intake');
    await redis.stop();
    try {
      const startedAt = performance.now();
      await queues.close(500);
      expect(performance.now() - startedAt).toBeLessThan(5000);
    } finally {
      await redis.start();
    }
  });
});

describe('on a PostgreSQL that has no connection left', () => {
  /** A role of its own: a limit does not hold for superusers. */
  let role: string;

  beforeEach(async () => {
    role = `limited_${randomBytes(6).toString('hex')}`;
    await database.db.raw(`create role ${role} login password 'secret' connection limit 1`);
    await database.db.raw(
      `do $$ begin execute format('grant create on database %I to ${role}', current_database()); end $$`,
    );
    const url = new URL(database.url);
    url.username = role;
    url.password = 'secret';
    queues = createQueues({ redisUrl: null, databaseUrl: url.href, log: silentLog });
  });
  afterEach(async () => {
    await queues.close(2000);
    await database.db.raw(`drop owned by ${role} cascade`);
    await database.db.raw(`drop role ${role}`);
  });

  test('a worker holds nothing up, and begins when there is one', async () => {
    queues.work('intake', intake.drain);
    queues.work('delivery', async () => {});
    await receive(1);
    queues.look('intake');
    const before = performance.now();
    for (let turns = 0; turns < 20; turns++) await sleep(50);
    expect(performance.now() - before).toBeLessThan(5000);
    expect(await open()).toHaveLength(1);
    await database.db.raw(`alter role ${role} connection limit -1`);
    await expect
      .poll(
        () => {
          queues.look('intake');
          return open();
        },
        { timeout: 10_000 },
      )
      .toEqual([]);
  });

  test('closing ends all the same', async () => {
    queues.work('intake', intake.drain);
    queues.work('delivery', async () => {});
    queues.look('sla');
    await sleep(300);
    const before = performance.now();
    await queues.close(500);
    expect(performance.now() - before).toBeLessThan(4000);
  });
});
