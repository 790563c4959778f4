import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findProgram } from '../../src/trial/packages.ts';
import { PACKAGES_DIRECTORY } from '../../src/trial/places.ts';
import { freePort, isRunning, spawnServer, stopProcess, waitFor } from '../../src/trial/server-process.ts';
import { commandAs } from '../../src/trial/service-user.ts';

/** Debian's redis-server is a link to a program in the package redis-tools. */
export const REDIS = { path: '/usr/bin/redis-server', packages: ['redis-server', 'redis-tools'] };

export interface TestRedis {
  url: string;
  flushAll(): Promise<void>;
  /** An outage: connections break and nothing answers until `start()`. */
  stop(): Promise<void>;
  /** Again after `stop()`, on the same port and with what the append-only file kept. */
  start(): Promise<void>;
  /** Stops it and removes its files. */
  remove(): Promise<void>;
}

/** A real Redis on a free port, with an append-only file as reliability.md Q-10 asks of production. */
export async function startTestRedis(): Promise<TestRedis> {
  const program = await findProgram(REDIS, PACKAGES_DIRECTORY);
  const directory = mkdtempSync(join(tmpdir(), 'docket-test-redis-'));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  const settings = {
    port,
    bind: '127.0.0.1',
    dir: directory,
    save: '',
    appendonly: 'yes',
    'maxmemory-policy': 'noeviction',
  };
  const redis = commandAs(null, program.path, directory, { whenWeDie: 'SIGTERM' });
  const command = [...redis, ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])];
  let pid = 0;

  async function start(): Promise<void> {
    pid = await spawnServer(command, join(directory, 'redis.log'), {
      environment: { LD_LIBRARY_PATH: program.libraryFolders.join(':') },
    });
    const ready = await waitFor(async () => (!isRunning(pid) ? 'ended' : (await answers(url)) ? 'ready' : null), {
      withinMs: 10_000,
    });
    if (ready !== 'ready') throw new Error(`Redis did not start; see ${directory}/redis.log`);
  }
  const stop = () => stopProcess(pid);

  await start();
  return {
    url,
    start,
    stop,
    async flushAll() {
      const client = new Redis(url);
      await client.flushall();
      client.disconnect();
    },
    async remove() {
      await stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function answers(url: string): Promise<boolean> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.ping()) === 'PONG';
  } catch {
    return false;
  } finally {
    client.disconnect();
  }
}
