import type { Knex } from 'knex';
import type { TicketChange } from '../core/ticket-change.ts';
import { crashPoint } from '../crash-points.ts';
import { violatedUniqueConstraint } from './database.ts';
import { countedRows } from './outbox-parts.ts';
import { prepared } from './prepared.ts';
import { buildChangeStatement, type WrittenCounts } from './ticket-change-statement.ts';

export type ApplyOutcome =
  | { outcome: 'applied' }
  /** Somebody changed the ticket, met the same new person or gave the same answer since the facts were read: decide again. */
  | { outcome: 'stale' }
  /** This cause had its effect before. */
  | { outcome: 'duplicate' }
  /** The hand-off row belongs to another worker by now: write nothing. */
  | { outcome: 'lease-lost' };

/**
 * The one writer of ticket changes: everything a change means, in one short transaction of one statement. Nothing is
 * decided, rendered or waited for in here (design.md §3).
 */
export async function applyTicketChange(db: Knex, change: TicketChange): Promise<ApplyOutcome> {
  const statement = buildChangeStatement(change);
  try {
    return await db.transaction(async (trx): Promise<ApplyOutcome> => {
      const { rows } = isCommonShape(change)
        ? await prepared<{ rows: [WrittenCounts] }>(trx, statement.sql, statement.bindings)
        : await trx.raw<{ rows: [WrittenCounts] }>(statement.sql, statement.bindings);
      if (rows[0].settled === 0) throw new Abandoned('lease-lost');
      if (rows[0].tickets === 0 || rows[0].counted < countedRows(change).length) throw new Abandoned('stale');
      if (rows[0].confirmations === 0) throw new Abandoned('stale');
      crashPoint('inside-effect');
      return { outcome: 'applied' };
    });
  } catch (error) {
    if (error instanceof Abandoned) return { outcome: error.outcome };
    switch (violatedUniqueConstraint(error)) {
      case 'ticket_change_cause_kind_cause_key_key':
      case 'ticket_clock_threshold_pkey':
        return { outcome: 'duplicate' };
      case 'ticket_event_pkey':
      case 'person_address_address_key':
        return { outcome: 'stale' };
      default:
        throw error;
    }
  }
}

/** The text grows with each outgoing mail; what most changes send is few texts, which are worth preparing. */
function isCommonShape({ outbox }: TicketChange): boolean {
  return outbox.length <= 2;
}

/** Rolls the transaction back on an expected outcome. */
class Abandoned extends Error {
  readonly outcome: 'stale' | 'lease-lost';
  constructor(outcome: 'stale' | 'lease-lost') {
    super(outcome);
    this.outcome = outcome;
  }
}
