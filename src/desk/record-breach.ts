import type { Knex } from 'knex';
import type { Desk } from '../core/desk-config.ts';
import { breachedClock } from '../core/sla.ts';
import { bareUpdate } from '../core/ticket-change.ts';
import { applyTicketChange } from '../store/apply-ticket-change.ts';
import { findOverdueClock, type OverdueClock } from '../store/clocks.ts';
import { untilWritten } from './until-written.ts';

export interface RecordBreachDependencies {
  db: Knex;
  desk(): Promise<Desk>;
}

/** `not-needed`: it is on record already, or the clock is not overdue any more. */
export type RecordBreach = (overdue: OverdueClock) => Promise<'recorded' | 'not-needed'>;

/**
 * Writes into a ticket's history that a promise was broken, and stops its clock. Once a clock, whoever comes first; it happened
 * when the clock was due, however late it is noticed.
 */
export function createRecordBreach({ db, desk }: RecordBreachDependencies): RecordBreach {
  return async (found) => {
    const { configVersion } = await desk();
    let overdue: OverdueClock | null = found;
    return untilWritten(async () => {
      if (overdue === null) return 'not-needed';
      const { ticketId, ticketVersion, clock } = overdue;
      const { target, cycle, slaPlanVersionId } = clock;
      const { outcome } = await applyTicketChange(db, {
        ...bareUpdate(ticketId, ticketVersion),
        cause: { kind: 'timer', key: `breach-${ticketId}-${target}-${cycle}` },
        actor: { kind: 'system', personId: null },
        occurredAt: clock.dueAt,
        configVersion,
        events: [{ kind: 'sla.breached', slaPlanVersionId, target, cycle }],
        clocks: [breachedClock(clock)],
      });
      if (outcome !== 'stale') return outcome === 'applied' ? 'recorded' : 'not-needed';
      overdue = await findOverdueClock(db, overdue);
      return outcome;
    });
  };
}
