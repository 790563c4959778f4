import type { Knex } from 'knex';
import { joinParts, type StatementPart } from './statement-part.ts';

/** A ticket that waits for an agent is an event that asks for one, put off: nobody was free, or the trouble passed. */
const IS_PUT_OFF = `queue = 'assignment' and settled_at is null and due_at > clock_timestamp()`;

/**
 * Makes waiting tickets due at once, longest waiting first, because somebody may be free now. Rows in another transaction's
 * hands are left alone, so that this waits for nobody: whoever is missed by that moment comes back by themselves, within a minute.
 */
export function wakeWaitingPart(limit: number | null = null): StatementPart {
  return {
    name: 'woken',
    sql: `update ticket_event as event set due_at = date_trunc('milliseconds', clock_timestamp())
      from (select ticket_id, seq from ticket_event where ${IS_PUT_OFF}
        order by recorded_at, ticket_id limit ? for update skip locked) as waiting
      where event.ticket_id = waiting.ticket_id and event.seq = waiting.seq`,
    bindings: [limit],
  };
}

/** As `wakeWaitingPart`, for all of them, as a statement of its own. */
export async function wakeWaiting(db: Knex): Promise<void> {
  const { sql, bindings } = joinParts([wakeWaitingPart()], 'select');
  await db.raw(sql, bindings);
}
