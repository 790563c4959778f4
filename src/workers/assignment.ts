import type { Knex } from 'knex';
import { crashPoint } from '../crash-points.ts';
import type { AssignOutcome, AssignTickets } from '../desk/assign-tickets.ts';
import { errorCode } from '../errors.ts';
import type { Log } from '../log.ts';
import {
  type ClaimedEvent,
  claimDueEvents,
  type PostponedEvent,
  postponeEvents,
  renewEventLeases,
} from '../store/ticket-events.ts';
import { createDrain, type Drain } from './drain.ts';

/**
 * Step 7 of a mail's path, who takes it: claims the events that ask for an agent and hands them to `desk/assign-tickets.ts`.
 * While nobody is free an event is put off and tried again, for as long as it takes.
 */
export type AssignmentWorker = Drain;

export interface AssignmentOptions {
  db: Knex;
  /** Names this process in the leases. */
  holder: string;
  assign: AssignTickets;
  log: Log;
}

const BATCH_COUNT_MAX = 50;
const RENEW_EVERY_MS = 15_000;
const NOBODY_FREE = 'NOBODY_FREE';

export function createAssignmentWorker({ db, holder, assign, log }: AssignmentOptions): AssignmentWorker {
  async function pass(stopping: AbortSignal): Promise<void> {
    while (!stopping.aborted) {
      const batch = await claimDueEvents(db, { queue: 'assignment', holder, limit: BATCH_COUNT_MAX });
      if (batch.length === 0) return;
      crashPoint('after-claim');
      await assignBatch(batch);
    }
  }

  async function assignBatch(batch: ClaimedEvent[]): Promise<void> {
    const renewing = setInterval(() => {
      renewEventLeases(db, batch).catch((error) =>
        log.warn('assignment.failed', { code: errorCode(error), step: 'renew' }),
      );
    }, RENEW_EVERY_MS);
    try {
      const outcomes = await assign(batch.map(({ attempts: _, ...event }) => event)).catch((error: unknown) =>
        batch.map((): AssignOutcome => ({ outcome: 'failed', error })),
      );
      const postponed = batch.flatMap((event, index) => tell(event, outcomes[index]));
      if (postponed.length > 0) await postponeEvents(db, postponed);
    } finally {
      clearInterval(renewing);
    }
  }

  /** Logs what became of an event, and gives it back where it is to be tried again. */
  function tell(event: ClaimedEvent, outcome: AssignOutcome | undefined): PostponedEvent[] {
    const { ticketId, attempts: attempt } = event;
    if (outcome === undefined || outcome.outcome === 'failed') {
      const code = errorCode(outcome?.error);
      log.warn('assignment.failed', { ticketId, code, attempt });
      return [{ event, code, retryBy: null }];
    }
    const isWaiting = outcome.outcome === 'nobody-free';
    // Said once; that it still waits is in the figures.
    const level = !isWaiting ? 'info' : attempt === 1 ? 'warn' : 'debug';
    log[level]('assignment.decided', { ticketId, outcome: outcome.outcome, attempt });
    return isWaiting ? [{ event, code: NOBODY_FREE, retryBy: outcome.retryBy }] : [];
  }

  return createDrain(pass);
}
