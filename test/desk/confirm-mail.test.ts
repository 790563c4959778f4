import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { SMALL_MAILBOX, seedDesk } from '../support/desk.ts';
import { createTestIntake, type TestIntake } from '../support/intake.ts';
import { buildMail, type MailContent } from '../support/mail-builder.ts';
import { type OutgoingMail, readOutgoing } from '../support/outgoing-mail.ts';

/** A desk behind a mail server that vouches only for who logged in to it, as a bare Postfix does. */
const AUTHENTICATION = [{ receivedBy: 'mx.desk.test', with: 'ESMTPSA' }];
const LOGGED_IN = {
  Received: 'from laptop by mx.desk.test (Postfix) with ESMTPSA id 1; Mon, 23 Nov 2026 09:00:00 +0000',
};

let database: TestDatabase;
let intake: TestIntake;

beforeEach(async () => {
  database = await createTestDatabase();
  const { desk } = await seedDesk(database.db, { mailboxes: [{ ...SMALL_MAILBOX, authentication: AUTHENTICATION }] });
  intake = createTestIntake(database, desk);
});
afterEach(async () => {
  await database.drop();
});

async function takeIn(content: MailContent): Promise<string> {
  const id = await intake.receive(buildMail(content));
  await intake.drain();
  return id;
}
const fromJohn = (content: MailContent) => takeIn({ from: 'John <john@desk.test>', subject: 'Re: x', ...content });
const sent = (purpose: string) => readOutgoing(database.db, { purpose });
const ticket = () => database.db('ticket').first('status', 'assignee_id', 'priority', 'version');
const articles = () => database.db('article').orderBy('id').select('kind', 'state', 'visibility', 'text');
const mailRow = (id: string) => database.db('inbound_mail').where({ id }).first();
const events = () => database.db('ticket_event').orderBy('seq').pluck('kind');

/** Where John answers, notes and acts. */
async function addresses(agent = 'john@desk.test') {
  const told = (await sent('notification')).findLast(({ to }) => to === agent);
  const labelled = (label: string) =>
    decodeURIComponent(new RegExp(`${label}:\\nmailto:([^?]+)`).exec(told?.text ?? '')?.[1] ?? '');
  return { reply: told?.replyTo ?? '', note: labelled('Write a note for colleagues'), act: labelled('Take it') };
}

async function question(): Promise<OutgoingMail> {
  const asked = (await sent('confirmation')).at(-1);
  if (asked === undefined) throw new Error('nobody was asked');
  return asked;
}
/** As a mail program answers: with the question quoted below. */
const answer = ({ replyTo, text, subject }: OutgoingMail, words: string, content: MailContent = {}) =>
  fromJohn({
    to: replyTo,
    subject: `Re: ${subject}`,
    text: `${words}\n\nOn Mon, 23 Nov 2026, Desk Support wrote:\n${text.replace(/^/gm, '> ')}`,
    ...content,
  });

describe('an agent’s mail that nobody says anything for or against', () => {
  test('is kept, and the agent is asked at the address in the configuration', async () => {
    await takeIn({});
    const before = await ticket();
    const id = await fromJohn({ to: (await addresses()).reply, text: 'Please try again.\n\n-- \nJohn\n' });
    expect(await ticket()).toEqual({ ...before, version: before.version + 3 });
    expect(await sent('reply')).toEqual([]);
    expect((await articles()).at(-1)).toMatchObject({ kind: 'inbound', state: 'held', visibility: 'internal' });
    const asked = await question();
    expect(asked).toMatchObject({ to: 'john@desk.test', header: expect.stringContaining('Auto-Submitted') });
    expect(asked.text).toContain('Did you write this?');
    expect(asked.text).toContain('This then goes to Karen Customer');
    expect(asked.text).toContain('> Please try again.\n');
    expect(asked.text).not.toContain('> John');
    expect(asked.tokens).toMatchObject([{ purpose: 'confirm', inboundMailId: id }]);
  });

  test('goes out once it is confirmed, claims the ticket, and takes the place of what was held', async () => {
    await takeIn({});
    await fromJohn({ to: (await addresses()).reply, text: 'Please try again.\n' });
    const answering = await answer(await question(), 'Yes, mine.');
    expect((await sent('reply')).map(({ to, text }) => [to, text.split('\n')[0]])).toEqual([
      ['karen@customer.test', 'Please try again.'],
    ]);
    expect(await ticket()).toMatchObject({ status: 'pending', assignee_id: expect.any(String) });
    expect((await articles()).map(({ kind, state }) => [kind, state])).toEqual([
      ['inbound', 'accepted'],
      ['inbound', 'discarded'],
      ['reply', 'accepted'],
    ]);
    expect(await mailRow(answering)).toMatchObject({ state: 'settled', disposition: 'confirmation', article_id: null });
    expect(await events()).toEqual(
      expect.arrayContaining(['confirmation.asked', 'confirmation.answered', 'article.discarded']),
    );
    const evidence = await database.db('ticket_event').where({ kind: 'article.added' }).orderBy('seq', 'desc').first();
    expect(evidence.data.evidence).toContainEqual({
      rule: 'authentication:confirmation',
      saw: `confirmed by mail ${answering}`,
    });
    expect(await sent('confirmation')).toHaveLength(1);
  });

  test('one tap does as well as an answer', async () => {
    await takeIn({});
    await fromJohn({ to: (await addresses()).note, text: 'A secret among colleagues.\n' });
    const { text } = await question();
    const link = new URL(/Yes, I wrote it:\n(\S+)/.exec(text)?.[1] ?? '');
    expect(text).toContain('This then becomes an internal note');
    await fromJohn({
      to: decodeURIComponent(link.pathname),
      subject: link.searchParams.get('subject'),
      text: link.searchParams.get('body') ?? '',
    });
    expect((await articles()).at(-1)).toMatchObject({
      kind: 'note',
      state: 'accepted',
      text: 'A secret among colleagues.\n',
    });
  });

  test('commands are carried out then, all or nothing, on the ticket as it is then', async () => {
    await takeIn({});
    const { act } = await addresses();
    await fromJohn({ to: act, text: '/take\n/priority high\n' });
    const asked = await question();
    expect(asked.text).toContain('These commands are then carried out');
    expect(await ticket()).toMatchObject({ priority: 'normal', assignee_id: null });
    await fromJohn({ to: act, text: '/priority urgent\n', headers: LOGGED_IN });
    await answer(asked, 'Yes');
    expect(await ticket()).toMatchObject({ priority: 'high', assignee_id: expect.any(String) });
    expect((await sent('receipt')).at(-1)?.text).toContain('high');
    await fromJohn({ to: act, text: '/take\n/priority purple\n' });
    await answer(await question(), 'Yes');
    expect((await sent('receipt')).at(-1)?.text).toContain('purple');
    expect(await ticket()).toMatchObject({ priority: 'high' });
  });

  test('is nobody’s business where the mail server vouches for it', async () => {
    await takeIn({});
    await fromJohn({ to: (await addresses()).reply, text: 'Please try again.\n', headers: LOGGED_IN });
    expect(await sent('reply')).toHaveLength(1);
    expect(await sent('confirmation')).toEqual([]);
  });
});

describe('a confirmation', () => {
  const unanswered = async () => {
    await takeIn({});
    await fromJohn({ to: (await addresses()).reply, text: 'Please try again.\n' });
    return question();
  };

  test('counts once: the second answer is told, the third not even that', async () => {
    const asked = await unanswered();
    await answer(asked, 'Yes');
    const after = { articles: await articles(), replies: await sent('reply') };
    for (const words of ['Yes again', 'And again']) {
      await answer(asked, words);
      expect({ articles: await articles(), replies: await sent('reply') }).toEqual(after);
    }
    const letters = (await sent('confirmation')).slice(1);
    expect(letters.map(({ to, text }) => [to, text.split('\n')[0]])).toEqual([
      ['john@desk.test', 'This was answered before'],
    ]);
  });

  test('counts once when two answers are taken in at the same moment', async () => {
    const { replyTo } = await unanswered();
    for (const text of ['Yes', 'Yes.']) await intake.receive(buildMail({ from: 'john@desk.test', to: replyTo, text }));
    await intake.drain();
    expect(await sent('reply')).toHaveLength(1);
    expect(await database.db('inbound_mail').whereNot({ state: 'settled' })).toEqual([]);
  });

  test('comes too late after 15 minutes of database time: told so; sent again, it is asked again', async () => {
    const asked = await unanswered();
    await database.db('mail_confirmation').update({ asked_at: database.db.raw(`asked_at - interval '15 minutes'`) });
    await answer(asked, 'Yes');
    expect(await sent('reply')).toEqual([]);
    expect((await sent('confirmation')).at(-1)?.text).toContain('Your reply came too late');
    await fromJohn({ to: (await addresses()).reply, text: 'Please try again.\n' });
    await answer(await question(), 'Yes');
    expect(await sent('reply')).toHaveLength(1);
  });

  test('a No is a no, for good', async () => {
    const asked = await unanswered();
    await answer(asked, 'No, that was not me.');
    await answer(asked, 'Yes');
    expect(await sent('reply')).toEqual([]);
    const letters = (await sent('confirmation')).slice(1);
    expect(letters.map(({ text }) => text.split('\n')[0])).toEqual(['Nothing was sent', 'This was answered before']);
  });

  test('an absence note does not confirm', async () => {
    const { replyTo } = await unanswered();
    await fromJohn({ to: replyTo, text: 'I am away.\n', headers: { 'Auto-Submitted': 'auto-replied' } });
    expect(await sent('reply')).toEqual([]);
    expect(await database.db('mail_confirmation').first()).toMatchObject({ outcome: null });
  });

  test('a second copy of the mail, by another mailbox, does not ask again, and nothing is done twice', async () => {
    await takeIn({});
    const mail = { to: (await addresses()).reply, text: 'Please try again.\n', messageId: '<once@desk.test>' };
    await fromJohn(mail);
    await fromJohn({ ...mail, headers: { 'X-Copy': '1' } });
    expect(await sent('confirmation')).toHaveLength(1);
    await answer(await question(), 'Yes');
    await fromJohn({ ...mail, headers: { 'X-Copy': '2' } });
    expect(await sent('reply')).toHaveLength(1);
    expect(await sent('confirmation')).toHaveLength(1);
    expect(await database.db('inbound_mail').where({ disposition: 'duplicate' })).toHaveLength(2);
    expect((await articles()).filter(({ state }) => state === 'accepted')).toHaveLength(2);
  });

  test('of an agent who lost the right meanwhile lets nothing out', async () => {
    const asked = await unanswered();
    await database.db('person').where({ name: 'John Smith' }).update({ disabled_at: new Date() });
    await answer(asked, 'Yes');
    expect(await sent('reply')).toEqual([]);
  });

  test('is asked for three times without a yes and ticket; then the agent is warned, once', async () => {
    await takeIn({});
    const { reply } = await addresses();
    for (let forged = 0; forged < 8; forged += 1) await fromJohn({ to: reply, text: `Pay to account ${forged}.\n` });
    expect(await sent('confirmation')).toHaveLength(3);
    expect((await sent('warning')).map(({ to, text }) => [to, text.includes('without getting a yes')])).toEqual([
      ['john@desk.test', true],
    ]);
    expect((await articles()).filter(({ state }) => state === 'held')).toHaveLength(8);
    await answer(await question(), 'Yes');
    await fromJohn({ to: reply, text: 'One more.\n' });
    expect(await sent('confirmation')).toHaveLength(4);
  });
});
