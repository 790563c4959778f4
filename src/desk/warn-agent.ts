import type { Desk } from '../core/desk-config.ts';
import type { RefusalReason } from '../core/mail-effect.ts';
import type { Id } from '../core/ticket.ts';
import { refusedMail } from '../outbound/agent-letter.ts';
import { wasMailedToday } from '../store/outbox.ts';
import { findTicketOutline } from '../store/tickets.ts';
import { composeAgentLetter } from './agent-letter.ts';
import type { NotificationDependencies, OutgoingMails } from './notification-mail.ts';

/**
 * Tells an agent, at the address in the configuration, that a mail in their name was not accepted (AG-01, AG-06). Once a day
 * and ticket: whoever forges mail in somebody's name must not be able to flood them with ours.
 */
export async function warnAgent(
  deps: NotificationDependencies,
  desk: Desk,
  ticket: { id: Id; number: string; departmentId: Id; mailboxId: Id },
  personId: Id,
  reason: RefusalReason,
): Promise<OutgoingMails> {
  const agent = desk.agents.find((one) => one.personId === personId);
  const outline = await findTicketOutline(deps.db, ticket.id);
  if (agent === undefined || outline === null) return { outbox: [], events: [] };
  if (await wasMailedToday(deps.db, { ticketId: ticket.id, purpose: 'warning', addresses: agent.addresses })) {
    return { outbox: [], events: [{ kind: 'mail.suppressed', purpose: 'warning', reason: 'told-today' }] };
  }
  return composeAgentLetter(deps, desk, {
    ticket,
    agent,
    purpose: 'warning',
    reason: 'refused',
    replyPurpose: 'note',
    write: (languages, deskName, departmentName) =>
      refusedMail({
        ticket: { number: ticket.number, subject: outline.subject, departmentName },
        deskName,
        languages,
        reason,
      }),
  });
}
