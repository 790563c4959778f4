import { type Folder, openFolder, reconcileFolder, reconsiderBeforeImport, recordPoll } from '../../store/ledger.ts';
import { carryOutDueAftermath } from './imap-aftermath.ts';
import type { SelectedFolder } from './imap-session.ts';
import type { FolderPoll, PollContext } from './poll-context.ts';
import { retryGaps } from './retry-gaps.ts';
import { takeNewMails } from './take-mails.ts';

/**
 * One poll of one folder: brings the ledger to agree with the server.
 *
 * 1. SELECT, and compare UIDVALIDITY. A new one begins a new ledger; mail we know is recognised by its bytes.
 * 2. Gaps that are due.
 * 3. Aftermath that a crash or a refusal left undone.
 * 4. New UIDs: describe, fetch and commit in batches, then the aftermath of each batch.
 * 5. Once an hour, all UIDs against the ledger.
 *
 * `before` is what the last poll of this session returned, if there was one.
 */
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
