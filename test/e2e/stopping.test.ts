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
