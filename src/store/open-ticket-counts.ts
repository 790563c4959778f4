import type { Knex } from 'knex';

/** How many tickets that are not resolved lie with each mailbox, department, SLA plan and agent of the configuration. */
export async function countOpenTickets(db: Knex): Promise<{ kind: string; key: string; count: number }[]> {
  const { rows } = await db.raw<{ rows: { kind: string; key: string; count: number }[] }>(
    `with open as (
       select mailbox_id, department_id, sla_plan_id, agent.agent_object_id as agent_id
       from ticket left join person as agent on agent.id = assignee_id where status not in ('resolved', 'closed')),
     named as (
       select mailbox_id as id from open union all select department_id from open
       union all select sla_plan_id from open union all select agent_id from open)
     select object.kind, object.key, count(*)::int as count
     from named join config_object as object on object.id = named.id group by object.kind, object.key`,
  );
  return rows;
}
