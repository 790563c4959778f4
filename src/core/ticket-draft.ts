import type { DeskAgent, DeskDepartment } from './desk-config.ts';
import { type Id, isWaiting, type TicketPriority, type TicketStatus } from './ticket.ts';
import type { UpdateTicket } from './ticket-change.ts';
import type { TicketEvent } from './ticket-event.ts';

/** A ticket being changed step by step, by an agent's commands or by an escalation: what becomes of it, and the events that say so. */
export interface TicketDraft {
  /** As the steps so far leave it; its status and priority stay the ones it has. */
  ticket: DraftedTicket;
  effect: DraftEffect;
}

export interface DraftedTicket {
  status: TicketStatus;
  priority: TicketPriority;
  departmentId: Id;
  slaPlanId: Id | null;
  assigneeId: Id | null;
  wakeAt: Date | null;
  tags: readonly string[];
}

export interface DraftEffect {
  set: UpdateTicket['set'];
  addTags: string[];
  removeTags: string[];
  events: TicketEvent[];
}

/** What a step did, for whoever is told of it. */
export type DoneResult =
  | { what: 'assigned'; to: Id | null }
  | { what: 'department'; to: Id; unassigned: boolean }
  | { what: 'priority'; to: TicketPriority }
  | { what: 'plan'; to: Id }
  | { what: 'status'; to: TicketStatus; until: Date | null }
  /** The requester wrote again after the mail that would have ended its turn. */
  | { what: 'stays-open' }
  | { what: 'tags'; added: string[]; removed: string[] }
  | { what: 'collaborators'; added: string[]; removed: string[] }
  | { what: 'note' }
  | { what: 'away'; until: Date | null }
  | { what: 'back' }
  | { what: 'confirmed' }
  /** It was so already. */
  | { what: 'nothing' };

export const NOTHING: DoneResult = { what: 'nothing' };

export function noDraftEffect(): DraftEffect {
  return { set: {}, addTags: [], removeTags: [], events: [] };
}

export function worksIn(agent: Pick<DeskAgent, 'role' | 'departmentIds'>, departmentId: Id): boolean {
  return agent.role === 'admin' || agent.departmentIds.includes(departmentId);
}

export function giveTo({ ticket, effect }: TicketDraft, to: Id | null, reason: 'taken' | 'given'): void {
  effect.events.push({
    kind: 'ticket.assigned',
    from: ticket.assigneeId,
    to,
    reason,
    insteadOf: [],
    candidates: [],
  });
  effect.set.assigneeId = to;
}

/** What there is to move between. */
export interface MoveContext {
  /** Those at work. */
  agents: readonly Pick<DeskAgent, 'personId' | 'role' | 'departmentIds'>[];
  /** Archived ones too: the ticket may lie in one. */
  departments: readonly Pick<DeskDepartment, 'id' | 'slaPlanId'>[];
  /** It is given to somebody in the same change. */
  isGiven: boolean;
}

export function moveTo(to: Id, draft: TicketDraft, { agents, departments, isGiven }: MoveContext): DoneResult {
  const { ticket, effect } = draft;
  if (ticket.departmentId === to) return NOTHING;
  const assignee = agents.find(({ personId }) => personId === ticket.assigneeId);
  const unassigned = ticket.assigneeId !== null && !(assignee && worksIn(assignee, to));
  const leavesNobody = (unassigned || ticket.assigneeId === null) && !isGiven;
  effect.events.push({ kind: 'ticket.department-changed', from: ticket.departmentId, to, leavesNobody });
  effect.set.departmentId = to;
  const planOf = (department: Id) => departments.find(({ id }) => id === department)?.slaPlanId ?? null;
  const bringsPlan = ticket.slaPlanId === planOf(ticket.departmentId);
  if (bringsPlan) movePlan(draft, planOf(to), 'department');
  if (unassigned) giveTo(draft, null, 'given');
  draft.ticket = { ...draft.ticket, departmentId: to, assigneeId: unassigned ? null : ticket.assigneeId };
  return { what: 'department', to, unassigned: unassigned && !isGiven };
}

/** Said again, the last word counts. */
export function setPriority(to: TicketPriority, { ticket, effect }: TicketDraft): DoneResult {
  if ((effect.set.priority ?? ticket.priority) === to) return NOTHING;
  effect.events = effect.events.filter(({ kind }) => kind !== 'ticket.priority-changed');
  effect.events.push({ kind: 'ticket.priority-changed', from: ticket.priority, to });
  effect.set.priority = to;
  return { what: 'priority', to };
}

export function setPlan(to: Id, draft: TicketDraft): DoneResult {
  if (draft.ticket.slaPlanId === to) return NOTHING;
  movePlan(draft, to, 'given');
  return { what: 'plan', to };
}

/**
 * A ticket under its department's plan gets the next department's with it; one under another plan was put there by somebody, and
 * keeps it.
 */
function movePlan(draft: TicketDraft, to: Id | null, reason: 'given' | 'department'): void {
  const { ticket, effect } = draft;
  if (ticket.slaPlanId !== to)
    effect.events.push({ kind: 'ticket.sla-plan-changed', from: ticket.slaPlanId, to, reason });
  effect.set.slaPlanId = to;
  draft.ticket = { ...ticket, slaPlanId: to };
}

/** A status and the time it ends at go together; the one of the steps before gives way. */
export function moveStatus(draft: TicketDraft, to: TicketStatus, until: Date | null): void {
  const { ticket, effect } = draft;
  const wakeAt = isWaiting(to) ? until : null;
  effect.events = effect.events.filter(({ kind }) => kind !== 'ticket.status-changed' && kind !== 'ticket.wake-set');
  if (ticket.status !== to) effect.events.push({ kind: 'ticket.status-changed', from: ticket.status, to });
  if (ticket.wakeAt?.getTime() !== wakeAt?.getTime()) {
    effect.events.push({ kind: 'ticket.wake-set', from: isoOf(ticket.wakeAt), to: isoOf(wakeAt) });
  }
  effect.set.status = to;
  effect.set.wakeAt = wakeAt;
}

function isoOf(time: Date | null): string | null {
  return time?.toISOString() ?? null;
}

export function setTags(
  { add, remove }: { add: readonly string[]; remove: readonly string[] },
  draft: TicketDraft,
): DoneResult {
  const { ticket, effect } = draft;
  const added = add.filter((tag) => !ticket.tags.includes(tag));
  const removed = remove.filter((tag) => ticket.tags.includes(tag));
  if (added.length + removed.length === 0) return NOTHING;
  effect.addTags = [...effect.addTags.filter((tag) => !removed.includes(tag)), ...added];
  effect.removeTags = [...effect.removeTags.filter((tag) => !added.includes(tag)), ...removed];
  effect.events.push({ kind: 'ticket.tags-changed', added, removed });
  draft.ticket = { ...ticket, tags: [...ticket.tags.filter((tag) => !removed.includes(tag)), ...added] };
  return { what: 'tags', added, removed };
}
