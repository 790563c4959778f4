import type { Knex } from 'knex';
import type { Evidence, MailKind } from '../core/inbound-mail.ts';
import type { Id } from '../core/ticket.ts';
import type { MailDisposition } from '../core/ticket-change.ts';
import { DUE_NOW } from './due-now.ts';

/** An inbound mail in the hands of one worker, until its lease ends. */
export interface ClaimedMail {
  id: Id;
  mailboxId: Id;
  rawSha256: Buffer;
  sizeBytes: number;
  announcedSizeBytes: number | null;
  occurredAt: Date;
  /** Do not try to understand it: an operator asked for a plain ticket. */
  asPlainTicket: boolean;
  /** Including this one, counted before anything can crash on the mail. */
  attempts: number;
  fencingToken: string;
  /** By its agent, after it had been taken in; null for nearly all mail. */
  confirmed: ConfirmedMail | null;
}

export interface ConfirmedMail {
  at: Date;
  /** The mail that said so. */
  byId: Id;
  /** Where it was held meanwhile. */
  articleId: Id | null;
}

/** After so many failures a mail rests in quarantine. */
const ATTEMPTS_MAX = 3;
const LEASE = '60 seconds';
/** A child waits this long for a parent that is stored and not settled. */
const PARENT_WAIT = '2 minutes';

/**
 * Takes up to `limit` due mails for `holder`, oldest first. A mail whose parent is still to be taken in stays behind, so
 * that an answer finds the ticket of its question; `ignoringParents` is for parents that wait for each other.
 *
 * `tried: true` asks for mails that were claimed before and did not come to an end. They are taken one at a time, so that
 * a mail that kills its worker counts against itself and not against the batch it came with.
 */
export async function claimDueMails(
  db: Knex,
  claim: { holder: string; limit: number; tried: boolean; ignoringParents: boolean },
): Promise<ClaimedMail[]> {
  const { rows } = await db.raw<{ rows: ClaimRow[] }>(
    `with due as (
       select id from inbound_mail as mail
       where state = 'received' and due_at <= clock_timestamp() and attempts ${claim.tried ? '> 0' : '= 0'}
         and (lease_until is null or lease_until < clock_timestamp())
         ${claim.ignoringParents ? '' : `and not (${WAITS_FOR_PARENT})`}
       order by due_at, id limit ? for update skip locked
     )
     update inbound_mail as mail
     set lease_holder = ?, lease_until = clock_timestamp() + interval '${LEASE}',
         fencing_token = fencing_token + 1, attempts = attempts + 1
     from due where mail.id = due.id
     returning mail.id, mail.mailbox_id, mail.raw_sha256, mail.size_bytes, mail.announced_size_bytes, mail.occurred_at,
       mail.as_plain_ticket, mail.attempts, mail.fencing_token, mail.confirmed_at, mail.confirmed_by_id, mail.article_id`,
    [claim.limit, claim.holder],
  );
  return rows
    .map((row) => ({
      id: row.id,
      mailboxId: row.mailbox_id,
      rawSha256: row.raw_sha256,
      sizeBytes: Number(row.size_bytes),
      announcedSizeBytes: row.announced_size_bytes === null ? null : Number(row.announced_size_bytes),
      occurredAt: row.occurred_at,
      asPlainTicket: row.as_plain_ticket,
      attempts: row.attempts,
      fencingToken: row.fencing_token,
      confirmed:
        row.confirmed_at === null || row.confirmed_by_id === null
          ? null
          : { at: row.confirmed_at, byId: row.confirmed_by_id, articleId: row.article_id },
    }))
    .sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
}

interface ClaimRow {
  id: Id;
  mailbox_id: Id;
  raw_sha256: Buffer;
  size_bytes: string;
  announced_size_bytes: string | null;
  occurred_at: Date;
  as_plain_ticket: boolean;
  attempts: number;
  fencing_token: string;
  confirmed_at: Date | null;
  confirmed_by_id: Id | null;
  article_id: Id | null;
}

/**
 * Whether a row called `mail` stays behind for now. Written as one look into the index for each parent: left to itself, the
 * planner scans all received mails for every candidate while a young table has no statistics.
 */
export const WAITS_FOR_PARENT = `mail.recorded_at > clock_timestamp() - interval '${PARENT_WAIT}'
  and exists (select from unnest(mail.parent_message_ids) as named (message_id) cross join lateral
    (select from inbound_mail as parent
     where parent.state = 'received' and parent.message_id = named.message_id and parent.id <> mail.id limit 1) as open)`;

/**
 * Do the mails left over only wait for one another? True when some are due and none is being worked on or resting until
 * later: then nobody would ever settle their parents.
 */
export async function onlyWaitForEachOther(db: Knex): Promise<boolean> {
  const { rows } = await db.raw<{ rows: [{ due: boolean; moving: boolean }] }>(
    `select coalesce(bool_or(due_at <= clock_timestamp()), false) as due,
       coalesce(bool_or(due_at > clock_timestamp() or lease_until >= clock_timestamp()), false) as moving
     from inbound_mail where state = 'received'`,
  );
  return rows[0].due && !rows[0].moving;
}

/** Keeps the leases of mails still being worked on. */
export async function renewMailLeases(db: Knex, holder: string, ids: Id[]): Promise<void> {
  await db.raw(
    `update inbound_mail set lease_until = clock_timestamp() + interval '${LEASE}'
     where id = any(?::bigint[]) and lease_holder = ? and state = 'received'`,
    [ids, holder],
  );
}

/** The stored bytes of several raw mails, by hash in hex. A hash whose content was erased is absent. */
export async function readBlobs(db: Knex, hashes: Buffer[]): Promise<Map<string, Buffer>> {
  const { rows } = await db.raw<{ rows: { sha256: Buffer; content: Buffer }[] }>(
    'select sha256, content from blob where sha256 = any(?::bytea[]) and content is not null',
    [hashes],
  );
  return new Map(rows.map((row) => [row.sha256.toString('hex'), row.content]));
}

export interface SettledWithoutTicket {
  id: Id;
  fencingToken: string;
  disposition: Extract<MailDisposition, 'duplicate' | 'filed' | 'returned'>;
  kind: MailKind;
  evidence: Evidence[];
  causeKey: string;
  /** The mail that had the effect, for a duplicate. */
  duplicateOf: { inboundMailId: Id; ticketId: Id | null; articleId: Id | null } | null;
  /** Outgoing mail on no ticket that it reports on. */
  returned: Id[];
}

/**
 * Settles a mail that changes no ticket. Returns false when the lease was lost: then somebody else decides.
 */
export async function settleWithoutTicket(db: Knex, settled: SettledWithoutTicket): Promise<boolean> {
  const { rows } = await db.raw<{ rows: [{ settled: boolean }] }>(
    `with settled as (
       update inbound_mail
       set state = 'settled', disposition = ?, kind = ?, evidence = ?, cause_key = ?, settled_at = clock_timestamp(),
           lease_holder = null, lease_until = null, duplicate_of_id = ?, ticket_id = ?, article_id = ?
       where id = ? and fencing_token = ? and state = 'received' returning id
     ), returned as (
       update outbox set returned_at = clock_timestamp()
       where id = any(?::bigint[]) and returned_at is null and exists (select from settled)
     )
     select exists (select from settled) as settled`,
    [
      settled.disposition,
      settled.kind,
      JSON.stringify(settled.evidence),
      settled.causeKey,
      settled.duplicateOf?.inboundMailId ?? null,
      settled.duplicateOf?.ticketId ?? null,
      settled.duplicateOf?.articleId ?? null,
      settled.id,
      settled.fencingToken,
      settled.returned,
    ],
  );
  return rows[0].settled;
}

/** Why a mail could not be taken in; `countsAsAttempt: false` where the failure was not the mail's own. */
export interface MailFailure {
  id: Id;
  fencingToken: string;
  code: string;
  message: string;
  countsAsAttempt: boolean;
}

/**
 * Records why a mail could not be taken in. It is tried again a little later, and rests in quarantine after
 * `ATTEMPTS_MAX` failures. A failure that is not the mail's own (`countsAsAttempt: false`: the database was away) gives
 * the attempt back.
 */
export async function recordMailFailure(db: Knex, failure: MailFailure): Promise<{ quarantined: boolean }> {
  const { rows } = await db.raw<{ rows: { state: string }[] }>(
    `update inbound_mail
     set lease_holder = null, lease_until = null, last_error_code = ?, last_error = ?,
         attempts = attempts - ?::int,
         state = case when ? and attempts >= ${ATTEMPTS_MAX} then 'quarantined' else state end,
         due_at = clock_timestamp() + attempts * interval '2 seconds'
     where id = ? and fencing_token = ? and state = 'received' returning state`,
    [
      failure.code,
      failure.message.slice(0, 500),
      failure.countsAsAttempt ? 0 : 1,
      failure.countsAsAttempt,
      failure.id,
      failure.fencingToken,
    ],
  );
  return { quarantined: rows[0]?.state === 'quarantined' };
}

/**
 * Quarantines mails whose worker died each time: once in a batch, where any of fifty may have been the cause, and then
 * `ATTEMPTS_MAX` times alone.
 */
export async function quarantineCrashed(db: Knex): Promise<Id[]> {
  const { rows } = await db.raw<{ rows: { id: Id }[] }>(
    `update inbound_mail
     set state = 'quarantined', lease_holder = null, lease_until = null, last_error_code = 'MAIL_CRASHES_WORKER',
         last_error = 'The worker died each time it took this mail.'
     where state = 'received' and attempts > ${ATTEMPTS_MAX} and lease_until < clock_timestamp() returning id`,
  );
  return rows.map((row) => row.id);
}

/** Gives a resting mail fresh attempts. Returns false when it is not in quarantine. */
export async function releaseFromQuarantine(db: Knex, id: Id, asPlainTicket: boolean): Promise<boolean> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `update inbound_mail
     set state = 'received', attempts = 0, due_at = ${DUE_NOW}, as_plain_ticket = ?,
         last_error_code = null, last_error = null
     where id = ? and state = 'quarantined' returning id`,
    [asPlainTicket, id],
  );
  return rows.length > 0;
}
