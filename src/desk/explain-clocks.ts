import type { Knex } from 'knex';
import type { Desk } from '../core/desk-config.ts';
import { explainClocks, type SlaExplanation } from '../core/sla/explain.ts';
import type { Id } from '../core/ticket.ts';
import { findSlaFacts } from '../store/clocks.ts';
import { stateOf } from './ticket-clocks.ts';

/** The clocks of a ticket with all that was counted, from the same facts by which they are kept; null for no ticket. */
export async function explainTicketClocks(db: Knex, desk: Desk, ticketId: Id): Promise<SlaExplanation | null> {
  const facts = await findSlaFacts(db, ticketId);
  return facts === null ? null : explainClocks(stateOf(desk, facts), facts.now);
}
