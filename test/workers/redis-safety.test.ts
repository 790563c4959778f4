import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLog } from '../../src/log.ts';
import { findRedisWeaknesses, judgeRedis, warnOfUnsafeRedis } from '../../src/workers/redis-safety.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';

const SAFE = ['redis_version:7.0.15', 'maxmemory_policy:noeviction', 'aof_enabled:1'];
const without = (line: string, instead?: string) =>
  SAFE.filter((other) => other !== line)
    .concat(instead ?? [])
    .join('\r\n');

describe('Q-09: what makes Redis lose jobs is told', () => {
  test.each<[string, string, string[]]>([
    ['nothing', SAFE.join('\r\n'), []],
    ['an eviction policy', without(SAFE[1] ?? '', 'maxmemory_policy:allkeys-lru'), ['maxmemory-policy']],
    ['no append-only file', without(SAFE[2] ?? '', 'aof_enabled:0'), ['appendonly']],
    ['an old server', without(SAFE[0] ?? '', 'redis_version:6.0.20'), ['version']],
    ['the oldest good one', without(SAFE[0] ?? '', 'redis_version:6.2.0'), []],
    ['a server that says nothing', '', ['version', 'maxmemory-policy', 'appendonly']],
  ])('%s', (_name, info, settings) => {
    expect(judgeRedis(info).map(({ setting }) => setting)).toEqual(settings);
  });
});

describe('on a real server', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startTestRedis();
  });
  afterAll(() => redis.remove());

  test('one set up for jobs has none', async () => {
    expect(await findRedisWeaknesses(redis.url)).toEqual([]);
  });

  test('a serving process says at start what to change', async () => {
    const client = new Redis(redis.url);
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const warned: unknown[] = [];
    await warnOfUnsafeRedis(redis.url, { ...silentLog, warn: (event, fields) => void warned.push([event, fields]) });
    await client.config('SET', 'maxmemory-policy', 'noeviction');
    client.disconnect();
    expect(warned).toEqual([
      ['redis.unsafe', { setting: 'maxmemory-policy', found: 'allkeys-lru', wanted: 'noeviction' }],
    ]);
  });

  test('one that does not answer is told as such, soon', async () => {
    await expect(findRedisWeaknesses('redis://127.0.0.1:1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
