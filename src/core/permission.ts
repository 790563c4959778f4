import type { Id } from './ticket.ts';

/** A lead also decides about other people's work in their departments; an admin may do everything everywhere. */
export const AGENT_ROLES = ['agent', 'lead', 'admin'] as const;
export type AgentRole = (typeof AGENT_ROLES)[number];

/** Who wants to do something, with what decides whether they may. */
export type PermissionActor =
  | { kind: 'system' }
  /** A published rule: configured by an admin, so it may do what a lead may. */
  | { kind: 'rule' }
  | { kind: 'agent'; personId: Id; role: AgentRole; departmentIds: readonly Id[]; disabled: boolean }
  | { kind: 'requester'; personId: Id };

/** What can be done to a ticket. */
export type TicketAction =
  | 'read-public'
  | 'read-internal'
  | 'answer-as-requester'
  | 'reply'
  | 'note'
  | 'take'
  | 'change-status'
  | 'change-priority'
  | 'change-sla-plan'
  | 'change-tags'
  | 'change-collaborators'
  | 'accept-held'
  | 'assign-others'
  | 'change-department'
  | 'change-requester'
  | 'merge';

export interface PermissionTicket {
  departmentId: Id;
  requesterId: Id;
  /** Persons whose collaboration was accepted. */
  collaboratorIds: readonly Id[];
}

const PARTICIPANT_ACTIONS: ReadonlySet<TicketAction> = new Set(['read-public', 'answer-as-requester']);
const LEAD_ACTIONS: ReadonlySet<TicketAction> = new Set(['assign-others', 'change-requester', 'merge']);

/**
 * May this actor do this to this ticket? The one place that answers, asked by `desk` for mail, CLI, web and API alike, with
 * what is true now: rights are checked at use (AG-06).
 */
export function may(actor: PermissionActor, action: TicketAction, ticket: PermissionTicket): boolean {
  switch (actor.kind) {
    case 'system':
      return true;
    case 'rule':
      return action !== 'answer-as-requester' && action !== 'take';
    case 'requester':
      return PARTICIPANT_ACTIONS.has(action) && takesPart(actor.personId, ticket);
    case 'agent':
      return mayAgent(actor, action, ticket);
  }
}

function mayAgent(
  actor: Extract<PermissionActor, { kind: 'agent' }>,
  action: TicketAction,
  ticket: PermissionTicket,
): boolean {
  if (actor.disabled) return false;
  // An agent's own request is theirs to read and answer, wherever it lies.
  if (PARTICIPANT_ACTIONS.has(action) && takesPart(actor.personId, ticket)) return true;
  if (action === 'answer-as-requester') return false;
  if (actor.role === 'admin') return true;
  if (!actor.departmentIds.includes(ticket.departmentId)) return false;
  return actor.role === 'lead' || !LEAD_ACTIONS.has(action);
}

function takesPart(personId: Id, ticket: PermissionTicket): boolean {
  return ticket.requesterId === personId || ticket.collaboratorIds.includes(personId);
}
