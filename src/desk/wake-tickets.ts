import type { Knex } from 'knex';
import type { Desk } from '../core/desk-config.ts';
import { bareUpdate } from '../core/ticket-change.ts';
import { applyTicketChange } from '../store/apply-ticket-change.ts';
import { listWakingTickets, type WakingTicket } from '../store/waking.ts';

export interface WakeTicketsDependencies {
  db: Knex;
  desk(): Promise<Desk>;
}

const WOKEN_AT_ONCE = 50;

/**
 * Opens the tickets that waited until a time that has come (`/hold tomorrow 9:00`), and returns how many. Two processes may look
 * at once: the version each was read at lets one of them do it.
 */
export function createWakeTickets({ db, desk }: WakeTicketsDependencies): () => Promise<number> {
  return async () => {
    let woken = 0;
    for (;;) {
      const due = await listWakingTickets(db, WOKEN_AT_ONCE);
      const { configVersion } = due.length === 0 ? { configVersion: null } : await desk();
      for (const ticket of due) if (await wake(db, ticket, configVersion)) woken += 1;
      if (due.length < WOKEN_AT_ONCE) return woken;
    }
  };
}

async function wake(db: Knex, ticket: WakingTicket, configVersion: Desk['configVersion']): Promise<boolean> {
  const { id, version, status, wakeAt } = ticket;
  const { outcome } = await applyTicketChange(db, {
    ...bareUpdate(id, version, { status: 'open', wakeAt: null }),
    cause: { kind: 'timer', key: `wake-${id}-${version}` },
    actor: { kind: 'system', personId: null },
    occurredAt: wakeAt,
    configVersion,
    events: [
      { kind: 'ticket.status-changed', from: status, to: 'open' },
      { kind: 'ticket.wake-set', from: wakeAt.toISOString(), to: null },
    ],
  });
  return outcome === 'applied';
}
