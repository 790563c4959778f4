import { createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { silentLog } from '../../src/log.ts';
import { openDatabase } from '../../src/store/database.ts';
import type { QueueHealth } from '../../src/store/health.ts';
import { checkReadiness, isStuck, type Readiness } from '../../src/web/readiness.ts';
import { createQueues, QUEUE_NAMES, type Queues } from '../../src/workers/queues.ts';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Rows, rowsIn } from './rows.ts';

let database: TestDatabase;
let rows: Rows;
let queues: Queues;

beforeEach(async () => {
  database = await createTestDatabase();
  rows = rowsIn(database.db);
  queues = createQueues({ redisUrl: null, databaseUrl: database.url, log: silentLog });
});
afterEach(async () => {
  await queues.close(1000);
  await database.drop();
});

function check(overrides: Partial<Parameters<typeof checkReadiness>[0]> = {}): Promise<Readiness> {
  return checkReadiness({ db: database.db, queues, workedQueues: QUEUE_NAMES, ...overrides });
}

function failed({ checks }: Readiness) {
  return checks.filter(({ ok }) => !ok);
}

async function allowConnections(allowed: boolean): Promise<void> {
  const name = new URL(database.url).pathname.slice(1);
  const admin = openDatabase(inject('postgresUrl'), { poolMax: 1 });
  await admin.raw(`alter database ${name} with allow_connections ${allowed}`);
  if (!allowed) await admin.raw('select pg_terminate_backend(pid) from pg_stat_activity where datname = ?', [name]);
  await admin.destroy();
}

test('a process whose parts all answer is ready, and says what it looked at', async () => {
  const readiness = await check();
  expect(failed(readiness)).toEqual([]);
  expect(readiness.ready).toBe(true);
  expect(readiness.checks.map(({ name }) => name)).toEqual(['database', 'jobs', 'migrations', 'blobs', 'workers']);
  expect(await database.db('blob').count()).toEqual([{ count: '0' }]);
});

test('without its database a process is not ready; when that is back it is ready again by itself', async () => {
  expect((await check()).ready).toBe(true);
  await allowConnections(false);
  const readiness = await check();
  expect(readiness.ready).toBe(false);
  expect(failed(readiness)).toContainEqual({
    name: 'database',
    ok: false,
    reason: expect.stringMatching(/connection/),
  });
  await allowConnections(true);
  await expect.poll(async () => (await check()).ready, { timeout: 10_000 }).toBe(true);
});

test('a database that takes connections and never answers is reported, and not waited for', async () => {
  const sockets: Socket[] = [];
  const hole = createServer((socket) => sockets.push(socket));
  await new Promise<void>((resolve) => hole.listen(0, '127.0.0.1', resolve));
  const address = hole.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const silent = openDatabase(`postgres://nobody@127.0.0.1:${port}/none`);
  const startedAt = performance.now();
  expect(failed(await check({ db: silent }))).toEqual([
    { name: 'database', ok: false, reason: 'no answer within 3 s' },
  ]);
  expect(performance.now() - startedAt).toBeLessThan(5000);
  for (const socket of sockets) socket.destroy();
  hole.close();
  await silent.destroy();
});

test('a database that lacks migrations is reported with the command that applies them', async () => {
  const empty = await createEmptyDatabase();
  const [migrations] = failed(await check({ db: empty.db })).filter(({ name }) => name === 'migrations');
  expect(migrations?.reason).toMatch(/^not applied: 0001_blobs, .*; run docket migrate up$/);
  await empty.drop();
});

test('migrations of a newer release do not stop the old one while it is replaced', async () => {
  await database.db('schema_migration').insert({ name: '9999_future', batch: 9, migration_time: new Date() });
  expect((await check()).ready).toBe(true);
});

test('a database that takes no writes cannot store mail', async () => {
  const url = new URL(database.url);
  const readOnly = openDatabase(url.href);
  const name = url.pathname.slice(1);
  await database.db.raw(`alter database ${name} set default_transaction_read_only = on`);
  expect(failed(await check({ db: readOnly }))).toContainEqual({
    name: 'blobs',
    ok: false,
    reason: 'cannot execute INSERT in a read-only transaction',
  });
  await readOnly.destroy();
});

test('a job backend that is away is reported', async () => {
  const away = createQueues({ redisUrl: 'redis://127.0.0.1:1', databaseUrl: database.url, log: silentLog });
  expect(failed(await check({ queues: away })).map(({ name }) => name)).toEqual(['jobs']);
  await away.close(100);
});

describe('Q-08: a worker that looks alive and consumes nothing', () => {
  test('makes its process not ready, with the queue and both ages in the reason', async () => {
    await rows.pulse('intake', 75);
    await rows.addInboundMail({ ago: 90 });
    expect(failed(await check())).toEqual([
      {
        name: 'workers',
        ok: false,
        reason: expect.stringMatching(/^intake: due for 9\d s, and the last worker woke 7\d s ago$/),
      },
    ]);
  });

  test('is noticed for outgoing mail when no worker ever woke', async () => {
    await rows.addOutboxMail({ ago: 90 });
    const [workers] = failed(await check());
    expect(workers?.reason).toMatch(/^delivery: due for 9\d s, and no worker ever woke$/);
  });

  test('is no matter of a process that does not work this queue', async () => {
    await rows.addInboundMail({ ago: 90 });
    expect((await check({ workedQueues: [] })).ready).toBe(true);
    expect((await check({ workedQueues: ['delivery'] })).ready).toBe(true);
  });

  test('is forgotten once a worker wakes', async () => {
    await rows.addInboundMail({ ago: 90 });
    await rows.pulse('intake', 0);
    expect((await check()).ready).toBe(true);
  });

  const stuck: QueueHealth = {
    queue: 'intake',
    pulseSeconds: 61,
    oldestDueSeconds: 61,
    heldCount: 0,
    expiredLeaseCount: 0,
    putOffCount: 0,
  };
  test.each<[string, Partial<QueueHealth>, boolean]>([
    ['rows due and no pulse for over a minute', {}, true],
    ['rows left behind by a dead worker as well', { expiredLeaseCount: 1 }, true],
    ['rows due for a minute at most', { oldestDueSeconds: 60 }, false],
    ['nothing due', { oldestDueSeconds: null }, false],
    ['a pulse a minute ago at most', { pulseSeconds: 60 }, false],
    ['a long batch: woken long ago, rows in hand', { pulseSeconds: 600, heldCount: 1 }, false],
  ])('%s', (_case, difference, expected) => {
    expect(isStuck({ ...stuck, ...difference })).toBe(expected);
  });
});
