import { expect, test } from 'vitest';
import { mintToken } from '../../src/core/reply-token.ts';
import { createTestDatabase } from './database.ts';
import { seedDesk } from './desk.ts';
import { createTestIntake, TEST_KEYS } from './intake.ts';
import { buildMail } from './mail-builder.ts';
import { expectNothingInternal } from './nothing-internal.ts';
import { createOutboxWorld, enqueueMail } from './outbox.ts';
import { readOutgoing } from './outgoing-mail.ts';

test('finds what is for inside alone in mail to anybody outside, however it is written', async () => {
  const database = await createTestDatabase();
  const { db } = database;
  const { desk } = await seedDesk(db);
  const intake = createTestIntake(database, desk);
  const vouched = { 'Authentication-Results': 'mx.desk.test; dmarc=pass header.from=desk.test' };
  await intake.receive(buildMail({ text: 'Where is my card?\n/help is what I need\n' }));
  await intake.drain();
  const told = (await readOutgoing(db, { purpose: 'notification' })).find(({ to }) => to === 'john@desk.test');
  const noteAddress = decodeURIComponent(/colleagues:\nmailto:([^?]+)/.exec(told?.text ?? '')?.[1] ?? '');
  const text = 'She is about to leave us.\n';
  await intake.receive(buildMail({ from: 'john@desk.test', to: noteAddress, text, headers: vouched }));
  await intake.drain();

  const { id: addressId } = await db('person_address').where({ address: 'karen@customer.test' }).first();
  const ticketId = '1';
  const own = mintToken(TEST_KEYS, { purpose: 'reply', ticketId, addressId });
  const note = mintToken(TEST_KEYS, { purpose: 'note', ticketId, addressId });
  const others = mintToken(TEST_KEYS, { purpose: 'reply', ticketId, addressId: String(Number(addressId) + 1) });
  const find = async (body: string, recipient = 'karen@customer.test') => {
    const raw = Buffer.from(`Reply-To: support+${own}@desk.test\r\n${body}`);
    return expectNothingInternal(db, [{ recipient, raw }]).then(
      () => 'nothing',
      () => 'found',
    );
  };
  const base64 = (words: string) =>
    `Content-Transfer-Encoding: base64\r\n\r\n${Buffer.from(words).toString('base64').replace(/.{60}/g, '$&\r\n')}\r\n`;
  expect(await find('\r\nDear Karen, it is on its way.\r\n')).toBe('nothing');
  expect(await find('\r\n> /help is what I need\r\n')).toBe('nothing');
  for (const internal of [
    '\r\nsee support+NOTE@desk.test\r\n'.replace('NOTE', note),
    base64(`mailto:support%2B${note}@desk.test`),
    base64(`From support+${others}@desk.test`),
    '\r\n> Reply above\r\n> this line\r\n',
    'Content-Type: text/html\r\n\r\n<p>She is about<br> to leave <b>us</b>.</p>\r\n',
    '\r\nThank you.\r\n> /resolve\r\n',
  ]) {
    expect([internal, await find(internal)]).toEqual([internal, 'found']);
    expect(await find(internal, 'john@desk.test')).toBe('nothing');
  }
  await database.drop();
});

test('a database whose outbox holds such a thing fails its test when it is dropped, and is dropped', async () => {
  const database = await createTestDatabase();
  const { mailboxId } = await createOutboxWorld(database.db);
  await enqueueMail(database.db, { mailboxId, body: 'Reply above this line\r\n' });
  await expect(database.drop()).rejects.toThrow();
  await expect(database.db.raw('select 1')).rejects.toThrow();
});
