import type { Knex } from 'knex';
import type { Desk } from '../core/desk-config.ts';
import type { Id } from '../core/ticket.ts';
import { bareUpdate, type TicketChange } from '../core/ticket-change.ts';
import { writeTicketChange } from './ticket-clocks.ts';

/** A ticket whose time for something has come. */
export interface DueTicket {
  id: Id;
  version: number;
}

/** What time does to it, and what the change is called. */
export interface TimedChange {
  cause: string;
  occurredAt: Date;
  set: Parameters<typeof bareUpdate>[2];
  events: TicketChange['events'];
  outbox?: TicketChange['outbox'];
}

export const CHANGED_AT_ONCE = 50;

/**
 * Changes the tickets whose time has come, batch by batch, and returns how many. Any number of processes may look at once: the
 * version each ticket was read at lets one of them do it.
 */
export async function changeDueTickets<Ticket extends DueTicket>(
  db: Knex,
  desk: () => Promise<Desk>,
  list: () => Promise<Ticket[]>,
  changeOf: (ticket: Ticket) => TimedChange | Promise<TimedChange>,
): Promise<number> {
  let changed = 0;
  for (;;) {
    const due = await list();
    if (due.length === 0) return changed;
    const current = await desk();
    for (const ticket of due) {
      const { cause, occurredAt, set, events, outbox = [] } = await changeOf(ticket);
      const { outcome } = await writeTicketChange(db, current, {
        ...bareUpdate(ticket.id, ticket.version, set),
        cause: { kind: 'timer', key: `${cause}-${ticket.id}-${ticket.version}` },
        actor: { kind: 'system', personId: null },
        occurredAt,
        configVersion: current.configVersion,
        events,
        outbox,
      });
      if (outcome === 'applied') changed += 1;
    }
    if (due.length < CHANGED_AT_ONCE) return changed;
  }
}
