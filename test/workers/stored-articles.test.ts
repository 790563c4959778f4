import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { SMALL_DESK, seedDesk } from '../support/desk.ts';
import { createTestIntake, type TestIntake } from '../support/intake.ts';
import { buildMail, type MailContent } from '../support/mail-builder.ts';
import { readOutgoing } from '../support/outgoing-mail.ts';

let database: TestDatabase;
let intake: TestIntake;

beforeAll(async () => {
  database = await createTestDatabase();
  intake = createTestIntake(database, (await seedDesk(database.db, { agents: SMALL_DESK.agents.slice(0, 1) })).desk);
});
afterAll(() => database.drop());

const KAREN = 'Karen Customer <karen@customer.test>';
const JOHN = 'John Smith <john@desk.test>';

async function takeIn(content: MailContent): Promise<void> {
  const domain = content.from === JOHN ? 'desk.test' : 'customer.test';
  const headers = { 'Authentication-Results': `mx.desk.test; dmarc=pass header.from=${domain}` };
  await intake.receive(buildMail({ ...content, headers }));
  await intake.drain();
}

/** The newest article with its spans as `[kind, words]`, white space made one blank and empty ones left out. */
async function lastSpans(): Promise<{ kind: string; spans: [string, string][]; text: string }> {
  const { kind, text, spans } = await database.db('article').orderBy('id', 'desc').first();
  const read: [string, string][] = spans.map((span: { kind: string; from: number; to: number }) => [
    span.kind,
    text.slice(span.from, span.to).replace(/\s+/g, ' ').trim(),
  ]);
  return { kind, spans: read.filter(([, words]) => words !== ''), text };
}

/** The address John notes to, and the one he answers to, on a new ticket of Karen's. */
async function askedByKaren(): Promise<{ note: string; reply: string }> {
  await takeIn({ from: KAREN, subject: 'Card lost', text: 'I lost my card.\n' });
  const told = (await readOutgoing(database.db, { purpose: 'notification' })).at(-1);
  const note = /Write a note for colleagues:\nmailto:([^?]+)/.exec(told?.text ?? '')?.[1] ?? '';
  return { note: decodeURIComponent(note), reply: told?.replyTo ?? '' };
}

const TEXT = {
  text:
    'It was on Monday.\n\n-- \nKaren Customer\nExample Ltd, +1 555 0100\n\n' +
    'On Mon, 23 Nov 2026 at 10:00, Desk Support <support@desk.test> wrote:\n> When was it?\n',
};
const HTML = {
  html:
    '<div dir="ltr">It was on Monday.<div><br></div><div class="gmail_signature" data-smartmail="gmail_signature">' +
    'Karen Customer<br>Example Ltd, +1 555 0100</div></div><br>' +
    '<div class="gmail_quote"><div class="gmail_attr">On Mon, 23 Nov 2026 at 10:00, Desk Support ' +
    '&lt;<a href="mailto:support@desk.test">support@desk.test</a>&gt; wrote:<br></div>' +
    '<blockquote class="gmail_quote"><div>When was it?</div></blockquote></div>',
};
const FORMS: [string, MailContent][] = [
  ['text', TEXT],
  ['HTML', HTML],
  ['text and HTML', { ...TEXT, ...HTML }],
];

test.each(FORMS)(
  'a requester’s mail in %s is stored with its new words, signature and quoted text apart',
  async (_name, content) => {
    await takeIn({ from: KAREN, subject: 'Re: Card lost', ...content });
    const { kind, spans, text } = await lastSpans();
    expect(kind).toBe('inbound');
    expect(spans.map(([one]) => one)).toEqual(['reply', 'signature', 'quoted']);
    expect(spans[0]?.[1]).toBe('It was on Monday.');
    expect(spans[1]?.[1]).toContain('Example Ltd');
    expect(spans[2]?.[1]).toContain('When was it?');
    expect(text).toContain('+1 555 0100');
  },
);

test.each(FORMS)('an agent’s note in %s is stored so as well: colleagues see all of it', async (_name, content) => {
  const { note } = await askedByKaren();
  await takeIn({ from: JOHN, to: note, subject: 'Note on #1001', ...content });
  const { kind, spans } = await lastSpans();
  expect(kind).toBe('note');
  expect(spans.map(([one]) => one)).toEqual(['reply', 'signature', 'quoted']);
  expect(spans[0]?.[1]).toBe('It was on Monday.');
});

test.each(FORMS)(
  'an agent’s answer in %s is stored as what left: the raw mail keeps the rest',
  async (_name, content) => {
    const { reply } = await askedByKaren();
    await takeIn({ from: JOHN, to: reply, subject: 'Re: Card lost', ...content });
    const { kind, spans } = await lastSpans();
    expect(kind).toBe('reply');
    expect(spans).toEqual([['reply', 'It was on Monday.']]);
    const [sent] = (await readOutgoing(database.db, { purpose: 'reply' })).slice(-1);
    expect(sent?.text).toContain('It was on Monday.');
    expect(sent?.text).not.toMatch(/Example Ltd|When was it/);
  },
);
