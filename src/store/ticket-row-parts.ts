import type { Id } from '../core/ticket.ts';
import type { OpenTicket, TicketChange, UpdateTicket } from '../core/ticket-change.ts';
import type { Query } from './facts.ts';
import type { StatementPart } from './statement-part.ts';

/** The ticket itself, as `ticket_row`: of none where it has moved on since it was decided about. */
export function ticketRowPart(change: TicketChange): StatementPart {
  return change.ticket.action === 'open' ? openPart(change, change.ticket) : updatePart(change, change.ticket);
}

function openPart(change: TicketChange, ticket: OpenTicket): StatementPart {
  return {
    name: 'ticket_row',
    sql: `insert into ticket
        (id, number, version, subject, status, priority, mailbox_id, department_id, sla_plan_id, requester_id,
         requester_address_id, assignee_id, language, follows_ticket_id, occurred_at)
      values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning id`,
    bindings: [
      ticket.id,
      ticket.number,
      change.events.length,
      ticket.subject,
      ticket.status,
      ticket.priority,
      ticket.mailboxId,
      ticket.departmentId,
      ticket.slaPlanId,
      ticket.requesterId,
      ticket.requesterAddressId,
      ticket.assigneeId,
      ticket.language,
      ticket.followsTicketId,
      change.occurredAt,
    ],
  };
}

const TICKET_COLUMNS = {
  status: 'status',
  priority: 'priority',
  departmentId: 'department_id',
  assigneeId: 'assignee_id',
  slaPlanId: 'sla_plan_id',
  requesterId: 'requester_id',
  requesterAddressId: 'requester_address_id',
  wakeAt: 'wake_at',
} as const satisfies Record<keyof UpdateTicket['set'], string>;

function updatePart(change: TicketChange, ticket: UpdateTicket): StatementPart {
  const set = ticket.set.status === undefined ? ticket.set : { wakeAt: null, ...ticket.set };
  const columns = Object.keys(set) as (keyof UpdateTicket['set'])[];
  const untouched = untouchedSince(change, set.assigneeId);
  return {
    name: 'ticket_row',
    sql: `update ticket
      set version = version + ?, updated_at = clock_timestamp()${resolvedAt(ticket.set.status)}${untouched.sql}
        ${columns.map((column) => `, ${TICKET_COLUMNS[column]} = ?`).join('')}
      where id = ? and version = ? returning id, assignee_id`,
    bindings: [
      change.events.length,
      ...untouched.bindings,
      ...columns.map((column) => set[column] ?? null),
      ticket.id,
      ticket.expectedVersion,
    ],
  };
}

/** Since when an agent has the ticket and did nothing with it: until any change of theirs. */
function untouchedSince({ actor }: TicketChange, assigneeId: Id | null | undefined): Query {
  if (assigneeId !== undefined) {
    const isGiven = assigneeId !== null && assigneeId !== actor.personId;
    return { sql: `, untouched_since = ${isGiven ? 'clock_timestamp()' : 'null'}`, bindings: [] };
  }
  if (actor.kind !== 'agent') return { sql: '', bindings: [] };
  return {
    sql: ', untouched_since = case when assignee_id = ? then null else untouched_since end',
    bindings: [actor.personId],
  };
}

/** Since when a ticket is resolved: known while it is. */
function resolvedAt(status: UpdateTicket['set']['status']): string {
  if (status === undefined) return '';
  return status === 'resolved'
    ? `, resolved_at = case when status = 'resolved' then resolved_at else clock_timestamp() end`
    : ', resolved_at = null';
}

export function tagParts(ticket: OpenTicket | UpdateTicket): StatementPart[] {
  const [added, removed] = ticket.action === 'open' ? [ticket.tags, []] : [ticket.addTags, ticket.removeTags];
  const parts: StatementPart[] = [];
  if (added.length > 0) {
    parts.push({
      name: 'tags_added',
      sql: 'insert into ticket_tag (ticket_id, tag) select ?, unnest(?::text[]) on conflict do nothing',
      bindings: [ticket.id, added],
    });
  }
  if (removed.length > 0) {
    parts.push({
      name: 'tags_removed',
      sql: 'delete from ticket_tag where ticket_id = ? and tag = any(?::text[])',
      bindings: [ticket.id, removed],
    });
  }
  return parts;
}
