import type { Desk } from '../core/desk-config.ts';
import { bareUpdate } from '../core/ticket-change.ts';
import type { TicketEvent } from '../core/ticket-event.ts';
import { whyGivenUp } from '../core/undelivered.ts';
import { findUndeliveredMail, type UndeliveredMail } from '../store/clocks.ts';
import type { UntoldMail } from '../store/outbox.ts';
import { findUndeliveredReply } from '../store/undelivered.ts';
import type { NotificationDependencies, OutgoingMails } from './notification-mail.ts';
import { tellOfUndelivered } from './tell-of-undelivered.ts';
import { tellWithoutFiles } from './tell-without-files.ts';
import { writeTicketChange } from './ticket-clocks.ts';
import { untilWritten } from './until-written.ts';

export interface RecordUnsettledDependencies extends NotificationDependencies {
  desk(): Promise<Desk>;
}

/**
 * Writes into a ticket's history that a mail of it was refused, given up, or may not have arrived, and tells whoever has the
 * ticket if it was a reply (OUT-20). Once for each time it is given up: an operator may have it tried again, and when it arrives then,
 * that is written as well.
 */
export function createRecordUnsettledMail(deps: RecordUnsettledDependencies) {
  const { db } = deps;
  return async (mail: UntoldMail): Promise<void> => {
    const desk = await deps.desk();
    await untilWritten(async () => {
      const undelivered = await findUndeliveredMail(db, mail.outboxId);
      if (undelivered === null) return 'gone';
      const { ticketId, ticketVersion } = undelivered;
      const { cause, occurredAt, event } = whatHappened(mail, undelivered);
      const told = await tell(deps, desk, mail);
      const { outcome } = await writeTicketChange(db, desk, {
        ...bareUpdate(ticketId, ticketVersion),
        cause: { kind: 'timer', key: `outbox-${mail.outboxId}-${cause}-${mail.attempts}` },
        actor: { kind: 'system', personId: null },
        occurredAt,
        configVersion: desk.configVersion,
        events: [event, ...told.events],
        outbox: told.outbox,
      });
      return outcome;
    });
  };
}

function whatHappened(
  { outboxId, outcome, settledAt }: UntoldMail,
  { now, lostAnswer, foundAnswer }: UndeliveredMail,
): { cause: string; occurredAt: Date; event: TicketEvent } {
  if (outcome === 'delivered')
    return {
      cause: 'arrived',
      occurredAt: settledAt,
      event: { kind: 'mail.arrived', outboxId, foundAnswer },
    };
  // What may have arrived is not taken for lost.
  const lost = outcome === 'unknown' ? null : lostAnswer;
  return {
    cause: 'unsettled',
    occurredAt: now,
    event: { kind: 'mail.unsettled', outboxId, outcome, lostAnswer: lost },
  };
}

async function tell(
  deps: NotificationDependencies,
  desk: Desk,
  { outboxId, outcome: how }: UntoldMail,
): Promise<OutgoingMails> {
  if (how === 'delivered') return { outbox: [], events: [] };
  const reply = await findUndeliveredReply(deps.db, [outboxId]);
  if (reply === null) return how === 'rejected' ? tellWithoutFiles(deps, desk, outboxId) : { outbox: [], events: [] };
  const { lastAnswer: said, lastErrorCode } = reply;
  return tellOfUndelivered(deps, desk, reply, {
    how,
    why: whyGivenUp(how, lastErrorCode, said),
    said,
    isSilenced: false,
  });
}
