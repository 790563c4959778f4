import type { Knex } from 'knex';
import type { AskedConfirmation, UnansweredCounts } from '../core/confirmation.ts';
import type { Id } from '../core/ticket.ts';
import type { ConfirmationChange, TicketChange } from '../core/ticket-change.ts';
import { DUE_NOW } from './due-now.ts';
import type { StatementPart } from './statement-part.ts';

/** How long an answer confirms. */
const OPEN_FOR = '15 minutes';

/** What was asked about a mail, as an answer finds it that was received as `answerId`; null when nothing was. */
export async function findConfirmation(db: Knex, inboundMailId: Id, answerId: Id): Promise<AskedConfirmation | null> {
  const { rows } = await db.raw<{ rows: AskedConfirmation[] }>(
    `select inbound_mail_id as "inboundMailId", asked.ticket_id as "ticketId", person_id as "personId", outcome,
       answer.recorded_at > asked_at + interval '${OPEN_FOR}' as "isExpired", told_at is not null as "isTold"
     from mail_confirmation as asked join inbound_mail as answer on answer.id = ?
     where inbound_mail_id = ?`,
    [answerId, inboundMailId],
  );
  return rows[0] ?? null;
}

/** Of the last day, those that were not answered with yes. */
export async function countUnanswered(db: Knex, personId: Id, ticketId: Id): Promise<UnansweredCounts> {
  const { rows } = await db.raw<{ rows: [UnansweredCounts] }>(
    `select count(*)::int as "inAll", (count(*) filter (where ticket_id = ?))::int as "onTicket"
     from mail_confirmation
     where person_id = ? and asked_at > clock_timestamp() - interval '1 day' and outcome is distinct from 'confirmed'`,
    [ticketId, personId],
  );
  return rows[0];
}

/** One row of `confirmation` where it was still to be done: two answers at once have one effect. */
export function confirmationParts({ ticket, confirmation }: TicketChange): StatementPart[] {
  switch (confirmation?.change) {
    case undefined:
      return [];
    case 'asked':
      return [
        {
          name: 'confirmation',
          sql: `insert into mail_confirmation (inbound_mail_id, ticket_id, person_id) values (?, ?, ?)
            returning inbound_mail_id`,
          bindings: [confirmation.inboundMailId, ticket.id, confirmation.personId],
        },
      ];
    case 'told':
      return [
        {
          name: 'confirmation',
          sql: `update mail_confirmation set told_at = clock_timestamp()
            where inbound_mail_id = ? and told_at is null returning inbound_mail_id`,
          bindings: [confirmation.inboundMailId],
        },
      ];
    case 'denied':
      return [answeredPart(confirmation)];
    case 'confirmed':
      return [
        answeredPart(confirmation),
        {
          name: 'confirmed_mail',
          // It is taken in again, as any mail that is due: whoever dies on the way leaves it due.
          sql: `update inbound_mail
            set state = 'received', disposition = null, settled_at = null, attempts = 0, due_at = ${DUE_NOW},
                confirmed_at = clock_timestamp(), confirmed_by_id = ?
            where id = (select inbound_mail_id from confirmation) and state = 'settled'`,
          bindings: [confirmation.answerId],
        },
      ];
  }
}

function answeredPart({ change, inboundMailId }: ConfirmationChange): StatementPart {
  return {
    name: 'confirmation',
    sql: `update mail_confirmation set outcome = ?, settled_at = clock_timestamp()
      where inbound_mail_id = ? and outcome is null returning inbound_mail_id`,
    bindings: [change, inboundMailId],
  };
}
