/**
 * Done when two desks that write to each other fall silent (OUT-15): each has a database and keys of its own, and what one sends
 * arrives at the other, stamped as its provider would. Half an hour passes by moving back what was sent.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { mintToken, replyAddress, type SigningKeys, signingKeys } from '../../src/core/reply-token.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type SeededDesk, SMALL_MAILBOX, seedDesk } from '../support/desk.ts';
import { createTestIntake, type TestIntake } from '../support/intake.ts';
import { buildMail, type MailContent } from '../support/mail-builder.ts';

interface Side {
  address: string;
  agent: string;
  keys: SigningKeys;
  database: TestDatabase;
  seeded: SeededDesk;
  intake: TestIntake;
  /** The newest outgoing mail that has been carried over. */
  carried: number;
}

let north: Side;
let south: Side;
/** What a relay between them makes of a mail. */
let relay: (raw: string) => string;

beforeEach(async () => {
  relay = (raw) => raw;
  [north, south] = await Promise.all([startSide('north', 1001), startSide('south', 5001)]);
});
afterEach(() => Promise.all([north, south].map(({ database }) => database.drop())));

async function startSide(name: string, firstNumber: number): Promise<Side> {
  const database = await createTestDatabase();
  const address = `support@${name}.test`;
  const agent = `john@${name}.test`;
  const seeded = await seedDesk(database.db, {
    desk: { ticketNumber: { start: firstNumber } },
    mailboxes: [{ ...SMALL_MAILBOX, address, aliases: [], replyAddress: `support+{token}@${name}.test` }],
    agents: [{ key: 'john', name: 'John', emails: [agent], role: 'agent', departments: ['general'] }],
  });
  const keys = signingKeys(`the secret of the desk called ${name}, long enough`);
  const intake = createTestIntake(database, seeded.desk, { keys });
  return { address, agent, keys, database, seeded, intake, carried: 0 };
}

const domainOf = (address: string) => address.replace(/^.*@/, '');

async function arrive(at: Side, from: string, raw: string): Promise<void> {
  const stamp = `Return-Path: <${from}>\r\nAuthentication-Results: mx.desk.test; dmarc=pass header.from=${domainOf(from)}\r\n`;
  await at.intake.receive(Buffer.from(stamp + raw));
  await at.intake.drain();
}

const writes = (from: string, at: Side, content: MailContent) =>
  arrive(at, from, String(buildMail({ from, to: at.address, ...content })));

/** Carries over what `from` sent since the last time; returns how many mails that were. */
async function carry(from: Side, to: Side): Promise<number> {
  const rows = await from.database
    .db('outbox')
    .join('blob', 'blob.sha256', 'body_sha256')
    .where('outbox.id', '>', from.carried)
    .where('recipient_address', 'like', `%@${domainOf(to.address)}`)
    .orderBy('outbox.id');
  for (const row of rows) {
    from.carried = Number(row.id);
    await arrive(to, row.envelope_from, relay(`Delivered-To: ${row.recipient_address}\r\n${row.header}${row.content}`));
  }
  return rows.length;
}

/** A day of half hours; in each of them mail goes to and fro until nothing is left to carry. */
async function passDay(): Promise<void> {
  for (let halfHour = 0; halfHour < 48; halfHour++) {
    for (let turn = 0; (await carry(north, south)) + (await carry(south, north)) > 0; turn++) {
      expect(turn, 'they do not fall silent').toBeLessThan(10);
    }
    for (const { database } of [north, south]) {
      await database.db('outbox').update({ recorded_at: database.db.raw(`recorded_at - interval '30 minutes'`) });
    }
  }
}

/** Automatic mail from one to the other. */
async function automatic(from: Side, to: Side): Promise<string[]> {
  const rows = await from.database
    .db('outbox')
    .where({ automatic: true })
    .where('recipient_address', 'like', `%@${domainOf(to.address)}`)
    .orderBy('id');
  return rows.map(({ purpose }) => purpose);
}

/** An agent's one-tap action on the side's newest ticket. */
async function agentSays(side: Side, command: string): Promise<void> {
  const { db } = side.database;
  const { id } = await db('ticket').orderBy('id', 'desc').first();
  const agent = await db('person_address').where({ address: side.agent }).first();
  const token = mintToken(side.keys, { purpose: 'act', ticketId: id, addressId: agent.id });
  const to = replyAddress(side.seeded.desk.mailboxes[0]?.replyAddress ?? '', token);
  await writes(side.agent, side, { to, subject: command, text: `${command}\n` });
}

const statuses = async ({ database }: Side) => (await database.db('ticket').orderBy('id')).map(({ status }) => status);

/** The marks by which automatic mail is known. */
const withoutMarks = (raw: string) =>
  raw.replace(/^(?:Auto-Submitted|X-Auto-Response-Suppress|X-Docket-\w+):.*\r\n/gim, '');
/** Some relays give every mail an id of their own, by which nobody knows it any more. */
const renamed = (raw: string) =>
  withoutMarks(raw).replace(/^Message-ID: <.{12}(.*)@.*>/im, 'Message-ID: <$1@relay.test>');

const sent = async () => [await automatic(north, south), await automatic(south, north)];

test('two desks that open a ticket with each other: two automatic mails in a day', async () => {
  await writes(south.address, north, { subject: 'Our line is down' });
  await writes(north.address, south, { subject: 'Your invoice' });
  await passDay();
  expect(await sent()).toEqual([['acknowledgement'], ['acknowledgement']]);
});

test.each<[string, (raw: string) => string]>([
  ['takes the marks of automatic mail away', withoutMarks],
  ['takes them away and renames every mail', renamed],
])('one opens a ticket with the other, and a relay %s: two automatic mails in a day', async (_name, change) => {
  relay = change;
  await writes(south.address, north, { subject: 'Our line is down' });
  await passDay();
  expect(await sent()).toEqual([['acknowledgement'], ['acknowledgement']]);
});

test('one that opens a ticket with the other: a notice is answered by no notice, and reopens nothing', async () => {
  await writes(south.address, north, { subject: 'Our line is down' });
  await carry(north, south);
  await agentSays(south, '/resolve');
  await passDay();
  await agentSays(north, '/resolve');
  await passDay();
  expect(await sent()).toEqual([['acknowledgement', 'notice'], []]);
  expect(await statuses(north)).toEqual(['resolved']);
  expect((await statuses(south))[0]).toBe('resolved');
});

test('notices that lost their marks reopen each ticket once, and then it is quiet', async () => {
  relay = withoutMarks;
  await writes(south.address, north, { subject: 'Our line is down' });
  await passDay();
  expect(await sent()).toEqual([['acknowledgement'], ['acknowledgement']]);
  for (const side of [south, north]) await agentSays(side, '/resolve');
  const resolved = ['acknowledgement', 'notice'];
  expect(await sent()).toEqual([resolved, resolved]);
  await passDay();
  // What each is told looks like a person's answer, and is answered once.
  expect(await sent()).toEqual([
    [...resolved, 'notice'],
    [...resolved, 'notice'],
  ]);
  expect([await statuses(north), await statuses(south)]).toEqual([['open'], ['open']]);
  await passDay();
  expect(await sent()).toEqual([
    [...resolved, 'notice'],
    [...resolved, 'notice'],
  ]);
});

test('case 39: an absence note without any mark, to every mail at once, gets two automatic mails in a day', async () => {
  const robot = 'karen@away.test';
  await writes(robot, north, { subject: 'Card lost' });
  const { db } = north.database;
  for (let halfHour = 0; halfHour < 48; halfHour++) {
    for (let turn = 0; ; turn++) {
      expect(turn, 'they do not fall silent').toBeLessThan(10);
      const rows = await db('outbox').where({ recipient_address: robot }).where('id', '>', north.carried).orderBy('id');
      if (rows.length === 0) break;
      for (const row of rows) {
        north.carried = Number(row.id);
        await writes(robot, north, { subject: 'Away', text: 'I am away until Monday.\n' });
      }
    }
    await db('outbox').update({ recorded_at: db.raw(`recorded_at - interval '30 minutes'`) });
  }
  expect(await db('outbox').where({ recipient_address: robot })).toHaveLength(2);
});
