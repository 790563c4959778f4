import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type ClaimedOutboxMail,
  claimDueOutboxMails,
  listOutboxAttempts,
  listOutboxMails,
  listUntoldMails,
  markMailInData,
  readMailBody,
  recordTold,
  renewOutboxLeases,
  retryOutboxMail,
  type SettledAttempt,
  settleAttempt,
  takeOverAbandonedMails,
} from '../../src/store/outbox.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createOutboxWorld, enqueueMail, type OutboxWorld, openTicket, readOutboxRow } from '../support/outbox.ts';

let database: TestDatabase;
let world: OutboxWorld;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createOutboxWorld(database.db);
});
afterEach(async () => {
  await database.db.raw('truncate outbox, outbox_attempt');
});
afterAll(() => database.drop());

const enqueue = (mail: Partial<Parameters<typeof enqueueMail>[1]> = {}) =>
  enqueueMail(database.db, { mailboxId: world.mailboxId, ...mail });
const claim = (holder = 'holder-1', limit = 50) =>
  claimDueOutboxMails(database.db, { holder, limit, exceptMailboxes: [] });
const settle = (mail: ClaimedOutboxMail, attempt: Partial<SettledAttempt> = {}) =>
  settleAttempt(database.db, mail, {
    outcome: 'delivered',
    phase: 'data',
    answer: '250 ok',
    errorCode: null,
    relayMessageId: null,
    durationMs: 12,
    nextAttemptInMs: null,
    ...attempt,
  });
const row = (id: string) => readOutboxRow(database.db, id);
const letLeasesEnd = () =>
  database.db.raw(`update outbox set lease_until = clock_timestamp() - interval '1 ms' where state = 'sending'`);

async function claimOne(): Promise<ClaimedOutboxMail> {
  const [mail] = await claim();
  if (mail === undefined) throw new Error('nothing was due');
  return mail;
}

describe('claiming', () => {
  test('OUT-02 commits sending, connecting, a lease and a new fencing token before anything is sent', async () => {
    const id = await enqueue({ body: 'Hello\r\n' });
    const mail = await claimOne();
    expect(mail).toMatchObject({ id, fencingToken: '1', attempts: 1, unknownCount: 0, leaseLostCount: 0 });
    expect(mail.body?.toString()).toBe('Hello\r\n');
    expect(await row(id)).toMatchObject({
      state: 'sending',
      phase: 'connecting',
      attempts: 1,
      lease_holder: 'holder-1',
    });
    expect(await claim('holder-2')).toEqual([]);
  });

  test('two workers at once never hold the same mail', async () => {
    for (let n = 0; n < 40; n += 1) await enqueue({ recipientAddress: `r${n}@customer.test` });
    const batches = await Promise.all(['holder-1', 'holder-2', 'holder-3', 'holder-4'].map((name) => claim(name, 10)));
    const ids = batches.flat().map((mail) => mail.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBe(40);
  });

  test('leaves alone what is not due, settled, of a full mailbox, or not mail', async () => {
    await enqueue({ dueAt: `clock_timestamp() + interval '1 minute'` });
    await enqueue({});
    await settle(await claimOne());
    const webhook = await enqueue({});
    await database.db.raw(`update outbox set channel = 'webhook' where id = ?`, [webhook]);
    expect(await claim()).toEqual([]);
    await enqueue({});
    const full = { holder: 'holder-1', limit: 50, exceptMailboxes: [world.mailboxId] };
    expect(await claimDueOutboxMails(database.db, full)).toEqual([]);
  });

  test('OUT-01 every attempt gets the same bytes', async () => {
    await enqueue({});
    const first = await claimOne();
    await settle(first, { outcome: 'deferred', nextAttemptInMs: 0 });
    const second = await claimOne();
    expect([second.header, second.body, second.messageId]).toEqual([first.header, first.body, first.messageId]);
    expect(second.attempts).toBe(2);
  });

  test('a long body is read by itself', async () => {
    const body = 'x'.repeat(300_000);
    await enqueue({ body });
    const mail = await claimOne();
    expect(mail.body).toBeNull();
    expect((await readMailBody(database.db, mail.bodySha256))?.toString()).toBe(body);
  });
});

describe('OUT-19 rows of one ticket and recipient', () => {
  test('leave in the order they were written, whatever their ids and due times are', async () => {
    const ticketId = await openTicket(database.db, world);
    const second = await enqueue({ ticketId, recordedAt: 'clock_timestamp()' });
    const first = await enqueue({ ticketId, recordedAt: `clock_timestamp() - interval '5 s'` });
    const earlier = await claimOne();
    expect(earlier.id).toBe(first);
    expect(await claim()).toEqual([]);
    await settle(earlier, { outcome: 'deferred', nextAttemptInMs: 60_000 });
    expect(await claim()).toEqual([]);
    await database
      .db('outbox')
      .where({ id: first })
      .update({ due_at: new Date(0) });
    await settle(await claimOne());
    expect((await claim()).map((mail) => mail.id)).toEqual([second]);
  });

  test('wait for an unsettled earlier one at most an hour', async () => {
    const ticketId = await openTicket(database.db, world);
    await enqueue({
      ticketId,
      recordedAt: `clock_timestamp() - interval '3 h'`,
      dueAt: `clock_timestamp() + interval '1 h'`,
    });
    const late = await enqueue({ ticketId, recordedAt: `clock_timestamp() - interval '61 min'` });
    const patient = await enqueue({ ticketId, recordedAt: `clock_timestamp() - interval '59 min'` });
    expect((await claim()).map((mail) => mail.id)).toEqual([late]);
    expect((await row(patient)).state).toBe('queued');
  });

  test('do not hold up other recipients or tickets', async () => {
    const [ticketId, otherId] = [await openTicket(database.db, world), await openTicket(database.db, world)];
    await enqueue({ ticketId });
    await enqueue({ ticketId, recipientAddress: 'jim@customer.test' });
    await enqueue({ ticketId: otherId });
    await enqueue({});
    expect(await claim()).toHaveLength(4);
  });
});

describe('phase data', () => {
  test('OUT-02 is committed only while the lease lasts and nobody else took over', async () => {
    const id = await enqueue({});
    const mail = await claimOne();
    expect(await markMailInData(database.db, mail)).toBe(true);
    expect(await row(id)).toMatchObject({ state: 'sending', phase: 'data' });
    expect(await markMailInData(database.db, { ...mail, fencingToken: '99' })).toBe(false);
    await letLeasesEnd();
    expect(await markMailInData(database.db, mail)).toBe(false);
  });

  test('is refused to a worker that was frozen while another took over (SIGSTOP)', async () => {
    const id = await enqueue({});
    const frozen = await claimOne();
    await letLeasesEnd();
    await takeOverAbandonedMails(database.db, { holder: 'holder-2', limit: 50 });
    expect(await markMailInData(database.db, frozen)).toBe(false);
    expect(await settle(frozen)).toEqual({ outcome: 'lease-lost' });
    expect(await row(id)).toMatchObject({ state: 'sending', phase: 'connecting', lease_holder: 'holder-2' });
    expect(await listOutboxAttempts(database.db, id)).toEqual([]);
  });

  test('renewing keeps the lease of those who still hold it, and of no others', async () => {
    await enqueue({});
    const mail = await claimOne();
    await letLeasesEnd();
    await renewOutboxLeases(database.db, [{ ...mail, fencingToken: '0' }]);
    expect(await markMailInData(database.db, mail)).toBe(false);
    await renewOutboxLeases(database.db, [mail]);
    expect(await markMailInData(database.db, mail)).toBe(true);
  });
});

describe('settling', () => {
  test('writes row and attempt in one statement', async () => {
    const id = await enqueue({});
    const mail = await claimOne();
    const answer = `250 2.0.0 ok\u0000 ${'long '.repeat(1000)}`;
    expect(await settle(mail, { answer, relayMessageId: 'theirs@relay.test' })).toEqual({
      outcome: 'settled',
      final: true,
    });
    const settled = await row(id);
    expect(settled).toMatchObject({
      state: 'delivered',
      phase: null,
      lease_holder: null,
      lease_until: null,
      last_error_code: null,
      relay_message_id: 'theirs@relay.test',
    });
    expect(settled.settled_at).not.toBeNull();
    expect(settled.last_answer).toMatch(/^250 2\.0\.0 ok long/);
    const [attempt] = await listOutboxAttempts(database.db, id);
    expect(attempt).toMatchObject({ number: 1, phase: 'data', outcome: 'delivered' });
    expect(Number(attempt?.endedAt) - Number(attempt?.startedAt)).toBeGreaterThanOrEqual(11);
  });

  test('a second settling of the same claim changes nothing', async () => {
    const id = await enqueue({});
    const mail = await claimOne();
    await settle(mail, { outcome: 'deferred', nextAttemptInMs: 60_000 });
    expect(await settle(mail)).toEqual({ outcome: 'lease-lost' });
    expect((await row(id)).state).toBe('deferred');
    expect(await listOutboxAttempts(database.db, id)).toHaveLength(1);
  });

  test('a deferred mail is due again by the database clock', async () => {
    const id = await enqueue({});
    expect(await settle(await claimOne(), { outcome: 'deferred', nextAttemptInMs: 60_000 })).toEqual({
      outcome: 'settled',
      final: false,
    });
    const { rows } = await database.db.raw('select extract(epoch from due_at - clock_timestamp()) as s from outbox');
    expect(Number(rows[0].s)).toBeGreaterThan(58);
    expect(Number(rows[0].s)).toBeLessThanOrEqual(60);
    expect((await row(id)).settled_at).toBeNull();
  });

  test('every unknown outcome is counted, so that each duplicate is explained', async () => {
    const id = await enqueue({});
    await settle(await claimOne(), { outcome: 'unknown', nextAttemptInMs: 0 });
    await settle(await claimOne(), { outcome: 'unknown', nextAttemptInMs: null });
    expect(await row(id)).toMatchObject({ state: 'unknown', unknown_count: 2 });
    expect((await listOutboxAttempts(database.db, id)).map((attempt) => attempt.outcome)).toEqual([
      'unknown',
      'unknown',
    ]);
  });

  test('OUT-20 the last attempt is made when the mail expires, and then it is given up', async () => {
    const id = await enqueue({ expiresAt: `clock_timestamp() + interval '1 s'` });
    await settle(await claimOne(), { outcome: 'deferred', nextAttemptInMs: 3_600_000 });
    const waiting = await row(id);
    expect(waiting.due_at).toEqual(waiting.expires_at);
    await database
      .db('outbox')
      .where({ id })
      .update({ expires_at: new Date(0), due_at: new Date(0) });
    expect(await settle(await claimOne(), { outcome: 'deferred', nextAttemptInMs: 10_000 })).toEqual({
      outcome: 'settled',
      final: true,
    });
    const [listed] = await listOutboxMails(database.db, { state: 'expired' }, 10);
    expect(listed).toMatchObject({ id, state: 'expired', dueAt: null });
  });
});

describe('mails of a dead worker', () => {
  test('are taken over when the lease ends, by one, with the phase they died in', async () => {
    const [connecting, inData] = [await enqueue({}), await enqueue({})];
    for (const mail of await claim()) if (mail.id === inData) await markMailInData(database.db, mail);
    expect(await takeOverAbandonedMails(database.db, { holder: 'holder-2', limit: 50 })).toEqual([]);
    await letLeasesEnd();
    const both = await Promise.all(
      ['holder-2', 'holder-3'].map((holder) => takeOverAbandonedMails(database.db, { holder, limit: 50 })),
    );
    const phases = new Map(both.flat().map((mail) => [mail.id, mail.phase]));
    expect(phases).toEqual(
      new Map([
        [connecting, 'connecting'],
        [inData, 'data'],
      ]),
    );
    expect(both.flat()).toHaveLength(2);
  });

  test('remember how often that happened', async () => {
    await enqueue({});
    for (const expected of [0, 1, 2]) {
      const mail = await claimOne();
      expect(mail.leaseLostCount).toBe(expected);
      await settle(mail, { outcome: 'deferred', phase: 'connecting', errorCode: 'LEASE_LOST', nextAttemptInMs: 0 });
    }
  });
});

describe('tickets to be told', () => {
  const untold = async () => (await listUntoldMails(database.db, 10))[0] ?? expect.fail('nothing to tell');

  test('are those of mail that was given up, until they were told', async () => {
    const ticketId = await openTicket(database.db, world);
    const rejected = await enqueue({ ticketId, recipientAddress: 'a@customer.test' });
    await enqueue({ recipientAddress: 'b@customer.test' });
    const delivered = await enqueue({ ticketId, recipientAddress: 'c@customer.test' });
    const waiting = await enqueue({ ticketId, recipientAddress: 'd@customer.test' });
    for (const mail of await claim()) {
      if (mail.id === delivered) await settle(mail);
      else if (mail.id === waiting) await settle(mail, { outcome: 'deferred', nextAttemptInMs: 60_000 });
      else await settle(mail, { outcome: 'rejected' });
    }
    expect(await listUntoldMails(database.db, 10)).toEqual([
      { outboxId: rejected, ticketId, attempts: 1, settledAt: expect.any(Date), outcome: 'rejected' },
    ]);
    await recordTold(database.db, await untold());
    expect(await listUntoldMails(database.db, 10)).toEqual([]);
  });

  test.each(['delivered', 'rejected'] as const)(
    'and, told and tried again, once more when it is %s',
    async (outcome) => {
      const ticketId = await openTicket(database.db, world);
      const id = await enqueue({ ticketId });
      await settle(await claimOne(), { outcome: 'rejected' });
      await recordTold(database.db, await untold());
      expect(await retryOutboxMail(database.db, id)).toBe(true);
      expect(await listUntoldMails(database.db, 10)).toEqual([]);
      // A millisecond is the least that two times can differ by.
      await sleep(2);
      await settle(await claimOne(), { outcome });
      expect(await listUntoldMails(database.db, 10)).toEqual([
        { outboxId: id, ticketId, attempts: 2, settledAt: expect.any(Date), outcome },
      ]);
      await recordTold(database.db, await untold());
      expect(await listUntoldMails(database.db, 10)).toEqual([]);
    },
  );
});

describe('looking at the outbox', () => {
  test('lists newest first, by state, by ticket, and what is open', async () => {
    const ticketId = await openTicket(database.db, world);
    const first = await enqueue({ ticketId });
    const second = await enqueue({ recipientAddress: 'b@customer.test' });
    const [ticket] = await database.db('ticket').where({ id: ticketId });
    expect((await listOutboxMails(database.db, {}, 10)).map((mail) => mail.id)).toEqual([second, first]);
    const ofTicket = await listOutboxMails(database.db, { ticketNumber: ticket.number }, 10);
    expect(ofTicket).toMatchObject([{ id: first, ticketNumber: ticket.number, mailbox: 'support', state: 'queued' }]);
    await settle(await claimOne());
    expect((await listOutboxMails(database.db, { open: true }, 10)).map((mail) => mail.id)).toEqual([second]);
    expect((await listOutboxMails(database.db, { state: 'delivered' }, 10)).map((mail) => mail.id)).toEqual([first]);
  });

  test('retrying makes a mail due, and revives one that was given up', async () => {
    const id = await enqueue({});
    await settle(await claimOne(), { outcome: 'rejected' });
    expect(await claim()).toEqual([]);
    expect(await retryOutboxMail(database.db, id)).toBe(true);
    expect(await row(id)).toMatchObject({ state: 'queued', settled_at: null });
    const mail = await claimOne();
    expect(mail.attempts).toBe(2);
    expect(await retryOutboxMail(database.db, id)).toBe(false);
    await settle(mail);
    expect(await retryOutboxMail(database.db, id)).toBe(false);
    expect(await retryOutboxMail(database.db, '999999')).toBe(false);
  });
});
