import type { Knex } from 'knex';
import type { AssignCandidate } from '../core/assign.ts';
import type { Id, TicketStatus } from '../core/ticket.ts';
import { isAway } from './absences.ts';

/** A ticket as assignment looks at it. */
export interface TicketToAssign {
  version: number;
  status: TicketStatus;
  departmentId: Id;
  requesterId: Id;
  assigneeId: Id | null;
  mergedIntoId: Id | null;
  /** The database's time: whoever decides now does so then. */
  now: Date;
}

export async function findTicketToAssign(db: Knex, ticketId: Id): Promise<TicketToAssign | null> {
  const { rows } = await db.raw<{ rows: TicketToAssign[] }>(
    `select version, status, department_id as "departmentId", requester_id as "requesterId",
       assignee_id as "assigneeId", merged_into_id as "mergedIntoId", clock_timestamp() as now
     from ticket where id = ?`,
    [ticketId],
  );
  return rows[0] ?? null;
}

/** Any number would do; this one is ours. */
const ASSIGNMENT_LOCK = 731_420_853;

/**
 * Runs `assign` when no other worker is assigning, in one transaction: two that read the same counts would both choose the
 * same agent. One lock for the whole desk, since an agent of one department may be one of another as well.
 */
export async function whileNobodyElseAssigns<Result>(
  db: Knex,
  assign: (transaction: Knex) => Promise<Result>,
): Promise<Result> {
  return db.transaction(async (transaction) => {
    await transaction.raw('select pg_advisory_xact_lock(?)', [ASSIGNMENT_LOCK]);
    return assign(transaction);
  });
}

/** Those of the given persons who are agents at the moment, with what the strategies weigh. One statement. */
export async function listCandidates(
  db: Knex,
  ticket: { departmentId: Id; requesterId: Id },
  persons: { personId: Id; capacity: number | null }[],
): Promise<AssignCandidate[]> {
  const { rows } = await db.raw<{ rows: AssignCandidate[] }>(
    `select person.id as "personId", given.capacity, turn.turn::float8 as "lastTurn",
       (select count(*)::int from ticket where assignee_id = person.id and status in ('new', 'open')) as "openCount",
       (select max(id) from ticket where requester_id = ? and assignee_id = person.id) as "lastTicketId"
     from jsonb_to_recordset(?::jsonb) as given ("personId" bigint, capacity integer)
       join person on person.id = given."personId"
       left join assignment_turn as turn on turn.department_id = ? and turn.agent_id = person.id
     where person.role is not null and person.disabled_at is null and person.erased_at is null
       and not ${isAway('person.id')}
     order by person.id`,
    [
      ticket.requesterId,
      JSON.stringify(persons.map(({ personId, capacity }) => ({ personId, capacity }))),
      ticket.departmentId,
    ],
  );
  return rows;
}

/** An agent had their turn in a department: it is everybody else's before it is theirs again. */
export async function recordTurn(db: Knex, departmentId: Id, agentId: Id): Promise<void> {
  await db.raw(
    `insert into assignment_turn (department_id, agent_id, turn) values (?, ?, nextval('assignment_turn_seq'))
     on conflict (department_id, agent_id) do update set turn = excluded.turn`,
    [departmentId, agentId],
  );
}
