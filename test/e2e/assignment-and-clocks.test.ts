import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { applyConfiguration } from '../../src/desk/apply-configuration.ts';
import { type DeskWorld, startDeskWorld } from '../support/desk-world.ts';
import { startTestDovecot, type TestDovecot } from '../support/dovecot.ts';
import { buildMail } from '../support/mail-builder.ts';
import { openTicket } from '../support/opened-tickets.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';

let dovecot: TestDovecot;
let redis: TestRedis;
let world: DeskWorld;

const AGENTS = ['john', 'jane'].map((key) => ({
  key,
  name: key,
  emails: [`${key}@desk.test`],
  role: 'agent',
  departments: ['general'],
}));

beforeAll(async () => {
  [dovecot, redis] = await Promise.all([startTestDovecot(), startTestRedis()]);
});
afterAll(() => Promise.all([dovecot.stop(), redis.stop()]));
beforeEach(async () => {
  world = await startDeskWorld({ dovecot });
  await configure({
    agents: AGENTS,
    departments: [
      {
        key: 'general',
        name: 'Support',
        mailbox: 'support',
        slaPlan: 'standard',
        assign: { strategy: 'round-robin' },
      },
    ],
    slaPlans: [
      {
        key: 'standard',
        name: 'Standard',
        calendar: 'always',
        targets: { firstResponse: { normal: '8h' }, resolution: { normal: '40h' } },
        escalations: [
          { target: 'any', at: '50%', do: [{ addTag: 'warned' }] },
          { target: 'any', at: 'breach', do: [{ addTag: 'overdue' }] },
        ],
      },
    ],
  });
});
afterEach(() => world.stop());

async function configure(sections: object): Promise<void> {
  const file = JSON.stringify({ version: 1, ...sections });
  const { outcome } = await applyConfiguration(world.database.db, file, { prune: true, actor: 'test' });
  expect(outcome).toBe('planned');
}

/** How many tickets each agent has; those of nobody are not counted. */
const shares = async () =>
  (
    await world.database
      .db('ticket')
      .whereNotNull('assignee_id')
      .groupBy('assignee_id')
      .count('* as count')
      .orderBy('assignee_id')
  ).map(({ count }) => Number(count));

test('serve --once gives every ticket its agent and its clocks, and ends', async () => {
  for (let index = 0; index < 6; index++) await world.deliver();
  expect(await world.serve({ args: ['--once'] }).ended).toBe(0);
  expect(await shares()).toEqual([3, 3]);
  expect(await world.database.db('ticket_clock').where({ state: 'running' })).toHaveLength(12);
});

test('serve --once ends though nobody is there to be given a ticket, which waits until somebody is', async () => {
  await configure({ agents: [] });
  await world.deliver();
  expect(await world.serve({ args: ['--once'] }).ended).toBe(0);
  expect(await shares()).toEqual([]);

  const desk = world.serve();
  await desk.started;
  await configure({ agents: AGENTS });
  await expect.poll(shares, { timeout: 40_000, interval: 200 }).toEqual([1]);
});

test.each(['PostgreSQL', 'Redis'])(
  'with jobs on %s a running desk assigns, and records a promise broken',
  async (jobs) => {
    const desk = world.serve({ env: jobs === 'Redis' ? { REDIS_URL: redis.url } : {} });
    await desk.started;
    await dovecot.append(world.mailbox, buildMail(), { receivedAt: new Date(Date.now() - 9 * 3_600_000) });
    await world.deliver();
    await world.settled(2);
    await expect.poll(shares, { timeout: 20_000 }).toEqual([1, 1]);
    const { db } = world.database;
    await expect.poll(() => db('ticket_event').where({ kind: 'sla.breached' }), { timeout: 20_000 }).toHaveLength(1);
    expect(await db('ticket_clock').where({ state: 'running' })).toHaveLength(3);
    expect(await desk.stop()).toBe(0);
  },
);

test('every threshold is crossed once and never early by processes that are killed, whose jobs are wiped and whose clocks are wrong', async () => {
  const { db } = world.database;
  const HOUR_MS = 3_600_000;
  const start = Date.now();
  const dueAt = new Map<string, number>();
  for (let n = 0; n < 24; n++) {
    // One after the other while all that happens; half of them are warned of, the other half run out.
    const at = start + 3_000 + n * 500;
    const isWarning = n % 2 === 0;
    const ticketId = await openTicket(db, { openedAt: new Date(at - (isWarning ? 4 : 8) * HOUR_MS) });
    dueAt.set(`${ticketId} 50%`, isWarning ? at : at - 4 * HOUR_MS);
    if (!isWarning) dueAt.set(`${ticketId} breach`, at);
  }

  const wrongBy = (hours: number) => ({
    REDIS_URL: redis.url,
    NODE_OPTIONS: `--import=${join(import.meta.dirname, '../support/shifted-clock.ts')}`,
    CLOCK_SHIFT_MS: String(hours * HOUR_MS),
  });
  const isOver = () => Date.now() > start + 16_000;
  const keepKilling = async (hours: number, lifeMs: number) => {
    while (!isOver()) {
      const desk = world.serve({ env: wrongBy(hours) });
      await sleep(lifeMs);
      desk.kill('SIGKILL');
      await desk.ended;
    }
  };
  const keepWiping = async () => {
    while (!isOver()) {
      await redis.flushAll();
      await sleep(400);
    }
  };
  await Promise.all([keepKilling(1, 3_500), keepKilling(-1, 5_000), keepWiping()]);
  const crossed = () => db('ticket_event').where({ kind: 'sla.escalated' }).select('ticket_id', 'data', 'recorded_at');
  expect((await crossed()).length).toBeGreaterThan(0);

  world.serve({ env: wrongBy(1) });
  await expect.poll(async () => (await crossed()).length, { timeout: 30_000 }).toBeGreaterThanOrEqual(dueAt.size);
  const all = await crossed();
  expect(all.map(({ ticket_id, data }) => `${ticket_id} ${data.threshold}`).sort()).toEqual([...dueAt.keys()].sort());
  const early = all.filter(
    ({ ticket_id, data, recorded_at }) => recorded_at < (dueAt.get(`${ticket_id} ${data.threshold}`) ?? 0),
  );
  expect(early).toEqual([]);
});
