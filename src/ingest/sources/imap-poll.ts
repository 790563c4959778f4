import type { Knex } from 'knex';
import type { Id } from '../../core/ticket.ts';
import { crashPoint } from '../../crash-points.ts';
import { errorCode } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { isTransientDatabaseError } from '../../store/database.ts';
import type { Lease } from '../../store/leases.ts';
import {
  type DueGap,
  deferAftermath,
  type Folder,
  listDueAftermath,
  listDueGaps,
  openFolder,
  reconcileFolder,
  reconsiderBeforeImport,
  recordGapFailures,
  recordPoll,
  recordVanished,
  settleAftermath,
} from '../../store/ledger.ts';
import { type FetchedMail, type ReceivedBatch, storeBatch } from '../receive.ts';
import { carryOutAftermath, isAftermathDue } from './imap-aftermath.ts';
import { ImapError } from './imap-errors.ts';
import type { ImapSession, MailDescription, SelectedFolder } from './imap-session.ts';
import type { ImapMailboxSettings } from './imap-settings.ts';
import { type FetchBatch, planBatches } from './plan-batches.ts';

/**
 * One poll of one folder: brings the ledger to agree with the server.
 *
 * 1. SELECT, and compare UIDVALIDITY. A new one begins a new ledger; mail we know is recognised by its bytes.
 * 2. Gaps that are due; those that failed before one by one, so that a mail that breaks the connection does so alone.
 * 3. Aftermath that a crash or a refusal left undone.
 * 4. New UIDs: describe, fetch and commit in batches, then the aftermath of each batch.
 * 5. Once an hour, all UIDs against the ledger.
 *
 * What could not be fetched becomes a gap in the same transaction that moves the high-water mark past it (IN-04).
 */
export interface PollContext {
  db: Knex;
  lease: Lease;
  session: ImapSession;
  settings: ImapMailboxSettings;
  log: Log;
  /** Mails were committed: whoever takes them in may look. */
  onStored(): void;
  /** Gaps not yet due are tried as well. */
  retryAllGaps: boolean;
  /** Aborted: the line was closed by ourselves. */
  signal: AbortSignal;
}

export interface FolderPoll {
  folder: Folder;
  newCount: number;
  knownCount: number;
  openGapCount: number;
}

const DESCRIBED_AT_ONCE = 500;
const GAPS_AT_ONCE = 50;
const AFTERMATH_AT_ONCE = 500;
/** UIDs that were skipped are looked at again after this time: deliveries may show in another order than they count. */
const SKIPPED_RETRY_MS = 30_000;
/** More skipped UIDs than this at once is a server that counts in leaps; the reconciliation covers them. */
const SKIPPED_RECORDED_MAX = 1_000;

/** Polls `name`; `before` is what the last poll of this session returned, if there was one. */
export async function pollFolder(context: PollContext, name: string, before: Folder | null): Promise<FolderPoll> {
  const selected = await context.session.select(name);
  const folder = await currentFolder(context, name, selected, before);
  const poll: FolderPoll = { folder, newCount: 0, knownCount: 0, openGapCount: 0 };

  await retryGaps(context, poll);
  await carryOutDueAftermath(context, folder);
  await takeNewMails(context, poll, selected);

  const { reconcileDue } = await recordPoll(context.db, context.lease, folder.id, {
    uidNext: selected.uidNext,
    reconcileEveryMs: context.settings.timing.reconcileIntervalMs,
  });
  if (reconcileDue) await reconcile(context, poll);
  return poll;
}

async function currentFolder(
  context: PollContext,
  name: string,
  selected: SelectedFolder,
  before: Folder | null,
): Promise<Folder> {
  if (before?.uidValidity === selected.uidValidity) return before;
  const { db, lease, settings, log } = context;
  const { uidValidity, uidNext } = selected;
  const { folder, supersedes } = await openFolder(db, lease, {
    mailboxId: settings.mailboxId,
    name,
    uidValidity,
    uidNext,
  });
  if (supersedes) {
    log.warn('mailbox.uidvalidity-changed', { mailboxId: settings.mailboxId, folderId: folder.id, uidValidity });
  }
  await reconsiderBeforeImport(db, lease, folder.id, settings.importSince);
  return folder;
}

/** The mail server's clock may be slow: what came after our first contact is new unless it is older by more than this. */
const CLOCK_TOLERANCE_MS = 24 * 60 * 60_000;

function isBeforeImport({ settings }: PollContext, folder: Folder): (mail: MailDescription) => boolean {
  const since = settings.importSince.getTime();
  return ({ uid, internalDate }) =>
    internalDate !== null && internalDate.getTime() < (uid < folder.firstUidNext ? since : since - CLOCK_TOLERANCE_MS);
}

async function takeNewMails(context: PollContext, poll: FolderPoll, selected: SelectedFolder): Promise<void> {
  const { folder } = poll;
  const uids = await context.session.listUidsAbove(folder.highWaterUid);
  const skipped = skippedUids(folder, uids, selected.uidNext);
  if (skipped.length > 0) {
    await commit(context, poll, [], {
      gaps: [{ uids: skipped, errorCode: 'NOT_LISTED', retryInMs: SKIPPED_RETRY_MS }],
    });
  }
  await takeListed(context, poll, uids, 'advance');
  const throughUid = selected.uidNext - 1;
  if (throughUid > folder.highWaterUid) await commit(context, poll, [], { throughUid });
}

/** UIDs the server has given away since our first contact and does not list: gone already, or not to be seen yet. */
function skippedUids(folder: Folder, listed: number[], uidNext: number): number[] {
  const from = Math.max(folder.highWaterUid + 1, folder.firstUidNext);
  const known = new Set(listed);
  const skipped: number[] = [];
  for (let uid = from; uid < uidNext && skipped.length < SKIPPED_RECORDED_MAX; uid += 1) {
    if (!known.has(uid)) skipped.push(uid);
  }
  return skipped;
}

/** Takes mails the server lists, batch by batch; `advance` moves the high-water mark along with them. */
async function takeListed(context: PollContext, poll: FolderPoll, uids: number[], mark: 'advance' | 'leave') {
  for (let from = 0; from < uids.length; from += DESCRIBED_AT_ONCE) {
    const slice = uids.slice(from, from + DESCRIBED_AT_ONCE);
    const described = await describe(context, poll, slice, mark);
    const batches = planBatches(slice, described, context.settings.limits, isBeforeImport(context, poll.folder));
    for (const batch of batches) await takeBatch(context, poll, batch, mark);
  }
}

async function describe(context: PollContext, poll: FolderPoll, slice: number[], mark: 'advance' | 'leave') {
  try {
    return await context.session.describe(slice);
  } catch (error) {
    if (!blamesMails(context, error)) throw error;
    // Refused: each of them goes down as not described.
    if (context.session.isUsable) return new Map<number, MailDescription>();
    const gaps = [{ uids: slice, errorCode: errorCode(error), retryInMs: 0 }];
    await commit(context, poll, [], { gaps, ...through(mark, slice.at(-1)) });
    throw error;
  }
}

async function takeBatch(context: PollContext, poll: FolderPoll, batch: FetchBatch, mark: 'advance' | 'leave') {
  const { beforeImport } = batch;
  const undescribed = { uids: batch.undescribed, errorCode: 'NOT_DESCRIBED', retryInMs: 0 };
  const rest = { beforeImport, ...through(mark, batch.throughUid) };
  try {
    const mails = await fetchBatch(context, batch);
    const unfetched = { uids: missingUids(batch, mails), errorCode: 'NOT_FETCHED', retryInMs: 0 };
    await commit(context, poll, mails, { ...rest, gaps: [undescribed, unfetched] });
  } catch (error) {
    if (!blamesMails(context, error)) throw error;
    const unfetched = { uids: missingUids(batch, []), errorCode: errorCode(error), retryInMs: 0 };
    await commit(context, poll, [], { ...rest, gaps: [undescribed, unfetched] });
    if (!context.session.isUsable) throw error;
  }
}

function through(mark: 'advance' | 'leave', uid: number | undefined): { throughUid?: number } {
  return mark === 'advance' && uid !== undefined ? { throughUid: uid } : {};
}

/**
 * May the mails at hand be why it failed, so that they must not fail the others with them? Not when we closed the line
 * ourselves, another process took over, or the database was away; anything else may be, a bug of ours included.
 */
function blamesMails({ signal }: PollContext, error: unknown): boolean {
  if (signal.aborted || errorCode(error) === 'LEASE_LOST') return false;
  return error instanceof ImapError || !isTransientDatabaseError(error);
}

function missingUids(batch: FetchBatch, fetched: FetchedMail[]): number[] {
  const uids = new Set(fetched.map((mail) => mail.uid));
  return [...batch.whole, ...batch.headerOnly].map((mail) => mail.uid).filter((uid) => !uids.has(uid));
}

async function fetchBatch(
  context: PollContext,
  batch: Pick<FetchBatch, 'whole' | 'headerOnly'>,
): Promise<FetchedMail[]> {
  const { session, settings, log } = context;
  const raws = await session.fetchWhole(batch.whole.map((mail) => mail.uid));
  await refetchShort(context, batch.whole, raws);
  const headers = await session.fetchHeaders(batch.headerOnly.map((mail) => mail.uid));
  if (raws.size + headers.size > 0) crashPoint('after-fetch');

  for (const mail of batch.headerOnly) {
    log.warn('mailbox.mail-over-limit', { mailboxId: settings.mailboxId, uid: mail.uid, sizeBytes: mail.sizeBytes });
  }
  const inOrder = [...batch.whole, ...batch.headerOnly].sort((a, b) => a.uid - b.uid);
  return inOrder.flatMap((mail) => {
    const raw = raws.get(mail.uid) ?? headers.get(mail.uid) ?? emptyMail(mail);
    if (!raw) return [];
    const stored = raw.length < mail.sizeBytes ? 'in-part' : 'whole';
    return [
      {
        uid: mail.uid,
        internalDate: mail.internalDate,
        announcedSizeBytes: mail.sizeBytes,
        raw,
        aftermathDue: isAftermathDue(settings.afterReceipt, stored),
      },
    ];
  });
}

/** A mail of no bytes at all comes as NIL. */
function emptyMail(mail: MailDescription): Buffer | null {
  return mail.sizeBytes === 0 ? Buffer.alloc(0) : null;
}

/**
 * Fetches once more what came shorter than announced, and keeps the longer of both. Servers that announce sizes counted
 * with other line ends are told from a cut mail only in this direction: longer is no mismatch.
 */
async function refetchShort(
  { session, settings, log }: PollContext,
  whole: MailDescription[],
  raws: Map<number, Buffer>,
): Promise<void> {
  const isShort = (mail: MailDescription) => (raws.get(mail.uid)?.length ?? mail.sizeBytes) < mail.sizeBytes;
  const short = whole.filter(isShort).map((mail) => mail.uid);
  for (const [uid, raw] of await session.fetchWhole(short)) {
    if (raw.length > (raws.get(uid)?.length ?? 0)) raws.set(uid, raw);
  }
  for (const mail of whole.filter(isShort)) {
    log.warn('mailbox.mail-cut-short', {
      mailboxId: settings.mailboxId,
      uid: mail.uid,
      announcedSizeBytes: mail.sizeBytes,
      sizeBytes: raws.get(mail.uid)?.length ?? null,
    });
  }
}

/** Commits, wakes the intake, and only then lets the server know. */
async function commit(
  context: PollContext,
  poll: FolderPoll,
  mails: FetchedMail[],
  rest: Pick<ReceivedBatch, 'beforeImport' | 'gaps' | 'throughUid'>,
): Promise<void> {
  const { db, lease, settings, log } = context;
  const { folder } = poll;
  const stored = await storeBatch(db, { mailboxId: settings.mailboxId, folderId: folder.id, lease, mails, ...rest });
  folder.highWaterUid = Math.max(folder.highWaterUid, rest.throughUid ?? 0);
  poll.newCount += stored.newCount;
  poll.knownCount += stored.knownCount;
  if (mails.length > 0) {
    log.info('mailbox.mails-stored', { mailboxId: settings.mailboxId, folderId: folder.id, ...stored });
  }
  for (const gap of rest.gaps ?? []) {
    if (gap.uids.length === 0) continue;
    poll.openGapCount += gap.uids.length;
    log.warn('mailbox.gaps-recorded', {
      mailboxId: settings.mailboxId,
      folderId: folder.id,
      count: gap.uids.length,
      code: gap.errorCode,
    });
  }
  if (stored.newCount > 0) context.onStored();
  const due = mails.filter((mail) => mail.aftermathDue).map((mail) => mail.uid);
  if (due.length > 0) await aftermath(context, folder.id, due);
}

async function carryOutDueAftermath(context: PollContext, folder: Folder): Promise<void> {
  if (context.settings.afterReceipt.kind === 'keep') return;
  for (let afterUid = 0; ; ) {
    const uids = await listDueAftermath(context.db, { folderId: folder.id, afterUid, limit: AFTERMATH_AT_ONCE });
    const last = uids.at(-1);
    if (last === undefined) return;
    await aftermath(context, folder.id, uids);
    afterUid = last;
  }
}

/** A refusal is recorded and tried again later; receiving goes on. */
async function aftermath({ db, lease, session, settings, log }: PollContext, folderId: Id, uids: number[]) {
  try {
    const { gone, stayed } = await carryOutAftermath(session, settings.afterReceipt, uids);
    if (gone.length > 0) await settleAftermath(db, lease, folderId, { uids: gone, gone: true });
    if (stayed.length > 0) await settleAftermath(db, lease, folderId, { uids: stayed, gone: false });
  } catch (error) {
    if (!(error instanceof ImapError) || !session.isUsable) throw error;
    await deferAftermath(db, lease, folderId, { uids, errorCode: error.code });
    log.error('mailbox.aftermath-refused', {
      mailboxId: settings.mailboxId,
      folderId,
      count: uids.length,
      code: error.code,
    });
  }
}

async function retryGaps(context: PollContext, poll: FolderPoll): Promise<void> {
  const { db, lease, session, settings, log, retryAllGaps } = context;
  const folderId = poll.folder.id;
  for (let afterUid = 0; ; ) {
    const gaps = await listDueGaps(db, { folderId, afterUid, limit: GAPS_AT_ONCE, now: retryAllGaps });
    const last = gaps.at(-1);
    if (!last) return;
    afterUid = last.uid;
    const uids = gaps.map((gap) => gap.uid);
    const listed = new Set(await session.listUidsAmong(uids));
    const vanished = uids.filter((uid) => !listed.has(uid));
    if (vanished.length > 0) {
      await recordVanished(db, lease, folderId, vanished);
      log.warn('mailbox.gaps-vanished', { mailboxId: settings.mailboxId, folderId, count: vanished.length });
    }
    const open = gaps.filter((gap) => listed.has(gap.uid));
    const untried = open.filter((gap) => gap.attempts === 0).map((gap) => gap.uid);
    await takeListed(context, poll, untried, 'leave');
    for (const gap of open) if (gap.attempts > 0) await retryGap(context, poll, gap);
  }
}

async function retryGap(context: PollContext, poll: FolderPoll, gap: DueGap): Promise<void> {
  const { db, lease, session, settings, log } = context;
  const { folder } = poll;
  try {
    const described = await session.describe([gap.uid]);
    const [batch] = planBatches([gap.uid], described, settings.limits, isBeforeImport(context, folder));
    const mails = batch ? await fetchBatch(context, batch) : [];
    const beforeImport = batch?.beforeImport ?? [];
    if (mails.length + beforeImport.length === 0) throw notGivenOut();
    await commit(context, poll, mails, { beforeImport });
  } catch (error) {
    if (!blamesMails(context, error)) throw error;
    await recordGapFailures(db, lease, folder.id, { uids: [gap.uid], errorCode: errorCode(error), retryInMs: 0 });
    poll.openGapCount += 1;
    const fields = { mailboxId: settings.mailboxId, folderId: folder.id, uid: gap.uid, attempts: gap.attempts + 1 };
    if (gap.alarming) log.error('mailbox.gap-alarm', { ...fields, code: errorCode(error) });
    if (!session.isUsable) throw error;
  }
}

function notGivenOut(): ImapError {
  return new ImapError({ kind: 'protocol', code: 'NOT_FETCHED', words: 'The server lists the mail and gives none.' });
}

async function reconcile(context: PollContext, poll: FolderPoll): Promise<void> {
  const { db, lease, session, settings, log } = context;
  const folderId = poll.folder.id;
  const { missing, vanished } = await reconcileFolder(db, lease, folderId, await session.listAllUids());
  const fields = { mailboxId: settings.mailboxId, folderId, missing, vanished };
  if (missing > 0) {
    log.warn('mailbox.reconciled', fields);
    await retryGaps(context, poll);
  } else {
    log.info('mailbox.reconciled', fields);
  }
}
