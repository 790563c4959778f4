import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { applyConfiguration } from '../../src/desk/apply-configuration.ts';
import { type DeskWorld, startDeskWorld } from '../support/desk-world.ts';
import { startTestDovecot, type TestDovecot } from '../support/dovecot.ts';
import { buildMail } from '../support/mail-builder.ts';
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
