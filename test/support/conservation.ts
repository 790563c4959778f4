import type { Knex } from 'knex';
import { expect } from 'vitest';
import type { RecordingRelay } from './recording-relay.ts';

/**
 * Nothing lost, nothing doubled (reliability.md §5): every mail that was sent is stored and had one effect, and what a server
 * delivered a second time is linked to the first (IN-07); every promised
 * mail arrived, and each copy beyond the first is explained by an attempt whose outcome was unknown; all copies are equal.
 */
export async function expectConservation(db: Knex, relay: RecordingRelay, messageIds: string[]): Promise<void> {
  const { rows: mails } = await db.raw<{ rows: { message_id: string; mails: number; articles: number }[] }>(
    `select mail.message_id, count(distinct mail.id) filter (where mail.duplicate_of_id is null)::int as mails,
       count(article.id)::int as articles
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

  await expectNothingStuck(db);
}

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
