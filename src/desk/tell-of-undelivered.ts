import type { Desk } from '../core/desk-config.ts';
import { notifiedAgents } from '../core/notify.ts';
import { replyText } from '../core/reply-text.ts';
import type { UndeliveredHow, UndeliveredWhy } from '../core/undelivered.ts';
import { undeliveredReply } from '../outbound/undelivered-reply.ts';
import type { UndeliveredReply } from '../store/undelivered.ts';
import { composeAgentLetter } from './agent-letter.ts';
import { type NotificationDependencies, type OutgoingMails, reachableFor } from './notification-mail.ts';

/** What is known of how a mail failed. */
export interface DeliveryFailure {
  how: UndeliveredHow;
  why: UndeliveredWhy;
  /** The words of a mail server; null where there are none. */
  said: string | null;
  /** Automatic mail to the address stops. */
  isSilenced: boolean;
}

/** Tells the assignee, or else the department, that somebody did not get a reply, why, and what can be done (OUT-20). */
export async function tellOfUndelivered(
  deps: NotificationDependencies,
  desk: Desk,
  reply: UndeliveredReply,
  failure: DeliveryFailure,
): Promise<OutgoingMails> {
  const { ticket, recipientAddresses: addresses } = reply;
  const told = notifiedAgents(ticket, null, await reachableFor(deps.db, desk, ticket));
  if (told.length === 0) {
    return { outbox: [], events: [{ kind: 'mail.suppressed', purpose: 'notification', reason: 'nobody-to-tell' }] };
  }
  const mails: OutgoingMails = { outbox: [], events: [] };
  for (const { agent } of told) {
    const letter = await composeAgentLetter(deps, desk, {
      ticket,
      agent,
      purpose: 'notification',
      reason: 'undelivered',
      replyPurpose: 'note',
      write: (languages, deskName, departmentName, { act: actAddress }) =>
        undeliveredReply({
          ...failure,
          ticket: { ...ticket, departmentName },
          deskName,
          languages,
          addresses,
          text: replyText(reply),
          actAddress,
        }),
    });
    mails.outbox.push(...letter.outbox);
    mails.events.push(...letter.events);
  }
  return mails;
}
