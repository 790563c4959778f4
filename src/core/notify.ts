import type { DeskAgent } from './desk-config.ts';
import type { Suppression } from './place.ts';
import type { Id } from './ticket.ts';

/** Whether agents are told by mail of what a requester wrote. */
export type NotificationDecision = { send: true } | { send: false; reason: 'suppressed' | 'volume-limit' };

/** Caps on a recipient do not apply to agents, who asked for this mail; the breaker against runaway volume does. */
export function decideNotification(suppressions: readonly Suppression[], isBreakerOpen: boolean): NotificationDecision {
  if (suppressions.includes('notifications')) return { send: false, reason: 'suppressed' };
  return isBreakerOpen ? { send: false, reason: 'volume-limit' } : { send: true };
}

/** assignee: it is theirs · assigned: it is from now on · department: nobody has it, and they work where it lies. */
export type NotificationReason = 'assignee' | 'assigned' | 'department';

/**
 * Who is told: the assignee, or else the agents of the department. Never the author of the words. An assignee who cannot be
 * reached leaves it to the department, so that somebody hears of it.
 */
export function notifiedAgents<Agent extends Pick<DeskAgent, 'personId' | 'departmentIds'>>(
  ticket: { assigneeId: Id | null; departmentId: Id },
  authorId: Id | null,
  reachable: readonly Agent[],
  ofAssignee: 'assignee' | 'assigned' = 'assignee',
): { agent: Agent; reason: NotificationReason }[] {
  if (ticket.assigneeId !== null && ticket.assigneeId === authorId) return [];
  const others = reachable.filter(({ personId }) => personId !== authorId);
  const assignee = others.find(({ personId }) => personId === ticket.assigneeId);
  if (assignee !== undefined) return [{ agent: assignee, reason: ofAssignee }];
  return others
    .filter(({ departmentIds }) => departmentIds.includes(ticket.departmentId))
    .map((agent) => ({ agent, reason: 'department' }));
}
