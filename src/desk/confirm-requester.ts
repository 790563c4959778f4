import type { Knex } from 'knex';
import { isNoReplyAddress } from '../core/acknowledge.ts';
import type { Desk } from '../core/desk-config.ts';
import type { Id } from '../core/ticket.ts';
import type { TicketChange } from '../core/ticket-change.ts';
import { listClaimedArticles } from '../store/claimed-articles.ts';
import { composeAcknowledgement } from './acknowledgement-mail.ts';
import { voiceOf } from './addressed-mail.ts';
import type { NotificationDependencies, OutgoingMails } from './notification-mail.ts';
import { findRequesterToTell } from './status-notice.ts';

/** What it changes that an agent confirms the requester of a mail that was passed on; nothing where none is a claim (AG-13). */
export async function confirmRequester(db: Knex, ticketId: Id): Promise<Pick<TicketChange, 'articleMarks' | 'events'>> {
  const claimed = await listClaimedArticles(db, ticketId);
  return {
    articleMarks: claimed.map((articleId) => ({ articleId, add: [], remove: ['claimed-by-agent'] })),
    events: claimed.length === 0 ? [] : [{ kind: 'requester.confirmed' }],
  };
}

/**
 * The acknowledgement that waited for the confirmation. It repeats none of the words: that they are the requester's is still
 * what an agent says (OUT-11).
 */
export async function acknowledgeConfirmed(
  deps: NotificationDependencies,
  desk: Desk,
  ticket: { id: Id; number: string; departmentId: Id; mailboxId: Id },
): Promise<OutgoingMails> {
  const suppressed = (reason: string): OutgoingMails => ({
    outbox: [],
    events: [{ kind: 'mail.suppressed', purpose: 'acknowledgement', reason }],
  });
  if (!desk.acknowledge) return suppressed('turned-off');
  const found = await findRequesterToTell(deps.db, desk, ticket.id, { isConfirmed: true });
  if (found.outcome !== 'to-be-told') return suppressed(found.outcome === 'unreachable' ? 'no-address' : found.reason);
  const { requester, outline, automaticMailCount } = found;
  if (isNoReplyAddress(requester.address)) return suppressed('no-reply-address');
  const row = composeAcknowledgement({
    desk,
    voice: voiceOf(desk, ticket),
    keys: deps.keys,
    outboxId: await deps.ids.draw('outbox'),
    ticket: { ...ticket, subject: outline.subject, followsNumber: null },
    recipient: { ...requester, automaticMailCount },
    mail: { language: outline.language, messageId: null, references: [], text: '', spans: [] },
    withText: false,
    date: deps.now(),
  });
  return { outbox: [row], events: [{ kind: 'mail.enqueued', outboxId: row.id, purpose: 'acknowledgement' }] };
}
