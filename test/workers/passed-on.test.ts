import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type SeededDesk, SMALL_DESK, SMALL_MAILBOX, seedDesk } from '../support/desk.ts';
import { createTestIntake, type TestIntake } from '../support/intake.ts';
import { buildMail, type MailContent } from '../support/mail-builder.ts';
import { type OutgoingMail, readOutgoing } from '../support/outgoing-mail.ts';

let database: TestDatabase;
let seeded: SeededDesk;
let intake: TestIntake;

beforeEach(async () => {
  database = await createTestDatabase();
  seeded = await seedDesk(database.db, {
    mailboxes: [
      SMALL_MAILBOX,
      { ...SMALL_MAILBOX, key: 'banking', address: 'banking@desk.test', department: 'banking', aliases: [] },
    ],
    departments: [
      ...SMALL_DESK.departments.map((general) => ({ ...general, slaPlan: 'standard' })),
      { key: 'banking', name: 'Banking', mailbox: 'banking' },
    ],
    slaPlans: [{ key: 'standard', name: 'Standard', calendar: 'always', targets: { firstResponse: { normal: '8h' } } }],
  });
  intake = createTestIntake(database, seeded.desk);
});
afterEach(async () => {
  for (const { text } of await toClaire()) expect(text).not.toContain('Please open a ticket');
  await database.drop();
});

const vouchedFor = (address: string) => ({
  'Authentication-Results': `mx.desk.test; dmarc=pass header.from=${address.replace(/^.*@/, '')}`,
  'Return-Path': `<${address}>`,
});

async function takeIn(content: MailContent, mailboxId = seeded.mailboxId): Promise<string> {
  const id = await intake.receive(buildMail(content), { mailboxId });
  await intake.drain();
  return id;
}
const fromJohn = (content: MailContent, mailboxId?: string) =>
  takeIn({ from: 'John Smith <john@desk.test>', headers: vouchedFor('john@desk.test'), ...content }, mailboxId);

const ORIGINAL =
  '---------- Forwarded message ---------\nFrom: Claire Client <claire@customer.test>\n' +
  'Date: Mon, 23 Nov 2026 10:00:00 +0100\nSubject: Card lost\nTo: <john@desk.test>\n\n\nI lost my card.\n';
const FORWARD: MailContent = {
  subject: 'Fwd: Card lost',
  messageId: '<forward@desk.test>',
  text: `Please open a ticket for her.\n\n${ORIGINAL}`,
};

const sent = (purpose: string) => readOutgoing(database.db, { purpose });
const toClaire = async () => (await readOutgoing(database.db, {})).filter(({ to }) => to === 'claire@customer.test');
const receipt = async () => (await sent('receipt')).at(-1) ?? expect.fail('no receipt');
const tickets = () => database.db('ticket').orderBy('id');
const articles = () => database.db('article').orderBy('id');
const requesterOf = async (ticket: { requester_id: string }) =>
  (await database.db('person_address').where({ person_id: ticket.requester_id }).first())?.address;
const actAddress = ({ text }: OutgoingMail) =>
  decodeURIComponent(/mailto:([^?]+)\?subject=%2Fconfirm/.exec(text)?.[1] ?? '');

describe('AG-13: a mail that an agent passes on to the desk', () => {
  test('opens a ticket for its sender, who gets nothing; the agent gets a receipt, and colleagues hear of it', async () => {
    await fromJohn(FORWARD);
    const [ticket, ...others] = await tickets();
    expect(others).toEqual([]);
    expect(ticket).toMatchObject({ subject: 'Card lost', status: 'new', assignee_id: null });
    expect(await requesterOf(ticket)).toBe('claire@customer.test');
    expect(await articles()).toMatchObject([
      {
        kind: 'inbound',
        visibility: 'public',
        author_id: ticket.requester_id,
        marks: ['claimed-by-agent'],
        text: 'I lost my card.',
        message_id: null,
      },
      {
        kind: 'note',
        visibility: 'internal',
        author_id: seeded.johnId,
        text: 'Please open a ticket for her.\n',
        message_id: 'forward@desk.test',
      },
    ]);
    expect(await database.db('ticket_change')).toMatchObject([{ actor_kind: 'agent', actor_id: seeded.johnId }]);
    expect(await toClaire()).toEqual([]);

    const mail = await receipt();
    expect(mail).toMatchObject({
      to: 'john@desk.test',
      subject: 'Re: [#1001] Card lost',
      inReplyTo: 'forward@desk.test',
    });
    expect(mail.text).toContain('Ticket #1001 is open for Claire Client');
    expect(mail.text).toContain('> I lost my card.');
    const told = await sent('notification');
    expect(told.map(({ to }) => to)).toEqual(['jane@desk.test']);
    expect(told[0]?.text).toContain('Sender: claire@customer.test, as a colleague forwarded it.');
  });

  test('starts its clocks when the agent’s mail arrives', async () => {
    const receivedAt = new Date('2026-11-24T08:00:00Z');
    await intake.receive(buildMail({ ...FORWARD, from: 'john@desk.test', headers: vouchedFor('john@desk.test') }), {
      receivedAt,
    });
    await intake.drain();
    expect(await database.db('ticket_clock')).toMatchObject([
      { started_at: receivedAt, due_at: new Date('2026-11-24T16:00:00Z') },
    ]);
  });

  test('keeps its attachments with the requester’s words, and its words, quotes and signature apart', async () => {
    const file = { fileName: 'card.pdf', contentType: 'application/pdf', content: 'x' };
    await fromJohn({
      ...FORWARD,
      text: `${FORWARD.text}\n-- \nClaire\n\nOn Fri, 20 Nov 2026, John Smith <john@desk.test> wrote:\n> Hello.\n`,
      attachments: [file],
    });
    const [article] = await articles();
    expect(article.spans.map(({ kind }: { kind: string }) => kind)).toEqual(['reply', 'signature', 'quoted']);
    expect(await database.db('attachment')).toMatchObject([{ article_id: article.id, file_name: 'card.pdf' }]);
  });

  test.each<[string, MailContent]>([
    [
      'Outlook, German, by its subject',
      {
        subject: 'WG: Karte',
        text:
          '________________________________\nVon: Claire Client <claire@customer.test>\nGesendet: Montag, 23. November 2026 10:00\n' +
          'An: john@desk.test\nBetreff: Karte\n\nIch habe sie verloren.\n',
      },
    ],
    [
      'Apple, quoted',
      {
        subject: 'Fwd: Karte',
        text:
          '\n\n> Begin forwarded message:\n>\n> From: Claire Client <claire@customer.test>\n> Subject: Karte\n' +
          '> Date: 23 November 2026 at 10:00:00 CET\n> To: john@desk.test\n>\n> Ich habe sie verloren.\n',
      },
    ],
    [
      'as an attachment',
      {
        subject: 'Fwd: Karte',
        text: '\n',
        attachments: [
          {
            fileName: 'Karte.eml',
            contentType: 'message/rfc822',
            content: 'From: Claire Client <claire@customer.test>\r\nSubject: Karte\r\n\r\nIch habe sie verloren.\r\n',
          },
        ],
      },
    ],
  ])('is read as the common programs write it: %s', async (_name, content) => {
    await fromJohn(content);
    const [ticket] = await tickets();
    expect(ticket.subject).toBe('Karte');
    expect(await requesterOf(ticket)).toBe('claire@customer.test');
    expect(await articles()).toMatchObject([{ kind: 'inbound', text: 'Ich habe sie verloren.' }]);
  });

  test('our fixture of Gmail’s is one', async () => {
    const raw = readFileSync(join(import.meta.dirname, '../fixtures/mail/forward/gmail.eml'));
    const header = Object.entries(vouchedFor('john@desk.test')).map(([name, value]) => `${name}: ${value}\n`);
    await intake.receive(Buffer.concat([Buffer.from(header.join('')), raw]));
    await intake.drain();
    const [ticket] = await tickets();
    expect([ticket.subject, await requesterOf(ticket)]).toEqual(['Card lost', 'claire@customer.test']);
  });

  test('takes effect once, also when it reaches two mailboxes (IN-18)', async () => {
    await fromJohn(FORWARD);
    await fromJohn(FORWARD, seeded.desk.mailboxes.find(({ key }) => key === 'banking')?.id);
    expect(await tickets()).toHaveLength(1);
    expect(await sent('receipt')).toHaveLength(1);
  });

  test('for somebody we know, the ticket is theirs', async () => {
    await takeIn({ from: 'Claire <claire@customer.test>', headers: vouchedFor('claire@customer.test') });
    await fromJohn(FORWARD);
    const [first, second] = await tickets();
    expect(second.requester_id).toBe(first.requester_id);
  });
});

describe('until an agent confirms the address', () => {
  test('nothing is sent to it by machine, whatever happens to the ticket', async () => {
    await fromJohn(FORWARD);
    await fromJohn({ to: actAddress(await receipt()), subject: '/resolve', text: '/resolve\n' });
    expect((await tickets())[0].status).toBe('resolved');
    await fromJohn({ to: actAddress((await sent('receipt'))[0] ?? expect.fail()), subject: 'x', text: '/reopen\n' });
    expect((await tickets())[0].status).toBe('open');
    expect(await toClaire()).toEqual([]);
    expect(await database.db('ticket_event').where({ kind: 'mail.suppressed' })).toMatchObject([
      { data: { purpose: 'acknowledgement', reason: 'claimed-by-agent' } },
      { data: { purpose: 'notice', reason: 'unverified-requester' } },
      { data: { purpose: 'notice', reason: 'unverified-requester' } },
    ]);
  });

  test('/confirm beside /resolve lets the acknowledgement leave, and the receipt does not say that nobody vouches', async () => {
    await fromJohn(FORWARD);
    await fromJohn({ to: actAddress(await receipt()), subject: 'x', text: '/confirm\n/resolve\n' });
    expect((await toClaire()).map(({ purpose }) => purpose)).toEqual(['acknowledgement']);
    const told = (await sent('receipt')).at(-1);
    expect(told?.text).toContain('The requester was not told: the acknowledgement goes to them now.');
    expect(told?.text).not.toContain('vouched');
  });

  test('/confirm, one tap in the receipt, does it: then the acknowledgement leaves, without a word of hers', async () => {
    await fromJohn(FORWARD);
    await fromJohn({ to: actAddress(await receipt()), subject: '/confirm #1001', text: '/confirm\n' });
    const [mail, ...others] = await toClaire();
    expect(others).toEqual([]);
    expect(mail).toMatchObject({ purpose: 'acknowledgement', subject: 'We have received your message [#1001]' });
    expect(mail?.text).not.toMatch(/card|Claire/i);
    expect((await articles())[0]?.marks).toEqual([]);
    expect(await database.db('ticket_event').where({ kind: 'requester.confirmed' })).toHaveLength(1);
    expect((await receipt()).text).toContain('The address of the requester is confirmed');

    // From now on she is written to as everybody is.
    await fromJohn({ to: actAddress((await sent('receipt'))[0] ?? expect.fail()), subject: 'x', text: '/resolve\n' });
    expect((await toClaire()).map(({ purpose }) => purpose)).toEqual(['acknowledgement', 'notice']);
    await fromJohn({ to: actAddress((await sent('receipt'))[0] ?? expect.fail()), subject: 'y', text: '/confirm\n' });
    expect((await receipt()).text).toContain('It was so already.');
    expect(await toClaire()).toHaveLength(2);
  });

  test.each<[string, (mail: OutgoingMail, jane: OutgoingMail) => MailContent]>([
    ['the agent who passed it on', ({ replyTo }) => ({ to: replyTo })],
    [
      'a colleague who was told of it',
      (_mail, { replyTo }) => ({ to: replyTo, from: 'jane@desk.test', headers: vouchedFor('jane@desk.test') }),
    ],
  ])('so does an answer of %s, and it is all she gets', async (_name, answer) => {
    await fromJohn(FORWARD);
    const [jane] = await sent('notification');
    await fromJohn({
      subject: 'Re: x',
      text: 'A new one is on its way.\n',
      ...answer(await receipt(), jane ?? expect.fail()),
    });
    expect((await toClaire()).map(({ purpose, text }) => [purpose, text])).toEqual([
      ['reply', expect.stringContaining('A new one is on its way.')],
    ]);
    expect((await toClaire())[0]).toMatchObject({ inReplyTo: null, references: [] });
    expect((await articles())[0]?.marks).toEqual([]);
  });

  test('so does an answer below /confirm, once', async () => {
    await fromJohn(FORWARD);
    await fromJohn({ to: (await receipt()).replyTo, subject: 'Re: x', text: '/confirm\n\nIt is on its way.\n' });
    expect((await toClaire()).map(({ purpose }) => purpose)).toEqual(['reply']);
    expect(await database.db('ticket_event').where({ kind: 'requester.confirmed' })).toHaveLength(1);
  });

  test('a note confirms nothing', async () => {
    await fromJohn(FORWARD);
    await fromJohn({ to: (await receipt()).replyTo, subject: 'Re: x', text: '/note\n\nIs that really her?\n' });
    expect((await articles())[0]?.marks).toEqual(['claimed-by-agent']);
    expect(await toClaire()).toEqual([]);
  });
});

describe('the claim gives nobody a right', () => {
  test('a later mail of that address opens a ticket of its own', async () => {
    await fromJohn(FORWARD);
    await takeIn({ from: 'claire@customer.test', subject: 'Card lost', text: 'And?\n' });
    await takeIn({ from: 'claire@customer.test', subject: 'Re: [#1001] Card lost', text: 'And?\n' });
    expect(await tickets()).toHaveLength(3);
    expect((await articles()).filter(({ ticket_id }) => ticket_id === '1')).toHaveLength(2);
  });

  test.each<[string, MailContent]>([
    ['nobody vouches for the agent', { headers: {} }],
    ['a requester passes it on', { from: 'Karen <karen@customer.test>', headers: vouchedFor('karen@customer.test') }],
    ['the agent wrote it from elsewhere', { text: ORIGINAL.replace('claire@customer.test', 'john@desk.test') }],
  ])('nor is there one where %s: the ticket is for who sent it', async (_name, content) => {
    await fromJohn({ ...FORWARD, ...content });
    const [ticket, ...others] = await tickets();
    expect(others).toEqual([]);
    expect(ticket.subject).toBe('Fwd: Card lost');
    expect(await requesterOf(ticket)).toBe(content.from === undefined ? 'john@desk.test' : 'karen@customer.test');
    expect((await articles())[0]?.marks).not.toContain('claimed-by-agent');
    expect(await toClaire()).toEqual([]);
    expect(await sent('receipt')).toEqual([]);
  });
});

test('where no sender can be told the agent is the requester, and the receipt says so', async () => {
  await fromJohn({ subject: 'Fwd: Card', text: '---- Forwarded message ----\nSubject: Card\n\nLost.\n' });
  const [ticket] = await tickets();
  expect(await requesterOf(ticket)).toBe('john@desk.test');
  const mail = await receipt();
  expect(mail.text).toContain('Ticket #1001 is open for you');
  expect(await sent('acknowledgement')).toEqual([]);
  await fromJohn({ to: mail.replyTo, subject: 'Re: Card', text: 'It was Claire.\n' });
  expect((await articles()).at(-1)).toMatchObject({ kind: 'inbound', state: 'accepted', author_id: seeded.johnId });
});

test('an agent of another department opens it too, and leaves the confirming to those who work there', async () => {
  await fromJohn(FORWARD, seeded.desk.mailboxes.find(({ key }) => key === 'banking')?.id);
  const mail = await receipt();
  expect(mail.text).toContain('It is in Banking: whoever works there answers it');
  expect(mail.text).not.toMatch(/mailto:|Reply above/);
  expect(mail.tokens.map(({ purpose }) => purpose)).toEqual(['note']);
});

test('commands at its top are not run, and the receipt says so', async () => {
  await fromJohn({ ...FORWARD, text: `/take\n\n${FORWARD.text}` });
  expect((await tickets())[0]).toMatchObject({ assignee_id: null });
  expect((await receipt()).text).toContain('The commands at its top were not run.');
});

test('to the address of a ticket it is what it always was: an answer, held where it is doubtful', async () => {
  await takeIn({ from: 'Karen <karen@customer.test>', headers: vouchedFor('karen@customer.test') });
  const told = (await sent('notification')).find(({ to }) => to === 'john@desk.test');
  await fromJohn({ ...FORWARD, to: told?.replyTo ?? '' });
  expect(await tickets()).toHaveLength(1);
  expect((await articles()).at(-1)).toMatchObject({ kind: 'reply' });
});

describe('an agent’s own new mail', () => {
  test('is a request like any other: acknowledged, told to colleagues, answered and closed towards the agent', async () => {
    await fromJohn({ subject: 'My chair is broken', text: 'Can I have a new one?\n' });
    const [ticket] = await tickets();
    expect(await requesterOf(ticket)).toBe('john@desk.test');
    expect((await articles())[0]?.marks).toEqual([]);
    const [acknowledgement] = await sent('acknowledgement');
    expect(acknowledgement?.to).toBe('john@desk.test');
    const told = await sent('notification');
    expect(told.map(({ to }) => to)).toEqual(['jane@desk.test']);

    const fromJane = { from: 'jane@desk.test', headers: vouchedFor('jane@desk.test'), subject: 'Re: x' };
    await takeIn({ ...fromJane, to: told[0]?.replyTo ?? '', text: '/resolve\n\nIt comes tomorrow.\n' });
    const [reply] = await sent('reply');
    expect(reply).toMatchObject({ to: 'john@desk.test' });
    await fromJohn({ to: reply?.replyTo ?? '', subject: 'Re: chair', text: 'It did not come. What now?\n' });
    expect((await articles()).at(-1)).toMatchObject({ kind: 'inbound', state: 'accepted', author_id: seeded.johnId });
    expect((await tickets())[0].status).toBe('open');
    expect(await tickets()).toHaveLength(1);
  });
});
