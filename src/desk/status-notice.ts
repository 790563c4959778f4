import { judgeAutomaticVolume } from '../core/acknowledge.ts';
import type { Desk } from '../core/desk-config.ts';
import { isOwnAddress, ownAddresses } from '../core/own-address.ts';
import { decideStatusNotice, type StatusNotice } from '../core/status-notice.ts';
import type { Id } from '../core/ticket.ts';
import { isSendableAddress } from '../outbound/header-values.ts';
import { statusNotice } from '../outbound/status-notice.ts';
import { countAutomaticMail } from '../store/automatic-volume.ts';
import { findNoticeFacts } from '../store/notice-facts.ts';
import { findTicketOutline, listEarlierArticles } from '../store/tickets.ts';
import { addressedMail, voiceOf } from './addressed-mail.ts';
import type { NotificationDependencies, OutgoingMails } from './notification-mail.ts';
import { threadAnswering, threadOf } from './reply-mail.ts';

/** Tells the requester what an agent, or their own answer, did to the ticket; where it must not, the ticket's history says why. */
export async function composeStatusNotice(
  deps: NotificationDependencies,
  desk: Desk,
  ticket: { id: Id; number: string; departmentId: Id; mailboxId: Id },
  notice: StatusNotice,
  /** Message-ID of the requester's mail that brought it about; null where an agent did. */
  answered: string | null = null,
): Promise<OutgoingMails> {
  const [outline, facts, earlier, volume] = await Promise.all([
    findTicketOutline(deps.db, ticket.id),
    findNoticeFacts(deps.db, ticket.id),
    listEarlierArticles(deps.db, ticket.id),
    countAutomaticMail(deps.db),
  ]);
  if (outline === null || facts === null) return { outbox: [], events: [] };
  const { name, address, addressId } = outline.requester;
  const own = ownAddresses([...desk.mailboxes, ...desk.archivedMailboxes]);
  const decision = decideStatusNotice({
    ...facts,
    isReachable: address !== null && isSendableAddress(address) && !isOwnAddress(own, address),
    isBreakerOpen: judgeAutomaticVolume(volume.lastHour, volume.hourly).isBreakerOpen,
  });
  if (!decision.send || address === null || addressId === null) {
    const reason = decision.send ? 'no-address' : decision.reason;
    return { outbox: [], events: [{ kind: 'mail.suppressed', purpose: 'notice', reason }] };
  }
  const voice = voiceOf(desk, ticket);
  const row = addressedMail({
    keys: deps.keys,
    voice,
    ticketId: ticket.id,
    outboxId: await deps.ids.draw('outbox'),
    purpose: 'notice',
    recipient: { name, address, addressId },
    replyToName: voice.fromName,
    automaticMailCount: facts.automaticMailCount,
    content: {
      ...statusNotice({
        notice,
        ticketNumber: ticket.number,
        ticketSubject: outline.subject,
        deskName: voice.fromName,
        languages: [outline.language, desk.language],
      }),
      ...(answered === null ? threadOf(earlier) : threadAnswering(earlier, answered)),
      date: deps.now(),
      to: [{ name, address }],
      cc: [],
      automatic: answered === null ? 'auto-generated' : 'auto-replied',
    },
  });
  return { outbox: [row], events: [{ kind: 'mail.enqueued', outboxId: row.id, purpose: 'notice' }] };
}
