import type { Desk } from '../core/desk-config.ts';
import { bareUpdate } from '../core/ticket-change.ts';
import { whyGivenUp } from '../core/undelivered.ts';
import { applyTicketChange } from '../store/apply-ticket-change.ts';
import type { UntoldMail } from '../store/outbox.ts';
import { findTicketVersion } from '../store/tickets.ts';
import { findUndeliveredReply } from '../store/undelivered.ts';
import type { NotificationDependencies, OutgoingMails } from './notification-mail.ts';
import { tellOfUndelivered } from './tell-of-undelivered.ts';
import { untilWritten } from './until-written.ts';

export interface RecordUnsettledDependencies extends NotificationDependencies {
  desk(): Promise<Desk>;
}

/**
 * Writes into a ticket's history that a mail of it was refused, given up, or may not have arrived, and tells whoever has the
 * ticket if it was a reply (OUT-20). Once for each time it is given up: an operator may have it tried again.
 */
export function createRecordUnsettledMail(deps: RecordUnsettledDependencies) {
  const { db, now } = deps;
  return async (mail: UntoldMail): Promise<void> => {
    const desk = await deps.desk();
    await untilWritten(async () => {
      const expectedVersion = await findTicketVersion(db, mail.ticketId);
      if (expectedVersion === null) return 'gone';
      const told = await tell(deps, desk, mail);
      const { outcome } = await applyTicketChange(db, {
        ...bareUpdate(mail.ticketId, expectedVersion),
        cause: { kind: 'timer', key: `outbox-${mail.outboxId}-unsettled-${mail.attempts}` },
        actor: { kind: 'system', personId: null },
        occurredAt: now(),
        configVersion: desk.configVersion,
        events: [{ kind: 'mail.unsettled', outboxId: mail.outboxId, outcome: mail.outcome }, ...told.events],
        outbox: told.outbox,
      });
      return outcome;
    });
  };
}

async function tell(
  deps: NotificationDependencies,
  desk: Desk,
  { outboxId, outcome: how }: UntoldMail,
): Promise<OutgoingMails> {
  const reply = await findUndeliveredReply(deps.db, [outboxId]);
  if (reply === null) return { outbox: [], events: [] };
  const { lastAnswer: said, lastErrorCode } = reply;
  return tellOfUndelivered(deps, desk, reply, {
    how,
    why: whyGivenUp(how, lastErrorCode, said),
    said,
    isSilenced: false,
  });
}
