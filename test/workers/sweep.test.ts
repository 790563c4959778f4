import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLog } from '../../src/log.ts';
import { createSweeper } from '../../src/workers/sweep.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createOutboxWorld, enqueueMail } from '../support/outbox.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test('a drain that does not end holds up neither the sweeps nor their stop', async () => {
  const { mailboxId } = await createOutboxWorld(database.db);
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
