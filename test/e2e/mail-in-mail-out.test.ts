import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { expectConservation } from '../support/conservation.ts';
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

test('a mail becomes a ticket, is acknowledged, and the answer to that joins it', async () => {
  const desk = world.serve();
  await desk.started;
  await world.deliver({ messageId: '<first@customer.test>', subject: 'Mobile banking fails' });
  await world.settled(1);

  const [acknowledgement] = world.relay.mails;
  const header = String(acknowledgement?.data);
  expect(header).toContain('[#1001]');
  const replyTo = /^Reply-To:[^<]*<([^>]+)>/m.exec(header)?.[1] ?? '';
  await world.deliver({
    messageId: '<second@customer.test>',
    to: replyTo,
    inReplyTo: `<${acknowledgement?.messageId}>`,
    subject: 'Re: Mobile banking fails',
  });
  await world.settled(2);

  const { db } = world.database;
  expect(await db('ticket').select('number', 'subject', 'status')).toEqual([
    { number: '1001', subject: 'Mobile banking fails', status: 'new' },
  ]);
  await expectConservation(db, world.relay, ['first@customer.test', 'second@customer.test']);
  expect(await desk.stop()).toBe(0);
});

test('serve --once works until no row is due, and ends with exit code 0', async () => {
  for (let index = 0; index < 5; index++) await world.deliver({ messageId: `<m${index}@customer.test>` });
  const desk = world.serve({ args: ['--once'] });
  expect(await desk.ended).toBe(0);
  await expectConservation(
    world.database.db,
    world.relay,
    Array.from({ length: 5 }, (_, index) => `m${index}@customer.test`),
  );
});

test('serve --once takes in mails that only wait for one another', async () => {
  await world.deliver({ messageId: '<one@customer.test>', inReplyTo: '<two@customer.test>' });
  await world.deliver({ messageId: '<two@customer.test>', inReplyTo: '<one@customer.test>' });
  expect(await world.serve({ args: ['--once'] }).ended).toBe(0);
  expect(await world.database.db('inbound_mail').pluck('state')).toEqual(['settled', 'settled']);
});
