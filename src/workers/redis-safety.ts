import { Redis } from 'ioredis';
import { errorCode } from '../errors.ts';
import type { Log } from '../log.ts';

/** A property of the Redis server that BullMQ needs and does not insist on (reliability.md Q-09). */
export interface RedisWeakness {
  setting: 'version' | 'maxmemory-policy' | 'appendonly';
  /** What it is, and what it should be. */
  found: string;
  wanted: string;
}

const CONNECT_TIMEOUT_MS = 5000;
/** Below it BullMQ warns. */
const VERSION_MIN = [6, 2] as const;

/** Says at start what an operator should change about Redis. Nobody waits for it: work goes on whatever it finds. */
export async function warnOfUnsafeRedis(url: string, log: Log): Promise<void> {
  try {
    for (const { setting, found, wanted } of await findRedisWeaknesses(url))
      log.warn('redis.unsafe', { setting, found, wanted });
  } catch (error) {
    log.warn('redis.unsafe', { code: errorCode(error) });
  }
}

/**
 * What would make jobs vanish: a server that evicts keys, or forgets delayed jobs when it restarts. Losing them loses no
 * work here, only time until the next sweep. Read from INFO, which hosted servers allow where they forbid CONFIG.
 *
 * Throws when the server cannot be reached.
 */
export async function findRedisWeaknesses(url: string): Promise<RedisWeakness[]> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let lastError: Error | null = null;
  // Attached before connecting: an `error` that nobody hears is printed by the library.
  redis.on('error', (error: Error) => {
    lastError = error;
  });
  try {
    await redis.connect();
    const answers = await Promise.all([redis.info('server'), redis.info('memory'), redis.info('persistence')]);
    return judgeRedis(answers.join('\n'));
  } catch (error) {
    throw lastError ?? error;
  } finally {
    redis.disconnect();
  }
}

/** The same from the text of INFO. */
export function judgeRedis(info: string): RedisWeakness[] {
  const fields = new Map(
    info.split(/\r?\n/).map((line) => [line.split(':')[0] ?? '', line.slice(line.indexOf(':') + 1)]),
  );
  const weaknesses: RedisWeakness[] = [];
  const version = fields.get('redis_version') ?? '0';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < VERSION_MIN[0] || (major === VERSION_MIN[0] && minor < VERSION_MIN[1]))
    weaknesses.push({ setting: 'version', found: version, wanted: `${VERSION_MIN.join('.')} or newer` });
  const policy = fields.get('maxmemory_policy') ?? 'unknown';
  if (policy !== 'noeviction') weaknesses.push({ setting: 'maxmemory-policy', found: policy, wanted: 'noeviction' });
  if (fields.get('aof_enabled') !== '1') weaknesses.push({ setting: 'appendonly', found: 'no', wanted: 'yes' });
  return weaknesses;
}
