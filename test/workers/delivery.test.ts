import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Log, silentLog } from '../../src/log.ts';
import { createRelay, RELAY_DEFAULTS, type Relay, type RelaySettings } from '../../src/outbound/smtp.ts';
import { listOutboxAttempts, retryOutboxMail, type UntoldMail } from '../../src/store/outbox.ts';
import { createDeliveryWorker, type DeliveryOptions } from '../../src/workers/delivery.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createOutboxWorld, enqueueMail, type OutboxWorld, openTicket, readOutboxRow } from '../support/outbox.ts';
import { type RecordingRelay, startRecordingRelay } from '../support/recording-relay.ts';

let database: TestDatabase;
let world: OutboxWorld;
let server: RecordingRelay;
const open: Relay[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createOutboxWorld(database.db);
});
beforeEach(async () => {
  server = await startRecordingRelay();
});
afterEach(async () => {
  for (const relay of open.splice(0)) relay.close();
  await server.stop();
  await database.db.raw('truncate outbox, outbox_attempt');
});
afterAll(() => database.drop());

function workerWith(options: Partial<DeliveryOptions> = {}, settings: Partial<RelaySettings> = {}) {
  const relay = createRelay({
    host: '127.0.0.1',
    port: server.port,
    tls: 'none',
    login: null,
    ...RELAY_DEFAULTS,
    timeouts: { ...RELAY_DEFAULTS.timeouts, answerMs: 500, finalAnswerMs: 500 },
    ...settings,
  });
  open.push(relay);
  return createDeliveryWorker({
    db: database.db,
    holder: 'holder-1',
    relays: { forMailbox: async () => relay, close: () => relay.close() },
    recordUnsettled: async () => {},
    log: silentLog,
    ...options,
  });
}

const enqueue = (mail: Partial<Parameters<typeof enqueueMail>[1]> = {}) =>
  enqueueMail(database.db, { mailboxId: world.mailboxId, ...mail });
const row = (id: string) => readOutboxRow(database.db, id);
const attempts = (id: string) => listOutboxAttempts(database.db, id);
const outcomes = async (id: string) => (await attempts(id)).map((attempt) => `${attempt.phase} ${attempt.outcome}`);
const makeDue = () => database.db.raw('update outbox set due_at = clock_timestamp() where settled_at is null');
const letLeasesEnd = () =>
  database.db.raw(`update outbox set lease_until = clock_timestamp() - interval '1 ms' where state = 'sending'`);

describe('draining', () => {
  test('delivers everything that is due and counts its attempts', async () => {
    const ids = [];
    for (let n = 0; n < 120; n += 1) ids.push(await enqueue({ recipientAddress: `r${n}@customer.test` }));
    expect(await workerWith().drain()).toBe(120);
    expect(server.mails).toHaveLength(120);
    expect(server.connectionsAccepted).toBeLessThanOrEqual(10);
    const settled = await row(ids[0] ?? '');
    expect(settled).toMatchObject({ state: 'delivered', attempts: 1, lease_holder: null });
    expect(settled.last_answer).toMatch(/^250 2\.0\.0 queued as /);
    const { rows } = await database.db.raw(`select count(*)::int as open from outbox where state <> 'delivered'`);
    expect(rows[0].open).toBe(0);
  });

  test('costs two statements a mail, and a claim for fifty', async () => {
    for (let n = 0; n < 100; n += 1) await enqueue({ recipientAddress: `r${n}@customer.test` });
    let statements = 0;
    const count = () => {
      statements += 1;
    };
    database.db.on('query', count);
    await workerWith().drain();
    database.db.off('query', count);
    expect(statements).toBeLessThanOrEqual(2 * 100 + 10);
  });

  test('goes on with new mail while an answer is awaited', async () => {
    server.failNext({ at: 'dot', delayMs: 2_500 });
    await enqueue({ recipientAddress: 'slow@customer.test' });
    const worker = workerWith({}, { timeouts: RELAY_DEFAULTS.timeouts });
    const drained = worker.drain();
    await server.waitForMails(1);
    await enqueue({ recipientAddress: 'quick@customer.test' });
    await server.waitForMails(2);
    expect(server.mails[1]?.answer).not.toBeNull();
    expect((await row((await enqueuedTo('slow@customer.test')) ?? '')).state).toBe('sending');
    expect(await drained).toBe(2);
  });

  test('settles what another worker left behind while an answer is awaited', async () => {
    server.failNext({ at: 'dot', delayMs: 9_000 });
    await enqueue({ recipientAddress: 'slow@customer.test' });
    const drained = workerWith({}, { timeouts: RELAY_DEFAULTS.timeouts }).drain();
    await server.waitForMails(1);
    const id = await enqueue({
      recipientAddress: 'left@customer.test',
      dueAt: `clock_timestamp() + interval '1 hour'`,
    });
    await database
      .db('outbox')
      .where({ id })
      .update({
        state: 'sending',
        phase: 'connecting',
        attempts: 1,
        lease_until: database.db.raw('clock_timestamp()'),
      });
    await expect.poll(async () => (await row(id)).state, { timeout: 10_000 }).toBe('delivered');
    expect((await row((await enqueuedTo('slow@customer.test')) ?? '')).state).toBe('sending');
    await drained;
  });

  test('two workers share the work: each mail once', async () => {
    for (let n = 0; n < 60; n += 1) await enqueue({ recipientAddress: `r${n}@customer.test` });
    const [one, two] = [workerWith({ holder: 'holder-1' }), workerWith({ holder: 'holder-2' })];
    await Promise.all([one.drain(), two.drain()]);
    expect(new Set(server.mails.map((mail) => mail.messageId)).size).toBe(60);
    expect(server.mails).toHaveLength(60);
  });

  test('OUT-19 replies to one person arrive in the order they were written, also when the first defers', async () => {
    const ticketId = await openTicket(database.db, world);
    const first = await enqueue({ ticketId, recordedAt: `clock_timestamp() - interval '3 s'` });
    await enqueue({ ticketId, recordedAt: `clock_timestamp() - interval '2 s'` });
    await enqueue({ ticketId, recordedAt: `clock_timestamp() - interval '1 s'` });
    server.failNext({ at: 'rcpt', answer: '450 4.2.0 later' });
    const worker = workerWith();
    await worker.drain();
    expect(server.mails).toHaveLength(0);
    expect(await row(first)).toMatchObject({ state: 'deferred', last_answer: '450 4.2.0 later' });
    await makeDue();
    await worker.drain();
    const ids = server.mails.map((mail) => Number(mail.messageId?.match(/\d+/)?.[0]));
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect(ids).toHaveLength(3);
  });

  test('one bad row does not stop the others', async () => {
    const bad = await enqueue({ recipientAddress: 'not an address' });
    const erased = await enqueue({ recipientAddress: 'erased@customer.test', body: `${'x'.repeat(300_000)}\r\n` });
    await database.db.raw('update blob set content = null where size_bytes > 300000');
    await enqueue();
    await workerWith().drain();
    expect(server.mails.map((mail) => mail.recipients[0])).toEqual(['karen@customer.test']);
    expect(await row(bad)).toMatchObject({ state: 'rejected', last_error_code: 'ADDRESS_UNUSABLE' });
    expect(await row(erased)).toMatchObject({ state: 'rejected', last_error_code: 'BODY_ERASED' });
  });

  test('a mailbox whose relay cannot be had defers its mail with the reason', async () => {
    const id = await enqueue();
    const relays = {
      forMailbox: () => Promise.reject(Object.assign(new Error('no secret'), { code: 'SECRET_MISSING' })),
      close() {},
    };
    await workerWith({ relays }).drain();
    expect(await row(id)).toMatchObject({ state: 'deferred', last_error_code: 'SECRET_MISSING', settled_at: null });
  });

  test('logs ids and codes, never an address or an answer', async () => {
    const lines: string[] = [];
    const record = (event: string, fields?: object) => lines.push(JSON.stringify({ event, ...fields }));
    const log: Log = { debug: record, info: record, warn: record, error: record };
    server.failNext({ at: 'rcpt', answer: '550 5.1.1 karen@customer.test unknown' });
    await enqueue();
    await workerWith({ log }).drain();
    expect(lines.join('\n')).toContain('RECIPIENT_REFUSED');
    expect(lines.join('\n')).not.toContain('customer.test');
  });

  async function enqueuedTo(address: string): Promise<string | undefined> {
    const [found] = await database.db('outbox').where({ recipient_address: address });
    return found?.id;
  }
});

describe('OUT-04 an answer that was cut off', () => {
  test('automatic mail is repeated once, with the same bytes, and then rests as unknown', async () => {
    const id = await enqueue({ automatic: true });
    server.failNext({ at: 'dot', cut: true }, 5);
    const worker = workerWith();
    for (let round = 0; round < 4; round += 1) {
      await worker.drain();
      await makeDue();
    }
    expect(await outcomes(id)).toEqual(['data unknown', 'data unknown']);
    expect(await row(id)).toMatchObject({ state: 'unknown', unknown_count: 2 });
    expect((await row(id)).settled_at).not.toBeNull();
    expect(server.mails).toHaveLength(2);
    expect(server.mails[0]?.data).toEqual(server.mails[1]?.data);
  });

  test('a reply of an agent is repeated until it is accepted; each copy is explained', async () => {
    const id = await enqueue({ automatic: false });
    server.failNext({ at: 'dot', cut: true }, 3);
    const worker = workerWith();
    for (let round = 0; round < 5; round += 1) {
      await worker.drain();
      await makeDue();
    }
    expect(await row(id)).toMatchObject({ state: 'delivered', unknown_count: 3, attempts: 4 });
    expect(server.mails).toHaveLength(4);
    expect(new Set(server.mails.map((mail) => mail.data.toString())).size).toBe(1);
  });

  test('the repeat waits for its back-off', async () => {
    const id = await enqueue({ automatic: false });
    server.failNext({ at: 'dot', cut: true });
    await workerWith().drain();
    const waiting = await row(id);
    expect(waiting.state).toBe('unknown');
    expect(waiting.due_at.getTime()).toBeGreaterThan(Date.now() + 5_000);
  });
});

describe('mail that is given up', () => {
  test('is told to its ticket, once it is settled', async () => {
    const told: UntoldMail[] = [];
    const ticketId = await openTicket(database.db, world);
    const id = await enqueue({ ticketId });
    server.failNext({ at: 'rcpt', answer: '550 5.1.1 nobody' });
    const worker = workerWith({
      async recordUnsettled(mail) {
        told.push(mail);
      },
    });
    await worker.drain();
    await worker.drain();
    expect(told).toEqual([{ outboxId: id, ticketId, attempts: 1, settledAt: expect.any(Date), outcome: 'rejected' }]);
  });

  test('is told later when telling failed or the process died before it', async () => {
    const told: string[] = [];
    const ticketId = await openTicket(database.db, world);
    const id = await enqueue({ ticketId });
    server.failNext({ at: 'mail', answer: '550 5.7.1 no' });
    await workerWith({ recordUnsettled: () => Promise.reject(new Error('the ticket is contended')) }).drain();
    await workerWith({
      async recordUnsettled(mail) {
        told.push(mail.outboxId);
      },
    }).drain();
    expect(told).toEqual([id]);
  });

  test('tried again it arrives, and the ticket is told of that in the same drain', async () => {
    const ticketId = await openTicket(database.db, world);
    const id = await enqueue({ ticketId });
    const told: UntoldMail[] = [];
    server.failNext({ at: 'rcpt', answer: '550 5.1.1 no such user' });
    const worker = workerWith({ recordUnsettled: async (mail) => void told.push(mail) });
    await worker.drain();
    await sleep(2);
    await retryOutboxMail(database.db, id);
    await worker.drain();
    expect(told.map(({ outcome }) => outcome)).toEqual(['rejected', 'delivered']);
  });

  test('OUT-20 after five days of deferral the ticket is told that it expired', async () => {
    const told: UntoldMail[] = [];
    const ticketId = await openTicket(database.db, world);
    const id = await enqueue({ ticketId, expiresAt: `clock_timestamp() - interval '1 second'` });
    server.failNext({ at: 'connect', answer: '421 4.3.2 down' });
    await workerWith({
      async recordUnsettled(mail) {
        told.push(mail);
      },
    }).drain();
    expect(told).toEqual([{ outboxId: id, ticketId, attempts: 1, settledAt: expect.any(Date), outcome: 'expired' }]);
  });
});

describe('what a dead worker left behind', () => {
  test('lost in connecting: due again at once, nothing was sent', async () => {
    const id = await enqueue();
    await database
      .db('outbox')
      .update({ state: 'sending', phase: 'connecting', attempts: 1, fencing_token: 1, lease_holder: 'dead' });
    await database.db.raw(`update outbox set lease_until = clock_timestamp() - interval '1 ms'`);
    await workerWith().drain();
    expect(await outcomes(id)).toEqual(['connecting deferred', 'data delivered']);
    expect(server.mails).toHaveLength(1);
  });

  test('lost in data: unknown, and repeated like any unknown outcome', async () => {
    const id = await enqueue();
    await database
      .db('outbox')
      .update({ state: 'sending', phase: 'data', attempts: 1, fencing_token: 1, lease_holder: 'dead' });
    await database.db.raw(`update outbox set lease_until = clock_timestamp() - interval '1 ms'`);
    const worker = workerWith();
    await worker.drain();
    expect(await row(id)).toMatchObject({ state: 'unknown', unknown_count: 1, last_error_code: 'LEASE_LOST' });
    expect(server.mails).toHaveLength(0);
    await makeDue();
    await worker.drain();
    expect(await outcomes(id)).toEqual(['data unknown', 'data delivered']);
  });

  test('a mail that takes its worker along a third time waits for its back-off', async () => {
    const id = await enqueue();
    const worker = workerWith();
    for (let deaths = 1; deaths <= 3; deaths += 1) {
      await database.db.raw(
        `update outbox set state = 'sending', phase = 'connecting', attempts = attempts + 1, settled_at = null,
           fencing_token = fencing_token + 1, lease_until = clock_timestamp() - interval '1 ms'`,
      );
      server.failNext({ at: 'connect', cut: true });
      await worker.drain();
      await database.db.raw(`update outbox_attempt set error_code = 'LEASE_LOST' where error_code = 'RELAY_CLOSED'`);
    }
    const waiting = await row(id);
    expect(waiting.state).toBe('deferred');
    expect(waiting.due_at.getTime()).toBeGreaterThan(Date.now() + 5_000);
  });

  test('OUT-02 a worker whose lease ended before 354 sends nothing', async () => {
    const id = await enqueue();
    // Long enough, and waited for, so that the update below comes first on a busy machine.
    server.failNext({ at: 'data', delayMs: 2_000 });
    const drained = workerWith({}, { timeouts: RELAY_DEFAULTS.timeouts }).drain();
    await server.waitUntil(({ commands }) => commands.includes('DATA'));
    await database.db.raw(`update outbox set fencing_token = fencing_token + 1, lease_holder = 'holder-2'`);
    await drained;
    const taken = await row(id);
    expect(taken).toMatchObject({ state: 'sending', lease_holder: 'holder-2' });
    expect(server.mails.map(({ messageId }) => messageId)).not.toContain(taken.message_id);
    expect(await attempts(id)).toEqual([]);
  });

  test('a worker that was frozen after its mail left cannot settle it over the head of its successor', async () => {
    const id = await enqueue();
    server.failNext({ at: 'dot', delayMs: 2000 });
    const drained = workerWith({}, { timeouts: RELAY_DEFAULTS.timeouts }).drain();
    await server.waitForMails(1);
    await database.db.raw(`update outbox set fencing_token = fencing_token + 1, lease_holder = 'holder-2'`);
    await drained;
    expect(await row(id)).toMatchObject({ state: 'sending', phase: 'data', lease_holder: 'holder-2' });
  });
});

describe('crash points', () => {
  const cases: [string, { copies: number[]; outcomes: string[] }][] = [
    ['after-claim', { copies: [1], outcomes: ['connecting deferred', 'data delivered'] }],
    ['after-connect', { copies: [1], outcomes: ['connecting deferred', 'data delivered'] }],
    ['after-rcpt', { copies: [1], outcomes: ['connecting deferred', 'data delivered'] }],
    ['in-data', { copies: [1], outcomes: ['data unknown', 'data delivered'] }],
    ['after-250', { copies: [2], outcomes: ['data unknown', 'data delivered'] }],
  ];

  test.each(cases)('killed %s: the mail arrives, and every copy is explained', async (point, expected) => {
    const id = await enqueue();
    expect(await run({ DOCKET_CRASH_AT: point })).toBe('SIGKILL');
    await letLeasesEnd();
    for (let round = 0; round < 2; round += 1) {
      expect(await run({})).toBe('0');
      await makeDue();
    }
    expect(expected.copies).toContain(server.mails.length);
    expect(new Set(server.mails.map((mail) => mail.data.toString('latin1'))).size).toBe(1);
    expect(await outcomes(id)).toEqual(expected.outcomes);
    expect(await row(id)).toMatchObject({
      state: 'delivered',
      unknown_count: server.mails.length === 2 ? 1 : expect.any(Number),
    });
  });

  /** Runs a delivery worker in a process of its own to its end; returns the signal or the exit code. */
  function run(env: Record<string, string>): Promise<string> {
    const child = spawn(
      process.execPath,
      [
        join(import.meta.dirname, '../support/delivery-process.ts'),
        database.url,
        String(server.port),
        `p-${Date.now()}`,
      ],
      { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit'] },
    );
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code, signal) => resolve(signal ?? String(code)));
    });
  }
});

describe('Q-14 stopping', () => {
  test('waits for the answer of a send after 354, ends the others, claims nothing more', async () => {
    const slow = await enqueue({ recipientAddress: 'slow@customer.test' });
    server.failNext({ at: 'dot', delayMs: 300 });
    const worker = workerWith({}, { connectionsMax: 1 });
    const drained = worker.drain();
    await server.waitForMails(1);
    const waiting = await enqueue({ recipientAddress: 'next@customer.test' });
    await worker.stop(5_000);
    await drained;
    expect(await row(slow)).toMatchObject({ state: 'delivered' });
    expect(await row(waiting)).toMatchObject({ attempts: 0, state: 'queued' });
  });

  test('what has not seen 354 is due again at once', async () => {
    const id = await enqueue();
    server.failNext({ at: 'rcpt', silence: true });
    const worker = workerWith({}, { timeouts: RELAY_DEFAULTS.timeouts });
    const drained = worker.drain();
    await server.waitUntil(({ commands }) => commands.some((line) => line.startsWith('RCPT')));
    await worker.stop(5_000);
    await drained;
    const stopped = await row(id);
    expect(stopped).toMatchObject({ state: 'deferred', last_error_code: 'STOPPED', settled_at: null });
    expect(stopped.due_at.getTime()).toBeLessThan(Date.now() + 1_000);
  });

  test('a send that gets no answer in time is left to be found unknown', async () => {
    const id = await enqueue();
    server.failNext({ at: 'dot', silence: true });
    const worker = workerWith({}, { timeouts: RELAY_DEFAULTS.timeouts });
    const drained = worker.drain();
    await server.waitForMails(1);
    const startedAt = Date.now();
    await worker.stop(100);
    expect(Date.now() - startedAt).toBeLessThan(1_000);
    expect(await row(id)).toMatchObject({ state: 'sending', phase: 'data' });
    await letLeasesEnd();
    await workerWith({ holder: 'holder-2' }).drain();
    expect(await row(id)).toMatchObject({ state: 'unknown', unknown_count: 1 });
    server.dropConnections();
    await drained;
    expect(await row(id)).toMatchObject({ state: 'unknown', unknown_count: 1 });
  });
});
