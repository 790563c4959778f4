import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StatusNotice } from '../../src/core/status-notice.ts';
import { composeStatusNotice } from '../../src/desk/status-notice.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type SeededDesk, seedDesk } from '../support/desk.ts';
import { assignDependencies, createTestIntake } from '../support/intake.ts';
import { buildMail, type MailContent } from '../support/mail-builder.ts';

let database: TestDatabase;
let seeded: SeededDesk;

beforeEach(async () => {
  database = await createTestDatabase();
  seeded = await seedDesk(database.db);
});
afterEach(() => database.drop());

const VOUCHED = {
  'Authentication-Results': 'mx.desk.test; dmarc=pass header.from=customer.test',
  'Return-Path': '<karen@customer.test>',
};

async function noticeAfter(content: MailContent, notice: StatusNotice = 'resolved') {
  const intake = createTestIntake(database, seeded.desk);
  await intake.receive(buildMail(content));
  await intake.drain();
  const { id, number } = await database.db('ticket').first('id', 'number');
  const ticket = { id, number, departmentId: seeded.departmentId, mailboxId: seeded.mailboxId };
  return composeStatusNotice(
    assignDependencies(database.db, async () => seeded.desk),
    seeded.desk,
    ticket,
    notice,
  );
}

test.each<[StatusNotice, string]>([
  ['resolved', 'Your request is marked as solved'],
  ['reopened', 'Your request is open again'],
])('a requester whose mail was vouched for is told that the ticket is %s, in their thread', async (notice, heading) => {
  const { outbox, events } = await noticeAfter({ headers: VOUCHED, messageId: '<first@customer.test>' }, notice);
  expect(events).toEqual([{ kind: 'mail.enqueued', outboxId: outbox[0]?.id, purpose: 'notice' }]);
  expect(outbox[0]).toMatchObject({ recipientAddress: 'karen@customer.test', automatic: true, automaticMailCount: 1 });
  const header = String(outbox[0]?.header);
  expect(header).toContain('Subject: Re: [#1001] Mobile banking does not work');
  expect(header).toContain('In-Reply-To: <first@customer.test>');
  expect(header).toContain('Auto-Submitted: auto-generated');
  expect(String(outbox[0]?.body)).toContain(heading);
});

test('OUT-11: somebody whose address a stranger may have given is told nothing', async () => {
  const { outbox, events } = await noticeAfter({ from: 'victim@elsewhere.test', subject: 'BUY NOW' });
  expect(outbox).toEqual([]);
  expect(events).toEqual([{ kind: 'mail.suppressed', purpose: 'notice', reason: 'unverified-requester' }]);
});

test('an address that refuses our mail gets none', async () => {
  await noticeAfter({ headers: VOUCHED });
  await database.db('person_address').update({ suppressed_at: new Date() });
  const { events } = await noticeAfter({ headers: VOUCHED, subject: 'Again' });
  expect(events).toEqual([{ kind: 'mail.suppressed', purpose: 'notice', reason: 'address-suppressed' }]);
});

test('two automatic mails an hour are enough for anybody', async () => {
  await noticeAfter({ headers: VOUCHED });
  const { events } = await noticeAfter({ headers: VOUCHED, subject: 'Again' });
  expect(events).toEqual([{ kind: 'mail.suppressed', purpose: 'notice', reason: 'address-limit' }]);
});

test('a requester without an address leaves nothing to say', async () => {
  expect(await noticeAfter({ from: null })).toEqual({ fate: 'no-address', outbox: [], events: [] });
});
