import type { Id } from '../../core/ticket.ts';
import { crashPoint } from '../../crash-points.ts';
import { deferAftermath, type Folder, listDueAftermath, settleAftermath } from '../../store/ledger.ts';
import { ImapError } from './imap-errors.ts';
import type { ImapSession } from './imap-session.ts';
import type { AfterReceipt } from './imap-settings.ts';
import type { PollContext } from './poll-context.ts';

/**
 * What is done on the server with mails that are stored, in ways that can be repeated after a crash.
 *
 * Moving without MOVE is COPY, then UID EXPUNGE of what COPYUID confirmed (RFC 6851 §3.3, RFC 4315). Without UIDPLUS a
 * mail can only be removed together with what others flagged as deleted, so it is left in place and flagged \Seen.
 */

/** What to do on the server once a mail is stored; `stored` says how much of it we have. */
export function isAftermathDue(afterReceipt: AfterReceipt, stored: 'whole' | 'in-part'): boolean {
  if (afterReceipt.kind === 'keep') return false;
  // What we do not have whole must stay where it is whole.
  return afterReceipt.kind !== 'delete' || stored === 'whole';
}

const AFTERMATH_AT_ONCE = 500;

/** What a crash or a refusal left undone. Nothing of it is left to do once the mailbox is set to keep its mail. */
export async function carryOutDueAftermath(context: PollContext, folder: Folder): Promise<void> {
  for (let afterUid = 0; ; ) {
    const uids = await listDueAftermath(context.db, { folderId: folder.id, afterUid, limit: AFTERMATH_AT_ONCE });
    const last = uids.at(-1);
    if (last === undefined) return;
    await carryOutAftermath(context, folder.id, uids);
    afterUid = last;
  }
}

/** A refusal is recorded and tried again later; receiving goes on. */
export async function carryOutAftermath(context: PollContext, folderId: Id, uids: number[]): Promise<void> {
  if (uids.length === 0) return;
  const { db, lease, session, settings, log } = context;
  try {
    const { gone, stayed } = await carryOut(session, settings.afterReceipt, uids);
    crashPoint('after-flag');
    if (gone.length > 0) await settleAftermath(db, lease, folderId, { uids: gone, gone: true });
    if (stayed.length > 0) await settleAftermath(db, lease, folderId, { uids: stayed, gone: false });
  } catch (error) {
    if (!(error instanceof ImapError) || !session.isUsable) throw error;
    await deferAftermath(db, lease, folderId, { uids, errorCode: error.code });
    const fields = { mailboxId: settings.mailboxId, folderId, count: uids.length };
    log.error('mailbox.aftermath-refused', { ...fields, code: error.code });
  }
}

/** UIDs whose aftermath is done, by whether they left the folder with it. */
interface AftermathDone {
  gone: number[];
  stayed: number[];
}

async function carryOut(session: ImapSession, afterReceipt: AfterReceipt, uids: number[]): Promise<AftermathDone> {
  switch (afterReceipt.kind) {
    case 'keep':
      return { gone: [], stayed: uids };
    case 'move':
      return moveMails(session, uids, afterReceipt.folder);
    case 'delete':
      if (!session.offers('UIDPLUS')) return flagMails(session, uids);
      await session.expunge(uids);
      return { gone: uids, stayed: [] };
    case 'flag':
      return flagMails(session, uids);
  }
}

async function flagMails(session: ImapSession, uids: number[]): Promise<AftermathDone> {
  await session.flagSeen(uids);
  return { gone: [], stayed: uids };
}

async function moveMails(session: ImapSession, uids: number[], folder: string): Promise<AftermathDone> {
  if (session.offers('MOVE')) {
    await inFolder(session, folder, () => session.move(uids, folder));
    return { gone: uids, stayed: [] };
  }
  if (!session.offers('UIDPLUS')) return flagMails(session, uids);
  const copied = await inFolder(session, folder, () => session.copy(uids, folder));
  const asked = new Set(uids);
  const confirmed = copied.filter((uid) => asked.has(uid));
  if (confirmed.length > 0) await session.expunge(confirmed);
  // The rest was gone before we came, or the folder gives no lasting UIDs and so no proof of the copy.
  const unconfirmed = uids.filter((uid) => !confirmed.includes(uid));
  if (unconfirmed.length > 0) await session.flagSeen(unconfirmed);
  return { gone: confirmed, stayed: unconfirmed };
}

/** Tries, and once more after making the folder: servers say TRYCREATE when it does not exist (RFC 9051 §6.4.7). */
async function inFolder<Result>(session: ImapSession, folder: string, command: () => Promise<Result>): Promise<Result> {
  try {
    return await command();
  } catch (error) {
    if (!(error instanceof ImapError && error.failure.words === 'TRYCREATE')) throw error;
    await session.createFolder(folder);
    return command();
  }
}
