import type { Knex } from 'knex';
import type { AbsenceChange } from '../core/absence.ts';
import type { Id } from '../core/ticket.ts';
import { joinParts, type StatementPart } from './statement-part.ts';
import { wakeWaitingPart } from './waiting-for-agent.ts';

/** Now, as the columns keep it: rounded up it would be later than the next look at the clock. */
const NOW = `date_trunc('milliseconds', clock_timestamp())`;

/** Whether the person of this id is away at this moment of the database's. */
export const isAway = (personId: string) => `exists (select from agent_absence as absence
  where absence.agent_id = ${personId} and absence.from_at <= clock_timestamp()
    and (absence.until_at is null or absence.until_at > clock_timestamp()))`;

/** What is said last counts: an absence ends where the next one begins. */
export function absenceParts(change: AbsenceChange, saidBy: Id | null): StatementPart[] {
  if (change.is === 'back') {
    return [
      {
        name: 'absences_ended',
        sql: `update agent_absence set until_at = greatest(from_at, ${NOW})
          where agent_id = ? and (until_at is null or until_at > clock_timestamp()) and (from_at <= clock_timestamp() or ?)`,
        bindings: [change.agentId, change.planned],
      },
    ];
  }
  return [
    {
      name: 'said',
      sql: `select ?::bigint as agent_id, coalesce(?::timestamptz, ${NOW}) as from_at, ?::timestamptz as until_at`,
      bindings: [change.agentId, change.from, change.until],
    },
    {
      name: 'absences_ended',
      sql: `update agent_absence as earlier set until_at = said.from_at from said
        where earlier.agent_id = said.agent_id and earlier.from_at <= said.from_at
          and (earlier.until_at is null or earlier.until_at > said.from_at)`,
      bindings: [],
    },
    {
      name: 'absence_row',
      sql: `insert into agent_absence (agent_id, from_at, until_at, said_by)
        select agent_id, from_at, case when until_at < from_at then from_at else until_at end, ? from said`,
      bindings: [saidBy],
    },
  ];
}

/** Writes down what the operator says. Who comes back can take what waits for somebody. */
export async function recordAbsence(db: Knex, change: AbsenceChange): Promise<void> {
  const { sql, bindings } = joinParts(
    [...absenceParts(change, null), ...(change.is === 'back' ? [wakeWaitingPart()] : [])],
    'select',
  );
  await db.raw(sql, bindings);
}
