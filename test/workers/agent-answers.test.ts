import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type SeededDesk, SMALL_DESK, seedDesk } from '../support/desk.ts';
import { createTestIntake, type TestIntake } from '../support/intake.ts';
import { buildMail, type MailContent } from '../support/mail-builder.ts';
import { type OutgoingMail, readOutgoing } from '../support/outgoing-mail.ts';

let database: TestDatabase;
let seeded: SeededDesk;
let intake: TestIntake;

beforeEach(async () => {
  database = await createTestDatabase();
  seeded = await seedDesk(database.db, {
    departments: [...SMALL_DESK.departments, { key: 'other', name: 'Other', mailbox: 'support' }],
    agents: [
      ...SMALL_DESK.agents,
      { key: 'mary', name: 'Mary', emails: ['mary@desk.test'], role: 'agent', departments: ['other'] },
    ],
  });
  intake = createTestIntake(database, seeded.desk);
});
afterEach(async () => {
  await database.drop();
});

const vouchedFor = (address: string) => ({
  'Authentication-Results': `mx.desk.test; dmarc=pass header.from=${address.replace(/^.*@/, '')}`,
  'Return-Path': `<${address}>`,
});

async function takeIn(content: MailContent): Promise<void> {
  await intake.receive(buildMail(content));
  await intake.drain();
}

const fromKaren = (content: MailContent = {}) => takeIn({ headers: vouchedFor('karen@customer.test'), ...content });
const fromJohn = (content: MailContent) =>
  takeIn({ from: 'John Smith <john@desk.test>', headers: vouchedFor('john@desk.test'), subject: 'Re: x', ...content });

const sent = (purpose: string) => readOutgoing(database.db, { purpose });
const ticket = () => database.db('ticket').orderBy('id', 'desc').first();
const lastArticle = () => database.db('article').orderBy('id', 'desc').first();

/** What John got: an own reply address, an own note address, an own address for actions. */
async function notification(to = 'john@desk.test'): Promise<OutgoingMail> {
  const mail = (await sent('notification')).findLast((one) => one.to === to);
  if (mail === undefined) throw new Error(`${to} was told nothing`);
  return mail;
}
const addressFor = ({ text }: OutgoingMail, label: 'Take it' | 'Write a note for colleagues') =>
  decodeURIComponent(new RegExp(`${label}:\\nmailto:([^?]+)`).exec(text)?.[1] ?? '');
const quote = ({ text }: OutgoingMail) =>
  `On Mon, 23 Nov 2026 at 10:00, Karen Customer via Desk Support\n<support@desk.test> wrote:\n\n${text.replace(/^/gm, '> ')}`;

describe('an agent’s answer to a notification', () => {
  test('counts as theirs however their address is written', async () => {
    await fromKaren();
    const told = await notification();
    await fromJohn({ from: 'John <John@Desk.test>', to: told.replyTo, text: `It is on its way.\n\n${quote(told)}` });
    expect((await sent('reply')).map(({ to }) => to)).toEqual(['karen@customer.test']);
    expect(await ticket()).toMatchObject({ assignee_id: seeded.johnId });
  });

  test('goes to the requester in the department’s name, without the quote and the signature', async () => {
    await fromKaren({ subject: 'Card lost', messageId: '<first@customer.test>', text: 'I lost my card.\n' });
    const told = await notification();
    await fromJohn({
      to: told.replyTo,
      text: `Dear Karen,\n\na new one is on its way.\n\n-- \nJohn, ext. 4711\n\n${quote(told)}`,
    });

    const [reply, ...others] = await sent('reply');
    expect(others).toEqual([]);
    expect(reply).toMatchObject({
      to: 'karen@customer.test',
      visibleTo: ['karen@customer.test'],
      fromName: 'Desk Support',
      subject: 'Re: [#1001] Card lost',
      inReplyTo: 'first@customer.test',
      references: ['first@customer.test'],
      attachments: [],
    });
    expect(reply?.text).toBe(
      'Dear Karen,\n\na new one is on its way.\n\n-- \nDesk Support, ticket #1001. To answer, just reply to this email.\n',
    );
    expect(reply?.header).not.toMatch(/Auto-Submitted|X-Docket|John/);
    expect(await lastArticle()).toMatchObject({
      kind: 'reply',
      visibility: 'public',
      state: 'accepted',
      author_id: seeded.johnId,
      message_id: reply?.messageId,
    });
  });

  test.each([
    ['a closing formula', '\n\nBest regards\nJohn Smith', 'Best regards\nJohn Smith'],
    [
      'a closing with title and telephone',
      '\n\nBest regards\nJohn Smith\nSupport Engineer\nTel. +49 30 1234567',
      'Best regards\nJohn Smith\nSupport Engineer',
    ],
    ['what a phone adds', '\n\nJohn\n\nSent from my iPhone', 'John'],
  ])('goes out when it ends in %s: what is cut there is the agent’s own', async (_name, ending, closing) => {
    await fromKaren();
    const told = await notification();
    await fromJohn({ to: told.replyTo, text: `A new card is on its way.${ending}\n\n${quote(told)}` });
    const [reply] = await sent('reply');
    expect(reply?.text).toMatch(new RegExp(`^A new card is on its way\\.\n\n${closing}\n\n-- \nDesk Support,`));
  });

  test('claims the ticket, lets it wait for the requester, and her answer comes back to whoever claimed it', async () => {
    await fromKaren();
    await fromJohn({ to: (await notification()).replyTo, text: 'Which phone?\n' });
    expect(await ticket()).toMatchObject({ assignee_id: seeded.johnId, status: 'pending' });
    const events = await database.db('ticket_event').select('kind', 'data').orderBy('seq');
    expect(events).toContainEqual({
      kind: 'ticket.assigned',
      data: { from: null, to: seeded.johnId, reason: 'replied', insteadOf: [], candidates: [] },
    });
    const [reply] = await sent('reply');
    await fromKaren({ to: reply?.replyTo ?? '', inReplyTo: `<${reply?.messageId}>`, text: 'An old one.\n' });
    expect(await ticket()).toMatchObject({ status: 'open' });
    expect((await sent('notification')).slice(2).map(({ to }) => to)).toEqual(['john@desk.test']);
  });

  test('does not make the ticket wait when it is older than the newest question', async () => {
    const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);
    await intake.receive(buildMail({ headers: vouchedFor('karen@customer.test') }), { receivedAt: minutesAgo(30) });
    await intake.drain();
    const told = await notification();
    const acknowledged = (await sent('acknowledgement'))[0];
    const ask = {
      to: acknowledged?.replyTo ?? '',
      headers: vouchedFor('karen@customer.test'),
      text: 'And my other card?\n',
    };
    await intake.receive(buildMail(ask), { receivedAt: minutesAgo(10) });
    await intake.drain();
    const answer = {
      from: 'john@desk.test',
      to: told.replyTo,
      text: 'Yes, it works.\n',
      headers: vouchedFor('john@desk.test'),
    };
    await intake.receive(buildMail(answer), { receivedAt: minutesAgo(20) });
    await intake.drain();
    expect(await sent('reply')).toHaveLength(1);
    expect(await ticket()).toMatchObject({ assignee_id: seeded.johnId, status: 'open' });
  });

  test('goes to accepted collaborators as well, all with one Message-ID and each with an own reply address', async () => {
    await fromKaren({ cc: 'Kim <kim@customer.test>, John <john@desk.test>' });
    await fromJohn({ to: (await notification()).replyTo, text: 'Please try again.\n' });
    const mails = await sent('reply');
    expect(mails.map(({ to }) => to)).toEqual(['karen@customer.test', 'kim@customer.test']);
    expect(mails.map(({ visibleTo, cc }) => [visibleTo, cc])).toEqual([
      [['karen@customer.test'], ['kim@customer.test']],
      [['karen@customer.test'], ['kim@customer.test']],
    ]);
    expect(new Set(mails.map(({ messageId }) => messageId)).size).toBe(1);
    expect(new Set(mails.map(({ replyTo }) => replyTo)).size).toBe(2);
    expect(await database.db('outbox').where({ purpose: 'reply' }).countDistinct('body_sha256')).toEqual([
      { count: '1' },
    ]);
  });

  test('takes its attachments along, byte for byte', async () => {
    await fromKaren();
    const content = Buffer.from(Array.from({ length: 5_000 }, (_, index) => index % 256));
    await fromJohn({
      to: (await notification()).replyTo,
      text: 'See the attached form.\n',
      attachments: [{ fileName: 'Größe 1.pdf', contentType: 'application/pdf', content }],
    });
    const [reply] = await sent('reply');
    expect(reply?.attachments).toEqual([{ fileName: 'Größe 1.pdf', contentType: 'application/pdf', content }]);
  });

  test('takes effect once, however often it is delivered (AG-05)', async () => {
    await fromKaren();
    const mail = { to: (await notification()).replyTo, text: 'Hello.\n', messageId: '<once@desk.test>' };
    await fromJohn(mail);
    await fromJohn({ ...mail, headers: { Received: 'again', ...vouchedFor('john@desk.test') } });
    expect(await sent('reply')).toHaveLength(1);
  });

  test('is not sent a second time to whom the agent wrote directly', async () => {
    await fromKaren({ cc: 'Kim <kim@customer.test>' });
    await fromJohn({ to: `${(await notification()).replyTo}, karen@customer.test`, text: 'Hello.\n' });
    expect((await sent('reply')).map(({ to }) => to)).toEqual(['kim@customer.test']);
  });
});

describe('an agent’s note', () => {
  test('stays inside, and changes nothing else', async () => {
    await fromKaren();
    const told = await notification();
    await fromJohn({
      to: addressFor(told, 'Write a note for colleagues'),
      text: 'A secret among colleagues of the desk.\n',
    });
    expect(await lastArticle()).toMatchObject({ kind: 'note', visibility: 'internal', state: 'accepted' });
    expect(await sent('reply')).toEqual([]);
    expect(await ticket()).toMatchObject({ status: 'new', assignee_id: null });
  });

  test('it stays when the reply address stands beside the note address', async () => {
    await fromKaren();
    const told = await notification();
    await fromJohn({
      to: told.replyTo,
      cc: addressFor(told, 'Write a note for colleagues'),
      text: 'A secret among colleagues.\n',
    });
    expect(await sent('reply')).toEqual([]);
    expect(await lastArticle()).toMatchObject({ kind: 'note' });
  });

  test('no text sent to an action address ever leaves', async () => {
    await fromKaren();
    await fromJohn({ to: addressFor(await notification(), 'Take it'), text: 'A secret among colleagues\n' });
    expect(await sent('reply')).toEqual([]);
  });
});

describe('doubt keeps the mail', () => {
  const held = async () => {
    expect(await sent('reply')).toEqual([]);
    expect(await lastArticle()).toMatchObject({ kind: 'reply', state: 'held' });
    expect(await ticket()).toMatchObject({ status: 'new', assignee_id: null });
    const [letter, ...others] = await sent('receipt');
    expect(others).toEqual([]);
    expect(letter?.to).toBe('john@desk.test');
    return letter?.text ?? '';
  };

  test('when the quote begins in a way nobody has seen, and shows what would be sent', async () => {
    await fromKaren({ text: 'I lost my card.\n' });
    const told = await notification();
    await fromJohn({
      to: told.replyTo,
      text: `It is on its way.\n\nQuoth Karen upon the morrow:\n${told.text.replace(/^/gm, '| ')}`,
    });
    const text = await held();
    expect(text).toContain('Your answer has not been sent');
    expect(text).toContain('your mail program quotes in an unknown way');
    expect(text).toContain('> It is on its way.');
    expect(text).toContain('/send');
  });

  test('when a token of ours is in it, also in an attached mail', async () => {
    await fromKaren();
    const told = await notification();
    await fromJohn({
      to: told.replyTo,
      text: 'See attached.\n',
      attachments: [{ fileName: 'mail.eml', contentType: 'message/rfc822', content: `Subject: x\r\n\r\n${told.text}` }],
    });
    const text = await held();
    expect(text).toContain('an address of ours that works for you alone');
    expect(text).not.toContain('To send it as it is');
  });

  test('when words of a note are in it', async () => {
    await fromKaren();
    const told = await notification();
    const note = 'A secret among colleagues: this customer is about to leave us for another bank.\n';
    await fromJohn({ to: addressFor(told, 'Write a note for colleagues'), text: note });
    await fromJohn({ to: told.replyTo, text: `Dear Karen, ${note}` });
    expect(await held()).toContain('words of an internal note');
  });

  test('when the cut is not certain', async () => {
    await fromKaren();
    const told = await notification();
    await fromJohn({ to: told.replyTo, text: 'Please try again.\n\n> It does not work.\n' });
    expect(await held()).toContain('not certain where your text ends');
  });
});

describe('a mail in an agent’s name without the agent’s power (AG-01 to AG-06, case 78)', () => {
  const nothingHappened = async () => {
    expect(await sent('reply')).toEqual([]);
    expect(await lastArticle()).toMatchObject({ state: 'held', visibility: 'internal' });
    expect(await ticket()).toMatchObject({ status: 'new', assignee_id: null });
  };
  const warnings = async () => (await sent('warning')).map(({ to, text }) => [to, text]);

  test.each<[string, Record<string, string | string[]>]>([
    ['fails the check', { 'Authentication-Results': 'mx.desk.test; dmarc=fail header.from=desk.test' }],
    ['passed for another domain', { 'Authentication-Results': 'mx.desk.test; dmarc=pass header.from=evil.test' }],
    [
      'forged results below the true ones vouch for',
      {
        'Authentication-Results': [
          'mx.desk.test; dmarc=fail header.from=desk.test',
          'mx.desk.test; dmarc=pass header.from=desk.test',
        ],
      },
    ],
    ['wants the answer elsewhere', { ...vouchedFor('john@desk.test'), 'Reply-To': 'john@evil.test' }],
  ])('that %s changes nothing, and the real agent is told once', async (_name, headers) => {
    await fromKaren();
    const { replyTo } = await notification();
    for (const text of ['Pay to this account.\n', 'Really, do.\n']) {
      await fromJohn({ to: replyTo, text, headers });
      await nothingHappened();
    }
    expect(await warnings()).toEqual([['john@desk.test', expect.stringContaining('No mail server vouches for it.')]]);
  });

  test('with another agent’s token', async () => {
    await fromKaren();
    const { replyTo } = await notification('jane@desk.test');
    await fromJohn({ to: replyTo, text: 'Hello.\n' });
    await nothingHappened();
    expect(await warnings()).toEqual([['john@desk.test', expect.stringContaining('the address that you were given')]]);
  });

  test('with the requester’s token', async () => {
    await fromKaren();
    const [{ replyTo } = { replyTo: '' }] = await sent('acknowledgement');
    await fromJohn({ to: replyTo, text: 'Hello.\n' });
    await nothingHappened();
    expect(await warnings()).toHaveLength(1);
  });

  test('with two From headers', async () => {
    await fromKaren();
    const { replyTo } = await notification();
    await fromJohn({ to: replyTo, headers: { ...vouchedFor('john@desk.test'), From: 'Karen <karen@customer.test>' } });
    expect(await sent('reply')).toEqual([]);
    expect(await ticket()).toMatchObject({ assignee_id: null });
  });

  test('of an agent who no longer works in the department', async () => {
    await fromKaren();
    const { replyTo } = await notification();
    await database.db('ticket').update({
      department_id: seeded.desk.departments.find(({ key }) => key === 'other')?.id ?? '',
    });
    await fromJohn({ to: replyTo, text: 'Hello.\n' });
    await nothingHappened();
    expect(await warnings()).toEqual([['john@desk.test', expect.stringContaining('You may not do this in Other.')]]);
  });
});
