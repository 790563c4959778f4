import type { Knex } from 'knex';
import type { Desk } from '../core/desk-config.ts';
import { bareUpdate } from '../core/ticket-change.ts';
import { applyTicketChange } from '../store/apply-ticket-change.ts';
import type { UntoldMail } from '../store/outbox.ts';
import { findTicketVersion } from '../store/tickets.ts';
import { untilWritten } from './until-written.ts';

export interface RecordUnsettledDependencies {
  db: Knex;
  desk(): Promise<Desk>;
  now(): Date;
}

/**
 * Writes into a ticket's history that a mail of it was refused, given up, or may not have arrived. Once for each time
 * it is given up: an operator may have it tried again.
 */
export function createRecordUnsettledMail({ db, desk, now }: RecordUnsettledDependencies) {
  return async (mail: UntoldMail): Promise<void> => {
    const { configVersion } = await desk();
    await untilWritten(async () => {
      const expectedVersion = await findTicketVersion(db, mail.ticketId);
      if (expectedVersion === null) return 'gone';
      const { outcome } = await applyTicketChange(db, {
        ...bareUpdate(mail.ticketId, expectedVersion),
        cause: { kind: 'timer', key: `outbox-${mail.outboxId}-unsettled-${mail.attempts}` },
        actor: { kind: 'system', personId: null },
        occurredAt: now(),
        configVersion,
        events: [{ kind: 'mail.unsettled', outboxId: mail.outboxId, outcome: mail.outcome }],
      });
      return outcome;
    });
  };
}
