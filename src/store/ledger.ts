import type { Knex } from 'knex';
import type { Id } from '../core/ticket.ts';
import { DUE_NOW } from './due-now.ts';
import { type Lease, underLease } from './leases.ts';

/**
 * The ledger: every UID a mailbox ever listed, by (mailbox, folder name, UIDVALIDITY, UID), and what became of it.
 *
 * It alone says what is still to be fetched; flags on the server never do (IN-03). A UID that was listed and could not be
 * fetched is a `gap`: it stays, is tried again with growing delay, and alarms after a quarter of an hour (IN-04). Whoever
 * writes here holds the mailbox lease, and each write is refused once that is lost.
 */
export interface Folder {
  id: Id;
  mailboxId: Id;
  name: string;
  uidValidity: string;
  /** Every listed UID up to here has a row. */
  highWaterUid: number;
  /** UIDNEXT at first contact: lower UIDs were there before us. */
  firstUidNext: number;
}

export interface OpenedFolder {
  folder: Folder;
  /** Another UIDVALIDITY was current until now: everything is listed anew, and known mail is recognised by its bytes. */
  supersedes: boolean;
}

/** A server that announces no UIDVALIDITY gives UIDs that mean nothing after the session (RFC 9051 §2.3.1.1). */
export const NO_UID_VALIDITY = '0';

/**
 * The ledger of a folder as the server now numbers it, made at first contact. Another UIDVALIDITY of the same name is
 * superseded: its gaps can never be filled under their old UIDs, and are listed again under new ones.
 */
export async function openFolder(
  db: Knex,
  lease: Lease,
  opened: { mailboxId: Id; name: string; uidValidity: string; uidNext: number },
): Promise<OpenedFolder> {
  return underLease(db, lease, async (transaction) => {
    const { rows } = await transaction.raw<{ rows: [FolderRow] }>(
      `insert into folder (mailbox_id, name, uid_validity, uid_next, first_uid_next) values (?, ?, ?, ?, ?)
       on conflict (mailbox_id, name, uid_validity) do update set superseded_at = null
       returning id, high_water_uid, first_uid_next`,
      [opened.mailboxId, opened.name, opened.uidValidity, opened.uidNext, opened.uidNext],
    );
    const row = rows[0];
    const superseded = await supersedeOthers(transaction, opened.mailboxId, opened.name, row.id);
    if (opened.uidValidity === NO_UID_VALIDITY) await forgetUids(transaction, row.id);
    return {
      supersedes: superseded > 0,
      folder: {
        id: row.id,
        mailboxId: opened.mailboxId,
        name: opened.name,
        uidValidity: opened.uidValidity,
        highWaterUid: opened.uidValidity === NO_UID_VALIDITY ? 0 : Number(row.high_water_uid),
        firstUidNext: Number(row.first_uid_next),
      },
    };
  });
}

interface FolderRow {
  id: Id;
  high_water_uid: string;
  first_uid_next: string;
}

async function supersedeOthers(
  transaction: Knex.Transaction,
  mailboxId: Id,
  name: string,
  currentId: Id,
): Promise<number> {
  const { rows } = await transaction.raw<{ rows: [{ count: string }] }>(
    `with superseded as (
       update folder set superseded_at = clock_timestamp()
       where mailbox_id = ? and name = ? and id <> ? and superseded_at is null returning id
     ), unreachable as (
       update folder_uid
       set state = case when state = 'gap' then 'vanished' else state end,
           vanished_at = case when state = 'gap' then clock_timestamp() else vanished_at end,
           aftermath = nullif(aftermath, 'due'), due_at = null, last_error_code = 'UIDVALIDITY_CHANGED'
       where folder_id in (select id from superseded) and (state = 'gap' or aftermath = 'due')
     )
     select count(*) from superseded`,
    [mailboxId, name, currentId],
  );
  return Number(rows[0].count);
}

async function forgetUids(transaction: Knex.Transaction, folderId: Id): Promise<void> {
  await transaction.raw('delete from folder_uid where folder_id = ?', [folderId]);
  await transaction.raw('update folder set high_water_uid = 0 where id = ?', [folderId]);
}

/** What the server says about a mail before it is fetched. */
export interface ListedUid {
  uid: number;
  /** INTERNALDATE; null when the server's answer held none that can be read. */
  internalDate: Date | null;
  /** RFC822.SIZE. */
  sizeBytes: number;
}

export interface StoredUid extends ListedUid {
  inboundMailId: Id;
  /** Is there something to do on the server now that the mail is ours? */
  aftermathDue: boolean;
}

/** Records fetched mails, in the transaction that stores their bytes. Fills gaps that stood for them. */
export async function recordStored(transaction: Knex.Transaction, folderId: Id, mails: StoredUid[]): Promise<void> {
  if (mails.length === 0) return;
  await transaction.raw(
    `insert into folder_uid (folder_id, uid, state, inbound_mail_id, internal_date, size_bytes, aftermath, due_at)
     select ?, uid, 'stored', "inboundMailId", "internalDate", "sizeBytes",
       case when "aftermathDue" then 'due' end, case when "aftermathDue" then clock_timestamp() end
     from jsonb_to_recordset(?::jsonb) as mail (uid bigint, "inboundMailId" bigint, "internalDate" timestamptz,
       "sizeBytes" bigint, "aftermathDue" boolean)
     on conflict (folder_id, uid) do update
       set state = 'stored', inbound_mail_id = excluded.inbound_mail_id, internal_date = excluded.internal_date,
           size_bytes = excluded.size_bytes, aftermath = excluded.aftermath, due_at = excluded.due_at,
           attempts = 0, last_error_code = null, vanished_at = null
       where folder_uid.state <> 'stored'`,
    [folderId, JSON.stringify(mails)],
  );
}

/** Records mails that are older than the import reaches back; they stay on the server, unread. */
export async function recordBeforeImport(
  transaction: Knex.Transaction,
  folderId: Id,
  mails: ListedUid[],
): Promise<void> {
  if (mails.length === 0) return;
  await transaction.raw(
    `insert into folder_uid (folder_id, uid, state, internal_date, size_bytes)
     select ?, uid, 'before-import', "internalDate", "sizeBytes"
     from jsonb_to_recordset(?::jsonb) as mail (uid bigint, "internalDate" timestamptz, "sizeBytes" bigint)
     on conflict (folder_id, uid) do update
       set state = 'before-import', internal_date = excluded.internal_date, size_bytes = excluded.size_bytes,
           due_at = null, last_error_code = null
       where folder_uid.state = 'gap'`,
    [folderId, JSON.stringify(mails)],
  );
}

/** Why a UID is a gap, and when it is first tried again. */
export interface NewGaps {
  uids: number[];
  errorCode: string;
  retryInMs: number;
}

/**
 * Records UIDs that could not be fetched, or counts one more failure of those that were gaps already: then the next try is
 * 30 s away, doubling up to an hour.
 */
export async function recordGaps(transaction: Knex.Transaction, folderId: Id, gaps: NewGaps): Promise<void> {
  if (gaps.uids.length === 0) return;
  await transaction.raw(
    `insert into folder_uid (folder_id, uid, state, attempts, due_at, last_error_code)
     select ?, uid, 'gap', 1, clock_timestamp() + ? * interval '1 millisecond', ? from unnest(?::bigint[]) as uid
     on conflict (folder_id, uid) do update
       set attempts = folder_uid.attempts + 1, due_at = ${RETRY_AT}, last_error_code = excluded.last_error_code
       where folder_uid.state = 'gap'`,
    [folderId, gaps.retryInMs, gaps.errorCode, gaps.uids],
  );
}

const RETRY_AT = `clock_timestamp() + least(interval '1 hour', interval '15 seconds' * 2 ^ least(folder_uid.attempts, 10))`;

/** Moves the high-water mark; never back. */
export async function advanceHighWater(transaction: Knex.Transaction, folderId: Id, throughUid: number): Promise<void> {
  await transaction.raw('update folder set high_water_uid = greatest(high_water_uid, ?) where id = ?', [
    throughUid,
    folderId,
  ]);
}

/** One more failed try of gaps, outside the storing of a batch. */
export function recordGapFailures(db: Knex, lease: Lease, folderId: Id, gaps: NewGaps): Promise<void> {
  return underLease(db, lease, (transaction) => recordGaps(transaction, folderId, gaps));
}

/** Gaps the server no longer lists: whatever was there went before we could fetch it. */
export async function recordVanished(db: Knex, lease: Lease, folderId: Id, uids: number[]): Promise<void> {
  if (uids.length === 0) return;
  await underLease(db, lease, (transaction) =>
    transaction.raw(
      `update folder_uid set state = 'vanished', vanished_at = clock_timestamp(), due_at = null
       where folder_id = ? and uid = any(?::bigint[]) and state = 'gap'`,
      [folderId, uids],
    ),
  );
}

export interface DueGap {
  uid: number;
  attempts: number;
  /** Open for longer than a quarter of an hour. */
  alarming: boolean;
}

const GAP_ALARM_AFTER = '15 minutes';

/** Gaps to try again, lowest UID first, beyond `afterUid`; `now` takes those that are not due yet as well. */
export async function listDueGaps(
  db: Knex,
  { folderId, afterUid, limit, now }: { folderId: Id; afterUid: number; limit: number; now: boolean },
): Promise<DueGap[]> {
  const { rows } = await db.raw<{ rows: { uid: string; attempts: number; alarming: boolean }[] }>(
    `select uid, attempts, recorded_at < clock_timestamp() - interval '${GAP_ALARM_AFTER}' as alarming
     from folder_uid
     where folder_id = ? and state = 'gap' and uid > ? and (? or due_at <= clock_timestamp())
     order by uid limit ?`,
    [folderId, afterUid, now, limit],
  );
  return rows.map((row) => ({ ...row, uid: Number(row.uid) }));
}

/** An earlier `importSince` makes mail that was left alone worth fetching after all. Returns how many. */
export async function reconsiderBeforeImport(db: Knex, lease: Lease, folderId: Id, importSince: Date): Promise<number> {
  return underLease(db, lease, async (transaction) => {
    const { rows } = await transaction.raw<{ rows: unknown[] }>(
      `update folder_uid
       set state = 'gap', due_at = ${DUE_NOW}, recorded_at = clock_timestamp(), last_error_code = 'IMPORT_WIDENED'
       where folder_id = ? and state = 'before-import' and internal_date >= ? returning uid`,
      [folderId, importSince],
    );
    return rows.length;
  });
}

/** UIDs whose mail is stored and whose aftermath on the server is still to be done, lowest first, beyond `afterUid`. */
export async function listDueAftermath(
  db: Knex,
  { folderId, afterUid, limit }: { folderId: Id; afterUid: number; limit: number },
): Promise<number[]> {
  const { rows } = await db.raw<{ rows: { uid: string }[] }>(
    `select uid from folder_uid
     where folder_id = ? and aftermath = 'due' and due_at <= clock_timestamp() and uid > ? order by uid limit ?`,
    [folderId, afterUid, limit],
  );
  return rows.map((row) => Number(row.uid));
}

/** The aftermath is done; `gone` when it took the mails out of the folder. */
export async function settleAftermath(
  db: Knex,
  lease: Lease,
  folderId: Id,
  { uids, gone }: { uids: number[]; gone: boolean },
): Promise<void> {
  await underLease(db, lease, (transaction) =>
    transaction.raw(
      `update folder_uid
       set aftermath = 'done', due_at = null, last_error_code = null,
           vanished_at = case when ? then clock_timestamp() else vanished_at end
       where folder_id = ? and uid = any(?::bigint[]) and aftermath = 'due'`,
      [gone, folderId, uids],
    ),
  );
}

/** The aftermath failed: tried again with growing delay, as gaps are. */
export async function deferAftermath(
  db: Knex,
  lease: Lease,
  folderId: Id,
  { uids, errorCode }: { uids: number[]; errorCode: string },
): Promise<void> {
  await underLease(db, lease, (transaction) =>
    transaction.raw(
      `update folder_uid set attempts = attempts + 1, last_error_code = ?, due_at = ${RETRY_AT}
       where folder_id = ? and uid = any(?::bigint[]) and aftermath = 'due'`,
      [errorCode, folderId, uids],
    ),
  );
}

/** What a comparison of the server's UIDs with the ledger found. */
export interface Reconciliation {
  /** Listed by the server and unknown to us: now gaps, due at once. */
  missing: number;
  /** Known to us and no longer listed, though we did not take them away. */
  vanished: number;
}

/**
 * Compares all UIDs the server lists (a search that completed) with the ledger, both ways (IN-05). UIDs above the
 * high-water mark are left to the next poll.
 */
export async function reconcileFolder(
  db: Knex,
  lease: Lease,
  folderId: Id,
  serverUids: number[],
): Promise<Reconciliation> {
  return underLease(db, lease, async (transaction) => {
    const { rows } = await transaction.raw<{ rows: [{ missing: string; vanished: string }] }>(
      `with known as (
         update folder set last_reconciled_at = clock_timestamp() where id = ? returning id, high_water_uid
       ), listed as (
         select uid from unnest(?::bigint[]) as uid, known where uid <= high_water_uid
       ), missing as (
         insert into folder_uid (folder_id, uid, state, due_at, last_error_code)
         select known.id, listed.uid, 'gap', clock_timestamp(), 'NOT_IN_LEDGER' from listed, known
         where not exists (select from folder_uid as row
           where row.folder_id = known.id and row.uid = listed.uid and row.state <> 'vanished')
         on conflict (folder_id, uid) do update
           set state = 'gap', due_at = excluded.due_at, vanished_at = null, recorded_at = clock_timestamp(),
               attempts = 0, last_error_code = excluded.last_error_code
         returning uid
       ), vanished as (
         update folder_uid as row
         set vanished_at = clock_timestamp(), state = case when state = 'gap' then 'vanished' else state end,
             aftermath = nullif(aftermath, 'due'), due_at = null
         from known
         where row.folder_id = known.id and row.vanished_at is null and row.uid <= known.high_water_uid
           and not exists (select from listed where listed.uid = row.uid)
         returning row.uid
       )
       select (select count(*) from missing) as missing, (select count(*) from vanished) as vanished`,
      [folderId, serverUids],
    );
    return { missing: Number(rows[0].missing), vanished: Number(rows[0].vanished) };
  });
}

/** Records that a poll went through to its end. Says whether it is time to reconcile. */
export async function recordPoll(
  db: Knex,
  lease: Lease,
  folderId: Id,
  { uidNext, reconcileEveryMs }: { uidNext: number; reconcileEveryMs: number },
): Promise<{ reconcileDue: boolean }> {
  return underLease(db, lease, async (transaction) => {
    const { rows } = await transaction.raw<{ rows: [{ reconcile_due: boolean }] }>(
      `update folder set last_polled_at = clock_timestamp(), uid_next = ? where id = ?
       returning coalesce(last_reconciled_at <= clock_timestamp() - ? * interval '1 millisecond', true) as reconcile_due`,
      [uidNext, folderId, reconcileEveryMs],
    );
    return { reconcileDue: rows[0].reconcile_due };
  });
}

/** A hole in the ledger as `docket mailbox gaps` shows it. */
export interface LedgerGap {
  mailboxId: Id;
  mailboxKey: string;
  folder: string;
  uidValidity: string;
  uid: number;
  /** gap: still tried · vanished: it went before we could fetch it. */
  state: 'gap' | 'vanished';
  attempts: number;
  since: Date;
  dueAt: Date | null;
  lastErrorCode: string | null;
  alarming: boolean;
}

/** Open gaps, and what vanished unfetched, newest first; of one mailbox or of all. */
export async function listGaps(
  db: Knex,
  { mailboxId, limit }: { mailboxId: Id | null; limit: number },
): Promise<LedgerGap[]> {
  const { rows } = await db.raw<{ rows: (Omit<LedgerGap, 'uid'> & { uid: string })[] }>(
    `select folder.mailbox_id as "mailboxId", mailbox.key as "mailboxKey", folder.name as folder,
       folder.uid_validity::text as "uidValidity", row.uid, row.state, row.attempts, row.recorded_at as since,
       row.due_at as "dueAt", row.last_error_code as "lastErrorCode",
       row.state = 'gap' and row.recorded_at < clock_timestamp() - interval '${GAP_ALARM_AFTER}' as alarming
     from folder_uid as row join folder on folder.id = row.folder_id
       join config_object as mailbox on mailbox.id = folder.mailbox_id
     where row.state in ('gap', 'vanished') and row.last_error_code is distinct from 'UIDVALIDITY_CHANGED'
       and folder.mailbox_id = coalesce(?, folder.mailbox_id)
     order by row.state, row.recorded_at desc, row.uid desc limit ?`,
    [mailboxId, limit],
  );
  return rows.map((row) => ({ ...row, uid: Number(row.uid) }));
}
