import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CRASH_POINTS, type CrashPoint } from '../../src/crash-points.ts';
import { expectConservation } from '../support/conservation.ts';
import { type DeskWorld, startDeskWorld } from '../support/desk-world.ts';
import { startTestDovecot, type TestDovecot } from '../support/dovecot.ts';

/**
 * The process is killed at each named point and started again. What it left on disk must say what is still to be done, and
 * nothing more: one ticket, one article, nothing stuck, and the acknowledgement once. Only from phase `data` on may the
 * relay see it twice; then the bytes are equal and the row was `unknown` in between.
 */
let dovecot: TestDovecot;

beforeAll(async () => {
  dovecot = await startTestDovecot();
});
afterAll(() => dovecot.stop());

/** From here on nobody can know whether the relay has taken the mail. */
const MAY_REPEAT: ReadonlySet<CrashPoint> = new Set(['in-data', 'after-250']);

async function inWorld(options: { unmigrated?: boolean }, check: (world: DeskWorld) => Promise<void>): Promise<void> {
  const world = await startDeskWorld({ dovecot, afterReceipt: 'flag', ...options });
  try {
    await check(world);
  } finally {
    await world.stop();
  }
}

describe.for(CRASH_POINTS.filter((point) => point !== 'inside-migration'))('killed %s', (point) => {
  test('and started again: one ticket, one article, nothing stuck, nothing unexplained', {
    timeout: 60_000,
  }, async () => {
    await inWorld({}, async (world) => {
      const { db } = world.database;
      await world.deliver({ messageId: '<once@customer.test>' });
      expect(await world.serve({ env: { DOCKET_CRASH_AT: point } }).ended).toBe('SIGKILL');

      const desk = world.serve();
      await desk.started;
      await world.settled(1, 45_000);

      expect(await db('ticket').count('* as count').first()).toEqual({ count: '1' });
      await expectConservation(db, world.relay, ['once@customer.test']);
      const copies = world.relay.mails.length;
      if (MAY_REPEAT.has(point)) {
        expect(copies).toBeGreaterThanOrEqual(1);
        expect(copies).toBeLessThanOrEqual(2);
        expect(await db('outbox').first('unknown_count')).toEqual({ unknown_count: 1 });
      } else {
        expect(copies).toBe(1);
        expect(await db('outbox').first('unknown_count')).toEqual({ unknown_count: 0 });
      }
      await desk.stop();
    });
  });
});

test('killed inside a migration and started again: the schema is whole', { timeout: 60_000 }, async () => {
  await inWorld({ unmigrated: true }, async (world) => {
    expect(await world.serve({ env: { DOCKET_CRASH_AT: 'inside-migration:3' } }).ended).toBe('SIGKILL');
    const desk = world.serve();
    await desk.started;
    expect(await world.database.db('ticket')).toEqual([]);
    await desk.stop();
  });
});
