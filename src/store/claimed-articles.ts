import type { Knex } from 'knex';
import type { Id } from '../core/ticket.ts';

/** Articles whose sender is an agent's claim that no agent has confirmed. */
export async function listClaimedArticles(db: Knex, ticketId: Id): Promise<Id[]> {
  const { rows } = await db.raw<{ rows: { id: Id }[] }>(
    `select id from article where ticket_id = ? and 'claimed-by-agent' = any(marks) order by id`,
    [ticketId],
  );
  return rows.map(({ id }) => id);
}
