import type { Knex } from 'knex';
import { decideAssignment } from '../core/assign.ts';
import type { Desk, DeskAssign } from '../core/desk-config.ts';
import type { Id } from '../core/ticket.ts';
import { bareUpdate, type SettleTicketEvent } from '../core/ticket-change.ts';
import {
  escalationCause,
  listFileBytes,
  recordTurns,
  type TicketToAssign,
  whileNobodyElseAssigns,
} from '../store/assignment.ts';
import { settleEvent } from '../store/ticket-events.ts';
import { type AssignmentBatch, assignOf, startBatch } from './assignment-batch.ts';
import {
  composeAssignedNotification,
  composeWaitingNotification,
  type NotificationDependencies,
  type OutgoingMails,
} from './notification-mail.ts';
import { writeTicketChange } from './ticket-clocks.ts';
import { untilWritten } from './until-written.ts';

export interface AssignDependencies extends NotificationDependencies {
  desk(): Promise<Desk>;
}

/** The event that asks for an agent, as a worker holds it. */
export type EventToAssign = Omit<SettleTicketEvent, 'row'>;

export type AssignOutcome =
  | { outcome: 'assigned' }
  /** Somebody has it, or nobody needs to any more. */
  | { outcome: 'not-needed' }
  /** The department's tickets are taken, not given. */
  | { outcome: 'left-to-take' }
  /** The event is not settled, and is to be tried again: no later than something is known to happen by itself. */
  | { outcome: 'nobody-free'; retryBy: Date | null }
  /** Another worker has the event; nothing was written here. */
  | { outcome: 'lease-lost' }
  /** Nothing was written. */
  | { outcome: 'failed'; error: unknown };

/** What became of each event, in the order given. */
export type AssignTickets = (events: readonly EventToAssign[]) => Promise<AssignOutcome[]>;

/**
 * Gives tickets to agents, as their departments' strategies choose, and settles the events that asked for them in the same
 * transaction, which tells the agents as well. The deciding itself is in `core/assign.ts`; what it saw is kept in the ticket's
 * history.
 *
 * One batch after the other, whichever process has it: only who knows all earlier choices is fair. So a batch shares the lock and
 * the reading of what agents have to do. A ticket that cannot be assigned leaves the others of its batch as they are. Files
 * travel with what agents are told, and make batches shorter: nobody else can assign while they are read.
 */
export function createAssignTickets(deps: AssignDependencies): AssignTickets {
  return async (events) => {
    const desk = await deps.desk();
    const fileBytes = await listFileBytes(
      deps.db,
      events.map(({ ticketId }) => ticketId),
    );
    const outcomes: AssignOutcome[] = [];
    for (const batch of batchesOf(events, fileBytes)) {
      const assigned = assignBatch(deps, desk, batch);
      outcomes.push(
        ...(await assigned.catch((error: unknown) => batch.map(() => ({ outcome: 'failed' as const, error })))),
      );
    }
    return outcomes;
  };
}

const BATCH_FILE_BYTES_MAX = 20_000_000;

/** In their order, each with as many files as can be read in a second or two; a ticket with more is one of its own. */
export function batchesOf<Event extends { ticketId: Id }>(
  events: readonly Event[],
  fileBytes: ReadonlyMap<Id, number>,
): Event[][] {
  const batches: Event[][] = [];
  let room = 0;
  for (const event of events) {
    const bytes = fileBytes.get(event.ticketId) ?? 0;
    if (batches.length === 0 || bytes > room) {
      batches.push([]);
      room = BATCH_FILE_BYTES_MAX;
    }
    batches.at(-1)?.push(event);
    room -= bytes;
  }
  return batches;
}

function assignBatch(deps: AssignDependencies, desk: Desk, events: readonly EventToAssign[]): Promise<AssignOutcome[]> {
  return whileNobodyElseAssigns(deps.db, async (transaction) => {
    const batch = await startBatch(transaction, desk, events);
    const outcomes: AssignOutcome[] = [];
    for (const event of events) {
      const assigned = untilWritten(() => assignOne({ ...deps, db: transaction }, desk, batch, event));
      outcomes.push(await assigned.catch((error: unknown) => ({ outcome: 'failed', error })));
    }
    await recordTurns(transaction, batch.turnsTaken());
    return outcomes;
  });
}

async function assignOne(
  deps: NotificationDependencies,
  desk: Desk,
  batch: AssignmentBatch,
  event: EventToAssign,
): Promise<AssignOutcome | 'stale'> {
  const { db } = deps;
  const ticket = await batch.readTicket(db, event);
  if (ticket === null || !needsAgent(ticket)) return settled(db, event, 'not-needed');
  const assign = assignOf(desk, ticket.departmentId);
  if (assign === null) return settled(db, event, 'left-to-take');
  const candidates = batch.candidatesFor(ticket, assign);
  const decision = decideAssignment(assign, candidates, ticket.takenFromId);
  if (decision.outcome === 'left-to-take') return settled(db, event, decision.outcome);
  if (decision.outcome === 'nobody-free') return wait(deps, desk, batch, ticket, assign);

  const { personId, reason, insteadOf, deputyOf } = decision;
  const words = await batch.wordsOf(db, ticket.id);
  const told =
    words === null ? NOBODY_TOLD : await composeAssignedNotification(deps, desk, words, personId, batch.reachable);
  const { outcome } = await writeTicketChange(db, desk, {
    ...bareUpdate(ticket.id, ticket.version, { assigneeId: personId }),
    cause: { kind: 'timer', key: `assign-${ticket.id}-${event.seq}` },
    actor: { kind: 'system', personId: null },
    occurredAt: ticket.now,
    configVersion: desk.configVersion,
    events: [
      {
        kind: 'ticket.assigned',
        from: null,
        to: personId,
        reason,
        insteadOf,
        candidates,
        ...(deputyOf === undefined ? {} : { deputyOf }),
      },
      ...told.events,
    ],
    outbox: told.outbox,
    settles: { row: 'ticket_event', ...event },
  });
  switch (outcome) {
    case 'applied':
      batch.noteAssigned(ticket, personId);
      return { outcome: 'assigned' };
    case 'duplicate':
      return settled(db, event, 'not-needed');
    case 'lease-lost':
      return { outcome };
    case 'stale':
      return outcome;
  }
}

const NOBODY_TOLD: OutgoingMails = { outbox: [], events: [] };

function needsAgent({ assigneeId, mergedIntoId, status }: TicketToAssign): boolean {
  return assigneeId === null && mergedIntoId === null && status !== 'resolved' && status !== 'closed';
}

/** Nobody is free. After the time that the department set somebody is told of it, once, and the ticket's history says so. */
async function wait(
  deps: NotificationDependencies,
  desk: Desk,
  batch: AssignmentBatch,
  ticket: TicketToAssign,
  assign: DeskAssign,
): Promise<AssignOutcome | 'stale'> {
  const nextReturn = batch.nextReturn(assign);
  const { escalateAfterMs } = assign;
  const escalatesAt =
    escalateAfterMs === null || ticket.escalated ? null : new Date(ticket.waitsSince.getTime() + escalateAfterMs);
  if (escalatesAt === null || escalatesAt > ticket.now) {
    return { outcome: 'nobody-free', retryBy: earlier(escalatesAt, nextReturn) };
  }
  const words = await batch.wordsOf(deps.db, ticket.id);
  const told = words === null ? NOBODY_TOLD : await composeWaitingNotification(deps, desk, words, batch.reachable);
  const { outcome } = await writeTicketChange(deps.db, desk, {
    ...bareUpdate(ticket.id, ticket.version),
    cause: escalationCause(ticket),
    actor: { kind: 'system', personId: null },
    occurredAt: escalatesAt,
    configVersion: desk.configVersion,
    events: [{ kind: 'assignment.escalated', departmentId: ticket.departmentId, seq: ticket.seq }, ...told.events],
    outbox: told.outbox,
  });
  return outcome === 'stale' ? outcome : { outcome: 'nobody-free', retryBy: nextReturn };
}

function earlier(one: Date | null, other: Date | null): Date | null {
  return one === null || (other !== null && other < one) ? other : one;
}

async function settled(db: Knex, event: EventToAssign, outcome: 'not-needed' | 'left-to-take'): Promise<AssignOutcome> {
  return (await settleEvent(db, event)) ? { outcome } : { outcome: 'lease-lost' };
}
