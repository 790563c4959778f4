import type { Knex } from 'knex';
import { errorCode } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { isTransientDatabaseError } from '../../store/database.ts';
import type { Lease } from '../../store/leases.ts';
import type { Folder } from '../../store/ledger.ts';
import { ImapError } from './imap-errors.ts';
import type { ImapSession } from './imap-session.ts';
import type { ImapMailboxSettings } from './imap-settings.ts';

/** What each step of a poll works with. */
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

/** What a poll of one folder has done so far. */
export interface FolderPoll {
  folder: Folder;
  newCount: number;
  knownCount: number;
  openGapCount: number;
}

/**
 * May the mails at hand be why it failed, so that they must not fail the others with them? Not when we closed the line
 * ourselves, another process took over, or the database was away; anything else may be, a bug of ours included.
 */
export function blamesMails({ signal }: PollContext, error: unknown): boolean {
  if (signal.aborted || errorCode(error) === 'LEASE_LOST') return false;
  return error instanceof ImapError || !isTransientDatabaseError(error);
}
