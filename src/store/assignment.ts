import type { Knex } from 'knex';
import type { Id, TicketStatus } from '../core/ticket.ts';
import { isAway } from './absences.ts';

/** A ticket as assignment looks at it, and the event that asks for its agent. */
export interface TicketToAssign {
  id: Id;
  seq: number;
  version: number;
  status: TicketStatus;
  departmentId: Id;
  requesterId: Id;
  assigneeId: Id | null;
  mergedIntoId: Id | null;
  language: string | null;
  /** Whom it was taken back from, because they never touched it. */
  takenFromId: Id | null;
  /** When the event was recorded. */
  waitsSince: Date;
  /** Somebody was told that it waits. */
  escalated: boolean;
  /** The database's time: whoever decides now does so then. */
  now: Date;
}

/** The cause that makes telling of one waiting ticket happen once. */
export function escalationCause({ id, seq }: { id: Id; seq: number }): { kind: 'timer'; key: string } {
  return { kind: 'timer', key: `waiting-${id}-${seq}` };
}

export async function listTicketsToAssign(
  db: Knex,
  events: readonly { ticketId: Id; seq: number }[],
): Promise<TicketToAssign[]> {
  const { rows } = await db.raw<{ rows: TicketToAssign[] }>(
    `select ticket.id, event.seq, version, status, department_id as "departmentId", requester_id as "requesterId",
       assignee_id as "assigneeId", merged_into_id as "mergedIntoId", language,
       case when event.kind = 'ticket.assigned' then event.data ->> 'from' end as "takenFromId",
       event.recorded_at as "waitsSince",
       exists (select from ticket_change where cause_kind = 'timer' and cause_key = given.key) as escalated,
       clock_timestamp() as now
     from unnest(?::bigint[], ?::integer[], ?::text[]) as given (ticket_id, seq, key)
       join ticket on ticket.id = given.ticket_id
       join ticket_event as event on event.ticket_id = given.ticket_id and event.seq = given.seq`,
    [
      events.map(({ ticketId }) => ticketId),
      events.map(({ seq }) => seq),
      events.map(({ ticketId, seq }) => escalationCause({ id: ticketId, seq }).key),
    ],
  );
  return rows;
}

/** How large the files are that requesters sent to these tickets; those with none are absent. */
export async function listFileBytes(db: Knex, ticketIds: Id[]): Promise<ReadonlyMap<Id, number>> {
  const { rows } = await db.raw<{ rows: { ticketId: Id; bytes: number }[] }>(
    `select article.ticket_id as "ticketId", sum(size_bytes)::float8 as bytes
     from article join attachment on attachment.article_id = article.id
     where article.ticket_id = any(?::bigint[]) and article.kind = 'inbound' group by article.ticket_id`,
    [ticketIds],
  );
  return new Map(rows.map(({ ticketId, bytes }) => [ticketId, bytes]));
}

/** Any number would do; this one is ours. */
const ASSIGNMENT_LOCK = 731_420_853;
const FROZEN_TRANSACTION_MS = 60_000;

/**
 * Runs `assign` when no other worker is assigning, in one transaction: two that read the same counts would both choose the
 * same agent. One lock for the whole desk, since an agent of one department may be one of another as well.
 */
export async function whileNobodyElseAssigns<Result>(
  db: Knex,
  assign: (transaction: Knex.Transaction) => Promise<Result>,
): Promise<Result> {
  return db.transaction(async (transaction) => {
    // A process frozen in here would keep everybody waiting; the server ends such a session, as the leases of its tickets end.
    await transaction.raw(
      `select set_config('idle_in_transaction_session_timeout', ?, true), pg_advisory_xact_lock(?)`,
      [String(FROZEN_TRANSACTION_MS), ASSIGNMENT_LOCK],
    );
    return assign(transaction);
  });
}

/** What an agent has to do, wherever, and whether they are there to do it. */
export interface AgentState {
  personId: Id;
  openCount: number;
  away: boolean;
  /** When the absence ends, where that is known. */
  awayUntil: Date | null;
  /** When they last had their turn, by department. */
  turns: Record<Id, number>;
}

/** Of these persons those who are agents at the moment. */
export async function listAgentStates(db: Knex, personIds: Id[]): Promise<AgentState[]> {
  const { rows } = await db.raw<{ rows: AgentState[] }>(
    `select person.id as "personId", ${isAway('person.id')} as away,
       (select count(*)::int from ticket where assignee_id = person.id and status in ('new', 'open')) as "openCount",
       (select min(until_at) from agent_absence where agent_id = person.id and until_at > clock_timestamp()) as "awayUntil",
       coalesce((select jsonb_object_agg(department_id::text, turn) from assignment_turn where agent_id = person.id), '{}') as turns
     from person
     where person.id = any(?::bigint[]) and person.role is not null and person.disabled_at is null
       and person.erased_at is null`,
    [personIds],
  );
  return rows;
}

/** The latest ticket that each of these agents had of each of these requesters. */
export async function listLatestTickets(
  db: Knex,
  requesterIds: Id[],
  agentIds: Id[],
): Promise<{ requesterId: Id; agentId: Id; ticketId: Id }[]> {
  const { rows } = await db.raw<{ rows: { requesterId: Id; agentId: Id; ticketId: Id }[] }>(
    `select requester_id as "requesterId", assignee_id as "agentId", max(id) as "ticketId" from ticket
     where requester_id = any(?::bigint[]) and assignee_id = any(?::bigint[]) group by requester_id, assignee_id`,
    [requesterIds, agentIds],
  );
  return rows;
}

/** Numbers that grow: one for each assignment that is to be made. */
export async function drawTurns(db: Knex, count: number): Promise<number[]> {
  const { rows } = await db.raw<{ rows: { turn: number }[] }>(
    `select nextval('assignment_turn_seq')::float8 as turn from generate_series(1, ?)`,
    [count],
  );
  return rows.map(({ turn }) => turn);
}

/** An agent had their turn in a department: it is everybody else's before it is theirs again. One a pair. */
export async function recordTurns(
  db: Knex,
  turns: readonly { departmentId: Id; agentId: Id; turn: number }[],
): Promise<void> {
  await db.raw(
    `insert into assignment_turn (department_id, agent_id, turn)
     select * from unnest(?::bigint[], ?::bigint[], ?::bigint[])
     on conflict (department_id, agent_id) do update set turn = excluded.turn`,
    [turns.map(({ departmentId }) => departmentId), turns.map(({ agentId }) => agentId), turns.map(({ turn }) => turn)],
  );
}
