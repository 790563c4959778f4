import { afterEach, beforeEach, expect, test } from 'vitest';
import { clocksOf } from '../../src/core/sla/clocks.ts';
import { createRecordUnsettledMail } from '../../src/desk/record-unsettled-mail.ts';
import { stateOf } from '../../src/desk/ticket-clocks.ts';
import { createWakeTickets } from '../../src/desk/wake-tickets.ts';
import { silentLog } from '../../src/log.ts';
import { findSlaFacts } from '../../src/store/clocks.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type SeededDesk, SMALL_DESK, seedDesk } from '../support/desk.ts';
import { assignDependencies, createTestIntake, type TestIntake } from '../support/intake.ts';
import { buildMail, type MailContent } from '../support/mail-builder.ts';
import { readOutgoing } from '../support/outgoing-mail.ts';

let database: TestDatabase;
let seeded: SeededDesk;
let intake: TestIntake;

const always = { calendar: 'always', pause: { pending: { targets: ['resolution' as const], max: '10d' } } };
const PLANS = [
  {
    ...always,
    key: 'standard',
    name: 'Standard',
    targets: {
      firstResponse: { normal: '8h', urgent: '1h' },
      nextResponse: { normal: '12h' },
      resolution: { normal: '40h', urgent: '8h' },
    },
  },
  { ...always, key: 'gold', name: 'Gold', targets: { firstResponse: { normal: '2h' }, resolution: { normal: '10h' } } },
];

beforeEach(async () => {
  database = await createTestDatabase();
  seeded = await seedDesk(database.db, {
    departments: [
      { key: 'general', name: 'Support', mailbox: 'support', slaPlan: 'standard' },
      { key: 'vip', name: 'Important customers', mailbox: 'support', slaPlan: 'gold' },
    ],
    agents: SMALL_DESK.agents
      .slice(0, 1)
      .map((john) => ({ ...john, role: 'lead' as const, departments: ['general', 'vip'] })),
    slaPlans: PLANS,
  });
  intake = createTestIntake(database, seeded.desk);
});
afterEach(async () => {
  await expectRowsAsRebuilt();
  await database.drop();
});

const START = new Date('2026-11-23T09:00:00.000Z');
const hours = (count: number) => new Date(START.getTime() + count * 3_600_000);

async function takeIn(at: Date, content: MailContent, address: string): Promise<void> {
  const domain = address.replace(/^.*@/, '');
  const headers = { 'Authentication-Results': `mx.desk.test; dmarc=pass header.from=${domain}`, ...content.headers };
  await intake.receive(buildMail({ ...content, headers }), { receivedAt: at });
  await intake.drain();
}
const fromKaren = (at: Date, content: MailContent = {}) => takeIn(at, content, 'karen@customer.test');
const mails = (purpose: string) => readOutgoing(database.db, { purpose });
async function fromJohn(at: Date, text: string): Promise<void> {
  const [told] = await mails('notification');
  const content = { from: 'John Smith <john@desk.test>', subject: 'Re: x', to: told?.replyTo, text };
  await takeIn(at, content as MailContent, 'john@desk.test');
}
async function karenAnswers(at: Date): Promise<void> {
  const reply = (await mails('reply')).at(-1);
  await fromKaren(at, { to: reply?.replyTo ?? '', subject: 'Re: it', text: 'And now?\n' });
}

/** Every clock as `target cycle state due`, hours since the start. */
async function clocks(): Promise<string[]> {
  const rows = await database.db('ticket_clock').orderBy(['target', 'cycle']).select();
  return rows.map(({ target, cycle, state, due_at }) =>
    [target, cycle, state, due_at === null ? '-' : (due_at.getTime() - START.getTime()) / 3_600_000].join(' '),
  );
}

/** Whatever a test did: the rows are what the events say. */
async function expectRowsAsRebuilt(): Promise<void> {
  for (const { id } of await database.db('ticket').select('id')) {
    const facts = await findSlaFacts(database.db, id);
    if (facts === null) throw new Error('no ticket');
    const rows = await database.db('ticket_clock').where({ ticket_id: id }).orderBy(['target', 'cycle']).select();
    const rebuilt = clocksOf(stateOf(seeded.desk, facts)).map((clock) => ({
      ticket_id: id,
      target: clock.target,
      cycle: clock.cycle,
      sla_plan_version_id: clock.slaPlanVersionId,
      state: clock.state,
      started_at: clock.startedAt,
      due_at: clock.dueAt,
      settled_at: clock.settledAt,
      ended_at: clock.endedAt,
      next_at: clock.nextAt,
    }));
    const byName = (a: { target: string; cycle: number }, b: { target: string; cycle: number }) =>
      `${a.target} ${a.cycle}`.localeCompare(`${b.target} ${b.cycle}`);
    expect(rows.toSorted(byName)).toEqual(rebuilt.toSorted(byName));
  }
}

test('mails of both sides start, keep, pause and restart the clocks', async () => {
  await fromKaren(START);
  expect(await clocks()).toEqual(['firstResponse 1 running 8', 'resolution 1 running 40']);
  expect((await mails('notification')).at(-1)?.text).toContain(
    'First answer due Nov 23, 2026, 5:00 PM. Solution due Nov 25, 2026, 1:00 AM.',
  );
  await fromJohn(hours(1), 'We look into it.\n');
  expect(await clocks()).toEqual(['firstResponse 1 met 8', 'resolution 1 paused 280']);
  await karenAnswers(hours(11));
  expect((await mails('notification')).at(-1)?.text).toContain(
    'Next answer due Nov 24, 2026, 8:00 AM. Solution due Nov 25, 2026, 11:00 AM.',
  );
  expect(await clocks()).toEqual(['firstResponse 1 met 8', 'nextResponse 1 running 23', 'resolution 1 running 50']);
  await fromJohn(hours(12), '/resolve\n\nDone.\n');
  expect(await clocks()).toEqual(['firstResponse 1 met 8', 'nextResponse 1 met 23', 'resolution 1 met 50']);
  const kinds = await database.db('ticket_event').whereLike('kind', 'sla.%').orderBy('seq').pluck('kind');
  expect(kinds).toEqual(['sla.started', 'sla.met', 'sla.started', 'sla.met', 'sla.met']);
});

test('commands re-time them, and /undo takes that back', async () => {
  await fromKaren(START);
  await fromJohn(hours(0.25), '/priority urgent\n/sla gold\n');
  // Gold promises nothing for urgent tickets.
  expect(await clocks()).toEqual(['firstResponse 1 cancelled -', 'resolution 1 cancelled -']);
  await fromJohn(hours(0.5), '/undo\n');
  expect(await clocks()).toEqual(['firstResponse 1 running 8', 'resolution 1 running 40']);
  await fromJohn(hours(0.75), '/priority urgent\n');
  expect(await clocks()).toEqual(['firstResponse 1 running 1', 'resolution 1 running 8']);
  await fromJohn(hours(0.8), '/priority normal\n/dept vip\n');
  expect(await clocks()).toEqual(['firstResponse 1 running 2', 'resolution 1 running 10']);
  expect(await database.db('ticket').first()).toMatchObject({ sla_plan_id: seeded.desk.slaPlans[1]?.id });
  expect(await database.db('ticket_event').where({ kind: 'ticket.sla-plan-changed' }).pluck('data')).toContainEqual(
    expect.objectContaining({ reason: 'department' }),
  );
});

test('a wait with a time goes on counting when the ticket wakes', async () => {
  await fromKaren(START);
  await fromJohn(hours(1), '/pending 5h\n');
  expect((await clocks())[1]).toBe('resolution 1 paused 280');
  await createWakeTickets({ db: database.db, desk: async () => seeded.desk, log: silentLog })();
  expect((await clocks())[1]).toBe('resolution 1 running 45');
});

test('an answer that the relay refuses is none; one that only a colleague of the requester misses is', async () => {
  await fromKaren(START, { cc: 'Karl <karl@customer.test>' });
  await fromJohn(hours(1), 'We look into it.\n');
  const record = createRecordUnsettledMail(assignDependencies(database.db, async () => seeded.desk));
  const told = async (to: string) => {
    const reply = (await mails('reply')).find((mail) => mail.to === to);
    if (reply === undefined) throw new Error(`no reply to ${to}`);
    const { ticket_id } = await database.db('outbox').where({ id: reply.id }).first('ticket_id');
    await record({ outboxId: reply.id, ticketId: ticket_id, outcome: 'rejected', attempts: 1, settledAt: new Date() });
  };
  await told('karl@customer.test');
  expect((await clocks())[0]).toBe('firstResponse 1 met 8');
  await told('karen@customer.test');
  // By now it was not kept: nothing reached the requester in eight hours.
  expect((await clocks())[0]).toBe('firstResponse 1 breached 8');
  const [, lost] = await database.db('ticket_event').where({ kind: 'mail.unsettled' }).orderBy('seq').pluck('data');
  expect(lost.lostAnswer).toMatchObject({ laterAnswer: null });
});

test('an answer that arrives after all, tried again, is one from then on, and of nothing that was asked since it was written', async () => {
  await fromKaren(START);
  await fromJohn(hours(1), 'We look into it.\n');
  const record = createRecordUnsettledMail(assignDependencies(database.db, async () => seeded.desk));
  const reply = (await mails('reply'))[0] ?? expect.fail();
  const { ticket_id: ticketId } = await database.db('outbox').where({ id: reply.id }).first('ticket_id');
  const mail = { outboxId: reply.id, ticketId, attempts: 1, settledAt: hours(30) };
  await record({ ...mail, outcome: 'rejected' });
  expect((await clocks())[0]).toBe('firstResponse 1 breached 8');
  await database
    .db('outbox')
    .where({ id: reply.id })
    .update({ state: 'delivered', settled_at: hours(30) });
  await record({ ...mail, outcome: 'delivered' });
  await record({ ...mail, outcome: 'delivered' });
  expect(await database.db('ticket_event').where({ kind: 'mail.arrived' }).pluck('data')).toEqual([
    { outboxId: reply.id, foundAnswer: { articleId: expect.any(String), writtenAt: expect.stringContaining(':') } },
  ]);
  expect(await database.db('ticket_clock').where({ target: 'firstResponse' }).first()).toMatchObject({
    settled_at: hours(8),
    ended_at: hours(30),
  });
});

test('a held answer is one from when it was let go', async () => {
  await fromKaren(START);
  await fromJohn(hours(1), `See below.\n\n/take\n`);
  expect((await clocks())[0]).toBe('firstResponse 1 running 8');
  await fromJohn(hours(9), '/send\n');
  expect((await clocks())[0]).toBe('firstResponse 1 breached 8');
  expect(await database.db('ticket_clock').where({ target: 'firstResponse' }).first()).toMatchObject({
    settled_at: hours(8),
    ended_at: hours(9),
  });
});

test('an answer to a ticket whose plan is archived meanwhile still counts', async () => {
  await fromKaren(START);
  const { desk } = await seedDesk(database.db, { slaPlans: [] });
  seeded = { ...seeded, desk };
  intake = createTestIntake(database, desk);
  await fromJohn(hours(1), 'We look into it.\n');
  expect((await clocks())[0]).toBe('firstResponse 1 met 8');
});

test('a new ticket costs no statement more for its clocks, and an answer one', async () => {
  const statements = async (work: () => Promise<void>) => {
    let count = 0;
    const counted = () => {
      count += 1;
    };
    database.db.on('query', counted);
    await work();
    database.db.removeListener('query', counted);
    return count;
  };
  const costs = async () => {
    // Drawing numbers in packs makes the first mail dearer than the others.
    await fromKaren(START);
    const opening = await statements(() =>
      fromKaren(START, { subject: 'Another', messageId: '<another@customer.test>' }),
    );
    await fromJohn(hours(1), 'We look into it.\n');
    const answering = await statements(() => karenAnswers(hours(2)));
    return { opening, answering };
  };
  const withPlans = await costs();
  expect(await database.db('ticket_clock')).not.toEqual([]);
  await database.drop();
  database = await createTestDatabase();
  seeded = await seedDesk(database.db, { agents: SMALL_DESK.agents.slice(0, 1) });
  intake = createTestIntake(database, seeded.desk);
  const without = await costs();
  expect(withPlans).toEqual({ opening: without.opening, answering: without.answering + 1 });
});
