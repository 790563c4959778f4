import type { Knex } from 'knex';
import type { Id } from '../core/ticket.ts';

/** A resolved ticket that nobody answered in the time set for it. */
export interface RestingTicket {
  id: Id;
  version: number;
  /** The database's time when it was found. */
  foundAt: Date;
}

/** Resolved at least this long ago, by the database's time; the longest first. */
export async function listRestingTickets(
  db: Knex,
  resolvedForMs: number,
  { exceptIds, limit }: { exceptIds: Id[]; limit: number },
): Promise<RestingTicket[]> {
  const { rows } = await db.raw<{ rows: RestingTicket[] }>(
    `select id, version, clock_timestamp() as "foundAt" from ticket
     where status = 'resolved' and coalesce(resolved_at, updated_at) <= now() - ?::float8 * interval '1 millisecond'
       and id <> all(?::bigint[])
     order by coalesce(resolved_at, updated_at) limit ?`,
    [resolvedForMs, exceptIds, limit],
  );
  return rows;
}
