import type { Knex } from 'knex';
import type { Desk } from '../core/desk-config.ts';
import type { Id } from '../core/ticket.ts';
import { bareUpdate, type TicketChange } from '../core/ticket-change.ts';
import { errorCode } from '../errors.ts';
import type { Log } from '../log.ts';
import { writeTicketChange } from './ticket-clocks.ts';

export interface TimedChangeDependencies {
  db: Knex;
  desk(): Promise<Desk>;
  log: Log;
}

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
 * version each ticket was read at lets one of them do it. A ticket that cannot be changed is logged and holds up no other one.
 */
export async function changeDueTickets<Ticket extends DueTicket>(
  deps: TimedChangeDependencies,
  list: (exceptIds: Id[]) => Promise<Ticket[]>,
  changeOf: (ticket: Ticket) => TimedChange | Promise<TimedChange>,
): Promise<number> {
  let changed = 0;
  const failed: Id[] = [];
  for (;;) {
    const due = await list(failed);
    if (due.length === 0) return changed;
    const current = await deps.desk();
    for (const ticket of due) {
      try {
        if (await write(deps.db, current, ticket, await changeOf(ticket))) changed += 1;
      } catch (error) {
        failed.push(ticket.id);
        deps.log.warn('ticket.not-changed', { ticketId: ticket.id, code: errorCode(error) });
      }
    }
    // What failed is looked at again with the next sweep.
    if (due.length < CHANGED_AT_ONCE) return changed;
  }
}

async function write(db: Knex, desk: Desk, { id, version }: DueTicket, change: TimedChange): Promise<boolean> {
  const { cause, occurredAt, set, events, outbox = [] } = change;
  const { outcome } = await writeTicketChange(db, desk, {
    ...bareUpdate(id, version, set),
    cause: { kind: 'timer', key: `${cause}-${id}-${version}` },
    actor: { kind: 'system', personId: null },
    occurredAt,
    configVersion: desk.configVersion,
    events,
    outbox,
  });
  return outcome === 'applied';
}
