import type { Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Desk } from '../../src/core/desk-config.ts';
import type { DeskConfigFile } from '../../src/core/desk-config-schema.ts';
import type { Id } from '../../src/core/ticket.ts';
import { createAssignTickets } from '../../src/desk/assign-tickets.ts';
import { silentLog } from '../../src/log.ts';
import { recordAbsence } from '../../src/store/absences.ts';
import { openDatabase } from '../../src/store/database.ts';
import { listDueWork } from '../../src/store/due-work.ts';
import { readHealth } from '../../src/store/health.ts';
import { claimDueEvents, renewEventLeases, settleEvent } from '../../src/store/ticket-events.ts';
import { type AssignmentOptions, createAssignmentWorker } from '../../src/workers/assignment.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { SMALL_DESK, seedDesk } from '../support/desk.ts';
import { assignDependencies, createTestIntake } from '../support/intake.ts';
import { buildMail } from '../support/mail-builder.ts';
import { changeTicket, openManyTickets, openTicket, runWorkersProcess } from '../support/opened-tickets.ts';
import { readOutgoing } from '../support/outgoing-mail.ts';

type Section<Name extends keyof DeskConfigFile> = NonNullable<DeskConfigFile[Name]>;

let database: TestDatabase;
let desk: Desk;

beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

const john = { key: 'john', name: 'John', emails: ['john@desk.test'], role: 'agent' as const };
const jane = { key: 'jane', name: 'Jane', emails: ['jane@desk.test'], role: 'agent' as const };
const ada = { key: 'ada', name: 'Ada', emails: ['ada@desk.test'], role: 'admin' as const };
const inGeneral = (agents: Section<'agents'>) => agents.map((agent) => ({ ...agent, departments: ['general'] }));

async function configure(
  assign: Section<'departments'>[number]['assign'],
  agents: Section<'agents'> = inGeneral([john, jane]),
  more: Partial<DeskConfigFile> = {},
): Promise<void> {
  const department = { key: 'general', name: 'Support', mailbox: 'support' };
  const departments = [assign === undefined ? department : { ...department, assign }];
  ({ desk } = await seedDesk(database.db, { departments, agents, ...more }));
}

const currentDesk = async () => desk;
const workerOn = (db: Knex, options: Partial<AssignmentOptions> = {}) =>
  createAssignmentWorker({
    db,
    holder: 'holder-1',
    assign: createAssignTickets(assignDependencies(db, currentDesk)),
    log: silentLog,
    ...options,
  });
const drain = (options: Partial<AssignmentOptions> = {}) => workerOn(database.db, options).drain();

/** The agent's key, or null. */
async function assigneeOf(ticketId: Id): Promise<string | null> {
  const { assignee_id: id } = await database.db('ticket').where({ id: ticketId }).first('assignee_id');
  return desk.agents.find(({ personId }) => personId === id)?.key ?? null;
}
const openingEvent = (ticketId: Id) => database.db('ticket_event').where({ ticket_id: ticketId, seq: 1 }).first();
const assignedEvents = () => database.db('ticket_event').where({ kind: 'ticket.assigned' }).orderBy('ticket_id');
const personId = (key: string) => desk.agents.find((agent) => agent.key === key)?.personId ?? '';
const makeDue = () => database.db.raw('update ticket_event set due_at = clock_timestamp() where settled_at is null');
const letLeasesEnd = () =>
  database.db.raw(
    `update ticket_event set lease_until = clock_timestamp() - interval '1 ms' where lease_until is not null`,
  );

/** How many tickets each agent has, by key. */
async function countsByAgent(): Promise<Record<string, number>> {
  const { rows } = await database.db.raw<{ rows: { key: string; count: number }[] }>(
    `select object.key, count(*)::int as count from ticket join person on person.id = assignee_id
       join config_object as object on object.id = agent_object_id group by object.key order by object.key`,
  );
  return Object.fromEntries(rows.map(({ key, count }) => [key, count]));
}

describe('an opened ticket', () => {
  test('gets its agent, and the history says why and who else it could have been', async () => {
    await configure({ strategy: 'round-robin' });
    const ticketId = await openTicket(database.db);
    await drain();
    expect(await assigneeOf(ticketId)).toBe('john');
    const candidate = {
      openCount: 0,
      capacity: null,
      lastTurn: null,
      lastTicketId: null,
      away: false,
      deputyId: null,
      missingSkillCount: 0,
      speaks: true,
    };
    expect((await assignedEvents()).map(({ data, seq, queue }) => ({ data, seq, queue }))).toEqual([
      {
        seq: 3,
        queue: null,
        data: {
          from: null,
          to: personId('john'),
          reason: 'round-robin',
          insteadOf: [],
          candidates: [
            { personId: personId('john'), ...candidate },
            { personId: personId('jane'), ...candidate },
          ],
        },
      },
    ]);
    expect(await openingEvent(ticketId)).toMatchObject({ settled_at: expect.any(Date), lease_holder: null });
    expect(await database.db('ticket').where({ id: ticketId }).first('status', 'version')).toEqual({
      status: 'new',
      version: 3,
    });
    expect(await database.db('ticket_change').orderBy('id', 'desc').first()).toMatchObject({
      cause_kind: 'timer',
      cause_key: `assign-${ticketId}-1`,
      actor_kind: 'system',
      config_version: desk.configVersion,
    });
    expect(await listDueWork(database.db)).toEqual([]);
  });

  test('by mail asks for one when its department gives tickets out', async () => {
    await configure({ strategy: 'round-robin' });
    const intake = createTestIntake(database, desk);
    await intake.receive(buildMail());
    await intake.drain();
    expect(await listDueWork(database.db)).toContainEqual(expect.objectContaining({ queue: 'assignment' }));
    await drain();
    expect(await countsByAgent()).toEqual({ john: 1 });
  });

  test('asks for nobody where tickets are taken, which is what a department that says nothing does', async () => {
    await configure(undefined);
    const ticketId = await openTicket(database.db);
    expect(await openingEvent(ticketId)).toMatchObject({ queue: null });
    await drain();
    expect(await assigneeOf(ticketId)).toBeNull();
  });

  test('is left to be taken when the department stopped giving tickets out meanwhile', async () => {
    await configure({ strategy: 'round-robin' });
    const ticketId = await openTicket(database.db);
    await configure({ strategy: 'manual' });
    await drain();
    expect(await assigneeOf(ticketId)).toBeNull();
    expect(await listDueWork(database.db)).toEqual([]);
  });

  test.each(['assigned', 'resolved', 'merged'])('that was %s meanwhile needs nobody', async (how) => {
    await configure({ strategy: 'round-robin' });
    const ticketId = await openTicket(database.db);
    if (how === 'assigned') await changeTicket(database.db, ticketId, { assigneeId: personId('jane') });
    if (how === 'resolved') await changeTicket(database.db, ticketId, { status: 'resolved' });
    if (how === 'merged') {
      const target = await openTicket(database.db);
      await database.db('ticket').where({ id: ticketId }).update({ merged_into_id: target, status: 'closed' });
    }
    await drain();
    expect(await assigneeOf(ticketId)).toBe(how === 'assigned' ? 'jane' : null);
    expect(await openingEvent(ticketId)).toMatchObject({ settled_at: expect.any(Date) });
    expect(await assignedEvents()).toHaveLength(how === 'resolved' ? 0 : 1);
  });

  test('that was moved to another department gets an agent of that one', async () => {
    const departments = ['general', 'banking'].map((key) => ({
      key,
      name: key,
      mailbox: 'support',
      assign: { strategy: 'round-robin' as const },
    }));
    await configure(undefined, [...inGeneral([john]), { ...jane, departments: ['banking'] }], { departments });
    const ticketId = await openTicket(database.db);
    await changeTicket(database.db, ticketId, { departmentId: desk.departments[1]?.id ?? '' });
    await drain();
    expect(await assigneeOf(ticketId)).toBe('jane');
  });
});

describe('a ticket that nobody has', () => {
  const taken = async () => {
    const ticketId = await openTicket(database.db);
    await changeTicket(database.db, ticketId, { assigneeId: personId('john') });
    await drain();
    return ticketId;
  };
  const asks = async () => (await listDueWork(database.db)).filter(({ queue }) => queue === 'assignment').length;

  test('because it was given back gets an agent, and rather another one', async () => {
    await configure({ strategy: 'round-robin' });
    const ticketId = await taken();
    await changeTicket(database.db, ticketId, { assigneeId: null });
    await drain();
    expect(await assigneeOf(ticketId)).toBe('jane');
  });

  test.each(['resolved', 'pending', 'on-hold'] as const)('and is open again after %s gets an agent', async (status) => {
    await configure({ strategy: 'round-robin' }, []);
    const ticketId = await openTicket(database.db);
    await changeTicket(database.db, ticketId, { status });
    await configure({ strategy: 'manual' });
    await drain();
    await configure({ strategy: 'round-robin' });
    expect(await asks()).toBe(0);
    await changeTicket(database.db, ticketId, { status: 'open' });
    await drain();
    expect(await assigneeOf(ticketId)).toBe('john');
  });

  test('asks for one agent at a time, and not at all while somebody has it', async () => {
    await configure({ strategy: 'round-robin' });
    const ticketId = await openTicket(database.db);
    await changeTicket(database.db, ticketId, { status: 'pending' });
    await changeTicket(database.db, ticketId, { status: 'open' });
    const { rows } = await database.db.raw(
      `select count(*)::int as asking from ticket_event where queue = 'assignment' and ticket_id = ?`,
      [ticketId],
    );
    expect(rows).toEqual([{ asking: 1 }]);
    await changeTicket(database.db, ticketId, { assigneeId: personId('john') });
    await drain();
    await changeTicket(database.db, ticketId, { status: 'pending' });
    await changeTicket(database.db, ticketId, { status: 'open' });
    expect(await asks()).toBe(0);
  });
});

describe('candidates', () => {
  test('are the agents of the department, or of the named team wherever they are', async () => {
    await configure({ strategy: 'round-robin', team: 'tier1' }, [...inGeneral([john]), jane, ada], {
      teams: [{ key: 'tier1', name: 'Tier 1', agents: ['ada', 'jane'] }],
    });
    for (let n = 0; n < 4; n++) await openTicket(database.db);
    await drain();
    expect(await countsByAgent()).toEqual({ ada: 2, jane: 2 });
  });

  test('are nobody who was disabled, or is no agent any more though this process has not heard of it', async () => {
    await configure({ strategy: 'round-robin' }, inGeneral([john, jane, ada]));
    await database
      .db('person')
      .where({ id: personId('john') })
      .update({ disabled_at: new Date() });
    await database
      .db('person')
      .where({ id: personId('ada') })
      .update({ role: null });
    for (let n = 0; n < 3; n++) await openTicket(database.db);
    await drain();
    expect(await countsByAgent()).toEqual({ jane: 3 });
  });

  test('are nobody who is away', async () => {
    await configure({ strategy: 'round-robin' });
    await recordAbsence(database.db, { is: 'away', agentId: personId('john'), from: null, until: null });
    await openTicket(database.db);
    await openTicket(database.db);
    await drain();
    expect(await countsByAgent()).toEqual({ jane: 2 });
  });

  test('skills: those who have them and speak the language of the ticket', async () => {
    await configure({ strategy: 'skills', skills: ['cards'] }, [
      ...inGeneral([
        { ...john, skills: ['Cards'], languages: ['en'] },
        { ...jane, skills: ['cards', 'loans'], languages: ['en', 'de'] },
        { ...ada, languages: ['de'] },
      ]),
    ]);
    const german = await openTicket(database.db);
    await database.db('ticket').where({ id: german }).update({ language: 'de-AT' });
    await drain();
    expect(await assigneeOf(german)).toBe('jane');
    const [event] = await assignedEvents();
    expect(event.data.candidates).toMatchObject([
      { missingSkillCount: 0, speaks: false },
      { missingSkillCount: 0, speaks: true },
      { missingSkillCount: 1, speaks: true },
    ]);
    expect(JSON.stringify(event.data)).not.toContain('cards');
  });

  test('previous-agent: while they are away their deputy, and the history says for whom', async () => {
    await configure({ strategy: 'previous-agent' }, inGeneral([{ ...john, deputy: 'ada' }, jane, ada]));
    const first = await openTicket(database.db);
    await drain();
    const { requester_id: requesterId } = await database.db('ticket').where({ id: first }).first();
    await recordAbsence(database.db, { is: 'away', agentId: personId('john'), from: null, until: null });
    const again = await openTicket(database.db, { requesterId });
    await drain();
    expect([await assigneeOf(first), await assigneeOf(again)]).toEqual(['john', 'ada']);
    expect((await assignedEvents())[1].data).toMatchObject({ reason: 'previous-agent', deputyOf: personId('john') });
  });

  test('previous-agent: a requester meets the same agent again, a new one whoever’s turn it is', async () => {
    await configure({ strategy: 'previous-agent' });
    const first = await openTicket(database.db);
    await openTicket(database.db);
    await drain();
    const { requester_id: requesterId } = await database.db('ticket').where({ id: first }).first();
    const again = await openTicket(database.db, { requesterId });
    await drain();
    expect(await countsByAgent()).toEqual({ jane: 1, john: 2 });
    expect(await assigneeOf(again)).toBe(await assigneeOf(first));
    expect((await assignedEvents()).map(({ data }) => [data.reason, data.insteadOf])).toEqual([
      ['round-robin', ['previous-agent']],
      ['round-robin', ['previous-agent']],
      ['previous-agent', []],
    ]);
  });
});

describe('Q-13 several workers at once', () => {
  const agents = inGeneral([john, jane, ada]);

  test.each(['round-robin', 'least-loaded'] as const)(
    '%s: 200 tickets, 4 workers, 3 agents: each ticket once, and each agent as many, within one',
    async (strategy) => {
      await configure({ strategy }, agents);
      await Promise.all(Array.from({ length: 200 }, () => openTicket(database.db)));
      const pools = Array.from({ length: 4 }, () => openDatabase(database.url, { poolMax: 3 }));
      try {
        await Promise.all(pools.map((db, index) => workerOn(db, { holder: `holder-${index}` }).drain()));
      } finally {
        await Promise.all(pools.map((db) => db.destroy()));
      }
      expect(Object.values(await countsByAgent()).sort()).toEqual([66, 67, 67]);
      const events = await assignedEvents();
      expect(new Set(events.map((event) => event.ticket_id)).size).toBe(200);
      expect(events).toHaveLength(200);
      const { rows } = await database.db.raw(
        `select count(*)::int as open from ticket_event where queue is not null and settled_at is null`,
      );
      expect(rows).toEqual([{ open: 0 }]);
    },
  );

  test('an agent of two departments is not given more than they take, by both at the same time', async () => {
    const departments = ['general', 'banking'].map((key) => ({
      key,
      name: key,
      mailbox: 'support',
      assign: { strategy: 'least-loaded' as const },
    }));
    await configure(undefined, [{ ...jane, departments: ['general', 'banking'], capacity: 5 }], { departments });
    for (let n = 0; n < 5; n++) {
      await openTicket(database.db, { department: 'general' });
      await openTicket(database.db, { department: 'banking' });
    }
    await Promise.all([drain({ holder: 'holder-1' }), drain({ holder: 'holder-2' })]);
    expect(await countsByAgent()).toEqual({ jane: 5 });
    const { rows } = await database.db.raw(
      `select count(*)::int as waiting from ticket_event where queue = 'assignment' and settled_at is null`,
    );
    expect(rows).toEqual([{ waiting: 5 }]);
  });
});

describe('nobody free', () => {
  test('the ticket waits: put off and seen in the figures, and assigned as soon as somebody is there', async () => {
    await configure({ strategy: 'round-robin' }, []);
    const ticketId = await openTicket(database.db);
    await drain();
    expect(await openingEvent(ticketId)).toMatchObject({
      settled_at: null,
      attempts: 1,
      lease_holder: null,
      last_error_code: 'NOBODY_FREE',
    });
    const queue = (await readHealth(database.db)).queues.find((row) => row.queue === 'assignment');
    expect(queue).toMatchObject({ putOffCount: 1, heldCount: 0, oldestDueSeconds: null });
    // Not due: `serve --once` may end.
    expect(await listDueWork(database.db)).toEqual([]);

    // An agent is configured, and it is due at once.
    await configure({ strategy: 'round-robin' });
    await drain();
    expect(await assigneeOf(ticketId)).toBe('john');
    expect(await openingEvent(ticketId)).toMatchObject({ settled_at: expect.any(Date), attempts: 2 });
  });

  test('it is tried less and less often, at least once a minute, and never given up', async () => {
    await configure({ strategy: 'round-robin' }, []);
    const ticketId = await openTicket(database.db);
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 15; attempt++) {
      await drain();
      const { rows } = await database.db.raw(
        `select round(extract(epoch from due_at - clock_timestamp()))::int as seconds from ticket_event where seq = 1`,
      );
      waits.push(rows[0].seconds);
      await makeDue();
    }
    expect(waits.slice(0, 3)).toEqual([5, 10, 15]);
    expect(waits.at(-1)).toBe(60);
    expect(await openingEvent(ticketId)).toMatchObject({ attempts: 15, settled_at: null });
  });

  test('those with somebody do not wait behind it', async () => {
    const departments = ['general', 'empty'].map((key) => ({
      key,
      name: key,
      mailbox: 'support',
      assign: { strategy: 'round-robin' as const },
    }));
    await configure(undefined, inGeneral([john]), { departments });
    for (let n = 0; n < 60; n++) await openTicket(database.db, { department: 'empty' });
    const ticketId = await openTicket(database.db);
    await drain();
    expect(await assigneeOf(ticketId)).toBe('john');
  });
});

describe('retried by event', () => {
  const dueNow = async () => (await listDueWork(database.db)).some(({ queue }) => queue === 'assignment');
  const waiting = async (assign: Parameters<typeof configure>[0], agents?: Section<'agents'>): Promise<Id> => {
    await configure(assign, agents);
    const ticketId = await openTicket(database.db);
    await drain();
    expect(await openingEvent(ticketId)).toMatchObject({ settled_at: null, last_error_code: 'NOBODY_FREE' });
    expect(await dueNow()).toBe(false);
    return ticketId;
  };

  test.each<[string, () => Promise<unknown>]>([
    ['an agent comes back', () => recordAbsence(database.db, { is: 'back', agentId: personId('ada'), planned: false })],
    ['an agent is configured', () => configure({ strategy: 'round-robin' }, inGeneral([jane]))],
    ['the department’s assign changes', () => configure({ strategy: 'manual' }, [])],
  ])('%s', async (_what, happens) => {
    await waiting({ strategy: 'round-robin' }, [{ ...ada, departments: [] }]);
    await happens();
    expect(await dueNow()).toBe(true);
  });

  test.each<[string, Parameters<typeof changeTicket>[2]]>([
    ['is resolved', { status: 'resolved' }],
    ['waits for its requester', { status: 'pending' }],
    ['goes to somebody else', { assigneeId: null }],
  ])('a full agent has room when a ticket of theirs %s', async (_what, set) => {
    await configure({ strategy: 'least-loaded' }, inGeneral([{ ...jane, capacity: 1 }]));
    const first = await openTicket(database.db);
    const second = await openTicket(database.db);
    await drain();
    expect([await assigneeOf(first), await assigneeOf(second)]).toEqual(['jane', null]);
    expect(await dueNow()).toBe(false);
    await changeTicket(database.db, first, set);
    await drain();
    expect(await assigneeOf(second)).toBe('jane');
  });

  test('a change that leaves nobody less to do wakes nobody', async () => {
    const ticketId = await waiting({ strategy: 'round-robin' }, []);
    const other = await openTicket(database.db);
    await changeTicket(database.db, other, { priority: 'high' });
    expect((await openingEvent(ticketId))?.due_at.getTime()).toBeGreaterThan(Date.now());
  });

  test('an absence whose end is known is waited for to the moment', async () => {
    await configure({ strategy: 'round-robin' }, inGeneral([john]));
    const until = new Date(Date.now() + 1500);
    await recordAbsence(database.db, { is: 'away', agentId: personId('john'), from: null, until });
    const ticketId = await openTicket(database.db);
    await drain();
    expect((await openingEvent(ticketId))?.due_at).toEqual(until);
  });
});

describe('nobody free for as long as escalateAfter', () => {
  const escalations = () => database.db('ticket_event').where({ kind: 'assignment.escalated' });
  const told = async () => (await readOutgoing(database.db, { purpose: 'notification' })).map(({ to }) => to);
  const hourLater = () =>
    database.db.raw(
      `update ticket_event set recorded_at = recorded_at - interval '1 hour', due_at = clock_timestamp()
       where queue = 'assignment'`,
    );

  test('its leads are told once, and the ticket says so', async () => {
    const lead = { ...ada, role: 'lead' as const };
    await configure(
      { strategy: 'skills', skills: ['cards'], fallback: 'previous-agent', escalateAfter: '1h' },
      inGeneral([john, lead]),
    );
    await openManyTickets(database.db, 1);
    await drain();
    expect(await escalations()).toEqual([]);

    await hourLater();
    await drain();
    expect(await told()).toEqual(['ada@desk.test']);
    expect(await escalations()).toMatchObject([{ data: { departmentId: desk.departments[0]?.id, seq: 1 } }]);
    const [mail] = await readOutgoing(database.db, { purpose: 'notification' });
    expect(mail?.text).toContain('nobody of Support is free to take the ticket');
    expect(mail?.text).toContain('Take it');

    await makeDue();
    await drain();
    expect(await told()).toHaveLength(1);
    expect(await escalations()).toHaveLength(1);
    expect(await listDueWork(database.db)).not.toContainEqual(expect.objectContaining({ queue: 'assignment' }));
  });

  test('it is looked at when the time is up, never before', async () => {
    await configure({ strategy: 'round-robin', escalateAfter: '1m' }, []);
    await openManyTickets(database.db, 1);
    await database.db.raw(`update ticket_event set recorded_at = recorded_at - interval '58 seconds'`);
    await drain();
    const event = await database.db('ticket_event').where({ seq: 1 }).first();
    expect(event.due_at - event.recorded_at).toBe(60_000);
    expect(await escalations()).toEqual([]);
  });

  test('two workers tell once', async () => {
    await configure({ strategy: 'round-robin', escalateAfter: '1h' }, []);
    await openManyTickets(database.db, 60);
    await hourLater();
    await Promise.all([drain({ holder: 'holder-1' }), drain({ holder: 'holder-2' })]);
    expect(await escalations()).toHaveLength(60);
  });
});

describe('trouble', () => {
  test('a ticket that changed while it was being decided is decided again', async () => {
    await configure({ strategy: 'round-robin' });
    const ticketId = await openTicket(database.db);
    const agentsHand = await database.db.transaction();
    await agentsHand.raw(`update ticket set version = version + 1, priority = 'high' where id = ?`, [ticketId]);
    const draining = drain();
    await expect.poll(waitingForLock, { timeout: 20_000 }).toBe(true);
    await agentsHand.commit();
    await draining;
    expect(await assigneeOf(ticketId)).toBe('john');
    expect(await assignedEvents()).toHaveLength(1);
  });

  test('a ticket somebody took while it was being decided stays theirs', async () => {
    await configure({ strategy: 'round-robin' });
    const ticketId = await openTicket(database.db);
    const agentsHand = await database.db.transaction();
    await agentsHand.raw('update ticket set version = version + 1, assignee_id = ? where id = ?', [
      personId('jane'),
      ticketId,
    ]);
    const draining = drain();
    await expect.poll(waitingForLock, { timeout: 20_000 }).toBe(true);
    await agentsHand.commit();
    await draining;
    expect(await assigneeOf(ticketId)).toBe('jane');
    expect(await openingEvent(ticketId)).toMatchObject({ settled_at: expect.any(Date) });
  });

  test('one ticket that cannot be decided is put off with the reason; the others go on', async () => {
    await configure({ strategy: 'round-robin' });
    const [bad = '', good = ''] = [await openTicket(database.db), await openTicket(database.db)];
    await database.db.raw(
      `create function refuse() returns trigger language plpgsql as 'begin raise ''no''; end';
       create trigger refuse before update on ticket for each row when (old.id = ${bad}) execute function refuse()`,
    );
    await drain();
    expect(await assigneeOf(good)).toBe('john');
    expect(await openingEvent(bad)).toMatchObject({ settled_at: null, last_error_code: 'P0001', lease_holder: null });
    expect(await database.db('assignment_turn')).toHaveLength(1);
  });

  test('what another worker holds is left alone until its lease ends', async () => {
    await configure({ strategy: 'round-robin' });
    const ticketId = await openTicket(database.db);
    const claimed = await claimDueEvents(database.db, { queue: 'assignment', holder: 'frozen', limit: 50 });
    expect(claimed).toHaveLength(1);
    expect(await listDueWork(database.db)).toEqual([]);
    await drain();
    expect(await assigneeOf(ticketId)).toBeNull();
    await letLeasesEnd();
    await renewEventLeases(database.db, claimed);
    await drain();
    expect(await assigneeOf(ticketId)).toBeNull();
    await letLeasesEnd();
    await drain();
    expect(await assigneeOf(ticketId)).toBe('john');
  });

  test('Q-05 a worker that was frozen beyond its lease writes nothing when it thaws', async () => {
    await configure({ strategy: 'round-robin' }, []);
    const ticketId = await openTicket(database.db);
    const [frozen] = await claimDueEvents(database.db, { queue: 'assignment', holder: 'frozen', limit: 50 });
    if (frozen === undefined) throw new Error('nothing was claimed');
    await letLeasesEnd();
    await drain();
    expect(await openingEvent(ticketId)).toMatchObject({ attempts: 2, last_error_code: 'NOBODY_FREE' });

    await configure({ strategy: 'round-robin' });
    const before = await openingEvent(ticketId);
    const assign = createAssignTickets(assignDependencies(database.db, currentDesk));
    expect(await assign([frozen])).toEqual([{ outcome: 'lease-lost' }]);
    expect(await settleEvent(database.db, frozen)).toBe(false);
    expect(await assigneeOf(ticketId)).toBeNull();
    expect(await openingEvent(ticketId)).toEqual(before);
    expect(await database.db('assignment_turn')).toEqual([]);
  });

  test.each(['after-claim', 'inside-effect'])('killed %s: assigned once by whoever comes next', async (point) => {
    await configure({ strategy: 'round-robin' });
    for (let n = 0; n < 3; n++) await openTicket(database.db);
    expect(await runWorkersProcess(database.url, { DOCKET_CRASH_AT: point })).toBe('SIGKILL');
    expect(await assignedEvents()).toEqual([]);
    expect(await listDueWork(database.db)).toEqual([]);
    await letLeasesEnd();
    expect(await runWorkersProcess(database.url)).toBe('0');
    expect(await assignedEvents()).toHaveLength(3);
    expect(Object.values(await countsByAgent()).sort()).toEqual([1, 2]);
  });

  test('a worker that is told to stop ends its batch and takes no other', async () => {
    await configure({ strategy: 'round-robin' });
    for (let n = 0; n < 60; n++) await openTicket(database.db);
    const worker = workerOn(database.db);
    const draining = worker.drain();
    await worker.stop();
    await draining;
    expect(await assignedEvents()).toHaveLength(50);
    const { rows } = await database.db.raw(
      'select count(*)::int as untouched from ticket_event where queue is not null and attempts = 0',
    );
    expect(rows).toEqual([{ untouched: 10 }]);
  });

  async function waitingForLock(): Promise<boolean> {
    const { rows } = await database.db.raw(
      `select exists (select from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock') as waiting`,
    );
    return rows[0].waiting;
  }
});

test('the small desk of the other tests gives no tickets out', async () => {
  const seeded = await seedDesk(database.db);
  expect(SMALL_DESK.departments).toHaveLength(1);
  expect(seeded.desk.departments[0]?.assign).toEqual({
    strategy: 'manual',
    fallback: null,
    candidateIds: [seeded.johnId, seeded.janeId],
    skills: [],
    languages: [],
    escalateAfterMs: null,
    claimExpiryMs: null,
  });
});
