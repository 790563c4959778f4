import { listWakingTickets } from '../store/waking.ts';
import { CHANGED_AT_ONCE, changeDueTickets, type TimedChangeDependencies } from './timed-change.ts';

/** Opens the tickets that waited until a time that has come (`/hold tomorrow 9:00`), and returns how many. */
export function createWakeTickets(deps: TimedChangeDependencies): () => Promise<number> {
  return () =>
    changeDueTickets(
      deps,
      (exceptIds) => listWakingTickets(deps.db, { exceptIds, limit: CHANGED_AT_ONCE }),
      ({ status, wakeAt }) => ({
        cause: 'wake',
        occurredAt: wakeAt,
        set: { status: 'open', wakeAt: null },
        events: [
          { kind: 'ticket.status-changed', from: status, to: 'open' },
          { kind: 'ticket.wake-set', from: wakeAt.toISOString(), to: null },
        ],
      }),
    );
}
