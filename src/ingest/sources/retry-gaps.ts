import { errorCode } from '../../errors.ts';
import { type DueGap, listDueGaps, recordGapFailures, recordVanished } from '../../store/ledger.ts';
import { blamesMails, type FolderPoll, type PollContext } from './poll-context.ts';
import { takeListed, takeSingly } from './take-mails.ts';

const GAPS_AT_ONCE = 50;

/**
 * Tries gaps that are due. Those that failed before are tried one by one, so that a mail that breaks the connection does
 * so alone; those that were only found missing come in batches. A gap the server no longer lists has vanished.
 */
export async function retryGaps(context: PollContext, poll: FolderPoll): Promise<void> {
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
    await takeSingly(context, poll, gap.uid);
  } catch (error) {
    if (!blamesMails(context, error)) throw error;
    const code = errorCode(error);
    await recordGapFailures(db, lease, folder.id, { uids: [gap.uid], errorCode: code, retryInMs: 0 });
    poll.openGapCount += 1;
    const fields = { mailboxId: settings.mailboxId, folderId: folder.id, uid: gap.uid, attempts: gap.attempts + 1 };
    if (gap.alarming) log.error('mailbox.gap-alarm', { ...fields, code });
    if (!session.isUsable) throw error;
  }
}
