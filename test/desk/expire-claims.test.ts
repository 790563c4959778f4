import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Desk, DeskAssign } from '../../src/core/desk-config.ts';
import type { Id } from '../../src/core/ticket.ts';
import { bareUpdate, type TicketChange } from '../../src/core/ticket-change.ts';
import { createAssignTickets } from '../../src/desk/assign-tickets.ts';
import { createExpireClaims } from '../../src/desk/expire-claims.ts';
import { silentLog } from '../../src/log.ts';
import { applyTicketChange } from '../../src/store/apply-ticket-change.ts';
import { listDueWork } from '../../src/store/due-work.ts';
import { createAssignmentWorker } from '../../src/workers/assignment.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { SMALL_DESK, seedDesk } from '../support/desk.ts';
import { assignDependencies } from '../support/intake.ts';
import { openManyTickets } from '../support/opened-tickets.ts';
import { readOutgoing } from '../support/outgoing-mail.ts';

let database: TestDatabase;
let desk: Desk;
let ticketId: Id;

beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

/** One ticket, which John has. */
async function given(strategy: DeskAssign['strategy'], agentCount = 2): Promise<void> {
  ({ desk } = await seedDesk(database.db, {
    departments: [
      { key: 'general', name: 'Support', mailbox: 'support', assign: { strategy: 'round-robin', claimExpiry: '8h' } },
    ],
    agents: SMALL_DESK.agents.slice(0, agentCount),
  }));
  await openManyTickets(database.db, 1);
  await assign();
  ticketId = (await ticket()).id;
  expect(await assignee()).toBe('john');
  for (const { assign } of desk.departments) assign.strategy = strategy;
}

const deps = () => assignDependencies(database.db, async () => desk);
const expire = () => createExpireClaims({ ...deps(), log: silentLog })();
const assign = () =>
  createAssignmentWorker({
    db: database.db,
    holder: 'holder-1',
    assign: createAssignTickets(deps()),
    log: silentLog,
  }).drain();
const ticket = () => database.db('ticket').first();
const personId = (key: string) => desk.agents.find((agent) => agent.key === key)?.personId ?? '';
const assignee = async () => {
  const { assignee_id: id } = await ticket();
  return desk.agents.find((agent) => agent.personId === id)?.key ?? null;
};
const ago = (span: string) =>
  database.db.raw('update ticket set untouched_since = clock_timestamp() - ?::interval', [span]);
const told = async (reason: string) =>
  (await readOutgoing(database.db, { purpose: 'notification' }))
    .filter(({ header }) => header.includes(`X-Docket-Reason: ${reason}\r\n`))
    .map(({ to }) => to);

async function change(actor: TicketChange['actor'], differs: Partial<TicketChange> = {}): Promise<void> {
  const { version } = await ticket();
  await applyTicketChange(database.db, {
    ...bareUpdate(ticketId, version),
    cause: { kind: 'command', key: `change-${version}` },
    actor,
    occurredAt: new Date(),
    configVersion: null,
    events: [{ kind: 'ticket.tags-changed', added: ['a'], removed: [] }],
    ...differs,
  });
}

describe('a ticket that its agent did not touch in the time set', () => {
  test('goes to somebody else; both are told, and the history says why', async () => {
    await given('round-robin');
    await ago('7 hours 59 minutes');
    expect(await expire()).toBe(0);
    expect(await assignee()).toBe('john');

    await ago('8 hours 1 second');
    expect(await expire()).toBe(1);
    expect(await told('claim-expired')).toEqual(['john@desk.test']);
    expect(await listDueWork(database.db)).toContainEqual(expect.objectContaining({ queue: 'assignment' }));
    await assign();
    expect(await assignee()).toBe('jane');
    expect(await told('assigned')).toEqual(['john@desk.test', 'jane@desk.test']);
    const events = await database.db('ticket_event').where({ kind: 'ticket.assigned' }).orderBy('seq');
    expect(events.map(({ data: { from, to, reason } }) => [from, to, reason])).toEqual([
      [null, personId('john'), 'round-robin'],
      [personId('john'), null, 'expired'],
      [null, personId('jane'), 'round-robin'],
    ]);
    // Jane has all of her time.
    expect(await expire()).toBe(0);
  });

  test('goes to the same agent again where nobody else is free', async () => {
    await given('round-robin', 1);
    await ago('9 hours');
    await expire();
    await assign();
    expect(await assignee()).toBe('john');
  });

  test('is left to be taken where tickets are, and the department is told', async () => {
    await given('manual');
    await ago('9 hours');
    await expire();
    await assign();
    expect(await assignee()).toBeNull();
    expect(await told('department')).toEqual(['john@desk.test', 'jane@desk.test']);
    expect(await listDueWork(database.db)).not.toContainEqual(expect.objectContaining({ queue: 'assignment' }));
  });

  test('is taken back once, by however many processes', async () => {
    await given('round-robin');
    await ago('9 hours');
    const counts = await Promise.all([expire(), expire(), expire()]);
    expect(counts.toSorted()).toEqual([0, 0, 1]);
    expect(await told('claim-expired')).toHaveLength(1);
  });
});

describe('stays with an agent', () => {
  const agent = (key: string) => ({ kind: 'agent' as const, personId: personId(key) });
  const isLeftAlone = async (by: () => Promise<unknown>) => {
    await given('round-robin');
    await ago('9 hours');
    await by();
    return (await expire()) === 0;
  };

  test('who answered, noted or commanded anything', async () => {
    expect(await isLeftAlone(() => change(agent('john')))).toBe(true);
  });

  test('who took it', async () => {
    await given('round-robin');
    const { version } = await ticket();
    await change(agent('jane'), bareUpdate(ticketId, version, { assigneeId: personId('jane') }));
    expect(await ticket()).toMatchObject({ assignee_id: personId('jane'), untouched_since: null });
  });

  test('no longer for what others do with it', async () => {
    expect(await isLeftAlone(() => change(agent('jane')))).toBe(false);
    expect(await assignee()).toBeNull();
  });

  test('while it waits for somebody else', async () => {
    expect(await isLeftAlone(() => database.db('ticket').update({ status: 'pending' }))).toBe(true);
  });
});
