import type { Knex } from 'knex';
import type { Desk } from '../core/desk-config.ts';
import { listWakingTickets } from '../store/waking.ts';
import { CHANGED_AT_ONCE, changeDueTickets } from './timed-change.ts';

export interface WakeTicketsDependencies {
  db: Knex;
  desk(): Promise<Desk>;
}

/** Opens the tickets that waited until a time that has come (`/hold tomorrow 9:00`), and returns how many. */
export function createWakeTickets({ db, desk }: WakeTicketsDependencies): () => Promise<number> {
  return () =>
    changeDueTickets(
      db,
      desk,
      () => listWakingTickets(db, CHANGED_AT_ONCE),
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
