import type { Knex } from 'knex';
import { crashPoint } from '../crash-points.ts';
import type { AssignTicket } from '../desk/assign-ticket.ts';
import { errorCode } from '../errors.ts';
import type { Log } from '../log.ts';
import { type ClaimedEvent, claimDueEvents, postponeEvent, renewEventLeases } from '../store/ticket-events.ts';
import { createDrain, type Drain } from './drain.ts';

/**
 * Step 7 of a mail's path, who takes it: claims the events that ask for an agent and hands each to `desk/assign-ticket.ts`.
 * While nobody is free an event is put off and tried again, for as long as it takes.
 */
export type AssignmentWorker = Drain;

export interface AssignmentOptions {
  db: Knex;
  /** Names this process in the leases. */
  holder: string;
  assign: AssignTicket;
  log: Log;
}

const BATCH_COUNT_MAX = 50;
const RENEW_EVERY_MS = 15_000;

export function createAssignmentWorker({ db, holder, assign, log }: AssignmentOptions): AssignmentWorker {
  async function pass(stopping: AbortSignal): Promise<void> {
    while (!stopping.aborted) {
      const batch = await claimDueEvents(db, { queue: 'assignment', holder, limit: BATCH_COUNT_MAX });
      if (batch.length === 0) return;
      crashPoint('after-claim');
      await assignBatch(batch);
    }
  }

  /** One after the other: they would wait for each other anyway, and each decides on what the one before it left. */
  async function assignBatch(batch: ClaimedEvent[]): Promise<void> {
    const open = new Set(batch);
    const renewing = setInterval(() => {
      renewEventLeases(db, [...open]).catch((error) =>
        log.warn('assignment.failed', { code: errorCode(error), step: 'renew' }),
      );
    }, RENEW_EVERY_MS);
    try {
      for (const event of batch) {
        await assignOne(event);
        open.delete(event);
      }
    } finally {
      clearInterval(renewing);
    }
  }

  async function assignOne(event: ClaimedEvent): Promise<void> {
    const { ticketId, attempts: attempt, ...claim } = event;
    const startedAt = performance.now();
    try {
      const outcome = await assign({ ticketId, ...claim });
      if (outcome === 'nobody-free') await postponeEvent(db, event, 'NOBODY_FREE');
      log[outcome === 'nobody-free' ? 'warn' : 'info']('assignment.decided', {
        ticketId,
        outcome,
        attempt,
        durationMs: Math.round(performance.now() - startedAt),
      });
    } catch (error) {
      log.warn('assignment.failed', { ticketId, code: errorCode(error), attempt });
      await postponeEvent(db, event, errorCode(error));
    }
  }

  return createDrain(pass);
}
