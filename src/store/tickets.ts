import type { Knex } from 'knex';
import type { Id } from '../core/ticket.ts';

/** The version a change must be decided on; null for a ticket that is not there. */
export async function findTicketVersion(db: Knex, ticketId: Id): Promise<number | null> {
  const { rows } = await db.raw<{ rows: { version: number }[] }>('select version from ticket where id = ?', [ticketId]);
  return rows[0]?.version ?? null;
}
