import type { Knex } from 'knex';
import type { Id } from '../core/ticket.ts';

/** A mail as received, about to become a blob and a row of `inbound_mail`. */
export interface RawMail {
  sha256: Buffer;
  raw: Buffer;
  /** Null when all announced bytes are here. */
  announcedSizeBytes: number | null;
  messageId: string | null;
  parentMessageIds: string[];
  /** The server's date; null counts as now. */
  receivedAt: Date | null;
}

/** What `insertRawMails` made of one mail. */
export interface InsertedMail {
  inboundMailId: Id;
  /** False when this mailbox had the same bytes before (a changed UIDVALIDITY, a rescan): nothing was added. */
  isNew: boolean;
}

/**
 * Stores raw mails of one mailbox and their `inbound_mail` rows, by lower-case hex of their hash, in the caller's
 * transaction. The content is bound as plain parameters, which travel as bytes; in an array each would be spelled in hex.
 */
export async function insertRawMails(
  transaction: Knex.Transaction,
  { mailboxId, source, mails }: { mailboxId: Id; source: 'imap' | 'lmtp' | 'pipe'; mails: RawMail[] },
): Promise<Map<string, InsertedMail>> {
  if (mails.length === 0) return new Map();
  await insertBlobs(transaction, mails);
  const { rows } = await transaction.raw<{ rows: { id: Id; sha256: Buffer }[] }>(
    `insert into inbound_mail
       (mailbox_id, source, raw_sha256, size_bytes, announced_size_bytes, message_id, parent_message_ids, occurred_at)
     select ?, ?, decode(mail."sha256", 'hex'), mail."sizeBytes", mail."announcedSizeBytes", mail."messageId",
       mail."parentMessageIds", least(coalesce(mail."receivedAt", clock_timestamp()), clock_timestamp())
     from jsonb_to_recordset(?::jsonb) as mail ("sha256" text, "sizeBytes" bigint, "announcedSizeBytes" bigint,
       "messageId" text, "parentMessageIds" text[], "receivedAt" timestamptz)
     on conflict (mailbox_id, raw_sha256) do nothing
     returning id, raw_sha256 as sha256`,
    [mailboxId, source, JSON.stringify(mails.map(withoutContent))],
  );
  const inserted = new Map<string, InsertedMail>();
  for (const row of rows) inserted.set(row.sha256.toString('hex'), { inboundMailId: row.id, isNew: true });

  const known = mails.filter((mail) => !inserted.has(mail.sha256.toString('hex')));
  for (const row of await findKnown(transaction, mailboxId, known)) {
    inserted.set(row.sha256.toString('hex'), { inboundMailId: row.id, isNew: false });
  }
  return inserted;
}

function withoutContent(mail: RawMail) {
  return {
    sha256: mail.sha256.toString('hex'),
    sizeBytes: mail.raw.length,
    announcedSizeBytes: mail.announcedSizeBytes,
    messageId: mail.messageId,
    parentMessageIds: mail.parentMessageIds,
    receivedAt: mail.receivedAt,
  };
}

/** In the order of their hashes: two mailboxes storing the same mails at once then wait for each other, and never in a circle. */
async function insertBlobs(transaction: Knex.Transaction, mails: RawMail[]): Promise<void> {
  const ordered = mails.toSorted((a, b) => Buffer.compare(a.sha256, b.sha256));
  await transaction.raw(
    `insert into blob (sha256, size_bytes, content) values ${ordered.map(() => '(?, ?, ?)').join(', ')}
     on conflict (sha256) do nothing`,
    ordered.flatMap((mail) => [mail.sha256, mail.raw.length, mail.raw]),
  );
}

async function findKnown(transaction: Knex.Transaction, mailboxId: Id, mails: RawMail[]) {
  if (mails.length === 0) return [];
  const { rows } = await transaction.raw<{ rows: { id: Id; sha256: Buffer }[] }>(
    'select id, raw_sha256 as sha256 from inbound_mail where mailbox_id = ? and raw_sha256 = any(?::bytea[])',
    [mailboxId, mails.map((mail) => mail.sha256)],
  );
  return rows;
}
