import type { Knex } from 'knex';
import type { Id } from '../core/ticket.ts';
import type { OutboxPurpose } from '../core/ticket-change.ts';
import { DUE_NOW } from './due-now.ts';
import { prepared } from './prepared.ts';

/**
 * The outbox as the delivery worker sees it: rows claimed under a lease, led through their phases, and settled. Every
 * write of a worker names the fencing token of its claim; once somebody else holds the row it changes nothing.
 */

/** A mail in the hands of one worker, until its lease ends. */
export interface ClaimedOutboxMail extends HeldMail {
  ticketId: Id | null;
  mailboxId: Id;
  envelopeFrom: string;
  recipientAddress: string;
  messageId: string;
  header: Buffer;
  bodySha256: Buffer;
  /** Null when it is too long to be carried along with a whole batch: `readMailBody`. */
  body: Buffer | null;
}

/** What it takes to write to a row, and to decide what comes after its attempt. */
export interface HeldMail {
  id: Id;
  fencingToken: string;
  automatic: boolean;
  /** Including this one. */
  attempts: number;
  unknownCount: number;
  /** Earlier attempts during which a worker died or froze. */
  leaseLostCount: number;
}

/** A mail whose worker died or froze. In phase `data` the relay may have it. */
export interface AbandonedMail extends HeldMail {
  phase: 'connecting' | 'data';
}

const LEASE = '60 seconds';
const ORDER_WAIT = '1 hour';
/** Fifty bodies of this size are held at once, larger ones only one by one. */
const BODY_CARRIED_BYTES_MAX = 262_144;

/**
 * Rows of one ticket and recipient leave in the order they were written, so that reply 2 is not read before reply 1
 * (OUT-19). Not by id: every process draws its ids in packs of its own. Written for a row called `mail`.
 */
export const WAITS_FOR_EARLIER_MAIL = `mail.recorded_at > clock_timestamp() - interval '${ORDER_WAIT}'
  and exists (select from outbox as earlier
    where earlier.ticket_id = mail.ticket_id and earlier.recipient_address = mail.recipient_address
      and earlier.settled_at is null and (earlier.recorded_at, earlier.id) < (mail.recorded_at, mail.id))`;

const LEASE_LOST_COUNT = `(select count(*)::int from outbox_attempt as attempt
  where attempt.outbox_id = mail.id and attempt.error_code = 'LEASE_LOST')`;

/** Takes up to `limit` due mails for `holder`, in phase `connecting`, longest due first. */
export async function claimDueOutboxMails(
  db: Knex,
  claim: { holder: string; limit: number; exceptMailboxes: Id[] },
): Promise<ClaimedOutboxMail[]> {
  const { rows } = await db.raw<{ rows: ClaimRow[] }>(
    `with due as (
       select id from outbox as mail
       where settled_at is null and due_at <= clock_timestamp() and state <> 'sending' and channel = 'smtp'
         and mailbox_id <> all(?::bigint[]) and not (${WAITS_FOR_EARLIER_MAIL})
       order by due_at, id limit ? for update skip locked
     ), mail as (
       update outbox as mail
       set state = 'sending', phase = 'connecting', attempts = attempts + 1, fencing_token = fencing_token + 1,
           lease_holder = ?, lease_until = clock_timestamp() + interval '${LEASE}'
       from due where mail.id = due.id
       returning mail.*
     )
     select mail.id, mail.fencing_token, mail.automatic, mail.attempts, mail.unknown_count,
       ${LEASE_LOST_COUNT} as lease_lost_count, mail.ticket_id, mail.mailbox_id, mail.envelope_from,
       mail.recipient_address, mail.message_id, mail.header, mail.body_sha256,
       case when blob.size_bytes <= ${BODY_CARRIED_BYTES_MAX} then blob.content end as body
     from mail join blob on blob.sha256 = mail.body_sha256
     order by mail.recorded_at, mail.id`,
    [claim.exceptMailboxes, claim.limit, claim.holder],
  );
  return rows.map((row) => ({
    ...heldMail(row),
    ticketId: row.ticket_id,
    mailboxId: row.mailbox_id,
    envelopeFrom: row.envelope_from,
    recipientAddress: row.recipient_address,
    messageId: row.message_id,
    header: row.header,
    bodySha256: row.body_sha256,
    body: row.body,
  }));
}

interface HeldRow {
  id: Id;
  fencing_token: string;
  automatic: boolean;
  attempts: number;
  unknown_count: number;
  lease_lost_count: number;
}

interface ClaimRow extends HeldRow {
  ticket_id: Id | null;
  mailbox_id: Id;
  envelope_from: string;
  recipient_address: string;
  message_id: string;
  header: Buffer;
  body_sha256: Buffer;
  body: Buffer | null;
}

function heldMail(row: HeldRow): HeldMail {
  return {
    id: row.id,
    fencingToken: row.fencing_token,
    automatic: row.automatic,
    attempts: row.attempts,
    unknownCount: row.unknown_count,
    leaseLostCount: row.lease_lost_count,
  };
}

/** A body that was not carried along; null when it was erased. */
export async function readMailBody(db: Knex, sha256: Buffer): Promise<Buffer | null> {
  const { rows } = await db.raw<{ rows: { content: Buffer | null }[] }>('select content from blob where sha256 = ?', [
    sha256,
  ]);
  return rows[0]?.content ?? null;
}

/**
 * Records that the first byte is about to leave: from here on only the relay knows what became of the mail. Returns false
 * when the lease ended meanwhile; then nothing may be sent.
 */
export async function markMailInData(db: Knex, mail: HeldMail): Promise<boolean> {
  const { rows } = await prepared<{ rows: unknown[] }>(
    db,
    `update outbox set phase = 'data', lease_until = clock_timestamp() + interval '${LEASE}'
     where id = ? and fencing_token = ? and state = 'sending' and lease_until > clock_timestamp() returning id`,
    [mail.id, mail.fencingToken],
  );
  return rows.length > 0;
}

/** Keeps the leases of mails under way, which may be waiting for an answer for ten minutes. */
export async function renewOutboxLeases(db: Knex, mails: HeldMail[]): Promise<void> {
  await db.raw(
    `update outbox as mail set lease_until = clock_timestamp() + interval '${LEASE}'
     from unnest(?::bigint[], ?::bigint[]) as held (id, fencing_token)
     where mail.id = held.id and mail.fencing_token = held.fencing_token and mail.state = 'sending'`,
    [mails.map((mail) => mail.id), mails.map((mail) => mail.fencingToken)],
  );
}

/** What an attempt came to, and when to try again (`null`: never). */
export interface SettledAttempt {
  outcome: 'delivered' | 'deferred' | 'rejected' | 'unknown';
  phase: 'connecting' | 'data';
  answer: string | null;
  errorCode: string | null;
  relayMessageId: string | null;
  durationMs: number;
  nextAttemptInMs: number | null;
}

export type SettleOutcome =
  /** `final`: no further attempt will be made. */
  | { outcome: 'settled'; final: boolean }
  /** Somebody else holds the row by now; what this attempt came to is theirs to find out. */
  | { outcome: 'lease-lost' };

/** Writes the result of an attempt into the row and into the log of attempts, in one statement. */
export async function settleAttempt(db: Knex, mail: HeldMail, attempt: SettledAttempt): Promise<SettleOutcome> {
  const { rows } = await prepared<{ rows: { final: boolean }[] }>(
    db,
    `with given as (select ?::text as outcome, ?::text as phase, ?::text as answer, ?::text as error_code,
       ?::text as relay_message_id, ?::float8 as next_ms, ?::float8 as duration_ms, clock_timestamp() as now
     ), settled as (
       update outbox as mail
       set state = given.outcome, phase = null, lease_holder = null, lease_until = null,
           unknown_count = unknown_count + (given.outcome = 'unknown')::int,
           last_answer = given.answer, last_error_code = given.error_code,
           relay_message_id = coalesce(given.relay_message_id, mail.relay_message_id),
           -- The last attempt is made when the mail expires, not before.
           due_at = coalesce(least(given.now + given.next_ms * interval '1 ms', expires_at), due_at),
           settled_at = case when given.next_ms is null or expires_at <= given.now then given.now end
       from given where mail.id = ? and mail.fencing_token = ? and mail.state = 'sending'
       returning mail.id, mail.attempts, mail.settled_at
     ), logged as (
       insert into outbox_attempt (outbox_id, number, phase, outcome, answer, error_code, started_at, ended_at)
       select settled.id, settled.attempts, given.phase, given.outcome, given.answer, given.error_code,
         given.now - given.duration_ms * interval '1 ms', given.now
       from settled, given
     )
     select settled_at is not null as final from settled`,
    [
      attempt.outcome,
      attempt.phase,
      storable(attempt.answer),
      attempt.errorCode,
      attempt.relayMessageId,
      attempt.nextAttemptInMs,
      attempt.durationMs,
      mail.id,
      mail.fencingToken,
    ],
  );
  const row = rows[0];
  return row === undefined ? { outcome: 'lease-lost' } : { outcome: 'settled', final: row.final };
}

/** A relay may say anything; PostgreSQL takes no NUL, and nobody reads more than this. */
function storable(answer: string | null): string | null {
  return answer === null ? null : answer.toWellFormed().replaceAll('\0', '').slice(0, 2_000);
}

/** Takes over mails whose lease ran out, so that the caller can settle what is known of their last attempt. */
export async function takeOverAbandonedMails(
  db: Knex,
  takeOver: { holder: string; limit: number },
): Promise<AbandonedMail[]> {
  const { rows } = await db.raw<{ rows: (HeldRow & { phase: AbandonedMail['phase'] })[] }>(
    `with abandoned as (
       select id from outbox where state = 'sending' and lease_until <= clock_timestamp()
       order by lease_until limit ? for update skip locked
     )
     update outbox as mail
     set lease_holder = ?, lease_until = clock_timestamp() + interval '${LEASE}', fencing_token = fencing_token + 1
     from abandoned where mail.id = abandoned.id
     returning mail.id, mail.fencing_token, mail.automatic, mail.attempts, mail.unknown_count, mail.phase,
       ${LEASE_LOST_COUNT} as lease_lost_count`,
    [takeOver.limit, takeOver.holder],
  );
  return rows.map((row) => ({ ...heldMail(row), phase: row.phase }));
}

/** A mail that was given up, or arrived after all, and whose ticket does not say so yet. */
export interface UntoldMail {
  outboxId: Id;
  /** An operator may have it tried again: each giving up is a fact of its own. */
  attempts: number;
  ticketId: Id;
  settledAt: Date;
  outcome: 'rejected' | 'unknown' | 'expired' | 'delivered';
}

export async function listUntoldMails(db: Knex, limit: number): Promise<UntoldMail[]> {
  const { rows } = await db.raw<{
    rows: { id: Id; ticket_id: Id; attempts: number; settled_at: Date; outcome: UntoldMail['outcome'] }[];
  }>(
    `select id, ticket_id, attempts, settled_at, case when state = 'deferred' then 'expired' else state end as outcome from outbox
     where settled_at is not null and ticket_id is not null
       and (told_at is null and state <> 'delivered' or told_at < settled_at)
     order by id limit ?`,
    [limit],
  );
  return rows.map((row) => ({
    outboxId: row.id,
    ticketId: row.ticket_id,
    attempts: row.attempts,
    settledAt: row.settled_at,
    outcome: row.outcome,
  }));
}

/** Of this settling: what became of the mail since is another thing to tell. */
export async function recordTold(
  db: Knex,
  { outboxId, settledAt }: Pick<UntoldMail, 'outboxId' | 'settledAt'>,
): Promise<void> {
  await db.raw('update outbox set told_at = ? where id = ?', [settledAt, outboxId]);
}

/** A mail as people look at it. */
export interface OutboxMail {
  id: Id;
  ticketNumber: string | null;
  articleId: Id | null;
  mailbox: string;
  purpose: OutboxPurpose;
  automatic: boolean;
  recipientAddress: string;
  messageId: string;
  state: OutboxMailState;
  phase: 'connecting' | 'data' | null;
  attempts: number;
  /** More than none: it may have arrived that many times more than once. */
  unknownCount: number;
  /** When it is tried next; null when it is settled. */
  dueAt: Date | null;
  lastAnswer: string | null;
  lastErrorCode: string | null;
  returnedAt: Date | null;
  recordedAt: Date;
  settledAt: Date | null;
}

export const OUTBOX_MAIL_STATES = [
  'queued',
  'sending',
  'deferred',
  'unknown',
  'delivered',
  'rejected',
  'expired',
] as const;
/** `expired`: deferred until nobody waits for it any more. */
export type OutboxMailState = (typeof OUTBOX_MAIL_STATES)[number];

/** Of a row called `mail`. */
export const MAIL_STATE = `case when mail.state = 'deferred' and mail.settled_at is not null then 'expired' else mail.state end`;

export interface OutboxFilter {
  state?: OutboxMailState;
  ticketNumber?: string;
  /** Only mail that is not settled. */
  open?: boolean;
}

/** Newest first. */
export async function listOutboxMails(db: Knex, filter: OutboxFilter, limit: number): Promise<OutboxMail[]> {
  const { rows } = await db.raw<{ rows: OutboxMail[] }>(
    `select mail.id, ticket.number as "ticketNumber", mail.article_id as "articleId", mailbox.key as mailbox,
       mail.purpose, mail.automatic, mail.recipient_address as "recipientAddress", mail.message_id as "messageId",
       ${MAIL_STATE} as state, mail.phase, mail.attempts, mail.unknown_count as "unknownCount",
       case when mail.settled_at is null then mail.due_at end as "dueAt", mail.last_answer as "lastAnswer",
       mail.last_error_code as "lastErrorCode", mail.returned_at as "returnedAt", mail.recorded_at as "recordedAt",
       mail.settled_at as "settledAt"
     from outbox as mail join config_object as mailbox on mailbox.id = mail.mailbox_id
       left join ticket on ticket.id = mail.ticket_id
     where mail.channel = 'smtp' and (?::text is null or ${MAIL_STATE} = ?) and (?::text is null or ticket.number = ?)
       and (not ? or mail.settled_at is null)
     order by mail.id desc limit ?`,
    [
      filter.state ?? null,
      filter.state ?? null,
      filter.ticketNumber ?? null,
      filter.ticketNumber ?? null,
      filter.open ?? false,
      limit,
    ],
  );
  return rows;
}

export interface OutboxAttempt {
  number: number;
  phase: 'connecting' | 'data';
  outcome: SettledAttempt['outcome'];
  answer: string | null;
  errorCode: string | null;
  startedAt: Date;
  endedAt: Date;
}

/** Every attempt at one mail, first to last. */
export async function listOutboxAttempts(db: Knex, id: Id): Promise<OutboxAttempt[]> {
  const { rows } = await db.raw<{ rows: OutboxAttempt[] }>(
    `select number, phase, outcome, answer, error_code as "errorCode", started_at as "startedAt", ended_at as "endedAt"
     from outbox_attempt where outbox_id = ? order by number`,
    [id],
  );
  return rows;
}

/**
 * Makes a mail due at once, and revives one that was given up for another five days; what becomes of it then is told once more.
 * Returns false for one that is delivered, under way, or not there.
 */
export async function retryOutboxMail(db: Knex, id: Id): Promise<boolean> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `update outbox
     set state = case when settled_at is null then state else 'queued' end, settled_at = null,
         due_at = ${DUE_NOW}, expires_at = greatest(expires_at, clock_timestamp() + interval '5 days')
     where id = ? and state not in ('sending', 'delivered') returning id`,
    [id],
  );
  return rows.length > 0;
}

/** Whether a mail of this kind about this ticket was written to one of these addresses within the last day. */
export async function wasMailedToday(
  db: Knex,
  asked: { ticketId: Id; purpose: OutboxPurpose; addresses: string[] },
): Promise<boolean> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `select from outbox where ticket_id = ? and purpose = ? and recipient_address = any(?::text[])
       and recorded_at > clock_timestamp() - interval '1 day' limit 1`,
    [asked.ticketId, asked.purpose, asked.addresses],
  );
  return rows.length > 0;
}
