import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readMessageId } from '../../src/core/reply-token.ts';
import { batchesOf, createAssignTickets } from '../../src/desk/assign-tickets.ts';
import { createRecordUnsettledMail } from '../../src/desk/record-unsettled-mail.ts';
import { silentLog } from '../../src/log.ts';
import { listUntoldMails, recordTold } from '../../src/store/outbox.ts';
import { createAssignmentWorker } from '../../src/workers/assignment.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type SeededDesk, seedDesk } from '../support/desk.ts';
import { assignDependencies, createTestIntake, TEST_KEYS, type TestIntake } from '../support/intake.ts';
import { buildMail, type MailContent } from '../support/mail-builder.ts';
import { type OutgoingMail, readOutgoing } from '../support/outgoing-mail.ts';

let database: TestDatabase;
let seeded: SeededDesk;
let intake: TestIntake;

beforeEach(async () => {
  database = await createTestDatabase();
  seeded = await seedDesk(database.db);
  intake = createTestIntake(database, seeded.desk);
});
afterEach(() => database.drop());

const VOUCHED = {
  'Authentication-Results': 'mx.desk.test; dmarc=pass header.from=customer.test',
  'Return-Path': '<karen@customer.test>',
};

async function takeIn(content: MailContent = {}, receivedAt?: Date): Promise<void> {
  await intake.receive(buildMail({ headers: VOUCHED, ...content }), receivedAt === undefined ? {} : { receivedAt });
  await intake.drain();
}

const notifications = () => readOutgoing(database.db, { purpose: 'notification' });
const acknowledgement = async (): Promise<OutgoingMail> => {
  const [mail] = await readOutgoing(database.db, { purpose: 'acknowledgement' });
  if (mail === undefined) throw new Error('nothing was acknowledged');
  return mail;
};

test('TH-06: who was in copy of an answer is named to agents, whose command lets them have answers', async () => {
  await takeIn();
  await takeIn({ to: (await acknowledgement()).replyTo, cc: 'kim@customer.test', text: 'Kim knows more.\n' });
  const told = (await notifications()).findLast(({ to }) => to === 'john@desk.test');
  expect(told?.text).toContain('does not get your answers: kim@customer.test.');
  const [, address = '', command = ''] = /there too:\nmailto:([^?]+)\?.*&body=(.*)$/m.exec(told?.text ?? '') ?? [];
  await intake.receive(
    buildMail({
      from: 'john@desk.test',
      to: decodeURIComponent(address),
      text: `${decodeURIComponent(command)}\n`,
      headers: { 'Authentication-Results': 'mx.desk.test; dmarc=pass header.from=desk.test' },
    }),
  );
  await intake.drain();
  expect(await database.db('ticket_collaborator').pluck('state')).toEqual(['accepted']);
  await takeIn({ to: (await acknowledgement()).replyTo, cc: 'kim@customer.test', text: 'Anything new?\n' });
  expect((await notifications()).at(-1)?.text).not.toContain('kim@customer.test');
});

describe('a first mail', () => {
  test('takes its files along, byte for byte, always to be saved; what is too large is named', async () => {
    const page = '<script>alert(1)</script>';
    const picture = Buffer.from(Array.from({ length: 3_000 }, (_, index) => index % 256));
    await takeIn({
      attachments: [
        { fileName: 'page.html', contentType: 'text/html', content: page },
        { fileName: 'film.mov', contentType: 'video/quicktime', content: Buffer.alloc(10_000_001) },
        { fileName: '../screen.png', contentType: 'image/png', content: picture, contentId: '<screen@customer.test>' },
      ],
    });
    const mails = await notifications();
    expect(mails).toHaveLength(2);
    for (const { attachments, text, id } of mails) {
      expect(attachments.map(({ fileName, content }) => [fileName.replace(/^.*[\\/]/, ''), String(content)])).toEqual([
        ['page.html', page],
        ['screen.png', String(picture)],
      ]);
      expect(text).toContain('Too large to come along, but kept with the ticket: film.mov (10 MB)');
      const { content } = await database
        .db('outbox')
        .join('blob', 'sha256', 'body_sha256')
        .where({ id })
        .first('content');
      expect(String(content).match(/Content-Disposition: \w+/g)).toEqual([
        'Content-Disposition: attachment',
        'Content-Disposition: attachment',
      ]);
    }
  });

  test('is told to each agent of the department, with addresses of their own', async () => {
    await takeIn({ subject: 'Card lost', text: 'I lost my card.\n' });
    const mails = await notifications();
    expect(mails.map(({ to }) => to)).toEqual(['john@desk.test', 'jane@desk.test']);
    for (const { header, text } of mails) {
      expect(header).toContain('Auto-Submitted: auto-generated');
      expect(header).toContain('X-Docket-Ticket: 1001');
      expect(header).toContain('X-Docket-Reason: department');
      expect(text).toMatch(/^— Reply above this line —\n\nYour answer goes to Karen Customer by email\./);
      expect(text).toContain('> I lost my card.');
      expect(text).toContain('karen@customer.test, confirmed');
    }
    expect(mails.map(({ tokens }) => tokens.map(({ purpose }) => purpose))).toEqual([
      ['reply', 'act', 'note'],
      ['reply', 'act', 'note'],
    ]);
    const holders = mails.map(({ tokens }) => new Set(tokens.map(({ addressId }) => addressId)));
    expect(holders.map(({ size }) => size)).toEqual([1, 1]);
    expect(holders[0]).not.toEqual(holders[1]);
  });

  test('shares a body between nobody, and a thread with all that agents are told of the ticket', async () => {
    await takeIn();
    const { replyTo } = await acknowledgement();
    await takeIn({ to: replyTo, text: 'More.\n' });
    const mails = await notifications();
    expect(mails).toHaveLength(4);
    const roots = new Set(mails.map(({ references }) => references.join()));
    expect(roots.size).toBe(1);
    expect(readMessageId(TEST_KEYS, mails[0]?.references[0] ?? '')).toMatchObject({ kind: 'ticket' });
    expect(new Set(mails.map(({ subject }) => subject)).size).toBe(1);
  });

  test('says that nobody vouches for its sender', async () => {
    await takeIn({ headers: {}, from: 'Mallory <mallory@elsewhere.test>' });
    expect((await notifications())[0]?.text).toContain('mallory@elsewhere.test, not confirmed');
  });

  test('of an agent is told to the others', async () => {
    await takeIn({ from: 'John <john@desk.test>', headers: {} });
    expect((await notifications()).map(({ to }) => to)).toEqual(['jane@desk.test']);
  });
});

describe('a notification with files that the relay refuses', () => {
  const refuse = async (answer: string, code = 'DATA_REFUSED') => {
    await takeIn({
      text: 'See the list.\n',
      attachments: [{ fileName: 'list.xlsm', contentType: 'application/vnd.ms-excel', content: 'macro' }],
    });
    const { id } = (await notifications()).find(({ to }) => to === 'john@desk.test') ?? expect.fail();
    await settleRejected(id, answer, code);
    await tellUntold();
  };
  const settleRejected = (id: string, answer: string, code: string) =>
    database
      .db('outbox')
      .where({ id })
      .update({ state: 'rejected', last_answer: answer, last_error_code: code, settled_at: new Date(), attempts: 1 });
  const tellUntold = async () => {
    for (const mail of await listUntoldMails(database.db, 10)) {
      await createRecordUnsettledMail(assignDependencies(database.db, async () => seeded.desk))(mail);
      await recordTold(database.db, mail);
    }
  };

  test.each([
    '552 5.7.0 This message was blocked because its content presents a potential security issue',
    '552 5.3.4 Message size exceeds fixed limit',
    '554 Transaction failed',
  ])('is sent once more without them, which are named: %s', async (answer) => {
    await refuse(answer);
    const [again, ...others] = (await notifications()).slice(2);
    expect(others).toEqual([]);
    expect(again).toMatchObject({ to: 'john@desk.test', attachments: [] });
    expect(again?.text).toContain('> See the list.');
    expect(again?.text).not.toContain('Attached to it');
    expect(again?.text).toContain(
      'Your mail system refused this email with its files, so they stayed with the ticket: list.xlsm (5 byte)',
    );
    expect(again?.tokens.map(({ purpose }) => purpose).sort()).toEqual(['act', 'note', 'reply']);

    await settleRejected(again?.id ?? '', answer, 'DATA_REFUSED');
    await tellUntold();
    expect(await notifications()).toHaveLength(3);
  });

  test('tells of the email that was refused, whatever came since', async () => {
    await takeIn({
      text: 'See the list.\n',
      attachments: [{ fileName: 'list.xlsm', contentType: 'application/vnd.ms-excel', content: 'macro' }],
    });
    const { id } = (await notifications()).find(({ to }) => to === 'john@desk.test') ?? expect.fail();
    const [acknowledgement] = await readOutgoing(database.db, { purpose: 'acknowledgement' });
    await takeIn({
      to: acknowledgement?.replyTo ?? '',
      text: 'And a photo.\n',
      attachments: [{ fileName: 'photo.jpg', contentType: 'image/jpeg', content: 'x' }],
    });
    const before = (await notifications()).length;
    await settleRejected(id, '552 5.7.0 blocked', 'DATA_REFUSED');
    await tellUntold();
    const [again] = (await notifications()).slice(before);
    expect(again?.text).toContain('> See the list.');
    expect(again?.text).toContain('stayed with the ticket: list.xlsm');
    expect(again?.text).not.toContain('photo');
  });

  test('is not where the reason is another', async () => {
    await refuse('550 5.1.1 no such user here');
    expect(await notifications()).toHaveLength(2);
  });
});

describe('an answer', () => {
  test('is told to the assignee alone', async () => {
    await takeIn();
    await database.db('ticket').update({ assignee_id: seeded.janeId });
    const { replyTo } = await acknowledgement();
    await takeIn({ to: replyTo, text: 'More.\n' });
    const last = (await notifications()).slice(2);
    expect(last.map(({ to }) => to)).toEqual(['jane@desk.test']);
    expect(last[0]?.text).toContain('because the ticket is yours');
    expect(last[0]?.header).toContain('X-Docket-Reason: assignee');
    expect(last[0]?.text).not.toContain('Take it');
  });

  test('that is held is told to nobody', async () => {
    await takeIn();
    const { replyTo } = await acknowledgement();
    await takeIn({ from: 'Mallory <mallory@elsewhere.test>', headers: {}, to: replyTo });
    expect(await notifications()).toHaveLength(2);
  });
});

describe('nobody is told', () => {
  const suppressed = () => database.db('ticket_event').where({ kind: 'mail.suppressed' }).select('data');

  test('of a machine’s mail', async () => {
    await takeIn({ headers: { ...VOUCHED, 'Auto-Submitted': 'auto-generated' } });
    expect(await notifications()).toEqual([]);
    expect(await suppressed()).toContainEqual({ data: { purpose: 'notification', reason: 'suppressed' } });
  });

  test('of mail older than the mailbox answers', async () => {
    await takeIn({}, new Date('2019-05-05T00:00:00Z'));
    expect(await notifications()).toEqual([]);
  });

  test('whose address refuses our mail, and nobody left is a fact of the ticket (OUT-16)', async () => {
    await database
      .db('person_address')
      .whereIn('address', ['john@desk.test', 'jane@desk.test'])
      .update({ suppressed_at: new Date() });
    await takeIn();
    expect(await notifications()).toEqual([]);
    expect(await suppressed()).toContainEqual({ data: { purpose: 'notification', reason: 'nobody-to-tell' } });
  });

  test('of an agent’s out-of-office to a notification (AG-12)', async () => {
    await takeIn();
    const [first] = await notifications();
    await takeIn({
      from: 'John Smith <john@desk.test>',
      to: first?.replyTo ?? '',
      text: 'I am away.\n',
      headers: { 'Auto-Submitted': 'auto-replied', 'Return-Path': '<>' },
    });
    expect(await notifications()).toHaveLength(2);
    expect(await readOutgoing(database.db, {})).toHaveLength(3);
  });
});

test('many agents are no reason for the breaker, and no reason to answer one of them less', async () => {
  for (let index = 0; index < 4; index++)
    await takeIn({ from: `Guest ${index} <g${index}@elsewhere.test>`, headers: {} });
  await takeIn({
    from: 'John <john@desk.test>',
    headers: {
      'Authentication-Results': 'mx.desk.test; dmarc=pass header.from=desk.test',
      'Return-Path': '<john@desk.test>',
    },
  });
  const acknowledged = await readOutgoing(database.db, { purpose: 'acknowledgement' });
  expect(acknowledged.map(({ to }) => to)).toContain('john@desk.test');
});

describe('where tickets are given out', () => {
  beforeEach(async () => {
    seeded = await seedDesk(database.db, {
      departments: [{ key: 'general', name: 'Support', mailbox: 'support', assign: { strategy: 'round-robin' } }],
    });
    intake = createTestIntake(database, seeded.desk);
  });

  const giveOut = () =>
    createAssignmentWorker({
      db: database.db,
      holder: 'holder-test',
      assign: createAssignTickets(assignDependencies(database.db, async () => seeded.desk)),
      log: silentLog,
    }).drain();

  test('whoever gets a new one is told of it then, and nobody before', async () => {
    await takeIn({ text: 'I lost my card.\n' });
    expect(await notifications()).toEqual([]);

    await giveOut();
    const [told, ...others] = await notifications();
    expect(others).toEqual([]);
    const { assignee_id: assigneeId } = await database.db('ticket').first();
    expect(told?.to).toBe(assigneeId === seeded.johnId ? 'john@desk.test' : 'jane@desk.test');
    expect(told?.header).toContain('X-Docket-Reason: assigned');
    expect(told?.text).toContain('> I lost my card.');
    expect(told?.text).toContain('karen@customer.test, confirmed');
    expect(told?.text).toContain('because the ticket was given to you');
  });

  const screen = { fileName: 'screen.png', contentType: 'image/png', content: Buffer.from('a picture') };

  test('its files come along', async () => {
    await takeIn({ attachments: [screen] });
    await giveOut();
    const [told] = await notifications();
    expect(told?.attachments.map(({ fileName, content }) => [fileName, String(content)])).toEqual([
      ['screen.png', 'a picture'],
    ]);
  });

  test('so that nobody else waits long for their turn, files make batches shorter', () => {
    const events = ['1', '2', '3', '4', '5'].map((ticketId) => ({ ticketId }));
    const bytes = new Map([
      ['1', 15_000_000],
      ['3', 6_000_000],
      ['4', 25_000_000],
    ]);
    const batches = batchesOf(events, bytes).map((batch) => batch.map(({ ticketId }) => ticketId));
    expect(batches).toEqual([['1', '2'], ['3'], ['4'], ['5']]);
    expect(batchesOf([], bytes)).toEqual([]);
  });

  test('files that cannot be taken out of the mail any more are named, and the ticket is given all the same', async () => {
    await takeIn({ attachments: [screen] });
    await database.db('attachment').update({ part_path: '9' });
    await giveOut();
    const [told] = await notifications();
    expect(told?.attachments).toEqual([]);
    expect(told?.text).toContain('screen.png');
    expect(await database.db('ticket').whereNull('assignee_id')).toEqual([]);
  });
});
