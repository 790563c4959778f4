import { afterEach, beforeEach, expect, test } from 'vitest';
import { createWakeTickets } from '../../src/desk/wake-tickets.ts';
import { type Log, silentLog } from '../../src/log.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { seedDesk } from '../support/desk.ts';
import { createTestIntake } from '../support/intake.ts';
import { buildMail } from '../support/mail-builder.ts';

let database: TestDatabase;
let wake: () => Promise<number>;
let warned: object[];
const log: Log = { ...silentLog, warn: (event, fields) => void warned.push({ event, ...fields }) };

beforeEach(async () => {
  warned = [];
  database = await createTestDatabase();
  const { desk } = await seedDesk(database.db);
  const intake = createTestIntake(database, desk);
  for (let mail = 0; mail < 3; mail++) await intake.receive(buildMail());
  await intake.drain();
  wake = createWakeTickets({ db: database.db, desk: async () => desk, log });
});
afterEach(() => database.drop());

const tickets = () => database.db('ticket').orderBy('id');

test('a waiting ticket is open again when its time has come, never before', async () => {
  const { db } = database;
  const [first, second] = await tickets();
  await db('ticket')
    .where({ id: first.id })
    .update({ status: 'on-hold', wake_at: db.raw(`now() - interval '1 minute'`) });
  await db('ticket')
    .where({ id: second.id })
    .update({ status: 'pending', wake_at: db.raw(`now() + interval '1 minute'`) });
  expect(await wake()).toBe(1);
  expect((await tickets()).map(({ status }) => status)).toEqual(['open', 'pending', 'new']);
  expect((await tickets())[0]).toMatchObject({ wake_at: null, version: first.version + 2 });
  const [changed] = await db('ticket_event').where({ ticket_id: first.id, kind: 'ticket.status-changed' });
  expect(changed.data).toEqual({ from: 'on-hold', to: 'open' });
  expect(changed.occurred_at.getTime()).toBeLessThan(Date.now() - 59_000);
  expect(await wake()).toBe(0);
});

test('any number of processes wake it once', async () => {
  const { db } = database;
  await db('ticket').update({ status: 'pending', wake_at: db.raw('now()') });
  const woken = await Promise.all([wake(), wake(), wake(), wake()]);
  expect(woken.reduce((sum, one) => sum + one)).toBe(3);
  expect(await db('ticket_event').where({ kind: 'ticket.status-changed' })).toHaveLength(3);
});

test('a ticket that cannot be changed is told of, and holds up none of the others', async () => {
  const { db } = database;
  const [broken, ...others] = await tickets();
  await db('ticket').update({ status: 'pending', wake_at: db.raw(`now() - id * interval '1 minute'`) });
  await db('ticket')
    .where({ id: broken.id })
    .update({ wake_at: db.raw(`now() - interval '1 year'`) });
  await db.raw(`create function refuse() returns trigger language plpgsql as $$ begin raise 'broken'; end $$`);
  await db.raw(
    `create trigger refuse before update on ticket for each row when (old.id = ${broken.id}) execute function refuse()`,
  );
  expect(await wake()).toBe(others.length);
  expect((await tickets()).map(({ status }) => status)).toEqual(['pending', 'open', 'open']);
  expect(warned).toEqual([{ event: 'ticket.not-changed', ticketId: broken.id, code: 'P0001' }]);
});

test('many that cannot be changed hold up none either', async () => {
  const { db } = database;
  const [, , good] = await tickets();
  await db.raw(
    `insert into ticket (number, requester_id, requester_address_id, mailbox_id, department_id, subject, status, priority, version, occurred_at, wake_at)
     select 'X' || i, requester_id, requester_address_id, mailbox_id, department_id, subject, 'on-hold', priority, version, occurred_at, now() - interval '1 day'
     from ticket, generate_series(1, 60) as i where ticket.id = ?`,
    [good.id],
  );
  await db('ticket')
    .where({ id: good.id })
    .update({ status: 'pending', wake_at: db.raw(`now() - interval '1 minute'`) });
  await db.raw(`create function refuse() returns trigger language plpgsql as $$ begin raise 'broken'; end $$`);
  await db.raw(
    `create trigger refuse before update on ticket for each row when (old.number like 'X%') execute function refuse()`,
  );
  expect(await wake()).toBe(1);
  expect(await db('ticket').where({ id: good.id }).first()).toMatchObject({ status: 'open' });
  expect(warned).toHaveLength(60);
});
