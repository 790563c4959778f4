import type { DeskAgent } from '../core/desk-config.ts';
import type { AgentEffect } from '../core/mail-effect.ts';
import { statusNoticeOf } from '../core/status-notice.ts';
import { bareUpdate, type NewArticle, type UpdateTicket } from '../core/ticket-change.ts';
import type { TicketEvent } from '../core/ticket-event.ts';
import type { NoticeFate, ReceiptContent } from '../outbound/receipt.ts';
import type { CommandedTicketRow } from '../store/commanded-ticket.ts';
import type { ComposedEffect } from './mail-change.ts';
import { settles } from './mail-rows.ts';
import type { ReadMail, TakeInDependencies, TakeInFacts } from './read-mail.ts';
import { composeReceipt } from './receipt-mail.ts';
import { composeStatusNotice, type StatusNoticeMails } from './status-notice.ts';

/** An agent's mail with commands, and all that bears on it. */
export interface CommandMail {
  deps: TakeInDependencies;
  read: ReadMail;
  facts: TakeInFacts;
  effect: AgentEffect;
  agent: DeskAgent;
  ticket: CommandedTicketRow;
  /** The agent's. */
  zone: string;
}

/** A change of the ticket by the mail that changes nothing yet. */
export function bareChange({ read, effect }: CommandMail) {
  return {
    ...bareUpdate(effect.ticket.id, effect.ticket.version),
    cause: { kind: 'command' as const, key: read.changeKey },
    actor: { kind: 'agent' as const, personId: effect.personId },
    occurredAt: read.occurredAt,
    configVersion: read.desk.configVersion,
  };
}

/** A mail that is only answered; `kept` is what stays of it on the ticket. */
export async function onlyReceipt(
  mail: CommandMail,
  about: ReceiptContent,
  kept: { article: NewArticle; events: TicketEvent[] } | null = null,
): Promise<ComposedEffect> {
  const receipt = await composeReceipt(mail, about);
  return {
    outcome: 'change',
    disposition: 'commanded',
    change: {
      ...bareChange(mail),
      articles: kept === null ? [] : [kept.article],
      events: [...(kept?.events ?? []), receipt.event],
      outbox: [receipt.row],
      settles: settles(mail.read, mail.effect, 'commanded', kept?.article.id ?? null),
    },
  };
}

/** `acknowledged`: the acknowledgement that waited for `/confirm` leaves with this very change, and two mails at once would be one too many. */
export type Notice = Omit<StatusNoticeMails, 'fate'> & { fate: NoticeFate };

export const NO_NOTICE: Notice = { fate: null, outbox: [], events: [] };

/** The requester hears that the ticket is resolved or open again, and of no other change. */
export async function noticeOf(
  { deps, read, effect, ticket }: CommandMail,
  set: UpdateTicket['set'],
  isAcknowledged: boolean,
): Promise<Notice> {
  const notice = statusNoticeOf(ticket.status, set.status ?? ticket.status);
  if (notice === null) return NO_NOTICE;
  if (isAcknowledged) {
    const reason = 'acknowledged';
    return { fate: reason, outbox: [], events: [{ kind: 'mail.suppressed', purpose: 'notice', reason }] };
  }
  const { number, mailboxId } = ticket;
  const departmentId = set.departmentId ?? ticket.departmentId;
  return composeStatusNotice(deps, read.desk, { id: effect.ticket.id, number, mailboxId, departmentId }, notice);
}
