import type { Knex } from 'knex';
import type { AgentRole } from '../core/permission.ts';
import type { Id } from '../core/ticket.ts';

/** An agent of the configuration as the desk has them now. */
export interface ListedAgent {
  personId: Id;
  key: string;
  name: string;
  role: AgentRole;
  /** Keys. */
  departments: string[];
  deputy: string | null;
  /** Their new and open tickets, and how many of those they take at most. */
  openCount: number;
  capacity: number | null;
  /** Since when they are away; null for somebody at work. */
  awaySince: Date | null;
  /** Null for somebody at work, and for an absence without an end. */
  awayUntil: Date | null;
  /** When the next absence begins. */
  nextAwayFrom: Date | null;
  /** Their zone, or the desk's. */
  timezone: string;
}

export interface ListedAbsence {
  from: Date;
  until: Date | null;
  /** The agent's key; null for the operator. */
  saidBy: string | null;
  recordedAt: Date;
}

/** In the order of the configuration; all of them, or the one of this key. */
export async function listAgents(db: Knex, key: string | null = null): Promise<ListedAgent[]> {
  const { rows } = await db.raw<{ rows: ListedAgent[] }>(
    `select person.id as "personId", agent.key, person.name, person.role,
       coalesce(version.spec -> 'departments', '[]') as departments, version.spec ->> 'deputy' as deputy,
       (select count(*)::int from ticket where assignee_id = person.id and status in ('new', 'open')) as "openCount",
       (version.spec ->> 'capacity')::int as capacity, away.since as "awaySince", away.until as "awayUntil",
       (select min(from_at) from agent_absence where agent_id = person.id and from_at > clock_timestamp()
          and (until_at is null or until_at > from_at)) as "nextAwayFrom",
       coalesce(person.timezone, desk.spec ->> 'timezone', 'UTC') as timezone
     from config_object as agent
       join config_object_version as version on version.id = agent.current_version_id
       join person on person.agent_object_id = agent.id
       left join config_object as desk_object on desk_object.kind = 'desk' and desk_object.archived_at is null
       left join config_object_version as desk on desk.id = desk_object.current_version_id
       cross join lateral (
         select min(from_at) as since, case when bool_or(until_at is null) then null else max(until_at) end as until
         from agent_absence where agent_id = person.id and from_at <= clock_timestamp()
           and (until_at is null or until_at > clock_timestamp())
       ) as away
     where agent.kind = 'agent' and agent.archived_at is null and (?::text is null or agent.key = ?)
     order by agent.position, agent.id`,
    [key, key],
  );
  return rows;
}

/** The latest first. */
export async function listAbsences(db: Knex, agentId: Id, limit: number): Promise<ListedAbsence[]> {
  const { rows } = await db.raw<{ rows: ListedAbsence[] }>(
    `select from_at as "from", until_at as until, agent.key as "saidBy", absence.recorded_at as "recordedAt"
     from agent_absence as absence
       left join person on person.id = said_by
       left join config_object as agent on agent.id = person.agent_object_id
     where agent_id = ? and (until_at is null or until_at > from_at)
     order by from_at desc, absence.id desc limit ?`,
    [agentId, limit],
  );
  return rows;
}
