import { afterEach, beforeEach, expect, test } from 'vitest';
import { bareUpdate } from '../../src/core/ticket-change.ts';
import { createCloseResolvedTickets } from '../../src/desk/close-resolved-tickets.ts';
import { silentLog } from '../../src/log.ts';
import { applyTicketChange } from '../../src/store/apply-ticket-change.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type SeededDesk, seedDesk } from '../support/desk.ts';
import { createTestIntake } from '../support/intake.ts';
import { buildMail } from '../support/mail-builder.ts';

let database: TestDatabase;
let seeded: SeededDesk;

beforeEach(async () => {
  database = await createTestDatabase();
  seeded = await seedDesk(database.db, { desk: { closeResolvedAfter: '7d' } });
  const intake = createTestIntake(database, seeded.desk);
  for (let mail = 0; mail < 3; mail++) await intake.receive(buildMail());
  await intake.drain();
});
afterEach(() => database.drop());

const close = (desk = seeded.desk) =>
  createCloseResolvedTickets({ db: database.db, desk: async () => desk, log: silentLog })();
const tickets = () => database.db('ticket').orderBy('id');
const agoOf = (age: string) => database.db.raw(`now() - ?::interval`, [age]);

/** As agents move it. */
async function move(ticket: { id: string; version: number; status: 'new' | 'resolved' }, to: 'resolved' | 'open') {
  await applyTicketChange(database.db, {
    ...bareUpdate(ticket.id, ticket.version, { status: to }),
    cause: { kind: 'command', key: `test-${ticket.id}-${ticket.version}` },
    actor: { kind: 'agent', personId: seeded.johnId },
    occurredAt: new Date(),
    configVersion: seeded.desk.configVersion,
    events: [{ kind: 'ticket.status-changed', from: ticket.status, to }],
  });
}

test('a resolved ticket closes when the set time is over, never before, and nobody is written to', async () => {
  const { db } = database;
  for (const ticket of await tickets()) await move(ticket, 'resolved');
  const [first, second] = await tickets();
  const outbox = await db('outbox').count();
  await db('ticket')
    .where({ id: first.id })
    .update({ resolved_at: agoOf('7 days 1 second') });
  await db('ticket')
    .where({ id: second.id })
    .update({ resolved_at: agoOf('6 days 23 hours 59 minutes') });
  expect(await close()).toBe(1);
  expect((await tickets()).map(({ status }) => status)).toEqual(['closed', 'resolved', 'resolved']);
  expect((await tickets())[0]).toMatchObject({ version: first.version + 1, resolved_at: null });
  expect(await db('ticket_event').where({ ticket_id: first.id }).orderBy('seq', 'desc').first()).toMatchObject({
    kind: 'ticket.status-changed',
    data: { from: 'resolved', to: 'closed' },
  });
  expect(await db('outbox').count()).toEqual(outbox);
  expect(await close()).toBe(0);
});

test('the time counts from when it was resolved last, whatever came to it since', async () => {
  const { db } = database;
  const first = async () => (await tickets())[0];
  await move(await first(), 'resolved');
  await db('ticket').update({ resolved_at: agoOf('8 days') });
  await move(await first(), 'open');
  expect(await first()).toMatchObject({ resolved_at: null });
  await move(await first(), 'resolved');
  expect(await close()).toBe(0);
  await db('ticket').update({ resolved_at: agoOf('8 days'), updated_at: new Date() });
  expect(await close()).toBe(1);
});

test('one resolved by a release that did not note the time closes after its last change', async () => {
  const { db } = database;
  const [first] = await tickets();
  await db('ticket')
    .where({ id: first.id })
    .update({ status: 'resolved', updated_at: agoOf('6 days') });
  expect(await close()).toBe(0);
  await db('ticket')
    .where({ id: first.id })
    .update({ updated_at: agoOf('8 days') });
  expect(await close()).toBe(1);
});

test('a desk that sets no time closes nothing', async () => {
  await database.db('ticket').update({ status: 'resolved', resolved_at: agoOf('900 days') });
  expect(await close({ ...seeded.desk, closeResolvedAfterMs: null })).toBe(0);
});

test('any number of processes close it once', async () => {
  const { db } = database;
  await db('ticket').update({ status: 'resolved', resolved_at: agoOf('8 days') });
  const closed = await Promise.all([close(), close(), close(), close()]);
  expect(closed.reduce((sum, one) => sum + one)).toBe(3);
  expect(await db('ticket_event').where({ kind: 'ticket.status-changed' })).toHaveLength(3);
});
