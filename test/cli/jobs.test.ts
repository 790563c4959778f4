import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { jsonLines, runDocket } from '../support/docket.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';

const QUEUES = ['intake', 'assignment', 'sla', 'delivery', 'maintenance'];

let database: TestDatabase;
let redis: TestRedis;

beforeAll(async () => {
  [database, redis] = await Promise.all([createTestDatabase(), startTestRedis()]);
});
afterAll(async () => {
  await Promise.all([database.drop(), redis.remove()]);
});

describe.each(['PostgreSQL', 'Redis'])('with jobs on %s', (backend) => {
  const docket = (...args: string[]) =>
    runDocket(args, { env: { DATABASE_URL: database.url, ...(backend === 'Redis' ? { REDIS_URL: redis.url } : {}) } });

  test('status gives every queue', async () => {
    const run = await docket('jobs', 'status', '--json');
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(jsonLines(run)).toMatchObject(QUEUES.map((queue) => ({ queue, reachable: true, failed: 0, heldCount: 0 })));
    expect((await docket('jobs', 'status')).stdout).toMatch(/^QUEUE .*\nintake /);
  });

  test('retry wakes the queues named, or all', async () => {
    const one = await docket('jobs', 'retry', 'delivery', '--json');
    expect(jsonLines(one)).toEqual([{ schemaVersion: 1, queue: 'delivery', retriedCount: 0 }]);
    const waiting = jsonLines(await docket('jobs', 'status', '--json')).filter(({ waiting }) => waiting === 1);
    expect(waiting.map(({ queue }) => queue)).toEqual(['delivery']);
    expect(jsonLines(await docket('jobs', 'retry', '--json')).map(({ queue }) => queue)).toEqual(QUEUES);
  });
});

test('a job backend that is away is said, soon, and what PostgreSQL knows is shown all the same', async () => {
  const startedAt = performance.now();
  const env = { DATABASE_URL: database.url, REDIS_URL: 'redis://127.0.0.1:1' };
  const status = await runDocket(['jobs', 'status', '--json'], { env });
  expect(status.exitCode).toBe(1);
  expect(status.stderr).toContain('The job backend does not answer.');
  expect(jsonLines(status)).toMatchObject(QUEUES.map((queue) => ({ queue, reachable: false })));
  expect(await runDocket(['jobs', 'retry'], { env })).toMatchObject({ exitCode: 75, stdout: '' });
  expect(performance.now() - startedAt).toBeLessThan(25_000);
});
