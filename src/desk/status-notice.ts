import type { Knex } from 'knex';
import { judgeAutomaticVolume } from '../core/acknowledge.ts';
import type { Desk } from '../core/desk-config.ts';
import { isOwnAddress, ownAddresses } from '../core/own-address.ts';
import { decideStatusNotice, type StatusNotice, type WhyNoNotice } from '../core/status-notice.ts';
import type { Id } from '../core/ticket.ts';
import { isSendableAddress } from '../outbound/header-values.ts';
import { statusNotice } from '../outbound/status-notice.ts';
import { countAutomaticMail } from '../store/automatic-volume.ts';
import { findNoticeFacts } from '../store/notice-facts.ts';
import { findTicketOutline, listEarlierArticles, type TicketOutline } from '../store/tickets.ts';
import { addressedMail, voiceOf } from './addressed-mail.ts';
import type { NotificationDependencies, OutgoingMails } from './notification-mail.ts';
import { threadAnswering, threadOf } from './reply-mail.ts';

export type RequesterToTell =
  | {
      outcome: 'to-be-told';
      requester: { name: string; address: string; addressId: Id };
      outline: TicketOutline;
      automaticMailCount: number;
    }
  | { outcome: 'not-to-be-told'; reason: WhyNoNotice }
  /** They have no address: there is nothing to say of it. */
  | { outcome: 'unreachable' };

/** The mail that tells the requester, or why there is none. */
export interface StatusNoticeMails extends OutgoingMails {
  fate: 'sent' | WhyNoNotice;
}

/** Whether the requester of a ticket may be written to by machine now, and where; `isConfirmed`: an agent vouches just now. */
export async function findRequesterToTell(
  db: Knex,
  desk: Desk,
  ticketId: Id,
  { isConfirmed = false } = {},
): Promise<RequesterToTell> {
  const [outline, facts, volume] = await Promise.all([
    findTicketOutline(db, ticketId),
    findNoticeFacts(db, ticketId),
    countAutomaticMail(db),
  ]);
  if (outline === null || facts === null) return { outcome: 'unreachable' };
  const { name, address, addressId } = outline.requester;
  const own = ownAddresses([...desk.mailboxes, ...desk.archivedMailboxes]);
  const decision = decideStatusNotice({
    ...facts,
    isTrusted: facts.isTrusted || isConfirmed,
    isReachable: address !== null && isSendableAddress(address) && !isOwnAddress(own, address),
    isBreakerOpen: judgeAutomaticVolume(volume.lastHour, volume.hourly).isBreakerOpen,
  });
  if (!decision.send || address === null || addressId === null)
    return { outcome: 'not-to-be-told', reason: decision.send ? 'no-address' : decision.reason };
  const { automaticMailCount } = facts;
  return { outcome: 'to-be-told', requester: { name, address, addressId }, outline, automaticMailCount };
}

/** Tells the requester what an agent, or their own answer, did to the ticket; where it must not, the ticket's history says why. */
export async function composeStatusNotice(
  deps: NotificationDependencies,
  desk: Desk,
  ticket: { id: Id; number: string; departmentId: Id; mailboxId: Id },
  notice: StatusNotice,
  /** Message-ID of the requester's mail that brought it about; null where an agent did. */
  answered: string | null = null,
): Promise<StatusNoticeMails> {
  const [found, earlier] = await Promise.all([
    findRequesterToTell(deps.db, desk, ticket.id),
    listEarlierArticles(deps.db, ticket.id),
  ]);
  if (found.outcome === 'unreachable') return { fate: 'no-address', outbox: [], events: [] };
  if (found.outcome === 'not-to-be-told') {
    const { reason } = found;
    return { fate: reason, outbox: [], events: [{ kind: 'mail.suppressed', purpose: 'notice', reason }] };
  }
  const { requester, outline, automaticMailCount } = found;
  const voice = voiceOf(desk, ticket);
  const row = addressedMail({
    keys: deps.keys,
    voice,
    ticketId: ticket.id,
    outboxId: await deps.ids.draw('outbox'),
    purpose: 'notice',
    recipient: requester,
    replyToName: voice.fromName,
    automaticMailCount,
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
      to: [{ name: requester.name, address: requester.address }],
      cc: [],
      automatic: answered === null ? 'auto-generated' : 'auto-replied',
    },
  });
  return { fate: 'sent', outbox: [row], events: [{ kind: 'mail.enqueued', outboxId: row.id, purpose: 'notice' }] };
}
