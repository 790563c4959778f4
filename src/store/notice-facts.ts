import type { Knex } from 'knex';
import type { Id } from '../core/ticket.ts';
import { mailboxOf } from './mail-facts.ts';

/** What decides whether the requester of a ticket may get automatic mail about it. */
export interface NoticeFacts {
  isSuppressed: boolean;
  /** The requester's mail was vouched for, or an agent has answered. */
  isTrusted: boolean;
  automaticLastHour: number;
  automaticLastDay: number;
  automaticMailCount: number;
}

/** Null where the requester has no address. */
export async function findNoticeFacts(db: Knex, ticketId: Id): Promise<NoticeFacts | null> {
  const { rows } = await db.raw<{ rows: NoticeFacts[] }>(
    `select address.suppressed_at is not null as "isSuppressed", address.automatic_mail_count as "automaticMailCount",
       exists (select from article where article.ticket_id = ticket.id and article.state = 'accepted'
         and (article.kind = 'reply' or (article.kind = 'inbound' and author_id = ticket.requester_id
           and not marks && '{unverified,automatic,claimed-by-agent}'))) as "isTrusted",
       recent."automaticLastHour", recent."automaticLastDay"
     from ticket join person_address as address on address.id = ticket.requester_address_id
       cross join lateral (select count(*)::int as "automaticLastDay",
           count(*) filter (where recorded_at > clock_timestamp() - interval '1 hour')::int as "automaticLastHour"
         from outbox where automatic and purpose <> 'notification' and ${mailboxOf('recipient_address')} = ${mailboxOf('address.address')}
           and recorded_at > clock_timestamp() - interval '1 day') as recent
     where ticket.id = ?`,
    [ticketId],
  );
  return rows[0] ?? null;
}
