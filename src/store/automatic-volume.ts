import type { Knex } from 'knex';

/**
 * How many times automatic mail was enqueued in the last hour, and in each whole hour of the seven days before it. All that
 * one change sends counts once: how many agents are told of a mail says nothing about volume that runs away.
 */
export interface AutomaticMailCounts {
  lastHour: number;
  /** Hours without any are left out. */
  hourly: number[];
}

export async function countAutomaticMail(db: Knex): Promise<AutomaticMailCounts> {
  const { rows } = await db.raw<{ rows: { hours_ago: number; count: number }[] }>(
    `select floor(extract(epoch from clock_timestamp() - recorded_at) / 3600)::int as hours_ago, count(distinct coalesce(change_id, -id))::int as count
     from outbox where automatic and recorded_at > clock_timestamp() - interval '169 hours' group by 1`,
  );
  return {
    lastHour: rows.find((row) => row.hours_ago <= 0)?.count ?? 0,
    hourly: rows.filter((row) => row.hours_ago > 0).map((row) => row.count),
  };
}
