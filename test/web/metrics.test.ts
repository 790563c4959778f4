import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMetricsPage, HEALTH_METRICS } from '../../src/web/metrics.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Rows, rowsIn } from './rows.ts';

let database: TestDatabase;
let rows: Rows;

beforeEach(async () => {
  database = await createTestDatabase();
  rows = rowsIn(database.db);
});
afterEach(() => database.drop());

/** The samples of a fresh page, by name and labels as they stand there. */
async function scrape(): Promise<Map<string, number>> {
  const page = await createMetricsPage({ db: database.db, version: '1.2.3' }).text();
  const lines = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

/** Ages move on while the test runs; a few seconds are as good as none. */
function expectAge(actual: number | undefined, seconds: number): void {
  expect(actual).toBeGreaterThanOrEqual(seconds);
  expect(actual).toBeLessThan(seconds + 20);
}

test('an empty desk shows every metric of things that can be counted, at zero', async () => {
  const page = await createMetricsPage({ db: database.db, version: '1.2.3' }).text();
  for (const { name } of HEALTH_METRICS) expect(page).toContain(`# TYPE ${name} gauge`);
  const samples = await scrape();
  expect(samples.get('docket_database_up')).toBe(1);
  expect(samples.get('docket_build_info{version="1.2.3"}')).toBe(1);
  expect(samples.get('docket_health_read_seconds')).toBeGreaterThan(0);
  const notCounts = /^docket_(database_up|build_info|health_read|automatic_mails_hour_limit)/;
  const ofDesk = [...samples].filter(([name]) => name.startsWith('docket_') && !notCounts.test(name));
  expect(ofDesk.length).toBeGreaterThan(25);
  expect(ofDesk.filter(([, value]) => value !== 0)).toEqual([]);
});

test('every metric of ours is documented, and none that is gone', async () => {
  const names = [...new Set([...(await scrape()).keys()].map((name) => name.replace(/\{.*/, '')))];
  const ofDesk = [...names, ...HEALTH_METRICS.map(({ name }) => name)].filter((name) => name.startsWith('docket_'));
  const documented = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8').matchAll(
    /^\| `(docket_\w+)` \|/gm,
  );
  expect([...documented].map(([, name]) => name).sort()).toEqual([...new Set(ofDesk)].sort());
});

test('the process itself is described too, the lag of its event loop among the rest', async () => {
  const samples = await scrape();
  expect(samples.get('process_cpu_seconds_total')).toBeGreaterThan(0);
  expect(samples.get('nodejs_eventloop_lag_seconds')).toBeGreaterThanOrEqual(0);
});

test('mail is counted by state, and the oldest that is not settled by its age', async () => {
  await rows.addInboundMail({ state: 'received', ago: 100 });
  await rows.addInboundMail({ state: 'received', ago: 10 });
  await rows.addInboundMail({ state: 'quarantined', ago: 5000 });
  for (let count = 0; count < 3; count++) await rows.addInboundMail({ state: 'settled', ago: 9000 });
  const samples = await scrape();
  expect(samples.get('docket_inbound_mails{state="received"}')).toBe(2);
  expect(samples.get('docket_inbound_mails{state="quarantined"}')).toBe(1);
  expect(samples.get('docket_inbound_mails{state="settled"}')).toBe(3);
  expectAge(samples.get('docket_mail_unsettled_oldest_seconds'), 100);
  expectAge(samples.get('docket_quarantine_oldest_seconds'), 5000);
});

test('outgoing mail is counted by state, and has an age while it is not settled', async () => {
  await rows.addOutboxMail({ state: 'queued', ago: 50 });
  await rows.addOutboxMail({ state: 'sending', ago: 60, leaseEndsIn: 30 });
  await rows.addOutboxMail({ state: 'deferred', ago: 7000 });
  await rows.addOutboxMail({ state: 'deferred', ago: 9_000_000, settled: true });
  await rows.addOutboxMail({ state: 'unknown', ago: 80, unknownCount: 1 });
  await rows.addOutboxMail({ state: 'unknown', ago: 90_000, settled: true, unknownCount: 2 });
  await rows.addOutboxMail({ state: 'rejected', ago: 500, settled: true });
  await rows.addOutboxMail({ state: 'delivered', ago: 500, settled: true, unknownCount: 1 });
  await rows.addOutboxMail({ state: 'delivered', ago: 500, settled: true });
  const samples = await scrape();
  const count = (state: string) => samples.get(`docket_outbox_mails{state="${state}"}`);
  expect(['queued', 'sending', 'deferred', 'unknown', 'rejected', 'delivered'].map(count)).toEqual([1, 1, 2, 2, 1, 2]);
  expect(samples.get('docket_outbox_unknown_outcomes')).toBe(4);
  expectAge(samples.get('docket_outbox_oldest_seconds{state="queued"}'), 50);
  expectAge(samples.get('docket_outbox_oldest_seconds{state="sending"}'), 60);
  expectAge(samples.get('docket_outbox_oldest_seconds{state="deferred"}'), 7000);
  expectAge(samples.get('docket_outbox_oldest_seconds{state="unknown"}'), 80);
  expect(samples.has('docket_outbox_oldest_seconds{state="rejected"}')).toBe(false);
});

test('the breaker is open while the last hour holds more automatic mail than it may', async () => {
  await rows.addOutboxMail({ ago: 7200 });
  const before = await scrape();
  const limit = before.get('docket_automatic_mails_hour_limit') ?? 0;
  expect(limit).toBeGreaterThan(0);
  expect(before.get('docket_automatic_mails_last_hour')).toBe(0);
  expect(before.get('docket_automatic_mail_breaker_open')).toBe(0);
  await rows.copyOutboxMail(await rows.addOutboxMail({ ago: 60 }), limit);
  const after = await scrape();
  expect(after.get('docket_automatic_mails_last_hour')).toBe(limit + 1);
  expect(after.get('docket_automatic_mail_breaker_open')).toBe(1);
});

test('a mailbox is as old as the poll of the folder that was polled least recently', async () => {
  const mailboxId = await rows.addMailbox('support', { folders: ['INBOX', 'Sales'], configuredAgo: 90_000 });
  await rows.addFolder(mailboxId, { name: 'INBOX', polledAgo: 5 });
  await rows.addFolder(mailboxId, { name: 'Sales', polledAgo: 300 });
  await rows.addFolder(mailboxId, { name: 'No longer configured', polledAgo: 50_000 });
  expectAge((await scrape()).get('docket_mailbox_last_poll_age_seconds{mailbox="support"}'), 300);
});

test('a folder with a new UIDVALIDITY is as old as its last poll under the old one', async () => {
  const mailboxId = await rows.addMailbox('support', { configuredAgo: 90_000 });
  await rows.addFolder(mailboxId, { uidValidity: 1, polledAgo: 20 });
  await rows.addFolder(mailboxId, { uidValidity: 2, polledAgo: null });
  expectAge((await scrape()).get('docket_mailbox_last_poll_age_seconds{mailbox="support"}'), 20);
});

test('a mailbox that was never polled is as old as its configuration, and an archived one is gone', async () => {
  await rows.addMailbox('support', { configuredAgo: 700 });
  const archivedId = await rows.addMailbox('old', { configuredAgo: 90_000 });
  await database.db('config_object').where({ id: archivedId }).update({ archived_at: new Date() });
  const samples = await scrape();
  expectAge(samples.get('docket_mailbox_last_poll_age_seconds{mailbox="support"}'), 700);
  expect(samples.has('docket_mailbox_last_poll_age_seconds{mailbox="old"}')).toBe(false);
});

test('gaps and aftermath that is due are counted and aged for each mailbox by itself', async () => {
  const supportId = await rows.addMailbox('support');
  const salesId = await rows.addMailbox('sales');
  const folderId = await rows.addFolder(supportId, { polledAgo: 1 });
  await rows.addFolder(salesId, { polledAgo: 1 });
  await rows.addUid(folderId, { state: 'gap', ago: 1000 });
  await rows.addUid(folderId, { state: 'gap', ago: 10 });
  await rows.addUid(folderId, { state: 'stored', ago: 400, aftermath: 'due' });
  await rows.addUid(folderId, { state: 'stored', ago: 90_000, aftermath: 'done' });
  const samples = await scrape();
  expect(samples.get('docket_mailbox_gaps{mailbox="support"}')).toBe(2);
  expectAge(samples.get('docket_mailbox_gap_oldest_seconds{mailbox="support"}'), 1000);
  expect(samples.get('docket_mailbox_aftermath_due{mailbox="support"}')).toBe(1);
  expectAge(samples.get('docket_mailbox_aftermath_oldest_seconds{mailbox="support"}'), 400);
  expect(samples.get('docket_mailbox_gaps{mailbox="sales"}')).toBe(0);
  expect(samples.get('docket_mailbox_aftermath_due{mailbox="sales"}')).toBe(0);
});

test('a queue shows its pulse, how long rows wait for it, and what its workers hold or dropped', async () => {
  await rows.pulse('intake', 42);
  await rows.addInboundMail({ ago: 500, dueAgo: 120 });
  await rows.addInboundMail({ ago: 500, leaseEndsIn: 30 });
  await rows.addInboundMail({ ago: 500, leaseEndsIn: -5, dueAgo: 0 });
  await rows.addOutboxMail({ state: 'sending', leaseEndsIn: -5, ago: 70 });
  const ticketId = await rows.addTicket();
  await rows.addEvent(ticketId, { seq: 1, ago: 33, queue: 'assignment', published: true });
  const samples = await scrape();
  expectAge(samples.get('docket_queue_pulse_age_seconds{queue="intake"}'), 42);
  expect(samples.has('docket_queue_pulse_age_seconds{queue="delivery"}')).toBe(false);
  expectAge(samples.get('docket_queue_due_oldest_seconds{queue="intake"}'), 120);
  expectAge(samples.get('docket_queue_due_oldest_seconds{queue="delivery"}'), 70);
  expectAge(samples.get('docket_queue_due_oldest_seconds{queue="assignment"}'), 33);
  expect(samples.get('docket_queue_held_rows{queue="intake"}')).toBe(1);
  expect(samples.get('docket_queue_expired_leases{queue="intake"}')).toBe(1);
  expect(samples.get('docket_queue_expired_leases{queue="delivery"}')).toBe(1);
});

test('events without a place in the published order are work for maintenance', async () => {
  const ticketId = await rows.addTicket();
  await rows.addEvent(ticketId, { seq: 1, ago: 9000, published: true });
  await rows.addEvent(ticketId, { seq: 2, ago: 200 });
  await rows.addEvent(ticketId, { seq: 3, ago: 100 });
  const samples = await scrape();
  expect(samples.get('docket_events_unpublished')).toBe(2);
  expectAge(samples.get('docket_events_unpublished_oldest_seconds'), 200);
  expectAge(samples.get('docket_queue_due_oldest_seconds{queue="maintenance"}'), 200);
});

test('a clock is late from the moment it ran out until its breach is recorded', async () => {
  const ticketId = await rows.addTicket();
  await rows.addClock(ticketId, { state: 'running', dueAgo: 90 });
  await rows.addClock(ticketId, { state: 'running', dueAgo: -90 });
  await rows.addClock(ticketId, { state: 'breached', dueAgo: 900 });
  const samples = await scrape();
  expect(samples.get('docket_clocks_late')).toBe(1);
  expectAge(samples.get('docket_clocks_late_oldest_seconds'), 90);
});

test('without its database the page says so, and repeats nothing that was true before', async () => {
  await rows.addInboundMail({ ago: 100 });
  const page = createMetricsPage({ db: database.db, version: '1.2.3' });
  expect(await page.text()).toContain('docket_inbound_mails{state="received"} 1');
  await database.db.destroy();
  const text = await page.text();
  expect(text).toContain('docket_database_up 0');
  expect(text).not.toContain('docket_inbound_mails');
  expect(text).toContain('process_cpu_seconds_total');
});
