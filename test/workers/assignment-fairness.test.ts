import type { Knex } from 'knex';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Desk } from '../../src/core/desk-config.ts';
import { createAssignTickets } from '../../src/desk/assign-tickets.ts';
import { silentLog } from '../../src/log.ts';
import { recordAbsence } from '../../src/store/absences.ts';
import { openDatabase } from '../../src/store/database.ts';
import { type AssignmentWorker, createAssignmentWorker } from '../../src/workers/assignment.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { seedDesk } from '../support/desk.ts';
import { assignDependencies } from '../support/intake.ts';
import { openManyTickets } from '../support/opened-tickets.ts';

let database: TestDatabase;
let desk: Desk;
let pools: Knex[];
let workers: AssignmentWorker[];

const WORKERS = 8;
const PRESENT = ['ann', 'ben', 'cem', 'dan', 'eva', 'fay'];
const COMING_AND_GOING = ['gus', 'hal'];

beforeEach(async () => {
  database = await createTestDatabase();
  const agent = (key: string, department: string) => ({
    key,
    name: key,
    emails: [`${key}@desk.test`],
    role: 'agent' as const,
    departments: [department],
  });
  ({ desk } = await seedDesk(database.db, {
    departments: ['general', 'night'].map((key) => ({
      key,
      name: key,
      mailbox: 'support',
      assign: { strategy: 'round-robin' as const },
    })),
    agents: [...[...PRESENT, ...COMING_AND_GOING].map((key) => agent(key, 'general')), agent('nora', 'night')],
  }));
  pools = Array.from({ length: WORKERS }, () => openDatabase(database.url, { poolMax: 3 }));
  workers = pools.map((db, index) =>
    createAssignmentWorker({
      db,
      holder: `holder-${index}`,
      assign: createAssignTickets(assignDependencies(db, async () => desk)),
      log: silentLog,
    }),
  );
});
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  await Promise.all(pools.map((db) => db.destroy()));
  await database.drop();
});

const personId = (key: string) => desk.agents.find((agent) => agent.key === key)?.personId ?? '';
const away = (key: string) =>
  recordAbsence(database.db, { is: 'away', agentId: personId(key), from: null, until: null });
const back = (key: string) => recordAbsence(database.db, { is: 'back', agentId: personId(key), planned: false });

/** All workers at once, until none of them finds anything due. */
const drainAll = () => Promise.all(workers.map((worker) => worker.drain()));

async function ticketCounts(): Promise<{ assigned: number; waiting: number; lost: number }> {
  const { rows } = await database.db.raw(
    `select count(*) filter (where assignee_id is not null)::int as assigned,
       count(*) filter (where assignee_id is null and asks)::int as waiting,
       count(*) filter (where assignee_id is null and not asks)::int as lost
     from (select assignee_id, exists (select from ticket_event where ticket_id = ticket.id and queue = 'assignment'
         and settled_at is null) as asks from ticket) as ticket`,
  );
  return rows[0];
}

test('1,000 tickets, 8 workers, agents that come and go: each ticket once, and each agent at work as many, within one', {
  timeout: 90_000,
}, async () => {
  await openManyTickets(database.db, 950);
  await openManyTickets(database.db, 50, 'night');
  await away('nora');
  let draining = true;
  const drained = drainAll().finally(() => {
    draining = false;
  });
  /** Until a batch more is assigned, and nothing was lost by it. */
  const moved = async () => {
    const { assigned } = await ticketCounts();
    const moves = async () => !draining || (await ticketCounts()).assigned > assigned;
    await expect.poll(moves, { interval: 200, timeout: 60_000 }).toBe(true);
    expect(await ticketCounts()).toMatchObject({ lost: 0 });
  };
  while (draining) {
    for (const key of COMING_AND_GOING) await away(key);
    await moved();
    for (const key of COMING_AND_GOING) await back(key);
    await moved();
  }
  await drained;
  expect(await ticketCounts()).toEqual({ assigned: 950, waiting: 50, lost: 0 });

  // Nora is back: what waited for her is due by that alone.
  await back('nora');
  await drainAll();
  expect(await ticketCounts()).toEqual({ assigned: 1000, waiting: 0, lost: 0 });

  const { rows } = await database.db.raw<{ rows: { key: string; count: number }[] }>(
    `select object.key, count(*)::int as count from ticket join person on person.id = assignee_id
       join config_object as object on object.id = agent_object_id group by object.key`,
  );
  const counts = new Map(rows.map(({ key, count }) => [key, count]));
  expect(counts.get('nora')).toBe(50);
  const ofPresent = PRESENT.map((key) => counts.get(key) ?? 0);
  expect(Math.max(...ofPresent) - Math.min(...ofPresent)).toBeLessThanOrEqual(1);
  for (const key of COMING_AND_GOING) {
    expect(counts.get(key)).toBeGreaterThan(0);
    expect(counts.get(key)).toBeLessThanOrEqual(Math.max(...ofPresent));
  }

  const events = await database.db('ticket_event').where({ kind: 'ticket.assigned' });
  expect(new Set(events.map((event) => event.ticket_id)).size).toBe(1000);
  expect(events).toHaveLength(1000);
  const told = await database
    .db('outbox')
    .where({ purpose: 'notification' })
    .countDistinct('ticket_id as tickets')
    .count();
  expect(told).toEqual([{ tickets: '1000', count: '1000' }]);
});
