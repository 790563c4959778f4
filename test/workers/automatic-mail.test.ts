import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mintToken, replyAddress } from '../../src/core/reply-token.ts';
import { TICKET_STATUSES, type TicketStatus } from '../../src/core/ticket.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type SeededDesk, SMALL_DESK, SMALL_MAILBOX, seedDesk } from '../support/desk.ts';
import { createTestIntake, TEST_KEYS, type TestIntake } from '../support/intake.ts';
import { buildMail, type MailContent } from '../support/mail-builder.ts';

let database: TestDatabase;
let seeded: SeededDesk;
let intake: TestIntake;

/** One ticket in each status, asked by Karen, assigned to John, with clocks running and a time at which it wakes. */
beforeAll(async () => {
  database = await createTestDatabase();
  seeded = await seedDesk(database.db, {
    departments: SMALL_DESK.departments.map((general) => ({ ...general, slaPlan: 'standard' })),
    slaPlans: [
      {
        key: 'standard',
        name: 'Standard',
        calendar: 'always',
        targets: { firstResponse: { normal: '8h' }, resolution: { normal: '40h' } },
      },
    ],
  });
  intake = createTestIntake(database, seeded.desk);
  for (const status of TICKET_STATUSES) {
    await takeIn({ subject: status, messageId: `<${status}@customer.test>`, headers: VOUCHED });
    await database
      .db('ticket')
      .where({ subject: status })
      .update({
        status,
        assignee_id: seeded.johnId,
        wake_at: status === 'pending' || status === 'on-hold' ? new Date('2030-01-01') : null,
      });
  }
  const { tickets, clocks } = await standing();
  expect([tickets.length, clocks.length]).toEqual([TICKET_STATUSES.length, 2 * TICKET_STATUSES.length]);
});
afterAll(() => database.drop());

const VOUCHED = {
  'Authentication-Results': 'mx.desk.test; dmarc=pass header.from=customer.test',
  'Return-Path': '<karen@customer.test>',
};

async function takeIn(content: MailContent): Promise<string> {
  const id = await intake.receive(buildMail(content));
  await intake.drain();
  return id;
}

/** Everything of the tickets that an agent or a requester could notice. */
async function standing() {
  const { db } = database;
  return {
    tickets: await db('ticket').select('id', 'status', 'assignee_id', 'wake_at', 'priority').orderBy('id'),
    clocks: await db('ticket_clock').orderBy(['ticket_id', 'target', 'cycle']),
    outgoing: await db('outbox').count(),
    collaborators: await db('ticket_collaborator').count(),
    suppressed: await db('person_address').whereNotNull('suppressed_at').count(),
  };
}

/** The reply address that this person was given for the ticket in this status. */
async function replyAddressOf(status: TicketStatus, address: string): Promise<string> {
  const ticket = await database.db('ticket').where({ subject: status }).first();
  const { id } = await database.db('person_address').where({ address }).first();
  const token = mintToken(TEST_KEYS, { purpose: 'reply', ticketId: ticket.id, addressId: id });
  return replyAddress(SMALL_MAILBOX.replyAddress, token);
}

const ABSENT = 'I am out of the office until Monday and will answer your mail when I am back.\n';

/** Machines' mails on a ticket: what they are, and whether they come from a participant. */
const AUTOMATIC: [string, MailContent][] = [
  ['an absence note by RFC 3834', { text: ABSENT, headers: { ...VOUCHED, 'Auto-Submitted': 'auto-replied' } }],
  [
    'an absence note of Exchange',
    { subject: 'Automatic reply: x', text: ABSENT, headers: { ...VOUCHED, 'X-Auto-Response-Suppress': 'All' } },
  ],
  ['an absence note in words alone', { subject: 'Out of office: Re: x', text: ABSENT, headers: VOUCHED }],
  [
    'a mail that a machine made',
    { text: 'Your request was registered as 4711.\n', headers: { ...VOUCHED, 'Auto-Submitted': 'auto-generated' } },
  ],
  [
    'list mail of a stranger',
    { from: 'News <news@elsewhere.test>', headers: { 'List-Id': '<news.elsewhere.test>', Precedence: 'bulk' } },
  ],
  [
    'a mail that went in circles',
    {
      headers: {
        ...VOUCHED,
        Received: Array.from({ length: 60 }, () => 'from a by b; Mon, 23 Nov 2026 10:00:00 +0100'),
      },
    },
  ],
];

describe.each(AUTOMATIC)('%s', (_name, content) => {
  test.each(TICKET_STATUSES)('attaches quietly to a ticket that is %s', async (status) => {
    const before = await standing();
    const id = await takeIn({ ...content, to: await replyAddressOf(status, 'karen@customer.test') });
    expect(await standing()).toEqual(before);
    const mail = await database.db('inbound_mail').where({ id }).first();
    const ticket = await database.db('ticket').where({ subject: status }).first();
    expect(mail).toMatchObject({ disposition: 'appended', ticket_id: ticket.id });
    const article = await database.db('article').where({ id: mail.article_id }).first();
    expect(article).toMatchObject({ state: 'accepted', visibility: 'internal' });
    expect(article.marks).toContain('automatic');
  });
});

describe('AG-12: an agent’s absence note that answers a notification', () => {
  test.each<[string, (status: TicketStatus) => Promise<MailContent>]>([
    ['its reply address', async (status) => ({ to: await replyAddressOf(status, 'john@desk.test') })],
    [
      'the address it came from',
      async (status) => {
        const told = await database
          .db('outbox')
          .join('ticket', 'ticket.id', 'ticket_id')
          .where({ purpose: 'notification', 'ticket.subject': status })
          .first('message_id');
        return { inReplyTo: `<${told.message_id}>` };
      },
    ],
  ])('at %s is neither an answer nor a command, whatever the ticket’s status', async (_name, addressing) => {
    for (const status of TICKET_STATUSES) {
      const before = await standing();
      const id = await takeIn({
        from: 'John Smith <john@desk.test>',
        subject: 'Automatic reply: x',
        text: `/resolve\n\n${ABSENT}`,
        headers: {
          'Authentication-Results': 'mx.desk.test; dmarc=pass header.from=desk.test',
          'Auto-Submitted': 'auto-replied',
        },
        ...(await addressing(status)),
      });
      expect(await standing()).toEqual(before);
      expect(await database.db('inbound_mail').where({ id }).first()).toMatchObject({ disposition: 'appended' });
    }
  });
});

describe('a report on mail that is not ours', () => {
  test.each<[string, string, string, string]>([
    [
      'a read receipt',
      'karen@customer.test',
      'disposition-notification',
      'Disposition: manual-action/MDN-sent-manually; displayed',
    ],
    [
      'a complaint',
      'feedback@provider.test',
      'feedback-report',
      'Feedback-Type: abuse\r\nUser-Agent: X/1\r\nVersion: 1',
    ],
  ])('%s is filed, or lies on the ticket it was sent to, and nobody hears of it', async (_name, from, type, fields) => {
    const before = await standing();
    expect(await dispositionOf(reportMail(from, 'support@desk.test', type, fields))).toBe('filed');
    for (const status of TICKET_STATUSES) {
      const to = await replyAddressOf(status, 'karen@customer.test');
      expect(await dispositionOf(reportMail(from, to, type, fields))).toBe('appended');
    }
    expect(await standing()).toEqual(before);
  });

  async function dispositionOf(raw: Buffer): Promise<string> {
    const id = await intake.receive(raw);
    await intake.drain();
    return (await database.db('inbound_mail').where({ id }).first()).disposition;
  }

  /** A `multipart/report` (RFC 6522) whose machine part holds these fields. */
  function reportMail(from: string, to: string, type: string, fields: string): Buffer {
    const [header] = String(buildMail({ from, to })).split('Content-Type:', 1);
    return Buffer.from(
      [
        `${header}Content-Type: multipart/report; report-type=${type}; boundary=r`,
        ...['', '--r', 'Content-Type: text/plain', '', 'A report.'],
        ...['--r', `Content-Type: message/${type}`, '', fields, '', '--r--', ''],
      ].join('\r\n'),
    );
  }
});
