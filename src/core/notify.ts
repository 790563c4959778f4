import { standInFor } from './deputy.ts';
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

/**
 * assignee: it is theirs · assigned: it is from now on · department: nobody has it, and they work where it lies · deputy: they
 * stand in for its assignee, who is away · assignee-away: so is the assignee, and nobody stands in · waiting: nobody was free to
 * take it for as long as the department lets a ticket wait · plan: its SLA plan wants them to know.
 */
export type NotificationReason =
  | 'assignee'
  | 'assigned'
  | 'department'
  | 'deputy'
  | 'assignee-away'
  | 'waiting'
  | 'plan';

/** An agent whose address takes our mail. */
export interface TellableAgent extends Pick<DeskAgent, 'personId' | 'departmentIds' | 'role' | 'deputyId'> {
  away: boolean;
}

/**
 * Who is told: the assignee, or else the agents of the department. Never the author of the words. An assignee who cannot be
 * reached leaves it to the department, so that somebody hears of it; so does one who is away without a deputy at work. Of a
 * department those at work are told, or all of it when none are.
 */
export function notifiedAgents<Agent extends TellableAgent>(
  ticket: { assigneeId: Id | null; departmentId: Id },
  authorId: Id | null,
  reachable: readonly Agent[],
  ofAssignee: 'assignee' | 'assigned' = 'assignee',
): { agent: Agent; reason: NotificationReason }[] {
  if (ticket.assigneeId !== null && ticket.assigneeId === authorId) return [];
  const others = reachable.filter(({ personId }) => personId !== authorId);
  const assignee = others.find(({ personId }) => personId === ticket.assigneeId);
  const colleagues = others.filter((agent) => agent !== assignee && agent.departmentIds.includes(ticket.departmentId));
  const atWork = colleagues.filter(({ away }) => !away);
  if (assignee === undefined) {
    return (atWork.length > 0 ? atWork : colleagues).map((agent) => ({ agent, reason: 'department' }));
  }
  const told = { agent: assignee, reason: ofAssignee };
  // Who is given a ticket is at work: if they left a moment ago, that is no reason to tell everybody.
  if (!assignee.away || ofAssignee === 'assigned') return [told];
  const canStandIn = (agent: Agent) => !agent.away && (agent.role === 'admin' || colleagues.includes(agent));
  const deputy = standInFor(assignee, others, canStandIn);
  return deputy === null
    ? [told, ...atWork.map((agent) => ({ agent, reason: 'assignee-away' as const }))]
    : [told, { agent: deputy, reason: 'deputy' }];
}

/**
 * Who is told that nobody is free to take a ticket: the leads and admins of its department, or its agents where it has none of
 * these; any admin where it has nobody. Those at work, or all of them when none are.
 */
export function agentsToldOfWaiting<Agent extends TellableAgent>(
  departmentId: Id,
  reachable: readonly Agent[],
): { agent: Agent; reason: NotificationReason }[] {
  const ofDepartment = reachable.filter(({ departmentIds }) => departmentIds.includes(departmentId));
  const leads = ofDepartment.filter(({ role }) => role !== 'agent');
  const admins = reachable.filter(({ role }) => role === 'admin');
  const concerned = [leads, ofDepartment, admins].find(({ length }) => length > 0) ?? [];
  const atWork = concerned.filter(({ away }) => !away);
  return (atWork.length > 0 ? atWork : concerned).map((agent) => ({ agent, reason: 'waiting' }));
}

/**
 * Who hears that a promise is due or broken: those the plan names, and for an assignee who is away whoever hears of requesters' words
 * instead.
 */
export function agentsAlarmed<Agent extends TellableAgent>(
  ticket: { assigneeId: Id | null; departmentId: Id },
  named: readonly Id[],
  reachable: readonly Agent[],
): { agent: Agent; reason: NotificationReason }[] {
  const agents = reachable.filter(({ personId }) => named.includes(personId));
  const isAssigneeNamed = agents.some(({ personId }) => personId === ticket.assigneeId);
  const forAssignee = isAssigneeNamed ? notifiedAgents(ticket, null, reachable) : [];
  const others = agents.filter((agent) => !forAssignee.some((told) => told.agent === agent));
  return [...forAssignee, ...others.map((agent) => ({ agent, reason: 'plan' as const }))];
}

/** Of one notification, as the file: most servers refuse a mail of twice as much. */
const FILE_BYTES_MAX = 10_000_000;
/** Of all copies of it together: each agent's has addresses of its own, so that none can be shared. */
const COPIES_BYTES_MAX = 32_000_000;

/**
 * Which of a mail's files travel with what agents are told of it: in order, as long as there is room. The others are named with
 * their size, and kept with the ticket as all are.
 */
export function filesToTell<File extends { sizeBytes: number }>(
  files: readonly File[],
  copiesCount: number,
): { travelling: File[]; tooLarge: File[] } {
  let room = Math.min(FILE_BYTES_MAX, COPIES_BYTES_MAX / Math.max(1, copiesCount));
  const travelling: File[] = [];
  const tooLarge: File[] = [];
  for (const file of files) {
    if (file.sizeBytes > room) tooLarge.push(file);
    else {
      travelling.push(file);
      room -= file.sizeBytes;
    }
  }
  return { travelling, tooLarge };
}
