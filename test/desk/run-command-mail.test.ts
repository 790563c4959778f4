import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { COMMAND_WORDS, commandWordOf } from '../../src/core/command-words.ts';
import type { AgentPurpose } from '../../src/core/identity.ts';
import { mintToken, replyAddress } from '../../src/core/reply-token.ts';
import { listDueWork } from '../../src/store/due-work.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type SeededDesk, SMALL_DESK, seedDesk } from '../support/desk.ts';
import { createTestIntake, TEST_KEYS, type TestIntake } from '../support/intake.ts';
import { buildMail, type MailContent } from '../support/mail-builder.ts';
import { readOutgoing } from '../support/outgoing-mail.ts';

let database: TestDatabase;
let seeded: SeededDesk;
let intake: TestIntake;
let ticketId: string;

beforeEach(async () => {
  database = await createTestDatabase();
  seeded = await seedDesk(database.db, {
    departments: [
      ...SMALL_DESK.departments,
      { key: 'banking', name: 'Banking', mailbox: 'support', fromName: 'Desk Banking', afterReply: 'on-hold' },
    ],
    agents: SMALL_DESK.agents.map((agent) => (agent.key === 'john' ? { ...agent, role: 'lead' as const } : agent)),
  });
  intake = createTestIntake(database, seeded.desk);
  await intake.receive(
    buildMail({
      subject: 'Card lost',
      headers: {
        'Authentication-Results': 'mx.desk.test; dmarc=pass header.from=customer.test',
        'Return-Path': '<karen@customer.test>',
      },
    }),
  );
  await intake.drain();
  ticketId = (await ticket()).id;
});
afterEach(() => database.drop());

const VOUCHED = { 'Authentication-Results': 'mx.desk.test; dmarc=pass header.from=desk.test' };
const ticket = () => database.db('ticket').first();
const tags = async () => (await database.db('ticket_tag').orderBy('tag')).map(({ tag }) => tag);
const articles = () => database.db('article').orderBy('id').offset(1);
const receipts = () => readOutgoing(database.db, { purpose: 'receipt' });
const replies = () => readOutgoing(database.db, { purpose: 'reply' });
const events = async (kind: string) =>
  (await database.db('ticket_event').where({ kind }).orderBy('seq')).map(({ data }) => data);

/** John's mail to his own address for this purpose on the ticket. */
async function john(text: string, purpose: AgentPurpose = 'reply', content: MailContent = {}): Promise<string> {
  return agentMail('john@desk.test', text, purpose, content);
}

async function agentMail(
  from: string,
  text: string,
  purpose: AgentPurpose,
  content: MailContent = {},
  receivedAt?: Date,
) {
  const { id } = await database.db('person_address').where({ address: from }).first();
  const token = mintToken(TEST_KEYS, { purpose, ticketId, addressId: id });
  const mailbox = seeded.desk.mailboxes[0]?.replyAddress ?? '';
  const mailId = await intake.receive(
    buildMail({ from, to: replyAddress(mailbox, token), text, headers: VOUCHED, ...content }),
    receivedAt === undefined ? {} : { receivedAt },
  );
  await intake.drain();
  const mail = await database.db('inbound_mail').where({ id: mailId }).first();
  expect(mail.last_error_code).toBeNull();
  return mail.disposition;
}

describe('commands alone', () => {
  test('change the ticket at once, and a receipt says what happened and how to undo it', async () => {
    expect(await john('/take\n/priority high\n/tag +card\n/hold 2h\n', 'act')).toBe('commanded');
    expect(await ticket()).toMatchObject({ status: 'on-hold', priority: 'high', assignee_id: seeded.johnId });
    expect((await ticket()).wake_at.getTime()).toBeGreaterThan(Date.now());
    expect(await tags()).toEqual(['card']);
    const [receipt] = await receipts();
    expect(receipt?.to).toBe('john@desk.test');
    expect(receipt?.header).toContain('Auto-Submitted: auto-replied');
    expect(receipt?.text).toContain('Done on #1001.');
    expect(receipt?.text).toContain('/take\n  It is yours now.');
    expect(receipt?.text).toContain('/undo');
    expect(receipt?.tokens.map(({ purpose }) => purpose)).toEqual(['act']);
    expect(await replies()).toEqual([]);
    expect(await articles()).toEqual([]);
    expect(await database.db('ticket_change').where({ cause_kind: 'command' })).toHaveLength(1);
  });

  test('of the same mail in two deliveries have one effect (AG-05)', async () => {
    const messageId = '<twice@desk.test>';
    await john('/tag +a\n', 'act', { messageId });
    expect(await john('/tag +a\n', 'act', { messageId, headers: { Received: 'from elsewhere', ...VOUCHED } })).toBe(
      'duplicate',
    );
    expect(await receipts()).toHaveLength(1);
    expect(await events('ticket.tags-changed')).toHaveLength(1);
  });

  test('add and remove who gets copies, known or not', async () => {
    await john('/cc +karl@customer.test +john.doe@elsewhere.test\n', 'act');
    const collaborators = async () =>
      database
        .db('ticket_collaborator')
        .join('person_address', 'id', 'address_id')
        .orderBy('address')
        .select('address', 'state');
    expect(await collaborators()).toEqual([
      { address: 'john.doe@elsewhere.test', state: 'accepted' },
      { address: 'karl@customer.test', state: 'accepted' },
    ]);
    await john('/cc -karl@customer.test\n', 'act');
    expect((await collaborators())[1]).toMatchObject({ state: 'removed' });
    await john('/cc +karl@customer.test\n', 'act');
    expect((await collaborators())[1]).toMatchObject({ state: 'accepted' });
  });

  test('a one-tap action never relays what stands below it', async () => {
    await john('/take\n\nShe sounds upset.\n', 'act');
    expect(await replies()).toEqual([]);
    expect(await articles()).toEqual([]);
    expect((await receipts())[0]?.text).toContain('was not sent to anybody');
  });

  test('words without a command, at the address for actions, are a note, and whoever wrote them is told', async () => {
    await john('Dear Karen, please restart it.\n', 'act');
    expect(await replies()).toEqual([]);
    expect(await articles()).toMatchObject([{ kind: 'note', visibility: 'internal', state: 'accepted' }]);
    expect((await receipts())[0]?.text).toContain('The requester did not get it.');
  });

  test('corrected in an answer to the receipt that refused them, do what they were to do', async () => {
    await john('/prioritty high\n\nIt takes three days.\n');
    const [receipt] = await receipts();
    expect(receipt?.tokens.map(({ purpose }) => purpose)).toContain('reply');
    await john('/priority high\n\nIt takes three days.\n', 'reply', { to: receipt?.replyTo ?? '' });
    expect((await replies())[0]?.text).toContain('It takes three days.');
    expect(await ticket()).toMatchObject({ priority: 'high' });
  });

  test('/away and /back are about who writes them, and leave the ticket alone', async () => {
    const absences = () => database.db('agent_absence').orderBy('id');
    expect(await john('/away 2h\n', 'act')).toBe('commanded');
    const [absence] = await absences();
    expect(absence).toMatchObject({ agent_id: seeded.johnId, said_by: seeded.johnId });
    expect(absence.until_at - absence.from_at).toBeGreaterThan(1.9 * 3_600_000);
    expect(await ticket()).toMatchObject({ assignee_id: null, status: 'new' });
    const [receipt] = await receipts();
    expect(receipt?.text).toContain('/away 2h\n  You are away until');
    expect(receipt?.text).not.toContain('/undo');

    // The newest word counts.
    await john('/away\n\nWe look into it.\n');
    expect((await absences()).map((row) => row.until_at === null)).toEqual([false, true]);
    expect((await absences())[0].until_at).toEqual((await absences())[1].from_at);
    expect((await replies()).map(({ text }) => text).join()).not.toContain('/away');

    await john('/back\n', 'act');
    const { rows } = await database.db.raw(
      'select count(*)::int as running from agent_absence where until_at is null or until_at > clock_timestamp()',
    );
    expect(rows).toEqual([{ running: 0 }]);
  });

  test('/back makes tickets that wait for an agent due at once', async () => {
    await database.db.raw(
      `update ticket_event set queue = 'assignment', due_at = clock_timestamp() + interval '1 minute' where seq = 1`,
    );
    await john('/back\n', 'act');
    expect(await listDueWork(database.db)).toContainEqual(expect.objectContaining({ queue: 'assignment' }));
  });

  test('move the ticket, and whoever is left without it is written down', async () => {
    await john('/take\n', 'act');
    await john('/dept banking\n', 'act');
    expect(await ticket()).toMatchObject({ assignee_id: null });
    expect(await events('ticket.department-changed')).toMatchObject([{ leavesNobody: true }]);
  });
});

describe('the requester is told', () => {
  const notices = async () => (await readOutgoing(database.db, { purpose: 'notice' })).map(({ to }) => to);
  /** So that the limit of automatic mail to one address counts none of what was sent. */
  const hoursLater = () =>
    database.db('outbox').update({ recorded_at: database.db.raw(`recorded_at - interval '2 hours'`) });

  test('that the ticket is resolved or open again, and of no other change', async () => {
    await john('/take\n/priority high\n/hold 2h\n/tag +a\n', 'act');
    expect(await notices()).toEqual([]);
    await john('/resolve\n', 'act');
    expect(await notices()).toEqual(['karen@customer.test']);
    await hoursLater();
    await john('/reopen\n', 'act');
    expect(await notices()).toHaveLength(2);
    await john('/resolve\n\nHere is what you asked for.\n');
    expect(await notices()).toHaveLength(2);
    expect(await replies()).toHaveLength(1);
  });

  test('and the receipt says whether they were, and why not', async () => {
    await john('/resolve\n', 'act');
    expect((await receipts())[0]?.text).toContain('The requester was told.');
    await john('/reopen\n', 'act');
    expect((await receipts())[1]?.text).toContain('The requester was not told: they have had as many automatic emails');
    expect(await notices()).toHaveLength(1);
    await john('/tag +a\n', 'act');
    expect((await receipts())[2]?.text).not.toContain('The requester was');
  });

  test('when a resolution is taken back', async () => {
    await john('/resolve\n', 'act');
    await hoursLater();
    await john('/undo\n', 'act');
    expect(await notices()).toHaveLength(2);
  });
});

describe('commands with a text', () => {
  test('of a mail that moves the ticket: the text goes out in the name of where it is then, and waits as that says', async () => {
    expect(await john('/dept banking\n\nYour new card is on its way.\n')).toBe('commanded');
    expect((await replies())[0]).toMatchObject({ to: 'karen@customer.test', fromName: 'Desk Banking' });
    expect(await ticket()).toMatchObject({ status: 'on-hold', assignee_id: null });
  });

  test('send the text without them, and let them decide where the ticket goes (AG-10)', async () => {
    expect(await john('/resolve\n/tag +done\n\nYour new card is on its way.\n\n-- \nJohn\n')).toBe('commanded');
    const [reply] = await replies();
    expect(reply?.to).toBe('karen@customer.test');
    expect(reply?.text).toContain('Your new card is on its way.');
    expect(reply?.text).toContain('ticket #1001, marked as solved.');
    expect(`${reply?.text}${reply?.html}`).not.toMatch(/\/resolve|\/tag/);
    expect(await ticket()).toMatchObject({ status: 'resolved', assignee_id: seeded.johnId });
    expect(await events('ticket.status-changed')).toEqual([{ from: 'new', to: 'resolved' }]);
    const [article] = await articles();
    expect(article).toMatchObject({ kind: 'reply', visibility: 'public', state: 'accepted' });
    expect(article.text).not.toContain('/resolve');
    expect((await receipts())[0]?.text).toContain('was sent to the requester');
  });

  test('a claim alone leaves the status to the answer', async () => {
    await john('/take\n\nI look into it.\n');
    expect(await ticket()).toMatchObject({ status: 'pending', assignee_id: seeded.johnId });
    expect(await events('ticket.status-changed')).toEqual([{ from: 'new', to: 'pending' }]);
    expect(await events('ticket.assigned')).toHaveLength(1);
  });

  test('/cc decides who gets this very answer', async () => {
    await john('/cc +karl@customer.test +max@customer.test\n', 'act');
    await john('/cc -karl@customer.test +new@customer.test\n\nYour new card is on its way.\n');
    const sent = await replies();
    expect(sent.map(({ to }) => to).toSorted()).toEqual([
      'karen@customer.test',
      'max@customer.test',
      'new@customer.test',
    ]);
    expect(sent[0]?.cc).toEqual(['max@customer.test', 'new@customer.test']);
  });

  test('/note makes the text one for colleagues', async () => {
    await john('/note\n/hold\n\nShe called again.\n');
    expect(await replies()).toEqual([]);
    expect((await articles())[0]).toMatchObject({ kind: 'note', visibility: 'internal', text: 'She called again.\n' });
    expect(await ticket()).toMatchObject({ status: 'on-hold' });
  });

  test('/note with words of its own stands beside the answer', async () => {
    await john('/note card was stolen\n\nYour new card is on its way.\n');
    expect((await articles()).map(({ kind, text }) => [kind, text.trim()])).toEqual([
      ['reply', 'Your new card is on its way.'],
      ['note', 'card was stolen'],
    ]);
    expect((await replies())[0]?.text).not.toContain('stolen');
  });

  test('what is held holds the commands back too', async () => {
    await john('/note between us: she has asked for this three times already this month\n', 'act');
    await john('/resolve\n\nBetween us, she has asked for this three times already this month.\n');
    expect(await replies()).toEqual([]);
    expect((await articles())[1]).toMatchObject({ kind: 'reply', state: 'held' });
    expect(await ticket()).toMatchObject({ status: 'new' });
    expect((await receipts())[1]?.text).toContain('commands');
  });

  test('/preview says what would happen and does nothing', async () => {
    await john('/preview\n/resolve\n\nDone, Karen.\n');
    expect(await ticket()).toMatchObject({ status: 'new', assignee_id: null });
    expect(await replies()).toEqual([]);
    expect((await receipts())[0]?.text).toMatch(
      /Nothing was done[\s\S]*\/resolve[\s\S]*would be sent[\s\S]*> Done, Karen\./,
    );
  });
});

describe('commands that cannot be carried out', () => {
  test('AG-09: one bad line, and nothing is done or sent but one mail that names it', async () => {
    await john('/take\n/tag +a\n/prioritty high\n/resolve\n\nDone, Karen.\n');
    expect(await ticket()).toMatchObject({ status: 'new', assignee_id: null, priority: 'normal' });
    expect(await tags()).toEqual([]);
    expect(await replies()).toEqual([]);
    const sent = await receipts();
    expect(sent).toHaveLength(1);
    expect(sent[0]?.text).toContain('Line 3, character 1');
    expect(sent[0]?.text).toContain('Did you mean /priority?');
    expect((await articles())[0]).toMatchObject({ state: 'held', visibility: 'internal' });
    expect(await events('commands.refused')).toMatchObject([{ reason: 'errors' }]);
  });

  test.each([
    ['a path', '/etc/hosts must be changed.\n'],
    ['a word nobody knows', '/frobnicate\n\nHello.\n'],
  ])('%s at the top is not relayed', async (_, text) => {
    await john(text);
    expect(await replies()).toEqual([]);
    expect((await receipts())[0]?.text).toContain('Line 1, character 1');
  });

  test('AG-06: without the right to it nothing is done, and the agent is told', async () => {
    await agentMail('jane@desk.test', '/tag +a\n/assign john\n', 'act');
    expect(await tags()).toEqual([]);
    expect((await receipts())[0]?.text).toContain('Line 2: you may not do this');
    expect(await events('commands.refused')).toMatchObject([{ reason: 'not-allowed' }]);
  });

  test('AG-08: in the HTML alone they are asked about', async () => {
    await john('Done.\n', 'reply', { html: '<p>/close</p><p>Done.</p>' });
    await john('/close\n', 'reply', { html: '<p>Done.</p>' });
    expect(await ticket()).toMatchObject({ status: 'new' });
    expect(await replies()).toEqual([]);
    expect(await receipts()).toHaveLength(2);
  });

  test('further down in an answer they keep it back', async () => {
    await john('Done, Karen.\n/close\n');
    expect(await ticket()).toMatchObject({ status: 'new' });
    expect(await replies()).toEqual([]);
    expect((await articles())[0]).toMatchObject({ kind: 'reply', state: 'held' });
  });
});

describe('/undo', () => {
  test('takes back what the last mail changed, once', async () => {
    await john('/priority urgent\n', 'act');
    await john('/take\n/resolve\n/tag +a\n/cc +karl@customer.test\n', 'act');
    await john('/undo\n', 'act');
    expect(await ticket()).toMatchObject({ status: 'new', assignee_id: null, priority: 'urgent' });
    expect(await tags()).toEqual([]);
    expect(await database.db('ticket_collaborator')).toMatchObject([{ state: 'removed' }]);
    await john('/undo\n', 'act');
    expect(await ticket()).toMatchObject({ priority: 'normal' });
    await john('/undo\n', 'act');
    expect((await receipts()).at(-1)?.text).toContain('nothing of yours');
  });

  test('by the link of a receipt takes back what that receipt told of, and says so', async () => {
    await john('/priority urgent\n', 'act');
    await john('/tag +a\n', 'act');
    const link = /body=([^\s&]+)/.exec((await receipts())[0]?.text ?? '')?.[1] ?? '';
    await john(`${decodeURIComponent(link)}\n`, 'act');
    expect(await ticket()).toMatchObject({ priority: 'normal' });
    expect(await tags()).toEqual(['a']);
    expect((await receipts()).at(-1)?.text).toContain('Its priority is normal now.');
    await john(`${decodeURIComponent(link)}\n`, 'act');
    expect((await receipts()).at(-1)?.text).toContain('taken back already');
  });

  test('refuses when somebody changed the same thing since', async () => {
    await john('/hold\n', 'act');
    await agentMail('jane@desk.test', '/status open\n', 'act');
    await john('/undo\n', 'act');
    expect(await ticket()).toMatchObject({ status: 'open' });
    expect((await receipts()).at(-1)?.text).toContain('Somebody has changed');
  });

  test('is refused after half an hour', async () => {
    await john('/hold\n', 'act');
    await database.db('ticket_event').update({ recorded_at: database.db.raw(`recorded_at - interval '31 minutes'`) });
    await john('/undo\n', 'act');
    expect(await ticket()).toMatchObject({ status: 'on-hold' });
  });
});

describe('commands older than the newest question', () => {
  test.each([
    ['/resolve\n\nHere it is.\n', 1],
    ['/take\n/hold 2h\n', 0],
    ['/close\n', 0],
  ])('%j leaves the ticket open, and the receipt says why', async (text, repliesCount) => {
    const receivedAt = new Date(Date.now() - 10 * 60_000);
    await agentMail('john@desk.test', text, repliesCount === 1 ? 'reply' : 'act', {}, receivedAt);
    expect(await ticket()).toMatchObject({ status: 'open', wake_at: null });
    expect(await replies()).toHaveLength(repliesCount);
    expect((await receipts()).at(-1)?.text).toContain(
      'It stays open: the requester has written again since you wrote this.',
    );
  });

  test('and nothing is made of a status that it has', async () => {
    await john('/reopen\n', 'act');
    const receivedAt = new Date(Date.now() - 10 * 60_000);
    await agentMail('john@desk.test', '/status open\n', 'act', {}, receivedAt);
    expect(await ticket()).toMatchObject({ status: 'open' });
    expect((await receipts()).at(-1)?.text).toContain('It was so already.');
  });
});

describe('/send', () => {
  test('sends the answer that was held, once', async () => {
    await john('Done, Karen.\n/close\n');
    expect(await replies()).toEqual([]);
    await john('/send\n\nand this is nobody’s business\n', 'reply');
    const [reply] = await replies();
    expect(reply?.text).toContain('Done, Karen.');
    expect(reply?.text).not.toContain('business');
    expect((await receipts()).at(-1)?.text).toContain('was sent');
    await john('/send\n', 'act');
    expect(await replies()).toHaveLength(1);
    expect((await receipts()).at(-1)?.text).toContain('No answer of yours');
  });

  test('sends none that another answer followed, but by the number in its letter', async () => {
    await john('Done, Karen.\n/close\n');
    const [letter] = await receipts();
    await john('Done, Karen, it is closed.\n');
    await john('/send\n', 'act');
    expect(await replies()).toHaveLength(1);
    const command = /\/send \d+/.exec(letter?.text ?? '')?.[0] ?? '';
    await john(`${command}\n`, 'act');
    expect((await replies()).map(({ text }) => text)).toEqual([
      expect.stringContaining('it is closed'),
      expect.stringContaining('/close'),
    ]);
  });

  test('sends the one whose number it says, and no other', async () => {
    await john('The old words.\n/close\n');
    await john('The new words.\n/close\n');
    const numbers = (await receipts()).map(({ text }) => /\/send (\d+)/.exec(text)?.[1]);
    await john(`/send ${Number(numbers[1]) + 1000}\n`, 'act');
    expect(await replies()).toEqual([]);
    await john(`/send ${numbers[0]}\n`, 'act');
    expect((await replies()).map(({ text }) => text)).toEqual([expect.stringContaining('The old words.')]);
  });

  test('sends the newest, whichever of several processes took it in: ids are drawn in packs', async () => {
    const here = intake;
    const elsewhere = createTestIntake(database, seeded.desk);
    // Both have drawn their packs of ids, this one first.
    await john('A first note.\n', 'note');
    intake = elsewhere;
    await john('The old words.\n/close\n');
    intake = here;
    await john('The new words.\n/close\n');
    await john('/send\n');
    expect((await replies()).map(({ text }) => text)).toEqual([expect.stringContaining('The new words.')]);
  });
});

test('/why and /help answer with a list and send nothing; what stands below them is kept', async () => {
  await john('/why\n/help\n\nThanks!\n');
  const [receipt] = await receipts();
  expect(receipt?.text).toMatch(/opened: new, normal, in Support/);
  expect(receipt?.text).toContain('/assign WHO');
  expect(receipt?.text).toContain('kept as a note');
  expect(await articles()).toMatchObject([{ kind: 'note', text: expect.stringContaining('Thanks!') }]);
  expect(await replies()).toEqual([]);
});

test('whatever agents write, no line that starts with a command reaches the requester', async () => {
  const line = fc.oneof(
    // With /send an agent says that a held text shall go as it is.
    fc.constantFrom(...COMMAND_WORDS.filter((word) => word !== 'send').map((word) => `/${word}`)),
    fc.constantFrom(
      '/take',
      '/tag +a',
      '/hold 2h',
      '/note x y z',
      '/etc/hosts',
      '',
      'Hello Karen,',
      'it works.',
      '> /close',
    ),
    fc.constantFrom('  /resolve', '\ufeff/close', '\u00a0/take', '/RESOLVE', '/resolve: now', '/take,'),
  );
  const texts = fc.sample(
    fc.array(line, { minLength: 1, maxLength: 5 }).map((lines) => `${lines.join('\n')}\n`),
    { seed: 20261123, numRuns: 40 },
  );
  for (const [at, text] of texts.entries()) await john(text, at % 5 === 0 ? 'note' : 'reply');
  const sent = await replies();
  expect(sent.length).toBeGreaterThan(0);
  const relayed = sent.flatMap(({ text }) => text.split('\n'));
  expect(relayed.filter((one) => commandWordOf(one) !== null || one.startsWith('/etc'))).toEqual([]);
}, 120_000);
