import type { Knex } from 'knex';
import type { Desk } from '../core/desk-config.ts';
import { bareUpdate } from '../core/ticket-change.ts';
import { TemporaryError } from '../errors.ts';
import { applyTicketChange } from '../store/apply-ticket-change.ts';
import type { UntoldMail } from '../store/outbox.ts';
import { findTicketVersion } from '../store/tickets.ts';

export interface RecordUnsettledDependencies {
  db: Knex;
  desk(): Promise<Desk>;
  now(): Date;
}

const TRIES_MAX = 10;

/**
 * Writes into a ticket's history that a mail of it was refused, given up, or may not have arrived. Once for each time
 * it is given up: an operator may have it tried again.
 */
export function createRecordUnsettledMail({ db, desk, now }: RecordUnsettledDependencies) {
  return async (mail: UntoldMail): Promise<void> => {
    const { configVersion } = await desk();
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const expectedVersion = await findTicketVersion(db, mail.ticketId);
      if (expectedVersion === null) return;
      const { outcome } = await applyTicketChange(db, {
        ...bareUpdate(mail.ticketId, expectedVersion),
        cause: { kind: 'timer', key: `outbox-${mail.outboxId}-unsettled-${mail.attempts}` },
        actor: { kind: 'system', personId: null },
        occurredAt: now(),
        configVersion,
        events: [{ kind: 'mail.unsettled', outboxId: mail.outboxId, outcome: mail.outcome }],
      });
      if (outcome !== 'stale') return;
    }
    throw new TemporaryError('TICKET_CONTENDED', 'The ticket changed each time its history was about to be added to.');
  };
}
