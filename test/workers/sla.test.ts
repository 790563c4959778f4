import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DeskConfigFile } from '../../src/core/desk-config-schema.ts';
import type { Id } from '../../src/core/ticket.ts';
import { createEscalateTicket } from '../../src/desk/escalate-ticket.ts';
import { silentLog } from '../../src/log.ts';
import { listAlarmedTickets } from '../../src/store/clocks.ts';
import { openDatabase } from '../../src/store/database.ts';
import { listDueWork } from '../../src/store/due-work.ts';
import { readHealth } from '../../src/store/health.ts';
import { createSlaWorker, type SlaOptions } from '../../src/workers/sla.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type SeededDesk, SMALL_DESK, seedDesk } from '../support/desk.ts';
import { assignDependencies, createTestIntake } from '../support/intake.ts';
import { buildMail, type MailContent } from '../support/mail-builder.ts';
import { changeTicket, openTicket, runWorkersProcess } from '../support/opened-tickets.ts';

let database: TestDatabase;
let seeded: SeededDesk;

const STANDARD = {
  key: 'standard',
  name: 'Standard',
  calendar: 'always',
  targets: {
    firstResponse: { normal: '8h', high: '2h' },
    nextResponse: { normal: '12h' },
    resolution: { normal: '40h' },
  },
};

beforeEach(async () => {
  database = await createTestDatabase();
  await configure(STANDARD);
});
afterEach(() => database.drop());

async function configure(plan: NonNullable<DeskConfigFile['slaPlans']>[number], more: Partial<DeskConfigFile> = {}) {
  const departments = [{ key: 'general', name: 'Support', mailbox: 'support', slaPlan: plan.key }];
  seeded = await seedDesk(database.db, { departments, slaPlans: [plan], ...more });
}

const workerOn = (db = database.db, options: Partial<SlaOptions> = {}) =>
  createSlaWorker({
    db,
    escalate: createEscalateTicket(assignDependencies(db, async () => seeded.desk)),
    log: silentLog,
    ...options,
  });
const drain = (options: Partial<SlaOptions> = {}) => workerOn(database.db, options).drain();

const clocks = (ticketId?: Id) =>
  database
    .db('ticket_clock')
    .modify((query) => (ticketId === undefined ? query : query.where({ ticket_id: ticketId })))
    .orderBy(['ticket_id', 'target'])
    .select();
const breaches = () =>
  database.db('ticket_event').where({ kind: 'sla.breached' }).orderBy(['ticket_id', 'seq']).select();
const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000);

describe('a mail that opens a ticket', () => {
  async function takeIn(content: MailContent, receivedAt?: Date): Promise<void> {
    const intake = createTestIntake(database, seeded.desk);
    await intake.receive(buildMail(content), receivedAt === undefined ? {} : { receivedAt });
    await intake.drain();
    expect(await database.db('ticket')).toHaveLength(1);
  }

  test('starts the clocks its plan promises for its priority, from the moment it arrived', async () => {
    const receivedAt = new Date('2026-11-23T09:00:00.123Z');
    await takeIn({}, receivedAt);
    const [plan] = seeded.desk.slaPlans;
    const running = { cycle: 1, state: 'running', started_at: receivedAt, settled_at: null };
    expect(await clocks()).toMatchObject([
      { ...running, target: 'firstResponse', due_at: new Date('2026-11-23T17:00:00.123Z') },
      { ...running, target: 'resolution', due_at: new Date('2026-11-25T01:00:00.123Z') },
    ]);
    expect(await database.db('ticket_event').where({ kind: 'sla.started' }).pluck('data')).toEqual([
      { slaPlanVersionId: plan?.versionId, targets: ['firstResponse', 'resolution'] },
    ]);
  });

  test.each<[what: string, MailContent, (() => Promise<void>) | null]>([
    ['automatic mail', { headers: { 'Auto-Submitted': 'auto-generated' } }, null],
    ['mail nobody signed', { from: null }, null],
    [
      'mail older than the mailbox’s answerSince',
      {},
      () =>
        configure(STANDARD, {
          mailboxes: SMALL_DESK.mailboxes.map((mailbox) => ({ ...mailbox, answerSince: '2100-01-01' })),
        }),
    ],
    [
      'a plan in business time, which this release cannot count',
      {},
      () =>
        configure(
          { ...STANDARD, calendar: 'office' },
          { calendars: [{ key: 'office', timezone: 'UTC', hours: { 'monday-friday': ['09:00-17:00'] } }] },
        ),
    ],
  ])('starts none for %s', async (_what, content, prepare) => {
    await prepare?.();
    await takeIn(content);
    expect(await clocks()).toEqual([]);
    expect(await database.db('ticket_event').where({ kind: 'sla.started' })).toEqual([]);
  });
});

describe('a clock that ran out', () => {
  test('breaches once, in the history when it was due, and stands still', async () => {
    const openedAt = hoursAgo(9);
    const ticketId = await openTicket(database.db, { openedAt });
    expect(await listDueWork(database.db)).toContainEqual(expect.objectContaining({ queue: 'sla' }));
    await drain();
    await drain();
    const dueAt = new Date(openedAt.getTime() + 8 * 3_600_000);
    expect(await clocks(ticketId)).toMatchObject([
      { target: 'firstResponse', state: 'breached', due_at: dueAt, settled_at: dueAt },
      { target: 'resolution', state: 'running', settled_at: null },
    ]);
    const [breach, ...others] = await breaches();
    expect(others).toEqual([]);
    expect(breach).toMatchObject({
      seq: 4,
      queue: null,
      data: {
        target: 'firstResponse',
        cycle: 1,
        slaPlanVersionId: seeded.desk.slaPlans[0]?.versionId,
        at: dueAt.toISOString(),
        because: null,
      },
    });
    expect(breach.occurred_at.getTime()).toBeGreaterThan(dueAt.getTime());
    expect(await database.db('ticket_change').where({ id: breach.change_id }).first()).toMatchObject({
      cause_kind: 'timer',
      cause_key: `alarm-${ticketId}-3`,
    });
    expect(await listDueWork(database.db)).toEqual([]);
    expect((await readHealth(database.db)).lateClocks.count).toBe(0);
  });

  test('Q-11 is found by the database’s time, never early', async () => {
    const ticketId = await openTicket(database.db, { openedAt: new Date(Date.now() - 8 * 3_600_000 + 60_000) });
    await drain();
    expect(await breaches()).toEqual([]);
    // A row that claims to be due is only a place to look; the facts decide, and the row is put right.
    await database.db('ticket_clock').update({ next_at: database.db.raw(`clock_timestamp() - interval '1 second'`) });
    await drain();
    expect(await breaches()).toEqual([]);
    const [response] = await clocks(ticketId);
    expect(response.next_at).toEqual(response.due_at);
  });

  test.each(['resolved', 'closed'] as const)('does not breach on a %s ticket, and is no work there', async (status) => {
    const ticketId = await openTicket(database.db, { openedAt: hoursAgo(9) });
    await changeTicket(database.db, ticketId, { status }, hoursAgo(8.5));
    expect(await listDueWork(database.db)).toEqual([]);
    expect((await readHealth(database.db)).lateClocks.count).toBe(0);
    await drain();
    expect(await breaches()).toEqual([]);
  });

  test('breaches on a ticket in every other status', async () => {
    for (const status of ['new', 'open', 'pending', 'on-hold'] as const) {
      await changeTicket(database.db, await openTicket(database.db, { openedAt: hoursAgo(9) }), { status });
    }
    await drain();
    expect(await breaches()).toHaveLength(4);
  });

  test('Q-10: stands in a row that one of several workers takes, and its breach is recorded once', async () => {
    for (let n = 0; n < 60; n++) await openTicket(database.db, { openedAt: hoursAgo(100) });
    const pools = Array.from({ length: 3 }, () => openDatabase(database.url, { poolMax: 2 }));
    try {
      await Promise.all(pools.map((db) => workerOn(db).drain()));
    } finally {
      await Promise.all(pools.map((db) => db.destroy()));
    }
    await drain();
    const recorded = (await breaches()).map(({ ticket_id, data }) => `${ticket_id} ${data.target}`);
    expect(recorded).toHaveLength(120);
    expect(new Set(recorded).size).toBe(120);
    expect(await listDueWork(database.db)).toEqual([]);
  });

  test('on a ticket that changed meanwhile is looked at again: still overdue, or not any more', async () => {
    const [goesOn, resolved] = [
      await openTicket(database.db, { openedAt: hoursAgo(9) }),
      await openTicket(database.db, { openedAt: hoursAgo(9) }),
    ];
    const escalate = createEscalateTicket(assignDependencies(database.db, async () => seeded.desk));
    const found = await listAlarmedTickets(database.db, 50);
    expect(found.toSorted()).toEqual([goesOn, resolved].toSorted());
    await changeTicket(database.db, goesOn, { priority: 'high' });
    await changeTicket(database.db, resolved, { status: 'resolved' }, hoursAgo(8.5));
    const outcomes = [];
    for (const ticketId of found) outcomes.push([ticketId, await escalate(ticketId)]);
    // The change of priority found the first response broken, and broke the resolution: nothing is left to be told.
    expect(Object.fromEntries(outcomes)).toEqual({ [goesOn]: 'not-needed', [resolved]: 'not-needed' });
    expect((await breaches()).map((event) => [event.ticket_id, event.data.target])).toEqual([
      [goesOn, 'firstResponse'],
    ]);
  });

  test('that cannot be recorded does not stop the others', async () => {
    const bad = await openTicket(database.db, { openedAt: hoursAgo(11) });
    const good = await openTicket(database.db, { openedAt: hoursAgo(9) });
    const escalate = createEscalateTicket(assignDependencies(database.db, async () => seeded.desk));
    await drain({
      escalate: (ticketId) => (ticketId === bad ? Promise.reject(new Error('a bug')) : escalate(ticketId)),
    });
    expect((await breaches()).map((event) => event.ticket_id)).toEqual([good]);
    await drain();
    expect((await breaches()).map((event) => event.ticket_id)).toEqual([bad, good]);
  });

  test('Q-10: killed in the middle of writing, nothing is half written, and the next worker records it once', async () => {
    const ticketId = await openTicket(database.db, { openedAt: hoursAgo(9) });
    expect(await runWorkersProcess(database.url, { DOCKET_CRASH_AT: 'inside-effect' })).toBe('SIGKILL');
    expect(await breaches()).toEqual([]);
    expect((await clocks(ticketId))[0]).toMatchObject({ state: 'running' });
    expect(await runWorkersProcess(database.url)).toBe('0');
    expect(await breaches()).toHaveLength(1);
    expect((await clocks(ticketId))[0]).toMatchObject({ state: 'breached' });
  });
});
