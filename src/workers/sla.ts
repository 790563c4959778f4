import type { Knex } from 'knex';
import type { RecordBreach } from '../desk/record-breach.ts';
import { errorCode } from '../errors.ts';
import type { Log } from '../log.ts';
import { listOverdueClocks, type OverdueClock } from '../store/clocks.ts';
import { createDrain, type Drain } from './drain.ts';

/**
 * Step 7 of a mail's path, the clocks: passed deadlines become events. Deadlines are not handed over and hold no lease; they are
 * found by looking at the time, by as many workers as like to, and each is recorded by the first that comes.
 */
export type SlaWorker = Drain;

export interface SlaOptions {
  db: Knex;
  recordBreach: RecordBreach;
  log: Log;
}

const BATCH_COUNT_MAX = 50;

export function createSlaWorker({ db, recordBreach, log }: SlaOptions): SlaWorker {
  /** Until all are done, or none of them can be: what is left is looked at again with the next sweep. */
  async function pass(stopping: AbortSignal): Promise<void> {
    let found = BATCH_COUNT_MAX;
    let moved = BATCH_COUNT_MAX;
    while (found === BATCH_COUNT_MAX && moved > 0 && !stopping.aborted) {
      const clocks = await listOverdueClocks(db, BATCH_COUNT_MAX);
      found = clocks.length;
      moved = 0;
      for (const clock of clocks) if (!stopping.aborted && (await recordOne(clock))) moved += 1;
    }
  }

  async function recordOne(overdue: OverdueClock): Promise<boolean> {
    const { ticketId, clock } = overdue;
    const fields = { ticketId, target: clock.target, cycle: clock.cycle };
    try {
      const outcome = await recordBreach(overdue);
      if (outcome === 'recorded') log.info('clock.breached', fields);
      return outcome === 'recorded';
    } catch (error) {
      log.warn('clock.failed', { ...fields, code: errorCode(error) });
      return false;
    }
  }

  return createDrain(pass);
}
