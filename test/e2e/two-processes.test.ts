import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { expectConservation } from '../support/conservation.ts';
import { type DeskWorld, startDeskWorld } from '../support/desk-world.ts';
import { startTestDovecot, type TestDovecot } from '../support/dovecot.ts';
import type { ServeProcess } from '../support/serve-process.ts';

let dovecot: TestDovecot;
let world: DeskWorld;

beforeAll(async () => {
  dovecot = await startTestDovecot();
});
afterAll(() => dovecot.stop());
beforeEach(async () => {
  world = await startDeskWorld({ dovecot, afterReceipt: 'flag' });
});
afterEach(() => world.stop());

async function deliver(from: number, to: number): Promise<string[]> {
  const ids = Array.from({ length: to - from }, (_, index) => `m${from + index}@customer.test`);
  for (const id of ids) await world.deliver({ messageId: `<${id}>`, from: `person-${id}` });
  return ids;
}

/** The one of two processes that holds the mailbox lease. */
async function pollerOf(...processes: ServeProcess[]): Promise<ServeProcess> {
  await expect
    .poll(() => processes.filter((process) => connectionsOf(process) > 0).length, { timeout: 20_000 })
    .toBeGreaterThan(0);
  const [poller] = processes.toSorted((one, other) => connectionsOf(other) - connectionsOf(one));
  if (poller === undefined) throw new Error('nobody polls');
  return poller;
}

const connectionsOf = ({ log }: ServeProcess) => log.filter(({ event }) => event === 'mailbox.connected').length;

test('IN-19: two processes on one mailbox take each mail in once', { timeout: 60_000 }, async () => {
  const [one, other] = [world.serve(), world.serve()];
  await Promise.all([one.started, other.started]);
  const ids = await deliver(0, 30);
  await world.settled(30);
  await expectConservation(world.database.db, world.relay, ids);
  expect(connectionsOf(one) + connectionsOf(other)).toBe(1);
});

test('IN-19: when the polling process is killed, another polls within 30 s', { timeout: 90_000 }, async () => {
  const [one, other] = [world.serve(), world.serve()];
  await Promise.all([one.started, other.started]);
  const poller = await pollerOf(one, other);
  const heir = poller === one ? other : one;
  poller.kill('SIGKILL');
  const killedAt = performance.now();
  const ids = await deliver(0, 3);
  await world.settled(3, 45_000);
  expect(connectionsOf(heir)).toBe(1);
  const tookOver = heir.log.find(({ event }) => event === 'mailbox.connected');
  expect(Date.parse(String(tookOver?.time)) - (performance.timeOrigin + killedAt)).toBeLessThan(30_000);
  await expectConservation(world.database.db, world.relay, ids);
});

test('IN-19: a poller frozen for a minute and thawed writes nothing, and nothing is doubled', {
  timeout: 150_000,
}, async () => {
  const [one, other] = [world.serve(), world.serve()];
  await Promise.all([one.started, other.started]);
  const poller = await pollerOf(one, other);
  const early = await deliver(0, 3);
  await world.settled(3);
  // Mail on its way into the frozen process: its next write carries a token that has been overtaken.
  const late = deliver(3, 10);
  poller.kill('SIGSTOP');
  const ids = [...early, ...(await late)];
  await sleep(60_000);
  await world.settled(10, 10_000);
  poller.kill('SIGCONT');
  ids.push(...(await deliver(10, 15)));
  await world.settled(15);
  await sleep(5_000);
  await expectConservation(world.database.db, world.relay, ids);
  const { rows } = await world.database.db.raw(`select fencing_token from lease where name like 'mailbox:%'`);
  expect(Number(rows[0].fencing_token)).toBeGreaterThan(1);
});
