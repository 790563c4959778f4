import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readMessageId } from '../../src/core/reply-token.ts';
import type { MailParser } from '../../src/ingest/parse.ts';
import { parseMail } from '../../src/ingest/parse-mail.ts';
import { releaseFromQuarantine } from '../../src/store/inbound-mail.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type SeededDesk, SMALL_DESK, seedDesk } from '../support/desk.ts';
import { createTestIntake, TEST_KEYS, type TestIntake } from '../support/intake.ts';
import { buildMail, type MailContent } from '../support/mail-builder.ts';
import { readOutgoing } from '../support/outgoing-mail.ts';

let database: TestDatabase;
let seeded: SeededDesk;
let intake: TestIntake;

beforeEach(async () => {
  database = await createTestDatabase();
  seeded = await seedDesk(database.db, {
    mailboxes: SMALL_DESK.mailboxes.flatMap((support) => [
      support,
      { ...support, key: 'banking', address: 'banking@desk.test', aliases: [] },
    ]),
  });
  intake = createTestIntake(database, seeded.desk);
});
afterEach(() => database.drop());

/** What our own server adds to a mail whose sender it vouches for. */
const VOUCHED = { 'Authentication-Results': 'mx.desk.test; dmarc=pass header.from=customer.test' };
const STRANGER = 'Mallory <mallory@elsewhere.test>';

function vouched(content: MailContent): MailContent {
  return { ...content, headers: { ...VOUCHED, 'Return-Path': '<karen@customer.test>' } };
}

async function takeIn(content: MailContent): Promise<string> {
  const id = await intake.receive(buildMail(content));
  await intake.drain();
  return id;
}

const tickets = () => database.db('ticket').orderBy('id');
const articles = () => database.db('article').orderBy('id');
/** What left for requesters: what agents are told has tests of its own. */
const outbox = () => database.db('outbox').whereNot({ purpose: 'notification' }).orderBy('id');
const inbound = (id: string) => database.db('inbound_mail').where({ id }).first();

/** The acknowledgement of the newest ticket as its reader's mail program sees it. */
async function lastAcknowledgement(): Promise<{ messageId: string; replyTo: string; header: string }> {
  const row = await database.db('outbox').where({ purpose: 'acknowledgement' }).orderBy('id', 'desc').first();
  const header = String(row.header);
  return { header, messageId: row.message_id, replyTo: /^Reply-To:[^<]*<([^>]+)>/m.exec(header)?.[1] ?? '' };
}

describe('a first mail', () => {
  test('opens a ticket in the mailbox’s department and is acknowledged with its number', async () => {
    const id = await takeIn(vouched({ subject: 'Card lost', text: 'I lost my card.\n' }));
    const [ticket] = await tickets();
    expect(ticket).toMatchObject({
      number: '1001',
      subject: 'Card lost',
      status: 'new',
      department_id: seeded.departmentId,
    });
    expect(await inbound(id)).toMatchObject({
      state: 'settled',
      disposition: 'opened',
      ticket_id: ticket.id,
      kind: 'person',
    });
    expect((await articles())[0]).toMatchObject({ text: 'I lost my card.\n', state: 'accepted', marks: [] });
    const acknowledgement = await lastAcknowledgement();
    expect(acknowledgement.header).toContain('#1001');
    expect(acknowledgement.header).toContain('Auto-Submitted: auto-replied');
    expect(readMessageId(TEST_KEYS, acknowledgement.messageId)).not.toBeNull();
  });

  test('OUT-11: an unauthenticated first contact gets none of its own words back', async () => {
    await takeIn({ from: STRANGER, subject: 'BUY NOW', text: 'spam for the victim\n' });
    const { header } = await lastAcknowledgement();
    const { content } = await database
      .db('blob')
      .join('outbox', 'body_sha256', 'sha256')
      .where({ purpose: 'acknowledgement' })
      .first('content');
    expect(header + content).not.toMatch(/BUY NOW|spam for|Mallory/);
    expect((await outbox())[0]).toMatchObject({ recipient_address: 'mallory@elsewhere.test' });
  });

  test('case 8: without a From it opens a ticket of an unknown sender that nobody is written to', async () => {
    await takeIn({ from: null });
    expect((await articles())[0]).toMatchObject({ marks: ['unknown-sender'], author_id: null });
    expect(await outbox()).toEqual([]);
  });

  test('cases 89 and 90: NUL bytes and lone surrogates reach the database without a failed transaction', async () => {
    await takeIn({ subject: 'a\0b \ud800', text: 'x\0y \udfff \0\n' });
    expect((await articles())[0]?.text).not.toContain('\0');
  });
});

describe('an answer', () => {
  test('joins by the reply address it was given', async () => {
    await takeIn(vouched({}));
    const { replyTo } = await lastAcknowledgement();
    const id = await takeIn(vouched({ to: replyTo, subject: 'something else', text: 'More.\n' }));
    expect(await inbound(id)).toMatchObject({ disposition: 'appended' });
    expect(await tickets()).toHaveLength(1);
    expect((await articles())[1]).toMatchObject({ state: 'accepted', marks: [] });
    expect(await outbox()).toHaveLength(1);
  });

  test('joins by In-Reply-To when it goes to the plain address', async () => {
    await takeIn(vouched({}));
    const { messageId } = await lastAcknowledgement();
    await takeIn(vouched({ inReplyTo: `<${messageId}>` }));
    expect(await tickets()).toHaveLength(1);
  });

  test('joins by the Message-ID of its author’s own earlier mail', async () => {
    await takeIn(vouched({ messageId: '<first@customer.test>' }));
    await takeIn(vouched({ references: '<first@customer.test>' }));
    expect(await tickets()).toHaveLength(1);
  });

  test('TH-04: a stranger with a valid token is held, and reopens and sends nothing', async () => {
    await takeIn(vouched({}));
    const { replyTo } = await lastAcknowledgement();
    await takeIn({ from: STRANGER, to: replyTo });
    expect((await articles())[1]).toMatchObject({ state: 'held' });
    expect(await tickets()).toHaveLength(1);
    expect(await outbox()).toHaveLength(1);
  });

  test('on a resolved ticket it reopens; on a closed one it opens a ticket that follows it', async () => {
    await takeIn(vouched({}));
    const { replyTo } = await lastAcknowledgement();
    await database.db('ticket').update({ status: 'resolved' });
    await takeIn(vouched({ to: replyTo, messageId: '<again@customer.test>' }));
    const [first] = await tickets();
    expect(first).toMatchObject({ status: 'open' });
    const [notice] = await readOutgoing(database.db, { purpose: 'notice' });
    expect(notice).toMatchObject({ to: 'karen@customer.test', inReplyTo: 'again@customer.test' });
    expect(notice?.text).toContain('Your request is open again');
    expect(notice?.header).toContain('Auto-Submitted: auto-replied');

    await database.db('ticket').update({ status: 'closed' });
    await database.db('outbox').update({ recorded_at: database.db.raw(`now() - interval '2 hours'`) });
    const id = await takeIn(vouched({ to: replyTo, subject: 'Re: [#1001] Mobile banking does not work' }));
    expect(await inbound(id)).toMatchObject({ disposition: 'followed-up' });
    expect((await tickets())[1]).toMatchObject({ status: 'new', follows_ticket_id: first.id });
    const acknowledgement = (await readOutgoing(database.db, { purpose: 'acknowledgement' })).at(-1);
    expect(acknowledgement?.subject).toBe('Re: [#1002] Mobile banking does not work');
    expect(acknowledgement?.text).toContain('You answered on ticket #1001, which is closed.');
    const notification = (await readOutgoing(database.db, { purpose: 'notification' })).at(-1);
    expect(notification?.text).toContain('It follows #1001, which is closed.');
  });

  test('R12: a thank-you reopens nothing, opens nothing, and only agents hear of it', async () => {
    await takeIn(vouched({}));
    const { replyTo } = await lastAcknowledgement();
    for (const status of ['resolved', 'closed']) {
      await database.db('ticket').update({ status });
      await takeIn(vouched({ to: replyTo, text: 'Vielen Dank für die schnelle Hilfe!\n\nKaren\n' }));
      expect(await tickets()).toEqual([expect.objectContaining({ status })]);
      expect((await articles()).at(-1)).toMatchObject({ visibility: 'public', state: 'accepted', marks: ['thanks'] });
      const mails = await readOutgoing(database.db, {});
      expect(mails.filter(({ to }) => to === 'karen@customer.test')).toHaveLength(1);
      expect(mails.at(-1)?.text).toContain(`it stays ${status}.`);
    }
  });
});

describe('one mail, one effect', () => {
  test('IN-18: the same mail in two mailboxes makes one ticket, and both deliveries are recorded', async () => {
    const content = vouched({ messageId: '<both@customer.test>', cc: 'banking@desk.test' });
    const banking = seeded.desk.mailboxes[1]?.id ?? '';
    const first = await intake.receive(buildMail(content));
    const second = await intake.receive(
      buildMail({
        ...content,
        headers: { Received: 'from elsewhere', ...VOUCHED, 'Return-Path': '<karen@customer.test>' },
      }),
      { mailboxId: banking },
    );
    await intake.drain();
    expect(await tickets()).toHaveLength(1);
    const dispositions = [(await inbound(first)).disposition, (await inbound(second)).disposition].sort();
    expect(dispositions).toEqual(['duplicate', 'opened']);
    const duplicate = await database.db('inbound_mail').where({ disposition: 'duplicate' }).first();
    expect(duplicate.ticket_id).toBe((await tickets())[0].id);
    expect(await outbox()).toHaveLength(1);
  });

  test('IN-07: a second delivery with other Received lines is linked as a duplicate', async () => {
    const content = vouched({ messageId: '<again@customer.test>' });
    await takeIn(content);
    const id = await takeIn({ ...content, headers: { Received: 'by another host', ...VOUCHED } });
    expect(await inbound(id)).toMatchObject({ disposition: 'duplicate' });
    expect(await articles()).toHaveLength(1);
  });

  test('IN-08: a known Message-ID with other words is its own mail, and marked', async () => {
    await takeIn(vouched({ messageId: '<reused@customer.test>', text: 'First.\n' }));
    await takeIn({ from: STRANGER, messageId: '<reused@customer.test>', text: 'Other.\n' });
    expect((await articles())[1]?.marks).toContain('message-id-reuse');
  });

  test('a hundred mails of one new person at once make one person and lose none', async () => {
    for (let index = 0; index < 100; index++) await intake.receive(buildMail(vouched({ subject: `Mail ${index}` })));
    const other = createTestIntake(database, seeded.desk, { holder: 'holder-other' });
    await Promise.all([intake.drain(), other.drain()]);
    expect(await tickets()).toHaveLength(100);
    expect(await database.db('person_address').where({ address: 'karen@customer.test' })).toHaveLength(1);
    expect(await database.db('inbound_mail').whereNot({ state: 'settled' })).toEqual([]);
  });

  test('OUT-13 case 85: of a flood that names one victim, the victim gets no more than three mails', async () => {
    for (let index = 0; index < 60; index++) {
      await intake.receive(buildMail({ from: 'victim@elsewhere.test', subject: `Flood ${index}` }));
    }
    const other = createTestIntake(database, seeded.desk, { holder: 'holder-other' });
    await Promise.all([intake.drain(), other.drain()]);
    expect((await outbox()).length).toBeLessThanOrEqual(3);
    expect(await tickets()).toHaveLength(60);
  });
});

describe('OUT-13: the cap', () => {
  test('holds for one mailbox, however its address is written', async () => {
    for (const address of [
      'victim@elsewhere.test',
      'Victim@elsewhere.test',
      'victim+1@elsewhere.test',
      'VICTIM+a+b@elsewhere.test',
    ])
      await takeIn({ from: address });
    expect(await outbox()).toHaveLength(1);
    expect(await tickets()).toHaveLength(4);
  });
});

describe('Q-05: of a worker that froze beyond its lease', () => {
  test('nothing is written once another has taken the mail over', async () => {
    const id = await intake.receive(buildMail(vouched({})));
    const frozen = createTestIntake(database, seeded.desk, {
      holder: 'holder-frozen',
      parser: {
        async parse(raw) {
          const mail = await parseMail(raw);
          await database
            .db('inbound_mail')
            .update({ lease_until: database.db.raw(`clock_timestamp() - interval '1 s'`) });
          await intake.drain();
          return { outcome: 'parsed', mail };
        },
        async close() {},
      },
    });
    await frozen.drain();
    expect(await inbound(id)).toMatchObject({ state: 'settled', disposition: 'opened', fencing_token: '2' });
    expect(await tickets()).toHaveLength(1);
    expect(await outbox()).toHaveLength(1);
  });
});

describe('parents before children', () => {
  test('an answer that arrived first waits for its question', async () => {
    const answer = vouched({ inReplyTo: '<question@customer.test>', messageId: '<answer@customer.test>' });
    const answerId = await intake.receive(buildMail(answer));
    const questionId = await intake.receive(buildMail(vouched({ messageId: '<question@customer.test>' })));
    await intake.drain();
    expect(await inbound(questionId)).toMatchObject({ disposition: 'opened' });
    expect(await inbound(answerId)).toMatchObject({ disposition: 'appended' });
  });

  test('mails that name each other as parents do not wait', async () => {
    const ids = ['a', 'b', 'c'];
    for (const [index, id] of ids.entries()) {
      const parent = ids[(index + 1) % ids.length];
      await intake.receive(buildMail(vouched({ messageId: `<${id}@loop.test>`, inReplyTo: `<${parent}@loop.test>` })));
    }
    await intake.drain();
    expect(await database.db('inbound_mail').whereNot({ state: 'settled' })).toEqual([]);
  });
});

test('a mail that was tried before does not wait for the end of a backlog', async () => {
  const order: string[] = [];
  const watching = createTestIntake(database, seeded.desk, {
    concurrency: 1,
    parser: {
      async parse(raw) {
        const mail = await parseMail(raw);
        order.push(mail.subject);
        return { outcome: 'parsed', mail };
      },
      async close() {},
    },
  });
  for (let index = 0; index < 110; index++) await watching.receive(buildMail({ subject: 'fresh' }));
  const id = await watching.receive(buildMail({ subject: 'tried' }));
  await database.db('inbound_mail').where({ id }).update({ attempts: 1 });
  await watching.drain();
  expect(order.indexOf('tried')).toBe(50);
});

describe('mail that cannot be taken in', () => {
  const failing: MailParser = {
    parse: async (raw) =>
      Buffer.from(raw).includes('poison')
        ? { outcome: 'failed', reason: 'timeout', message: 'parsing took longer than 20 s' }
        : { outcome: 'failed', reason: 'crash', message: 'never' },
    async close() {},
  };

  async function untilQuarantined(id: string): Promise<void> {
    const worker = createTestIntake(database, seeded.desk, { parser: failing });
    for (let attempt = 0; attempt < 3; attempt++) {
      await database.db('inbound_mail').update({ due_at: database.db.raw(`clock_timestamp() - interval '1 second'`) });
      await worker.drain();
    }
    expect(await inbound(id)).toMatchObject({
      state: 'quarantined',
      last_error_code: 'MAIL_PARSE_TIMEOUT',
      attempts: 3,
    });
  }

  test('IN-11: rests in quarantine after three failures, with its reason, while others go on', async () => {
    const id = await intake.receive(buildMail({ text: 'poison' }));
    await untilQuarantined(id);
    await takeIn(vouched({}));
    expect(await tickets()).toHaveLength(1);
  });

  test('is taken in when it is released, or opened as a plain ticket that reads nothing but the header', async () => {
    const released = await intake.receive(buildMail({ text: 'poison' }));
    await untilQuarantined(released);
    expect(await releaseFromQuarantine(database.db, released, false)).toBe(true);
    await intake.drain();
    expect(await inbound(released)).toMatchObject({ disposition: 'opened' });

    const plain = await intake.receive(buildMail({ subject: 'Plain', text: 'poison' }));
    await untilQuarantined(plain);
    await releaseFromQuarantine(database.db, plain, true);
    await intake.drain();
    const article = await database.db('article').where({ inbound_mail_id: plain }).first();
    expect(article.marks).toContain('header-only');
    expect(article.text).toContain('poison');
  });

  test('IN-10 case 82: a mail too large to fetch opens a ticket that says so', async () => {
    await intake.receive(buildMail(vouched({ subject: 'Film attached' })), { announcedSizeBytes: 60 * 1024 * 1024 });
    await intake.drain();
    expect((await articles())[0]?.marks).toContain('over-limit');
  });

  test('case 1: a mail of no bytes is kept and comes to rest where it can be seen', async () => {
    const id = await intake.receive(Buffer.alloc(0));
    for (let attempt = 0; attempt < 3; attempt++) {
      await database.db('inbound_mail').update({ due_at: database.db.raw(`clock_timestamp() - interval '1 second'`) });
      await intake.drain();
    }
    expect(await inbound(id)).toMatchObject({ state: 'quarantined', last_error_code: 'MAIL_EMPTY' });
  });
});

describe('mail that comes back', () => {
  function bounceOf(messageId: string, address: string): Buffer {
    return Buffer.from(
      [
        'Return-Path: <>',
        'From: MAILER-DAEMON@mx.customer.test',
        'To: support@desk.test',
        'Subject: Undelivered Mail Returned to Sender',
        'Message-ID: <bounce@mx.customer.test>',
        'Date: Mon, 23 Nov 2026 11:00:00 +0000',
        'Auto-Submitted: auto-replied',
        'MIME-Version: 1.0',
        'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
        '',
        '--b',
        'Content-Type: text/plain',
        '',
        'It could not be delivered.',
        '--b',
        'Content-Type: message/delivery-status',
        '',
        'Reporting-MTA: dns; mx.customer.test',
        '',
        `Final-Recipient: rfc822; ${address}`,
        'Action: failed',
        'Status: 5.1.1',
        'Diagnostic-Code: smtp; 550 5.1.1 no such user',
        '',
        '--b',
        'Content-Type: text/rfc822-headers',
        '',
        `Message-ID: <${messageId}>`,
        'Subject: whatever',
        '',
        '--b--',
        '',
      ].join('\r\n'),
    );
  }

  test('case 41: a DSN for our mail marks its row, opens no ticket, and stops automatic mail to the address', async () => {
    await takeIn(vouched({}));
    const { messageId } = await lastAcknowledgement();
    const id = await intake.receive(bounceOf(messageId, 'karen@customer.test'));
    await intake.drain();
    expect(await inbound(id)).toMatchObject({ disposition: 'returned', kind: 'bounce' });
    expect((await outbox())[0]?.returned_at).not.toBeNull();
    expect(await tickets()).toHaveLength(1);
    await takeIn(vouched({ subject: 'Another question' }));
    expect(await tickets()).toHaveLength(2);
    expect(await outbox()).toHaveLength(1);
  });

  test('case 42: a DSN that only names the victim silences nobody', async () => {
    await takeIn(vouched({}));
    await intake.receive(bounceOf('made-up@desk.test', 'karen@customer.test'));
    await intake.drain();
    expect(await database.db('person_address').whereNotNull('suppressed_at')).toEqual([]);
  });
});
