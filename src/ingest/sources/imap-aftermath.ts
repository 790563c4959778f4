import { crashPoint } from '../../crash-points.ts';
import { ImapError } from './imap-errors.ts';
import type { ImapSession } from './imap-session.ts';
import type { AfterReceipt } from './imap-settings.ts';

/** What to do on the server once a mail is stored; `stored` says how much of it we have. */
export function isAftermathDue(afterReceipt: AfterReceipt, stored: 'whole' | 'in-part'): boolean {
  if (afterReceipt.kind === 'keep') return false;
  // What we do not have whole must stay where it is whole.
  return afterReceipt.kind !== 'delete' || stored === 'whole';
}

/** UIDs whose aftermath is done, by whether they left the folder with it. */
export interface AftermathDone {
  gone: number[];
  stayed: number[];
}

/**
 * Flags, moves or deletes mails that are stored, in a way that can be repeated after a crash. Throws an `ImapError` when
 * the server refuses; then nothing is settled and all of it is tried again.
 *
 * Moving without MOVE is COPY, then UID EXPUNGE of what COPYUID confirmed (RFC 6851 §3.3, RFC 4315). Without UIDPLUS a
 * mail can only be removed together with what others flagged as deleted, so it is left in place and flagged \Seen.
 */
export async function carryOutAftermath(
  session: ImapSession,
  afterReceipt: AfterReceipt,
  uids: number[],
): Promise<AftermathDone> {
  const done = await carryOut(session, afterReceipt, uids);
  crashPoint('after-flag');
  return done;
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
