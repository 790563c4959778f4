import { listRestingTickets } from '../store/resting.ts';
import { CHANGED_AT_ONCE, changeDueTickets, type TimedChangeDependencies } from './timed-change.ts';

/**
 * Closes the tickets that have been resolved for as long as `desk.closeResolvedAfter` says, and returns how many. Quietly: the
 * requester heard that the ticket is resolved, and nothing changed for them until they write again.
 */
export function createCloseResolvedTickets(deps: TimedChangeDependencies): () => Promise<number> {
  return async () => {
    const { closeResolvedAfterMs } = await deps.desk();
    if (closeResolvedAfterMs === null) return 0;
    return changeDueTickets(
      deps,
      (exceptIds) => listRestingTickets(deps.db, closeResolvedAfterMs, { exceptIds, limit: CHANGED_AT_ONCE }),
      ({ foundAt }) => ({
        cause: 'close',
        // Not when the time was up: the setting may be younger than the ticket.
        occurredAt: foundAt,
        set: { status: 'closed' },
        events: [{ kind: 'ticket.status-changed', from: 'resolved', to: 'closed' }],
      }),
    );
  };
}
