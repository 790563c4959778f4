import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { silentLog } from '../../src/log.ts';
import { createRelay, RELAY_DEFAULTS } from '../../src/outbound/smtp.ts';
import { createDeliveryWorker, type DeliveryWorker } from '../../src/workers/delivery.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createOutboxWorld, enqueueMail, type OutboxWorld } from '../support/outbox.ts';
import { type RecordingRelay, type RelayFault, startRecordingRelay } from '../support/recording-relay.ts';

/**
 * Conservation of outgoing mail (reliability.md §5): whatever a relay does and whenever workers vanish, every mail is
 * accepted or visibly given up, all copies of it are the same bytes, and every copy too many is explained by an attempt
 * whose outcome is logged as unknown.
 */
let database: TestDatabase;
let world: OutboxWorld;
let server: RecordingRelay;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createOutboxWorld(database.db);
});
afterEach(async () => {
  await server.stop();
  await database.db.raw('truncate outbox, outbox_attempt');
});
afterAll(() => database.drop());

/** One of these takes a whole round, since everybody who waits is told. */
const CONNECTION_FAULTS: RelayFault[] = [
  { at: 'connect', answer: '421 4.7.0 too many' },
  { at: 'connect', cut: true },
  { at: 'ehlo', cut: true },
];
const MAIL_FAULTS: RelayFault[] = [
  { at: 'mail', answer: '451 4.3.0 busy' },
  { at: 'mail', cut: true },
  { at: 'rcpt', answer: '450 4.2.0 greylisted' },
  { at: 'rcpt', answer: '550 5.1.1 nobody' },
  { at: 'data', cut: true },
  { at: 'data', cutAfter354: true },
  { at: 'body', cutAfterBytes: 10 },
  { at: 'body', cutAfterBytes: 2_000 },
  { at: 'dot', cut: true },
  { at: 'dot', silence: true },
  { at: 'dot', answer: '452 4.2.2 full' },
  { at: 'dot', answer: '554 5.7.1 no' },
  { at: 'dot', delayMs: 20 },
];

const MAILS = 60;
const ROUNDS_MAX = 60;

test.each([1, 2, 3, 4])('no mail is lost and no copy unexplained (seed %i)', { timeout: 120_000 }, async (seed) => {
  const random = seeded(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  server = await startRecordingRelay({ offerPipelining: seed % 2 === 0 });
  for (let n = 0; n < MAILS; n += 1) {
    const recipientAddress = `r${n}@customer.test`;
    await enqueueMail(database.db, { ...world, recipientAddress, automatic: random() < 0.5, body: 'x'.repeat(3_000) });
  }

  for (let round = 0; round < ROUNDS_MAX && (await openCount()) > 0; round += 1) {
    server.clearFaults();
    if (round % 4 === 3) server.failNext(pick(CONNECTION_FAULTS), 6);
    else if (round < 12) for (let n = 0; n < 40; n += 1) server.failNext(pick(MAIL_FAULTS));
    await drainWithSeveralWorkers(random);
    await database.db.raw(`update outbox set due_at = clock_timestamp() where settled_at is null`);
    await endLeases();
  }

  expect(await openCount()).toBe(0);
  for (const row of await database.db('outbox')) {
    const copies = server.mails.filter((mail) => mail.recipients[0] === row.recipient_address);
    const bytes = new Set(copies.map((mail) => mail.data.toString('latin1')));
    expect(bytes.size, row.id).toBeLessThanOrEqual(1);
    expect(copies.length - 1, row.id).toBeLessThanOrEqual(row.unknown_count);
    if (row.state === 'delivered') expect(copies.length, row.id).toBeGreaterThanOrEqual(1);
    else expect(['rejected', 'unknown'], row.id).toContain(row.state);
    if (row.state === 'unknown') expect(row.automatic, row.id).toBe(true);
    if (row.automatic) expect(row.unknown_count, row.id).toBeLessThanOrEqual(2);
  }
  expect(await unexplainedAttempts()).toEqual([]);
  // The faults did strike.
  expect(await database.db('outbox_attempt').where({ outcome: 'unknown' })).not.toEqual([]);
});

/**
 * Two workers at once. One of them may be stopped in the middle of it, waiting for nothing; or the leases of both end under
 * their hands, as if they had been frozen, and a third one takes over.
 */
async function drainWithSeveralWorkers(random: () => number): Promise<void> {
  const workers = ['holder-1', 'holder-2'].map(workerFor);
  const drained = workers.map((worker) => worker.drain());
  const accident = random();
  await new Promise((resolve) => setTimeout(resolve, random() * 60));
  if (accident < 0.3) await workers[0]?.stop(0);
  else if (accident < 0.6) {
    await endLeases();
    const successor = workerFor('holder-3');
    workers.push(successor);
    drained.push(successor.drain());
  }
  await Promise.all(drained);
  for (const worker of workers) await worker.stop(0);
}

function workerFor(holder: string): DeliveryWorker {
  const relay = createRelay({
    host: '127.0.0.1',
    port: server.port,
    tls: 'none',
    login: null,
    connectionsMax: 3,
    timeouts: { ...RELAY_DEFAULTS.timeouts, finalAnswerMs: 150 },
  });
  const relays = { forMailbox: async () => relay, close: () => relay.close() };
  return createDeliveryWorker({ db: database.db, holder, relays, recordUnsettled: async () => {}, log: silentLog });
}

async function endLeases(): Promise<void> {
  await database.db.raw(`update outbox set lease_until = clock_timestamp() where state = 'sending'`);
}

async function openCount(): Promise<number> {
  const { rows } = await database.db.raw('select count(*)::int as open from outbox where settled_at is null');
  return rows[0].open;
}

/** Rows whose log of attempts does not add up to what the row says. */
async function unexplainedAttempts() {
  const { rows } = await database.db.raw(
    `select outbox.id from outbox left join outbox_attempt as attempt on attempt.outbox_id = outbox.id
     group by outbox.id
     having count(attempt.number) <> outbox.attempts
       or count(*) filter (where attempt.outcome = 'unknown') <> outbox.unknown_count
       or count(*) filter (where attempt.outcome = 'delivered') > 1`,
  );
  return rows;
}

/** Mulberry32: the same faults for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
