import type { Knex } from 'knex';
import { simpleParser } from 'mailparser';
import { expect } from 'vitest';
import { readToken, signingKeys } from '../../src/core/reply-token.ts';
import { BOUNDARY_LINES } from '../../src/outbound/notification.ts';
import type { RecordingRelay } from './recording-relay.ts';

/**
 * Nothing lost, nothing doubled (reliability.md §5): every mail that was sent is stored and had one effect; every promised
 * mail arrived, and each copy beyond the first is explained by an attempt whose outcome was unknown; all copies are equal.
 */
export async function expectConservation(db: Knex, relay: RecordingRelay, messageIds: string[]): Promise<void> {
  const { rows: mails } = await db.raw<{ rows: { message_id: string; mails: number; articles: number }[] }>(
    `select mail.message_id, count(distinct mail.id)::int as mails, count(article.id)::int as articles
     from inbound_mail as mail left join article on article.inbound_mail_id = mail.id
     group by mail.message_id`,
  );
  expect(mails.filter((mail) => mail.mails !== 1 || mail.articles !== 1)).toEqual([]);
  expect(mails.map((mail) => mail.message_id).sort()).toEqual([...messageIds].sort());

  const rows: OutboxRow[] = await db('outbox').select(
    'message_id',
    'recipient_address',
    'state',
    'unknown_count',
    'settled_at',
  );
  const unexplained = rows.flatMap((row) => {
    const copies = relay.mails.filter(
      (mail) => mail.messageId === row.message_id && mail.recipients.includes(row.recipient_address),
    );
    const differing = copies.some((copy) => !copy.data.equals(copies[0]?.data ?? Buffer.alloc(0)));
    const missing = copies.length === 0 && row.settled_at === null;
    return missing || differing || copies.length - 1 > row.unknown_count ? [{ ...row, copies: copies.length }] : [];
  });
  expect(unexplained).toEqual([]);
  const promised = new Set(rows.map((row) => row.message_id));
  expect(relay.mails.filter(({ messageId }) => !promised.has(messageId ?? ''))).toEqual([]);

  await expectNothingInternal(db, relay);
  await expectNothingStuck(db);
}

/**
 * No mail to somebody who is no agent holds what is for inside alone: a token that is no reply address or return path, a line
 * that agents answer above, the words of a note (design.md §1.8). Looked for in the bytes and in what they decode to.
 */
async function expectNothingInternal(db: Knex, relay: RecordingRelay): Promise<void> {
  const agents = await db('person_address')
    .join('person', 'person.id', 'person_id')
    .whereNotNull('role')
    .pluck('address');
  const notes: string[] = await db('article').where({ kind: 'note' }).pluck('text');
  const words = notes.map((note) => note.trim()).filter((note) => note.length > 10);
  const keys = signingKeys(WORLD_SECRET);
  for (const { data, recipients } of relay.mails) {
    if (recipients.every((recipient) => agents.includes(recipient))) continue;
    const { text, html } = await simpleParser(data, { skipTextToHtml: true });
    const whole = `${data}\n${text}\n${html}`;
    expect([...BOUNDARY_LINES, ...words].filter((internal) => whole.includes(internal))).toEqual([]);
    const candidates = whole.match(/(?<![A-Za-z2-7])[A-Za-z2-7]{45}(?![A-Za-z2-7])/g) ?? [];
    const purposes = candidates.flatMap((candidate) => readToken(keys, candidate)?.purpose ?? []);
    expect(purposes.filter((purpose) => purpose !== 'reply' && purpose !== 'bounce')).toEqual([]);
  }
}

/** What a test world signs with. */
export const WORLD_SECRET = 'the secret of a test world, long enough to sign';

interface OutboxRow {
  message_id: string;
  recipient_address: string;
  state: string;
  unknown_count: number;
  settled_at: Date | null;
}

/** No row is left that somebody would have to come back to. */
async function expectNothingStuck(db: Knex): Promise<void> {
  expect(await db('inbound_mail').whereNot({ state: 'settled' }).select('id', 'state', 'last_error_code')).toEqual([]);
  expect(await db('outbox').whereNull('settled_at').select('id', 'state', 'attempts')).toEqual([]);
  expect(await db('folder_uid').where({ state: 'gap' }).orWhere({ aftermath: 'due' })).toEqual([]);
}
