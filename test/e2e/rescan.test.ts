import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { expectConservation } from '../support/conservation.ts';
import { type DeskWorld, startDeskWorld } from '../support/desk-world.ts';
import { startTestDovecot, type TestDovecot } from '../support/dovecot.ts';

/** Whatever becomes of the mailbox under us, a mail that had its effect has no second one. */
let dovecot: TestDovecot;
let world: DeskWorld;

beforeAll(async () => {
  dovecot = await startTestDovecot();
});
afterAll(() => dovecot.stop());
beforeEach(async () => {
  world = await startDeskWorld({ dovecot });
});
afterEach(() => world.stop());

const ids = Array.from({ length: 12 }, (_, index) => `m${index}@customer.test`);

async function rowCounts(): Promise<Record<string, number>> {
  const { rows } = await world.database.db.raw(
    `select (select count(*)::int from ticket) as ticket, (select count(*)::int from article) as article,
      (select count(*)::int from outbox) as outbox, (select count(*)::int from inbound_mail) as inbound_mail`,
  );
  return rows[0];
}

async function takeAllIn(): Promise<void> {
  for (const id of ids) await world.deliver({ messageId: `<${id}>`, from: `person-${id}` });
  const desk = world.serve();
  await desk.started;
  await world.settled(ids.length);
}

test('IN-06: the same mails under a new UIDVALIDITY make no new ticket, article or outgoing mail', {
  timeout: 60_000,
}, async () => {
  await takeAllIn();
  const before = await rowCounts();
  dovecot.resetUidValidity(world.mailbox);
  await dovecot.restart();

  const { db } = world.database;
  const rescanned = () =>
    db('folder_uid').join('folder', 'folder.id', 'folder_id').whereNull('superseded_at').count('* as count').first();
  await expect.poll(() => db('folder').orderBy('id').pluck('uid_validity'), { timeout: 30_000 }).toHaveLength(2);
  await expect.poll(rescanned, { timeout: 30_000 }).toEqual({ count: String(ids.length) });
  await world.settled(ids.length);
  expect(await rowCounts()).toEqual(before);
  await expectConservation(db, world.relay, ids);
});

test('IN-03: a second client that reads, flags and unflags everything changes nothing', {
  timeout: 60_000,
}, async () => {
  for (const id of ids.slice(0, 6)) await world.deliver({ messageId: `<${id}>`, from: `person-${id}` });
  const client = await dovecot.connect(world.mailbox);
  await client.mailboxOpen('INBOX');
  await client.messageFlagsAdd('1:*', ['\\Seen', '\\Flagged', '\\Answered']);
  const desk = world.serve();
  await desk.started;
  await world.settled(6);
  const before = await rowCounts();

  await client.messageFlagsRemove('1:*', ['\\Seen']);
  await client.messageFlagsRemove('1:*', ['\\Flagged']);
  await client.logout();
  await desk.stop();
  expect(await world.serve({ args: ['--once'] }).ended).toBe(0);
  expect(await rowCounts()).toEqual(before);
  await expectConservation(world.database.db, world.relay, ids.slice(0, 6));
});
