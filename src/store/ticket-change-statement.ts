import type { Knex } from 'knex';
import type { Id } from '../core/ticket.ts';
import type { SettleInboundMail, SettleTicketEvent, TicketChange } from '../core/ticket-change.ts';
import { asksIfNobodyHasIt, leavesAgentLessToDo, workerQueue } from '../core/ticket-event.ts';
import { absenceParts } from './absences.ts';
import { articleParts } from './article-parts.ts';
import { clockParts, thresholdParts } from './clock-parts.ts';
import { confirmationParts } from './confirmations.ts';
import { capPart, outboxParts, returnedParts } from './outbox-parts.ts';
import { peopleParts } from './people-parts.ts';
import { changeRowsPart, joinParts, type StatementPart } from './statement-part.ts';
import { tagParts, ticketRowPart } from './ticket-row-parts.ts';
import { wakeWaitingPart } from './waiting-for-agent.ts';

/** How many rows the decisive parts wrote: none means that somebody else was there first. */
export interface WrittenCounts {
  tickets: number;
  settled: number;
  counted: number;
  confirmations: number;
}

/**
 * A whole change as one statement of several `with` parts. It is checked as a whole at its end, so the parts may refer to
 * each other's rows. Its one row says what was met as decided.
 */
export function buildChangeStatement(change: TicketChange): { sql: string; bindings: Knex.RawBinding[] } {
  const parts = [
    changePart(change),
    ticketRowPart(change),
    ...tagParts(change.ticket),
    ...peopleParts(change),
    ...articleParts(change),
    ...eventParts(change),
    ...clockParts(change),
    ...thresholdParts(change),
    ...outboxParts(change),
    ...returnedParts(change),
    ...(change.absence === null ? [] : absenceParts(change.absence, change.actor.personId)),
    ...wakeParts(change),
    ...confirmationParts(change),
    capPart(change),
    settlePart(change),
  ];
  const confirmations = change.confirmation === null ? '1' : '(select count(*)::int from confirmation)';
  return joinParts(
    parts,
    `select (select count(*)::int from ticket_row) as tickets, (select count(*)::int from settled) as settled,
      (select count(*)::int from counted) as counted, ${confirmations} as confirmations`,
  );
}

/** As many as the next batch of assignments takes: with less to do an agent can take one ticket more, and seldom two. */
const WOKEN_BY_LESS_TO_DO = 50;

/** Somebody is back, or has less to do: those who wait for an agent are tried again. */
function wakeParts({ absence, events }: TicketChange): StatementPart[] {
  if (absence?.is === 'back') return [wakeWaitingPart()];
  return events.some(leavesAgentLessToDo) ? [wakeWaitingPart(WOKEN_BY_LESS_TO_DO)] : [];
}

function changePart(change: TicketChange): StatementPart {
  return {
    name: 'change',
    sql: `insert into ticket_change
        (ticket_id, cause_kind, cause_key, actor_kind, actor_id, config_version, occurred_at)
      values (?, ?, ?, ?, ?, ?, ?) returning id`,
    bindings: [
      change.ticket.id,
      change.cause.kind,
      change.cause.key,
      change.actor.kind,
      change.actor.personId,
      change.configVersion,
      change.occurredAt,
    ],
  };
}

function eventParts(change: TicketChange): StatementPart[] {
  const base = change.ticket.action === 'open' ? 0 : change.ticket.expectedVersion;
  // One agent is asked for once, however many of its events do.
  const asks = change.events.some((event) => workerQueue(event) === 'assignment');
  const asking = asks ? -1 : change.events.findIndex(asksIfNobodyHasIt);
  const events = change.events.map((event, index) => {
    const { kind, ...data } = event;
    return {
      ticket_id: change.ticket.id,
      seq: base + index + 1,
      kind,
      data,
      occurred_at: change.occurredAt,
      queue: workerQueue(event),
    };
  });
  const columns = 'ticket_id bigint, seq integer, kind text, data jsonb, occurred_at timestamptz, queue text';
  if (asking === -1) return changeRowsPart('events', 'ticket_event', columns, events);
  return [
    {
      name: 'events',
      sql: `insert into ticket_event (change_id, ticket_id, seq, kind, data, occurred_at, queue)
        select (select id from change), ticket_id, seq, kind, data, occurred_at,
          case when seq = ? and ${NOBODY_HAS_IT_OR_IS_ASKED_FOR} then 'assignment' else queue end
        from jsonb_to_recordset(?::jsonb) as given(${columns})`,
      bindings: [base + asking + 1, JSON.stringify(events)],
    },
  ];
}

/** After the change nobody has the ticket, and it does not wait for an agent already. */
const NOBODY_HAS_IT_OR_IS_ASKED_FOR = `exists (select from ticket_row where assignee_id is null)
  and not exists (select from ticket_event as asking where asking.ticket_id = given.ticket_id
    and asking.queue = 'assignment' and asking.settled_at is null)`;

function settlePart(change: TicketChange): StatementPart {
  const settles = change.settles;
  if (settles === null) return { name: 'settled', sql: 'select 1', bindings: [] };
  return settles.row === 'inbound_mail'
    ? settleInboundMailPart(settles, change.ticket.id)
    : settleTicketEventPart(settles);
}

function settleInboundMailPart(settles: SettleInboundMail, ticketId: Id): StatementPart {
  return {
    name: 'settled',
    sql: `update inbound_mail
      set state = 'settled', disposition = ?, kind = ?, evidence = ?, cause_key = ?, ticket_id = ?, article_id = ?,
          settled_at = clock_timestamp(), lease_holder = null, lease_until = null
      where id = ? and fencing_token = ? and state <> 'settled' returning id`,
    bindings: [
      settles.disposition,
      settles.kind,
      JSON.stringify(settles.evidence),
      settles.causeKey,
      ticketId,
      settles.articleId,
      settles.id,
      settles.fencingToken,
    ],
  };
}

function settleTicketEventPart(settles: SettleTicketEvent): StatementPart {
  return {
    name: 'settled',
    sql: `update ticket_event set settled_at = clock_timestamp(), lease_holder = null, lease_until = null
      where ticket_id = ? and seq = ? and fencing_token = ? and settled_at is null returning seq`,
    bindings: [settles.ticketId, settles.seq, settles.fencingToken],
  };
}
