import type { Knex } from 'knex';
import { decideAssignment } from '../core/assign.ts';
import type { Desk, DeskAssign } from '../core/desk-config.ts';
import type { Id } from '../core/ticket.ts';
import { bareUpdate, type SettleTicketEvent } from '../core/ticket-change.ts';
import { applyTicketChange } from '../store/apply-ticket-change.ts';
import {
  findTicketToAssign,
  listCandidates,
  recordTurn,
  type TicketToAssign,
  whileNobodyElseAssigns,
} from '../store/assignment.ts';
import { settleEvent } from '../store/ticket-events.ts';
import { composeAssignedNotification, type NotificationDependencies } from './notification-mail.ts';
import { untilWritten } from './until-written.ts';

export interface AssignDependencies extends NotificationDependencies {
  desk(): Promise<Desk>;
}

/** The event that asks for an agent, as a worker holds it. */
export type EventToAssign = Omit<SettleTicketEvent, 'row'>;

export type AssignOutcome =
  | 'assigned'
  /** Somebody has it, or nobody needs to any more. */
  | 'not-needed'
  /** The department's tickets are taken, not given. */
  | 'left-to-take'
  /** The event is not settled: it is to be tried again. */
  | 'nobody-free'
  /** Another worker has the event; nothing was written here. */
  | 'lease-lost';

export type AssignTicket = (event: EventToAssign) => Promise<AssignOutcome>;

/**
 * Gives a ticket to an agent, as its department's strategy chooses, and settles the event that asked for it in the same
 * transaction, which tells the agent as well. The deciding itself is in `core/assign.ts`; what it saw is kept in the ticket's
 * history.
 */
export function createAssignTicket(deps: AssignDependencies): AssignTicket {
  const { db, desk: currentDesk } = deps;
  return async (event) => {
    const desk = await currentDesk();
    return untilWritten(async () => {
      const ticket = await findTicketToAssign(db, event.ticketId);
      if (ticket === null || !needsAgent(ticket)) return settled(db, event, 'not-needed');
      const assign = assignOf(desk, ticket.departmentId);
      if (assign === null || assign.strategy === 'manual') return settled(db, event, 'left-to-take');
      return whileNobodyElseAssigns(db, (transaction) =>
        decideAndWrite({ ...deps, db: transaction }, desk, event, ticket, assign),
      );
    });
  };
}

function needsAgent({ assigneeId, mergedIntoId, status }: TicketToAssign): boolean {
  return assigneeId === null && mergedIntoId === null && status !== 'resolved' && status !== 'closed';
}

function assignOf(desk: Desk, departmentId: Id): DeskAssign | null {
  const departments = [...desk.departments, ...desk.archivedDepartments];
  return departments.find(({ id }) => id === departmentId)?.assign ?? null;
}

async function decideAndWrite(
  deps: NotificationDependencies,
  desk: Desk,
  event: EventToAssign,
  ticket: TicketToAssign,
  assign: DeskAssign,
): Promise<AssignOutcome | 'stale'> {
  const { db } = deps;
  const agents = desk.agents.filter(({ personId }) => assign.candidateIds.includes(personId));
  const candidates = await listCandidates(db, ticket, agents);
  const decision = decideAssignment(assign, candidates);
  if (decision.outcome === 'nobody-free') return decision.outcome;
  if (decision.outcome === 'left-to-take') return settled(db, event, decision.outcome);

  const { personId, reason, insteadOf } = decision;
  const told = await composeAssignedNotification(deps, desk, event.ticketId, personId);
  const { outcome } = await applyTicketChange(db, {
    ...bareUpdate(event.ticketId, ticket.version, { assigneeId: personId }),
    cause: { kind: 'timer', key: `assign-${event.ticketId}-${event.seq}` },
    actor: { kind: 'system', personId: null },
    occurredAt: ticket.now,
    configVersion: desk.configVersion,
    events: [{ kind: 'ticket.assigned', from: null, to: personId, reason, insteadOf, candidates }, ...told.events],
    outbox: told.outbox,
    settles: { row: 'ticket_event', ...event },
  });
  switch (outcome) {
    case 'applied':
      await recordTurn(db, ticket.departmentId, personId);
      return 'assigned';
    case 'duplicate':
      return settled(db, event, 'not-needed');
    case 'stale':
    case 'lease-lost':
      return outcome;
  }
}

async function settled<Outcome extends AssignOutcome>(
  db: Knex,
  event: EventToAssign,
  outcome: Outcome,
): Promise<Outcome | 'lease-lost'> {
  return (await settleEvent(db, event)) ? outcome : 'lease-lost';
}
