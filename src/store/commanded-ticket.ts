import type { Knex } from 'knex';
import type { Id, TicketPriority, TicketStatus } from '../core/ticket.ts';
import type { TicketEvent } from '../core/ticket-event.ts';
import type { RecordedEvent } from '../core/undo.ts';
import { ASKED_AT } from './tickets.ts';

/** A ticket as somebody who commands it must know it, and the zone of that person (null: the desk's). */
export interface CommandedTicketRow {
  version: number;
  number: string;
  subject: string;
  status: TicketStatus;
  priority: TicketPriority;
  departmentId: Id;
  mailboxId: Id;
  slaPlanId: Id | null;
  assigneeId: Id | null;
  wakeAt: Date | null;
  requesterId: Id;
  requesterName: string;
  requesterAddresses: string[];
  tags: string[];
  collaborators: { addressId: Id; address: string; state: 'proposed' | 'accepted' | 'removed' }[];
  zone: string | null;
  isRequesterClaimed: boolean;
  /** When the newest mail came that waits for an answer; null where none ever did. */
  askedAt: Date | null;
}

/** Null for a ticket that is not there. */
export async function findCommandedTicket(db: Knex, ticketId: Id, personId: Id): Promise<CommandedTicketRow | null> {
  const { rows } = await db.raw<{ rows: CommandedTicketRow[] }>(
    `select version, number, subject, status, priority, department_id as "departmentId", mailbox_id as "mailboxId",
       sla_plan_id as "slaPlanId", assignee_id as "assigneeId", wake_at as "wakeAt", requester_id as "requesterId", requester.name as "requesterName",
       coalesce((select jsonb_agg(address) from person_address where person_id = requester_id), '[]') as "requesterAddresses",
       coalesce((select jsonb_agg(tag order by tag) from ticket_tag where ticket_id = ticket.id), '[]') as tags,
       coalesce((select jsonb_agg(jsonb_build_object('addressId', address_id::text, 'address', address.address, 'state', state))
         from ticket_collaborator join person_address as address on address.id = address_id
         where ticket_id = ticket.id), '[]') as collaborators,
       (select timezone from person where id = ?) as zone,
       exists (select from article where ticket_id = ticket.id and 'claimed-by-agent' = any(marks)) as "isRequesterClaimed",
       ${ASKED_AT} as "askedAt"
     from ticket join person as requester on requester.id = requester_id
     where ticket.id = ?`,
    [personId, ticketId],
  );
  return rows[0] ?? null;
}

const EVENTS_MAX = 200;

/** The newest events of a ticket, oldest first, each with who made it and in which change. */
export async function listRecordedEvents(db: Knex, ticketId: Id): Promise<RecordedEvent[]> {
  const { rows } = await db.raw<{
    rows: { seq: number; changeId: Id; actorId: Id | null; recordedAt: Date; event: TicketEvent }[];
  }>(
    `select seq, change_id as "changeId", actor_id as "actorId", event.recorded_at as "recordedAt",
       data || jsonb_build_object('kind', kind) as event
     from ticket_event as event join ticket_change as change on change.id = change_id
     where event.ticket_id = ? order by seq desc limit ?`,
    [ticketId, EVENTS_MAX],
  );
  return rows.toReversed();
}

/** Of these canonical addresses the ones we have met. */
export async function findAddresses(
  db: Knex,
  addresses: string[],
): Promise<{ addressId: Id; personId: Id; address: string }[]> {
  if (addresses.length === 0) return [];
  const { rows } = await db.raw<{ rows: { addressId: Id; personId: Id; address: string }[] }>(
    'select id as "addressId", person_id as "personId", address from person_address where address = any(?::text[])',
    [addresses],
  );
  return rows;
}
