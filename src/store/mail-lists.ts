import type { Knex } from 'knex';
import type { Evidence } from '../core/inbound-mail.ts';
import type { Id } from '../core/ticket.ts';

/** Inbound mail for reading: where each received mail is, and what became of it. */
export interface ListedMail {
  id: Id;
  /** The mailbox's key. */
  mailbox: string;
  state: 'received' | 'settled' | 'quarantined';
  /** What became of it; null until it is settled. */
  disposition: string | null;
  kind: string | null;
  ticketNumber: string | null;
  messageId: string | null;
  sizeBytes: number;
  attempts: number;
  lastErrorCode: string | null;
  /** When the server received it, and when we did. */
  occurredAt: Date;
  recordedAt: Date;
  settledAt: Date | null;
}

export interface ShownMail extends ListedMail {
  source: string;
  rawSha256: string;
  /** The server's own size, when it announced more than we fetched. */
  announcedSizeBytes: number | null;
  evidence: Evidence[];
  articleId: Id | null;
  duplicateOfId: Id | null;
  lastError: string | null;
  dueAt: Date;
  /** Every place a server listed it at. */
  places: { folder: string; uidValidity: string; uid: string; aftermath: string | null; vanished: boolean }[];
}

export interface MailFilter {
  state?: string;
  /** A mailbox's key. */
  mailbox?: string;
}

const PAGE_SIZE = 500;

/** Newest first, a page at a time. */
export async function* listMails(db: Knex, filter: MailFilter, limit: number): AsyncGenerator<ListedMail> {
  let before: Id | null = null;
  for (let left = limit; left > 0; ) {
    const rows: ListedMail[] = await readPage(db, filter, before, Math.min(left, PAGE_SIZE));
    yield* rows;
    if (rows.length < PAGE_SIZE) return;
    before = rows.at(-1)?.id ?? null;
    left -= rows.length;
  }
}

async function readPage(db: Knex, filter: MailFilter, before: Id | null, limit: number): Promise<ListedMail[]> {
  const { rows } = await db.raw<{ rows: ListedMail[] }>(
    `select ${LISTED} ${FROM}
    where (:before::bigint is null or m.id < :before)
      and (:state::text is null or m.state = :state)
      and (:mailbox::text is null or mailbox.key = :mailbox)
    order by m.id desc limit :limit`,
    { before, limit, state: filter.state ?? null, mailbox: filter.mailbox ?? null },
  );
  return rows;
}

/** One inbound mail with everything known of it but its bytes; null when there is none. */
export async function findShownMail(db: Knex, id: Id): Promise<ShownMail | null> {
  const { rows } = await db.raw<{ rows: ShownMail[] }>(
    `select ${LISTED}, m.source, encode(m.raw_sha256, 'hex') as "rawSha256",
      m.announced_size_bytes::float8 as "announcedSizeBytes", coalesce(m.evidence, '[]') as evidence,
      m.article_id as "articleId", m.duplicate_of_id as "duplicateOfId", m.last_error as "lastError", m.due_at as "dueAt",
      coalesce((select jsonb_agg(jsonb_build_object('folder', folder.name, 'uidValidity', folder.uid_validity::text,
          'uid', place.uid::text, 'aftermath', place.aftermath, 'vanished', place.vanished_at is not null)
          order by folder.id, place.uid)
        from folder_uid place join folder on folder.id = place.folder_id where place.inbound_mail_id = m.id
      ), '[]') as places
    ${FROM} where m.id = ?`,
    [id],
  );
  return rows[0] ?? null;
}

/** The bytes as received; null when there is no such mail, or its content was erased. */
export async function readRawMail(db: Knex, id: Id): Promise<Buffer | null> {
  const { rows } = await db.raw<{ rows: { content: Buffer | null }[] }>(
    'select blob.content from inbound_mail m join blob on blob.sha256 = m.raw_sha256 where m.id = ?',
    [id],
  );
  return rows[0]?.content ?? null;
}

const LISTED = `m.id, mailbox.key as mailbox, m.state, m.disposition, m.kind, t.number as "ticketNumber",
    m.message_id as "messageId", m.size_bytes::float8 as "sizeBytes", m.attempts, m.last_error_code as "lastErrorCode",
    m.occurred_at as "occurredAt", m.recorded_at as "recordedAt", m.settled_at as "settledAt"`;
const FROM = `from inbound_mail m
    join config_object mailbox on mailbox.id = m.mailbox_id
    left join ticket t on t.id = m.ticket_id`;
