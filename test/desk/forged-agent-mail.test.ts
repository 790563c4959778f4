import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { maySend, type Submission, stamp } from '../../src/trial/provider.ts';
import { PROVIDERS, type ProviderName } from '../../src/trial/providers.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type SeededDesk, SMALL_MAILBOX, seedDesk } from '../support/desk.ts';
import { createTestIntake, type TestIntake } from '../support/intake.ts';
import { buildMail, type MailContent } from '../support/mail-builder.ts';
import { readOutgoing } from '../support/outgoing-mail.ts';

/**
 * Somebody else writes in John's name (AG-01 to AG-06), to each mail server that the trial can play: nothing of the ticket changes,
 * nothing goes to the requester, and John hears of it once.
 */
const STRANGER: Omit<Submission, 'recipients'> = {
  authenticatedUser: null,
  envelopeFrom: 'mallory@evil.test',
  clientName: 'mail.evil.test',
  clientAddress: '192.0.2.66',
  tenantDomain: 'desk.test',
  strictDomains: ['customer.test', 'desk.test'],
  queueId: '4f2c1b9a8d7e',
  receivedAt: new Date('2026-11-23T15:00:00Z'),
};

/** What a thief may have got hold of. */
interface Stolen {
  number: string;
  johnsToken: string;
  janesToken: string;
  requestersToken: string;
  /** Message-ID of John's notification, with brackets. */
  johnsMailId: string;
}

const PROOF_OF_ALL_KINDS = {
  Received: [
    'from mx.desk.test by mx.desk.test with LMTP id 1; Mon, 23 Nov 2026 09:00:00 +0000',
    'from laptop by mx.desk.test (Postfix) with ESMTPSA id 2; Mon, 23 Nov 2026 09:00:00 +0000',
  ],
  'Authentication-Results': [
    'mx.desk.test; dmarc=pass header.from=desk.test',
    'mx.google.com; dmarc=pass (p=REJECT) header.from=desk.test',
    'spf=pass smtp.mailfrom=desk.test; dmarc=pass action=none header.from=desk.test',
  ],
  'ARC-Authentication-Results': 'i=1; mx.google.com; dmarc=pass header.from=desk.test',
  'X-MS-Exchange-Organization-AuthAs': 'Internal',
};

/** warned: told that it was refused · asked: told by the question whether it is his, where nobody says anything against it. */
type Told = 'warned' | 'asked where the server is silent';

const FORGERIES: [name: string, forge: (stolen: Stolen) => MailContent, told: Told][] = [
  ['the right From and the right number', ({ number }) => ({ subject: `Re: [#${number}] Mobile banking` }), 'warned'],
  ["an answer to John's mail, without its token", ({ johnsMailId }) => ({ inReplyTo: johnsMailId }), 'warned'],
  ["the requester's token", ({ requestersToken: to }) => ({ to }), 'warned'],
  ["another agent's token", ({ janesToken: to }) => ({ to }), 'warned'],
  ["John's own token", ({ johnsToken: to }) => ({ to }), 'asked where the server is silent'],
  [
    "John's own token and forged proof of every kind",
    ({ johnsToken: to }) => ({ to, headers: PROOF_OF_ALL_KINDS }),
    'asked where the server is silent',
  ],
  [
    'two From headers, his the upper one',
    ({ johnsToken: to }) => ({ to, headers: { From: 'John Smith <john@desk.test>' }, from: 'mallory@evil.test' }),
    'warned',
  ],
  [
    'two From headers, his the lower one',
    ({ johnsToken: to }) => ({ to, headers: { From: 'mallory@evil.test' } }),
    'warned',
  ],
  ['two addresses in From', ({ johnsToken: to }) => ({ to, from: 'john@desk.test, mallory@evil.test' }), 'warned'],
  ['Reply-To elsewhere', ({ johnsToken: to }) => ({ to, headers: { 'Reply-To': 'john@evil.test' } }), 'warned'],
  ['Sender elsewhere', ({ johnsToken: to }) => ({ to, headers: { Sender: 'mallory@evil.test' } }), 'warned'],
  [
    'his address as a name',
    ({ johnsToken: to }) => ({ to, from: '"John Smith <john@desk.test>" <mallory@evil.test>' }),
    'warned',
  ],
  [
    'his address behind an encoded word',
    ({ johnsToken: to }) => ({ to, from: '=?utf-8?q?john=40desk=2Etest?= <mallory@evil.test>' }),
    'warned',
  ],
  ['an address that begins like his', ({ johnsToken: to }) => ({ to, from: 'john@desk.test.evil.test' }), 'warned'],
  [
    'a comment in his domain',
    ({ johnsToken: to }) => ({ to, from: 'john@(evil.test)desk.test' }),
    'asked where the server is silent',
  ],
];

describe.each(Object.keys(PROVIDERS) as ProviderName[])('at %s', (name) => {
  const { host, authentication } = PROVIDERS[name];
  const isSilent = name === 'postfix' || name === 'microsoft-365';
  let database: TestDatabase;
  let seeded: SeededDesk;
  let intake: TestIntake;
  let customers = 0;

  beforeAll(async () => {
    database = await createTestDatabase();
    seeded = await seedDesk(database.db, { mailboxes: [{ ...SMALL_MAILBOX, authentication }] });
    intake = createTestIntake(database, seeded.desk);
  });
  afterAll(() => database.drop());

  async function receive(content: MailContent, submission: Partial<Submission> = {}): Promise<void> {
    const recipients = [content.to ?? 'support@desk.test'];
    const stamped = stamp(buildMail(content), PROVIDERS[name], { ...STRANGER, recipients, ...submission });
    const handOver = `Return-Path: <${submission.envelopeFrom ?? STRANGER.envelopeFrom}>\r\nReceived: from ${host} by ${host} with LMTP id 3; Mon, 23 Nov 2026 15:00:00 +0000\r\n`;
    await intake.receive(Buffer.concat([Buffer.from(handOver), stamped]));
    await intake.drain();
  }

  /** A ticket of somebody new, of which both agents were told, and which John was given since. */
  async function openTicket(): Promise<Stolen & { id: string; requester: string }> {
    customers += 1;
    const requester = `karen${customers}@customer.test`;
    await receive({ from: `Karen <${requester}>` }, { authenticatedUser: requester, envelopeFrom: requester });
    const ticket = await database.db('ticket').orderBy('id', 'desc').first();
    await database
      .db('ticket')
      .where({ id: ticket.id })
      .update({ assignee_id: seeded.johnId, untouched_since: database.db.fn.now() });
    const mails = await readOutgoing(database.db, { ticket_id: ticket.id });
    const mailTo = (address: string) => mails.find(({ to }) => to === address);
    return {
      id: ticket.id,
      requester,
      number: ticket.number,
      johnsToken: mailTo('john@desk.test')?.replyTo ?? '',
      janesToken: mailTo('jane@desk.test')?.replyTo ?? '',
      requestersToken: mailTo(requester)?.replyTo ?? '',
      johnsMailId: `<${mailTo('john@desk.test')?.messageId}>`,
    };
  }

  /** All that a change could show in; the version counts the held mails besides. */
  async function stateOf(ticketId: string) {
    const { db } = database;
    const { version: _version, updated_at: _updated, ...ticket } = await db('ticket').where({ id: ticketId }).first();
    return {
      ticket,
      // Or the time after which it is taken back from somebody who does nothing would begin anew.
      doneByJohn: await db('ticket_change').where({ ticket_id: ticketId, actor_id: seeded.johnId }),
      tickets: (await db('ticket')).length,
      tags: await db('ticket_tag').where({ ticket_id: ticketId }),
      collaborators: await db('ticket_collaborator').where({ ticket_id: ticketId }),
      clocks: await db('ticket_clock').where({ ticket_id: ticketId }),
      articles: await db('article').where({ ticket_id: ticketId, state: 'accepted' }).orderBy('id'),
      toOthers: await db('outbox').whereNot({ recipient_address: 'john@desk.test' }).orderBy('id').pluck('id'),
    };
  }

  test.each(FORGERIES)('%s', async (_name, forge, told) => {
    const stolen = await openTicket();
    const before = await stateOf(stolen.id);
    const heard = async () =>
      (await readOutgoing(database.db, { ticket_id: stolen.id }))
        .filter(({ to, purpose }) => to === 'john@desk.test' && purpose !== 'notification')
        .map(({ purpose }) => purpose);
    for (const account of ['4711', '4712']) {
      await receive({
        from: 'John Smith <john@desk.test>',
        text: `/resolve\n\nPlease pay to account ${account}.\n`,
        ...forge(stolen),
      });
      expect(await stateOf(stolen.id)).toEqual(before);
    }
    const asks = told !== 'warned' && isSilent;
    expect(await heard()).toEqual(asks ? ['confirmation', 'confirmation'] : ['warning']);
    expect(await database.db('article').where({ ticket_id: stolen.id, state: 'held' })).toHaveLength(2);
  });

  test('a colleague who logged in and writes in his name is not believed', async () => {
    const stolen = await openTicket();
    const before = await stateOf(stolen.id);
    const jane = { authenticatedUser: 'jane@desk.test', envelopeFrom: 'jane@desk.test' };
    const forged = { from: 'john@desk.test', to: stolen.johnsToken, text: 'Please pay to account 4711.\n' };
    const mayLeave = maySend(buildMail(forged), PROVIDERS[name], { ...STRANGER, recipients: [], ...jane });
    expect(mayLeave).toBe(!PROVIDERS[name].sendsOnlyAsOneself);
    if (mayLeave) await receive(forged, jane);
    expect(await stateOf(stolen.id)).toEqual(before);
  });

  test.runIf(name === 'postfix' || name === 'opendmarc')(
    'fifty of them are told once, after the few questions that a silent server leaves to ask',
    async () => {
      const stolen = await openTicket();
      const before = await stateOf(stolen.id);
      for (let account = 0; account < 50; account += 1)
        await receive({ from: 'john@desk.test', to: stolen.johnsToken, text: `Please pay to account ${account}.\n` });
      expect(await stateOf(stolen.id)).toEqual(before);
      const told = await readOutgoing(database.db, {
        ticket_id: stolen.id,
        recipient_address: 'john@desk.test',
      });
      const counts = Object.groupBy(told, ({ purpose }) => purpose);
      expect([counts.warning?.length, counts.confirmation?.length]).toEqual(isSilent ? [1, 3] : [1, undefined]);
    },
  );
});
