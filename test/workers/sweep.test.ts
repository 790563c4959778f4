import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLog } from '../../src/log.ts';
import { listUntoldMails, recordTold } from '../../src/store/outbox.ts';
import { createSweeper } from '../../src/workers/sweep.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createOutboxWorld, enqueueMail, type OutboxWorld, openTicket } from '../support/outbox.ts';

let database: TestDatabase;
let world: OutboxWorld;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createOutboxWorld(database.db);
});
afterAll(() => database.drop());

test('a drain that does not end holds up neither the sweeps nor their stop', async () => {
  const { mailboxId } = world;
  await enqueueMail(database.db, { mailboxId, dueAt: `clock_timestamp() - interval '1 minute'` });
  const looks: string[] = [];
  let drainCount = 0;
  const sweeper = createSweeper({
    db: database.db,
    queues: { look: (queue) => looks.push(queue) },
    lookAhead: async () => {},
    drains: new Map([
      [
        'delivery',
        () => {
          drainCount += 1;
          return new Promise<void>(() => {});
        },
      ],
    ]),
    intervalMs: 20,
    log: silentLog,
  });
  sweeper.start();
  await expect.poll(() => drainCount).toBeGreaterThan(2);
  await sweeper.stop();
  expect(looks).toContain('maintenance');
});

test('a process that starts sweeps at once: what an outage left is not left for another interval', async () => {
  const looks: string[] = [];
  const sweeper = createSweeper({
    db: database.db,
    queues: { look: (queue) => looks.push(queue) },
    lookAhead: async () => {},
    drains: new Map(),
    intervalMs: 3_600_000,
    log: silentLog,
  });
  sweeper.start();
  await sweeper.stop();
  expect(looks).toContain('delivery');
});

test('a mail that was given up by a process that died before it told its ticket is told by the next sweep', async () => {
  await database.db('outbox').del();
  const ticketId = await openTicket(database.db, world);
  const id = await enqueueMail(database.db, { mailboxId: world.mailboxId, ticketId });
  const drained: string[] = [];
  const sweeper = createSweeper({
    db: database.db,
    queues: { look: () => {} },
    lookAhead: async () => {},
    drains: new Map([['delivery', async () => void drained.push('delivery')]]),
    intervalMs: 3_600_000,
    log: silentLog,
  });
  await database.db('outbox').where({ id }).update({ state: 'rejected', settled_at: new Date() });
  await sweeper.sweep();
  expect(drained).toHaveLength(1);
  const [untold] = await listUntoldMails(database.db, 10);
  await recordTold(database.db, untold ?? expect.fail('nothing to tell'));
  await sweeper.sweep();
  expect(drained).toHaveLength(1);
});
