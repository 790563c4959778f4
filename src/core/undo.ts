import type { CommandedTicket } from './command-effect.ts';
import type { CollaboratorState } from './identity.ts';
import { type Id, isWaiting, type TicketStatus } from './ticket.ts';
import type { UpdateTicket } from './ticket-change.ts';
import type { DoneResult } from './ticket-draft.ts';
import type { TicketEvent } from './ticket-event.ts';

/** One event as it was recorded, newest last in a list. */
export interface RecordedEvent {
  /** Its number in the ticket's history. */
  seq: number;
  changeId: Id;
  /** Null for what no person did. */
  actorId: Id | null;
  recordedAt: Date;
  event: TicketEvent;
}

export type UndoDecision =
  | { outcome: 'refused'; reason: 'nothing' | 'undone-already' | 'too-late' | 'changed-since' }
  | { outcome: 'decided'; undo: Undo };

export interface Undo {
  changeId: Id;
  set: UpdateTicket['set'];
  addTags: string[];
  removeTags: string[];
  collaborators: { addressId: Id; state: CollaboratorState }[];
  events: TicketEvent[];
}

/** After this, others have built on it. */
const UNDO_MS = 30 * 60_000;

/**
 * Takes back what a change of the agent set on the ticket, as a change of its own: status, assignee, department, priority, SLA
 * plan, tags and collaborators. A mail that left is not called back. All or nothing: if somebody changed one of them since, none
 * is touched.
 */
export function decideUndo(input: {
  actorId: Id;
  /** Of the change that begins with this event; null for the agent's newest that could be undone. */
  seq: number | null;
  now: Date;
  ticket: Pick<
    CommandedTicket,
    'status' | 'priority' | 'departmentId' | 'slaPlanId' | 'assigneeId' | 'wakeAt' | 'tags'
  >;
  /** Of the ticket, oldest first. */
  events: readonly RecordedEvent[];
}): UndoDecision {
  const { actorId, seq, now, ticket, events } = input;
  const undone = new Set(events.flatMap(({ event }) => (event.kind === 'ticket.undone' ? [event.changeId] : [])));
  // An undo is no change that could be undone: what it took back can be said again.
  const undoing = new Set(events.flatMap(({ event, changeId }) => (event.kind === 'ticket.undone' ? [changeId] : [])));
  const theirs = events.filter(
    ({ changeId, actorId: by, event }) => by === actorId && isUndoable(event) && !undoing.has(changeId),
  );
  const named = events.find((event) => event.seq === seq)?.changeId;
  if (named !== undefined && undone.has(named)) return { outcome: 'refused', reason: 'undone-already' };
  const meant = theirs.findLast(({ changeId }) => (seq === null ? !undone.has(changeId) : changeId === named));
  if (meant === undefined) return { outcome: 'refused', reason: 'nothing' };
  if (now.getTime() - meant.recordedAt.getTime() > UNDO_MS) return { outcome: 'refused', reason: 'too-late' };

  const { changeId } = meant;
  const earlier = events.slice(
    0,
    events.findIndex((event) => event.changeId === changeId),
  );
  const later = events.slice(events.findLastIndex((event) => event.changeId === changeId) + 1);
  const undo: Undo = { changeId, set: {}, addTags: [], removeTags: [], collaborators: [], events: [] };
  // What was changed since and taken back again counts as not changed.
  const standing = later.filter((one) => !undone.has(one.changeId) && !undoing.has(one.changeId));
  for (const { event } of events.filter((one) => one.changeId === changeId).toReversed()) {
    const isOvertaken = ONE_VALUE.has(event.kind) && standing.some((one) => one.event.kind === event.kind);
    if (isOvertaken || !takeBack(event, undo, ticket, earlier, later))
      return { outcome: 'refused', reason: 'changed-since' };
  }
  const isWake = ({ kind }: TicketEvent) => kind === 'ticket.wake-set';
  // As in every change a wait's time stands behind the status it belongs to.
  undo.events = [
    ...undo.events.filter((event) => !isWake(event)),
    ...undo.events.filter(isWake),
    { kind: 'ticket.undone', changeId },
  ];
  return { outcome: 'decided', undo };
}

export type UndoneResult = DoneResult | { what: 'no-plan' };

/** Where the ticket is once it is done, for the agent who reads of it. */
export function undoneResults(
  { set, addTags, removeTags, collaborators }: Undo,
  known: readonly { addressId: Id; address: string }[],
): UndoneResult[] {
  const results: UndoneResult[] = [];
  if (set.departmentId !== undefined) results.push({ what: 'department', to: set.departmentId, unassigned: false });
  if (set.assigneeId !== undefined) results.push({ what: 'assigned', to: set.assigneeId });
  if (set.priority !== undefined) results.push({ what: 'priority', to: set.priority });
  if (set.slaPlanId !== undefined)
    results.push(set.slaPlanId === null ? { what: 'no-plan' } : { what: 'plan', to: set.slaPlanId });
  if (set.status !== undefined) results.push({ what: 'status', to: set.status, until: set.wakeAt ?? null });
  if (addTags.length + removeTags.length > 0) results.push({ what: 'tags', added: addTags, removed: removeTags });
  const named = (accepted: boolean) =>
    collaborators
      .filter(({ state }) => (state === 'accepted') === accepted)
      .map(({ addressId }) => known.find((one) => one.addressId === addressId)?.address ?? addressId);
  if (collaborators.length > 0) results.push({ what: 'collaborators', added: named(true), removed: named(false) });
  return results;
}

function isUndoable({ kind }: TicketEvent): boolean {
  return UNDOABLE.has(kind);
}

/** Kinds that set one thing anew: the same value again is no sign that nobody has set it since. */
const ONE_VALUE: ReadonlySet<TicketEvent['kind']> = new Set([
  'ticket.status-changed',
  'ticket.wake-set',
  'ticket.assigned',
  'ticket.department-changed',
  'ticket.priority-changed',
  'ticket.sla-plan-changed',
]);

const UNDOABLE: ReadonlySet<TicketEvent['kind']> = new Set([
  ...ONE_VALUE,
  'ticket.tags-changed',
  'collaborator.accepted',
  'collaborator.removed',
]);

/** False when somebody changed the same thing since. */
function takeBack(
  event: TicketEvent,
  undo: Undo,
  ticket: Parameters<typeof decideUndo>[0]['ticket'],
  earlier: readonly RecordedEvent[],
  later: readonly RecordedEvent[],
): boolean {
  switch (event.kind) {
    case 'ticket.status-changed':
      undo.events.push({ kind: event.kind, from: event.to, to: event.from });
      undo.set = { ...undo.set, status: event.from };
      if (undo.set.wakeAt === undefined) wakeAgain(undo, event.from, earlier);
      return ticket.status === event.to;
    case 'ticket.wake-set':
      undo.events.push({ kind: event.kind, from: event.to, to: event.from });
      undo.set.wakeAt = event.from === null ? null : new Date(event.from);
      return (ticket.wakeAt?.toISOString() ?? null) === event.to;
    case 'ticket.assigned':
      undo.events.push({ ...event, from: event.to, to: event.from, reason: 'undone', insteadOf: [], candidates: [] });
      undo.set.assigneeId = event.from;
      // One change may assign twice (a move takes it away, a line gives it on); the first one undone is the last.
      return undo.events.filter(({ kind }) => kind === 'ticket.assigned').length > 1 || ticket.assigneeId === event.to;
    case 'ticket.department-changed':
      undo.events.push({ kind: event.kind, from: event.to, to: event.from, leavesNobody: false });
      undo.set.departmentId = event.from;
      // Whoever was given it since works where it is now.
      return ticket.departmentId === event.to && !later.some((one) => one.event.kind === 'ticket.assigned');
    case 'ticket.priority-changed':
      undo.events.push({ kind: event.kind, from: event.to, to: event.from });
      undo.set.priority = event.from;
      return ticket.priority === event.to;
    case 'ticket.sla-plan-changed':
      undo.events.push({ kind: event.kind, from: event.to, to: event.from, reason: 'undone' });
      undo.set.slaPlanId = event.from;
      // As with the assignee: a move brought one, a line chose another.
      return undo.events.filter(({ kind }) => kind === event.kind).length > 1 || ticket.slaPlanId === event.to;
    case 'ticket.tags-changed':
      undo.events.push({ kind: event.kind, added: event.removed, removed: event.added });
      undo.addTags = [...undo.addTags.filter((tag) => !event.added.includes(tag)), ...event.removed];
      undo.removeTags = [...undo.removeTags.filter((tag) => !event.removed.includes(tag)), ...event.added];
      return !later.some((one) => one.event.kind === 'ticket.tags-changed' && touchesOneOf(one.event, event));
    case 'collaborator.accepted':
    case 'collaborator.removed': {
      const state = stateBefore(event.addressId, earlier);
      undo.collaborators.push({ addressId: event.addressId, state });
      undo.events.push({ kind: `collaborator.${state}`, addressId: event.addressId });
      return !later.some((one) => 'addressId' in one.event && one.event.addressId === event.addressId);
    }
    default:
      return true;
  }
}

/** A change of status ends a wait without a word of its time. */
function wakeAgain(undo: Undo, status: TicketStatus, earlier: readonly RecordedEvent[]): void {
  const last = earlier.findLast(
    ({ event: { kind } }) => kind === 'ticket.wake-set' || kind === 'ticket.status-changed',
  );
  const to = isWaiting(status) && last?.event.kind === 'ticket.wake-set' ? last.event.to : null;
  undo.set.wakeAt = to === null ? null : new Date(to);
  if (to !== null) undo.events.push({ kind: 'ticket.wake-set', from: null, to });
}

/** Whoever was only proposed is so again: an undo must give nobody more than they had. */
function stateBefore(addressId: Id, earlier: readonly RecordedEvent[]): CollaboratorState {
  for (const { event } of earlier.toReversed()) {
    if (event.kind === 'collaborator.proposed' && event.addressId === addressId) return 'proposed';
    if (event.kind === 'collaborator.accepted' && event.addressId === addressId) return 'accepted';
    if (event.kind === 'collaborator.removed' && event.addressId === addressId) return 'removed';
  }
  return 'removed';
}

interface TagsChanged {
  added: string[];
  removed: string[];
}

function touchesOneOf(one: TagsChanged, other: TagsChanged): boolean {
  const touched = new Set([...other.added, ...other.removed]);
  return [...one.added, ...one.removed].some((tag) => touched.has(tag));
}
