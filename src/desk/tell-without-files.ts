import type { Desk } from '../core/desk-config.ts';
import { notifiedAgents } from '../core/notify.ts';
import type { Id } from '../core/ticket.ts';
import { type UndeliveredWhy, whyGivenUp } from '../core/undelivered.ts';
import { findRefusedNotification } from '../store/undelivered.ts';
import {
  composeNotificationsTo,
  listWordsToTell,
  type NotificationDependencies,
  type OutgoingMails,
  reachableFor,
} from './notification-mail.ts';

const NO_MAILS: OutgoingMails = { outbox: [], events: [] };

/** Reasons that a requester's files may have given a mail server, or their size; with others the same mail is refused without them. */
const MAY_BE_FOR_FILES: ReadonlySet<UndeliveredWhy> = new Set(['too-big', 'refused', 'unclear']);

/**
 * Tells an agent anew, with the files named only, if the relay refused a notification that carried files: a macro in an attachment must
 * not keep a ticket from the agent who has it. Once, because the second mail carries none. After a bounce nothing is sent (OUT-16).
 */
export async function tellWithoutFiles(
  deps: NotificationDependencies,
  desk: Desk,
  outboxId: Id,
): Promise<OutgoingMails> {
  const refused = await findRefusedNotification(deps.db, outboxId);
  if (refused === null) return NO_MAILS;
  const { ticketId, changeId, assigneeId, personId, lastErrorCode, lastAnswer } = refused;
  if (!MAY_BE_FOR_FILES.has(whyGivenUp('rejected', lastErrorCode, lastAnswer))) return NO_MAILS;
  const words = (await listWordsToTell(deps.db, desk, [ticketId], changeId)).get(ticketId);
  if (words === undefined) return NO_MAILS;
  const ticket = { ...words.ticket, assigneeId };
  const told = notifiedAgents(ticket, words.article.author.personId, await reachableFor(deps.db, desk, ticket));
  const again = told.filter(({ agent }) => agent.personId === personId);
  if (again.length === 0) return NO_MAILS;
  return composeNotificationsTo(deps, desk, ticket, words.article, again, { filesRefused: true });
}
