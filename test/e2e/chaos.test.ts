import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectConservation } from '../support/conservation.ts';
import { type DeskWorld, startDeskWorld } from '../support/desk-world.ts';
import { startTestDovecot, type TestDovecot } from '../support/dovecot.ts';
import { type MistreatedPostgres, startMistreatedPostgres } from '../support/mistreated-postgres.ts';
import { seededRandom } from '../support/random.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';

/**
 * Everything that a bad day can bring, at once, while 200 mails come in: the process killed every one to six seconds, the
 * queues wiped and then away for half a minute, the database and the mail server restarted under it, and now and then a mail
 * delivered twice by a server that did not hear us. When it is over, a minute must be enough to find nothing lost, nothing
 * doubled and nothing stuck.
 */
const MAILS = 200;
const RECOVERY_MS = 60_000;
const TWICE = 0.05;
const seed = Number(process.env.DOCKET_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));

let dovecot: TestDovecot;
let redis: TestRedis;
let postgres: MistreatedPostgres;
let world: DeskWorld;

beforeAll(async () => {
  [dovecot, redis, postgres] = await Promise.all([startTestDovecot(), startTestRedis(), startMistreatedPostgres()]);
  world = await startDeskWorld({ dovecot, redisUrl: redis.url, database: postgres, afterReceipt: 'flag' });
});
afterAll(async () => {
  await world.stop();
  await redis.remove();
  await dovecot.stop();
});

test(`200 mails survive a bad day (DOCKET_TEST_SEED=${seed})`, { timeout: 300_000 }, async () => {
  const random = seededRandom(seed);
  const messageIds = Array.from({ length: MAILS }, (_, index) => `chaos-${index}@customer.test`);
  const over = new AbortController();

  const faults = Promise.all([killAgainAndAgain(random, over.signal), mistreatTheServers()]).then(() => undefined);
  for (const messageId of messageIds) {
    await deliverWhenItCan(messageId);
    if (random() < TWICE) await deliverWhenItCan(messageId);
    await sleep(random() * 300);
  }
  over.abort();
  await faults;
  // How far it comes depends on the machine; but the faults must have met a desk at work.
  expect(await world.database.db('inbound_mail').select('id')).not.toEqual([]);

  const healedAt = performance.now();
  const desk = world.serve();
  await desk.started;
  await world.settled(MAILS, RECOVERY_MS - (performance.now() - healedAt));
  await expectConservation(world.database.db, world.relay, messageIds);
  expect(await world.database.db('ticket').select('id')).toHaveLength(MAILS);
});

async function killAgainAndAgain(random: () => number, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const desk = world.serve();
    await Promise.race([desk.ended, sleep(1000 + random() * 5000)]);
    desk.kill('SIGKILL');
    await desk.ended;
  }
}

async function mistreatTheServers(): Promise<void> {
  await sleep(8_000);
  await redis.flushAll();
  await sleep(2_000);
  await redis.stop();
  await sleep(5_000);
  await postgres.restartImmediately();
  await sleep(10_000);
  await dovecot.restart();
  await sleep(15_000);
  await redis.start();
}

/** A sending server that meets a restarting one comes back later with the same mail. */
async function deliverWhenItCan(messageId: string): Promise<void> {
  const content = { messageId: `<${messageId}>`, from: `${messageId.split('@')[0]}@customer.test`, subject: messageId };
  for (let tries = 0; ; tries++) {
    try {
      return await world.deliver(content);
    } catch (error) {
      if (tries === 50) throw error;
      await sleep(200);
    }
  }
}
