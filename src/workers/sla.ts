import type { Knex } from 'knex';
import type { Id } from '../core/ticket.ts';
import type { EscalateTicket } from '../desk/escalate-ticket.ts';
import { errorCode } from '../errors.ts';
import type { Log } from '../log.ts';
import { listAlarmedTickets, listAlarmsAhead } from '../store/clocks.ts';
import { createDrain, type Drain } from './drain.ts';
import type { Queues } from './queues.ts';

/**
 * Step 7 of a mail's path, the clocks: passed deadlines become events. Deadlines are not handed over and hold no lease; they are
 * found by looking at the time, by as many workers as like to, and each is acted on by the first that comes.
 */
export type SlaWorker = Drain;

export interface SlaOptions {
  db: Knex;
  escalate: EscalateTicket;
  log: Log;
}

const BATCH_COUNT_MAX = 50;

export function createSlaWorker({ db, escalate, log }: SlaOptions): SlaWorker {
  /** Until all are done, or none of them can be: what is left is looked at again with the next sweep. */
  async function pass(stopping: AbortSignal): Promise<void> {
    let found = BATCH_COUNT_MAX;
    let moved = BATCH_COUNT_MAX;
    while (found === BATCH_COUNT_MAX && moved > 0 && !stopping.aborted) {
      const tickets = await listAlarmedTickets(db, BATCH_COUNT_MAX);
      found = tickets.length;
      moved = 0;
      for (const ticketId of tickets) if (!stopping.aborted && (await escalateOne(ticketId))) moved += 1;
    }
  }

  async function escalateOne(ticketId: Id): Promise<boolean> {
    try {
      const outcome = await escalate(ticketId);
      if (outcome === 'escalated') log.info('clock.alarmed', { ticketId });
      return true;
    } catch (error) {
      log.warn('clock.failed', { ticketId, code: errorCode(error) });
      return false;
    }
  }

  return createDrain(pass);
}

/** So many moments are looked ahead to at once; with more than that in a minute, one look finds several. */
const MOMENTS_MAX = 200;

/**
 * Has the clocks looked at in the very moment they ask for something, as far as that lies within the horizon: two sweeps, so that
 * each moment is seen by one of them. A delayed job only wakes; that it comes early, late or never changes nothing but the
 * precision. How far a moment is away is asked of the database.
 */
export async function lookAheadToAlarms(db: Knex, queues: Pick<Queues, 'lookIn'>, horizonMs: number): Promise<void> {
  for (const moment of await listAlarmsAhead(db, horizonMs, MOMENTS_MAX)) queues.lookIn('sla', moment);
}
