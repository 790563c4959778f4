import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type DeskWorld, startDeskWorld } from '../support/desk-world.ts';
import { startTestDovecot, type TestDovecot } from '../support/dovecot.ts';

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

test.each([
  ['serve', [], 0],
  ['serve --once', ['--once'], 75],
])('%s ends soon after SIGTERM though a relay does not answer', async (_name, args, code) => {
  world.relay.failNext({ at: 'dot', silence: true });
  await world.deliver({ messageId: '<first@customer.test>' });
  const desk = world.serve({ args });
  await world.relay.waitForMails(1);
  const startedAt = Date.now();
  desk.kill('SIGTERM');
  const timer = setTimeout(() => desk.kill('SIGKILL'), 40_000);
  expect(await desk.ended).toBe(code);
  clearTimeout(timer);
  expect(Date.now() - startedAt).toBeLessThan(25_000);
});

test('serve on a port that is taken ends at once, and the mail that waits is none the worse', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const address = taken.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await world.deliver();
  const ingest = world.serve({ args: ['--role', 'ingest'] });
  await expect.poll(() => world.database.db('inbound_mail').pluck('state'), { timeout: 20_000 }).toEqual(['received']);
  await ingest.stop();

  const { db } = world.database;
  await db('inbound_mail').update({ due_at: db.raw(`clock_timestamp() - interval '1 minute'`) });
  const desk = world.serve({ env: { HTTP_HOST: '127.0.0.1', HTTP_PORT: String(port) } });
  const timer = setTimeout(() => desk.kill('SIGKILL'), 15_000);
  expect(await desk.ended).toBeGreaterThan(0);
  clearTimeout(timer);
  expect(await db('inbound_mail').select('state', 'attempts')).toEqual([{ state: 'received', attempts: 0 }]);
  taken.close();
});
