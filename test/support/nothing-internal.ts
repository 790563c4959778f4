import type { Knex } from 'knex';
import { simpleParser } from 'mailparser';
import { expect } from 'vitest';
import { commandWordOf } from '../../src/core/command-words.ts';
import { readToken, signingKeys, type Token } from '../../src/core/reply-token.ts';
import { BOUNDARY_LINES } from '../../src/outbound/notification.ts';

/** What the installations of the tests sign with: in this process, and as processes of their own. */
export const TEST_SECRET = 'a secret of the tests, long enough to be one';
export const WORLD_SECRET = 'the secret of a test world, long enough to sign';
const KEYS = signingKeys(TEST_SECRET, [WORLD_SECRET]);

export interface SentMail {
  recipient: string;
  raw: Buffer;
}

/**
 * No mail to somebody who is no agent holds what is for inside alone (design.md §1.8): a token that is no reply address or return
 * path of the recipient's own, a line that agents answer above, a line of a note, a command. Every database of a test looks at its
 * outbox like this before it is dropped, and every desk world at what its relay was given, so that it holds for whatever any test
 * sends. Looked for in the bytes and in what they decode to, without the product's own guard.
 */
export async function expectNothingInternal(db: Knex, mails: readonly SentMail[]): Promise<void> {
  const toOthers = await withoutAgents(db, mails);
  if (toOthers.length === 0) return;
  const words = await wordsOf(db);
  const found: { recipient: string; internal: string }[] = [];
  for (const { recipient, addressId, raw } of toOthers) {
    const readings = await readingsOf(raw);
    for (const internal of [...tokensIn(readings, addressId), ...linesIn(readings, words)])
      found.push({ recipient, internal });
  }
  expect(found).toEqual([]);
}

/** All that was ever promised to anybody, as it leaves. */
export async function listPromisedMails(db: Knex): Promise<SentMail[]> {
  const rows: { recipient_address: string; header: Buffer; content: Buffer | null }[] = await db('outbox')
    .join('blob', 'blob.sha256', 'body_sha256')
    .select('recipient_address', 'header', 'content');
  return rows.map(({ recipient_address, header, content }) => ({
    recipient: recipient_address,
    raw: Buffer.concat([header, content ?? Buffer.alloc(0)]),
  }));
}

async function withoutAgents(db: Knex, mails: readonly SentMail[]) {
  if (mails.length === 0) return [];
  const known: { id: string; address: string; role: string | null }[] = await db('person_address')
    .join('person', 'person.id', 'person_id')
    .select('person_address.id', 'address', 'role');
  const addresses = new Map(known.map((one) => [one.address, one]));
  return (
    mails
      // Who has left the desk has no role any more, and was told of tickets before.
      .filter(({ recipient }) => !addresses.get(recipient)?.role && !recipient.endsWith('@desk.test'))
      .map((mail) => ({ ...mail, addressId: addresses.get(mail.recipient)?.id ?? null }))
  );
}

interface Words {
  /** By their letters, of internal articles alone. */
  secrets: { letters: string; line: string }[];
  /** What requesters wrote themselves may stand in mail to them. */
  openLines: ReadonlySet<string>;
}

async function wordsOf(db: Knex): Promise<Words> {
  // A machine's mail is kept inside too, but where it is that of another Docket it says what ours says.
  const articles: { visibility: string; text: string }[] = await db('article')
    .whereRaw(`not 'automatic' = any(marks)`)
    .select('visibility', 'text');
  const textsOf = (visibility: string) => articles.filter((one) => one.visibility === visibility);
  const open = textsOf('public').flatMap(({ text }) => text.split('\n'));
  const openLetters = lettersOf(open.join(' '));
  const secrets = textsOf('internal')
    .flatMap(({ text }) => text.split('\n'))
    .map((line) => ({ line, letters: lettersOf(line) }))
    .filter(({ letters }) => letters.length >= 12 && !openLetters.includes(letters));
  return { secrets, openLines: new Set(open.map((line) => line.trim())) };
}

interface Readings {
  /** Everything, for what may stand anywhere. */
  whole: string;
  /** What its reader sees, for what is a line. */
  shown: string;
}

async function readingsOf(raw: Buffer): Promise<Readings> {
  const { text = '', html, attachments } = await simpleParser(raw, { skipTextToHtml: true });
  const readable = attachments.filter(({ contentType }) => /^(?:text|message)\//.test(contentType));
  const shown = [text, (html || '').replace(/<[^>]*>/g, '\n'), ...readable.map(({ content }) => String(content))].join(
    '\n',
  );
  return { whole: [String(raw), shown, html || ''].join('\n'), shown };
}

function tokensIn({ whole }: Readings, addressId: string | null): string[] {
  const runs = whole.replaceAll(/%2b/gi, '+').match(/(?<![A-Za-z2-7])[A-Za-z2-7]{45}(?![A-Za-z2-7])/g) ?? [];
  const tokens = [...new Set(runs)].flatMap((run) => readToken(KEYS, run) ?? []);
  const isTheirs = ({ purpose, addressId: holder }: Token) =>
    (purpose === 'reply' || purpose === 'bounce') && holder === addressId;
  return tokens
    .filter((token) => !isTheirs(token))
    .map(({ purpose, addressId: holder }) => `${purpose} token of ${holder}`);
}

function linesIn({ shown }: Readings, { secrets, openLines }: Words): string[] {
  const letters = lettersOf(shown);
  const boundaries = BOUNDARY_LINES.filter((line) => letters.includes(lettersOf(line)));
  const notes = secrets.filter((secret) => letters.includes(secret.letters)).map(({ line }) => line);
  const commands = shown
    .split('\n')
    .map((line) => line.replace(/^[>\s]+/, '').trimEnd())
    .filter((line) => commandWordOf(line) !== null && !openLines.has(line));
  return [...boundaries, ...notes, ...commands];
}

function lettersOf(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}
