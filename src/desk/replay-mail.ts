import type { Knex } from 'knex';
import type { Id } from '../core/ticket.ts';
import { releaseFromQuarantine } from '../store/inbound-mail.ts';
import { findShownMail } from '../store/mail-lists.ts';

/** `not-quarantined`: it is settled, or on its way; there is nothing to give it. */
export type ReplayOutcome = 'replayed' | 'not-quarantined' | 'unknown';

/**
 * Gives a mail in quarantine fresh attempts. As a plain ticket it is not understood any more: its header makes a ticket, and
 * the raw mail stays beside it.
 */
export async function replayMail(
  db: Knex,
  { id, asPlainTicket }: { id: Id; asPlainTicket: boolean },
): Promise<ReplayOutcome> {
  if (await releaseFromQuarantine(db, id, asPlainTicket)) return 'replayed';
  return (await findShownMail(db, id)) === null ? 'unknown' : 'not-quarantined';
}
