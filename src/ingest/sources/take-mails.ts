import { crashPoint } from '../../crash-points.ts';
import { errorCode } from '../../errors.ts';
import type { Folder } from '../../store/ledger.ts';
import { type FetchedMail, type ReceivedBatch, storeBatch } from '../receive.ts';
import { carryOutAftermath, isAftermathDue } from './imap-aftermath.ts';
import { ImapError } from './imap-errors.ts';
import type { MailDescription, SelectedFolder } from './imap-session.ts';
import { type FetchBatch, planBatches } from './plan-batches.ts';
import { blamesMails, type FolderPoll, type PollContext } from './poll-context.ts';

/**
 * Takes listed mails: describe, fetch in batches, commit, and only then the aftermath on the server. What could not be
 * fetched becomes a gap in the same transaction that moves the high-water mark past it (IN-04).
 */

const DESCRIBED_AT_ONCE = 500;
/** UIDs that were skipped are looked at again after this time: deliveries may show in another order than they count. */
const SKIPPED_RETRY_MS = 30_000;
/** More skipped UIDs than this at once is a server that counts in leaps; the reconciliation covers them. */
const SKIPPED_RECORDED_MAX = 1_000;

/** Takes what came since the high-water mark, and moves the mark to the end. */
export async function takeNewMails(context: PollContext, poll: FolderPoll, selected: SelectedFolder): Promise<void> {
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
  // A mail that came after SELECT is listed too, and the mark moves past it.
  const end = Math.max(uidNext, (listed.at(-1) ?? 0) + 1);
  for (let uid = from; uid < end && skipped.length < SKIPPED_RECORDED_MAX; uid += 1) {
    if (!known.has(uid)) skipped.push(uid);
  }
  return skipped;
}

/** Does the high-water mark move along? Not for gaps below it. */
type Mark = 'advance' | 'leave';

/** Takes mails the server lists, batch by batch. */
export async function takeListed(context: PollContext, poll: FolderPoll, uids: number[], mark: Mark): Promise<void> {
  for (let from = 0; from < uids.length; from += DESCRIBED_AT_ONCE) {
    const slice = uids.slice(from, from + DESCRIBED_AT_ONCE);
    const described = await describe(context, poll, slice, mark);
    const batches = planBatches(slice, described, context.settings.limits, isBeforeImport(context, poll.folder));
    for (const batch of batches) await takeBatch(context, poll, batch, mark);
  }
}

async function describe(context: PollContext, poll: FolderPoll, slice: number[], mark: Mark) {
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

async function takeBatch(context: PollContext, poll: FolderPoll, batch: FetchBatch, mark: Mark): Promise<void> {
  const { beforeImport } = batch;
  const undescribed = { uids: batch.undescribed, errorCode: 'NOT_DESCRIBED', retryInMs: 0 };
  const rest = { beforeImport, ...through(mark, batch.throughUid) };
  let mails: FetchedMail[];
  try {
    mails = await fetchBatch(context, batch);
    const unfetched = { uids: missingUids(batch, mails), errorCode: 'NOT_FETCHED', retryInMs: 0 };
    await commit(context, poll, mails, { ...rest, gaps: [undescribed, unfetched] });
  } catch (error) {
    if (!blamesMails(context, error)) throw error;
    const unfetched = { uids: missingUids(batch, []), errorCode: errorCode(error), retryInMs: 0 };
    await commit(context, poll, [], { ...rest, gaps: [undescribed, unfetched] });
    if (!context.session.isUsable) throw error;
    return;
  }
  await carryOutAftermath(context, poll.folder.id, dueAfter(mails));
}

/** Takes one mail by itself. Throws when it cannot be had; whoever calls counts the failure. */
export async function takeSingly(context: PollContext, poll: FolderPoll, uid: number): Promise<void> {
  const described = await context.session.describe([uid]);
  const isOld = isBeforeImport(context, poll.folder);
  const [batch] = planBatches([uid], described, context.settings.limits, isOld);
  const mails = batch ? await fetchBatch(context, batch) : [];
  const beforeImport = batch?.beforeImport ?? [];
  if (mails.length + beforeImport.length === 0) throw notGivenOut();
  await commit(context, poll, mails, { beforeImport });
  await carryOutAftermath(context, poll.folder.id, dueAfter(mails));
}

function through(mark: Mark, uid: number | undefined): { throughUid?: number } {
  return mark === 'advance' && uid !== undefined ? { throughUid: uid } : {};
}

/** The mail server's clock may be slow: what came after our first contact is new unless it is older by more than this. */
const CLOCK_TOLERANCE_MS = 24 * 60 * 60_000;

function isBeforeImport({ settings }: PollContext, folder: Folder): (mail: MailDescription) => boolean {
  const since = settings.importSince.getTime();
  return ({ uid, internalDate }) =>
    internalDate !== null && internalDate.getTime() < (uid < folder.firstUidNext ? since : since - CLOCK_TOLERANCE_MS);
}

function missingUids(batch: FetchBatch, fetched: FetchedMail[]): number[] {
  const uids = new Set(fetched.map((mail) => mail.uid));
  return [...batch.whole, ...batch.headerOnly].map((mail) => mail.uid).filter((uid) => !uids.has(uid));
}

function dueAfter(mails: FetchedMail[]): number[] {
  return mails.filter((mail) => mail.aftermathDue).map((mail) => mail.uid);
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

function notGivenOut(): ImapError {
  return new ImapError({ kind: 'protocol', code: 'NOT_FETCHED', words: 'The server lists the mail and gives none.' });
}

/** Commits, and wakes the intake. */
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
}
