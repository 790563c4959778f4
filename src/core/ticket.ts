/** Keys are bigint in SQL and strings here: 2^53 is not a limit we want to meet. */
export type Id = string;

/** new: nobody has taken it · open: being worked · pending: waits for the requester · on-hold: waits for someone else. */
export const TICKET_STATUSES = ['new', 'open', 'pending', 'on-hold', 'resolved', 'closed'] as const;
export type TicketStatus = (typeof TICKET_STATUSES)[number];

/** Lowest first, so that comparing positions compares urgency. */
export const TICKET_PRIORITIES = ['low', 'normal', 'high', 'urgent'] as const;
export type TicketPriority = (typeof TICKET_PRIORITIES)[number];

export type ArticleKind = 'inbound' | 'reply' | 'note' | 'notice';
export type ArticleVisibility = 'public' | 'internal';
export type ArticleState = 'accepted' | 'held' | 'discarded';

/**
 * Where an agent may put a ticket from where it is. Nobody makes it new again; what rests (resolved, closed) is first reopened
 * before it can wait for somebody.
 */
const AGENT_MOVES: Readonly<Record<TicketStatus, readonly TicketStatus[]>> = {
  new: ['open', 'pending', 'on-hold', 'resolved', 'closed'],
  open: ['pending', 'on-hold', 'resolved', 'closed'],
  pending: ['open', 'on-hold', 'resolved', 'closed'],
  'on-hold': ['open', 'pending', 'resolved', 'closed'],
  resolved: ['open', 'closed'],
  closed: ['open'],
};

/** Staying where it is is no move, and always allowed. */
export function mayAgentMove(from: TicketStatus, to: TicketStatus): boolean {
  return from === to || AGENT_MOVES[from].includes(to);
}

/** Whether a ticket in this status can be woken at a set time. */
export function isWaiting(status: TicketStatus): boolean {
  return status === 'pending' || status === 'on-hold';
}

/** Whether nobody has to act on it, until somebody writes again. */
export function isResting(status: TicketStatus): status is 'resolved' | 'closed' {
  return status === 'resolved' || status === 'closed';
}

/**
 * Where a requester's answer leaves a ticket: back with us from every state that waited or rested; a closed ticket stays
 * closed, and the answer opens a follow-up ticket instead.
 */
export function statusAfterRequesterAnswer(status: Exclude<TicketStatus, 'closed'>): TicketStatus {
  return status === 'new' ? 'new' : 'open';
}
