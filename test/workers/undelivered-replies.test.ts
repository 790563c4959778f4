import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRecordUnsettledMail } from '../../src/desk/record-unsettled-mail.ts';
import { listUntoldMails, recordTold } from '../../src/store/outbox.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type SeededDesk, seedDesk } from '../support/desk.ts';
import { runDocket } from '../support/docket.ts';
import { assignDependencies, createTestIntake, type TestIntake } from '../support/intake.ts';
import { buildMail, type MailContent } from '../support/mail-builder.ts';
import { readOutgoing } from '../support/outgoing-mail.ts';

let database: TestDatabase;
let seeded: SeededDesk;
let intake: TestIntake;

/** Karen has asked, and John has answered her. */
beforeEach(async () => {
  database = await createTestDatabase();
  seeded = await seedDesk(database.db);
  intake = createTestIntake(database, seeded.desk);
  await takeIn({ from: 'karen@customer.test', subject: 'Card lost', text: 'I lost my card.\n' });
  const told = (await sent('notification')).find(({ to }) => to === 'john@desk.test');
  await takeIn({ from: 'john@desk.test', to: told?.replyTo ?? '', subject: 'Re: x', text: 'It is on its way.\n' });
});
afterEach(() => database.drop());

async function takeIn(content: MailContent): Promise<void> {
  const domain = content.from?.replace(/^.*@/, '');
  const headers = {
    'Authentication-Results': `mx.desk.test; dmarc=pass header.from=${domain}`,
    'Return-Path': `<${content.from}>`,
  };
  await intake.receive(buildMail({ headers, ...content }));
  await intake.drain();
}

const sent = (purpose: string) => readOutgoing(database.db, { purpose });
const letters = async () => (await sent('notification')).filter(({ text }) => /did not arrive|not have arr/.test(text));
const ticket = () => database.db('ticket').select('status', 'assignee_id').first();
const reply = async () => (await sent('reply'))[0] ?? expect.fail('nothing was sent');
const article = () => database.db('article').where({ kind: 'reply' }).first();

let bounces = 0;

/** What a mail server writes about a mail of ours that it does not deliver. */
async function comesBack(messageId: string, address: string, status = '5.1.1', action = 'failed'): Promise<void> {
  await intake.receive(
    Buffer.from(
      [
        'Return-Path: <>',
        'From: MAILER-DAEMON@mx.customer.test',
        'To: support@desk.test',
        'Subject: Undelivered Mail Returned to Sender',
        `Message-ID: <bounce-${++bounces}@mx.customer.test>`,
        'MIME-Version: 1.0',
        'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
        ...['', '--b', 'Content-Type: text/plain', '', 'It could not be delivered.'],
        ...['--b', 'Content-Type: message/delivery-status', '', 'Reporting-MTA: dns; mx.customer.test', ''],
        ...[`Final-Recipient: rfc822; ${address}`, `Action: ${action}`, `Status: ${status}`],
        `Diagnostic-Code: smtp; ${status.startsWith('5') ? '550' : '450'} ${status} no such user here`,
        ...['', '--b', 'Content-Type: text/rfc822-headers', '', `Message-ID: <${messageId}>`, '', '--b--', ''],
      ].join('\r\n'),
    ),
  );
  await intake.drain();
}

test('a reply that came back is marked, and whoever has the ticket is told once, with reason and advice', async () => {
  const before = await ticket();
  const { id, messageId } = await reply();
  await comesBack(messageId, 'karen@customer.test');
  expect(await article()).toMatchObject({ state: 'accepted', marks: ['returned'] });
  expect((await database.db('outbox').where({ id }).first()).returned_at).not.toBeNull();
  expect(await ticket()).toEqual(before);

  const [letter, ...others] = await letters();
  expect(others).toEqual([]);
  expect(letter).toMatchObject({ to: 'john@desk.test', subject: 'Re: [#1001] Card lost' });
  expect(letter?.text).toContain('the email to karen@customer.test came back');
  expect(letter?.text).toContain('The mailbox does not exist');
  expect(letter?.text).toContain('no such user here');
  expect(letter?.text).toContain('> It is on its way.');
  expect(letter?.text).toContain('No automatic email is sent to this address');
  expect(letter?.tokens.map(({ purpose }) => purpose)).toEqual(['note', 'act']);

  await comesBack(messageId, 'karen@customer.test');
  expect(await letters()).toHaveLength(1);
  expect(await article()).toMatchObject({ marks: ['returned'] });
});

test('agents see it on the ticket', async () => {
  await comesBack((await reply()).messageId, 'karen@customer.test');
  const { stdout } = await runDocket(['tickets', 'show', '1001'], { env: { DATABASE_URL: database.url } });
  expect(stdout).toContain('(public, accepted, returned)');
  expect(stdout).toMatch(/reply \d+ to karen@customer\.test: .*\n {4}it came back: no-such-user, 5\.1\.1, for good/);
});

test('where nobody has the ticket, its department is told', async () => {
  await database.db('ticket').update({ assignee_id: null });
  await comesBack((await reply()).messageId, 'karen@customer.test');
  expect((await letters()).map(({ to }) => to).sort()).toEqual(['jane@desk.test', 'john@desk.test']);
});

test('a reply that is only late is shown, and nobody is written to (case 43)', async () => {
  await comesBack((await reply()).messageId, 'karen@customer.test', '4.4.1', 'delayed');
  expect(await letters()).toEqual([]);
  expect(await article()).toMatchObject({ marks: [] });
  const { rows } = await database.db.raw(
    `select data->>'outcome' as outcome from ticket_event where kind = 'mail.returned'`,
  );
  expect(rows).toEqual([{ outcome: 'delayed' }]);
});

test('OUT-16: what agents are sent causes no further mail when it comes back, and stops', async () => {
  await comesBack((await reply()).messageId, 'karen@customer.test');
  const [letter] = await letters();
  const { count } = (await database.db('outbox').count().first()) ?? {};
  await comesBack(letter?.messageId ?? '', 'john@desk.test');
  expect(await database.db('outbox').count().first()).toEqual({ count });
  const address = await database.db('person_address').where({ address: 'john@desk.test' }).first();
  expect(address.suppressed_at).not.toBeNull();
});

test('an acknowledgement that came back is told to nobody', async () => {
  const [acknowledgement] = await sent('acknowledgement');
  await comesBack(acknowledgement?.messageId ?? '', 'karen@customer.test');
  expect(await letters()).toEqual([]);
});

test.each<[string, Record<string, unknown>, string]>([
  [
    'refused by the relay',
    { state: 'rejected', last_answer: '552 5.3.4 message too big', last_error_code: 'DATA_REFUSED' },
    'was refused.\n\nThe email is too big',
  ],
  ['given up after five days', { state: 'deferred', last_error_code: 'RELAY_UNREACHABLE' }, 'for five days'],
  ['sent again and again without an answer', { state: 'unknown', unknown_count: 9 }, 'A reply may not have arrived'],
])('OUT-20: of a reply that was %s the agent is told on the ticket and by mail, once', async (_name, given, words) => {
  const { id } = await reply();
  const settled = { settled_at: new Date(), attempts: 3 };
  await database
    .db('outbox')
    .where({ id })
    .update({ ...given, ...settled });
  await database
    .db('outbox')
    .where({ purpose: 'acknowledgement' })
    .update({ ...given, ...settled });
  const record = createRecordUnsettledMail(assignDependencies(database.db, async () => seeded.desk));
  for (const mail of await listUntoldMails(database.db, 10)) {
    await record(mail);
    await record(mail);
    await recordTold(database.db, mail);
  }
  const [letter, ...others] = await letters();
  expect(others).toEqual([]);
  expect(letter?.to).toBe('john@desk.test');
  expect(letter?.text).toContain(words);
  const { rows } = await database.db.raw(
    `select data->>'outboxId' as id from ticket_event where kind = 'mail.unsettled'`,
  );
  expect(rows).toHaveLength(2);
});
