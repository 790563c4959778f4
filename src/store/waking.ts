import type { Knex } from 'knex';
import type { Id, TicketStatus } from '../core/ticket.ts';

/** A waiting ticket whose time has come. */
export interface WakingTicket {
  id: Id;
  version: number;
  status: TicketStatus;
  wakeAt: Date;
}

/** By the database's time, never early; the longest due first. */
export async function listWakingTickets(
  db: Knex,
  { exceptIds, limit }: { exceptIds: Id[]; limit: number },
): Promise<WakingTicket[]> {
  const { rows } = await db.raw<{ rows: WakingTicket[] }>(
    `select id, version, status, wake_at as "wakeAt" from ticket
     where wake_at <= clock_timestamp() and id <> all(?::bigint[]) order by wake_at limit ?`,
    [exceptIds, limit],
  );
  return rows;
}
