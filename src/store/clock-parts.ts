import type { TicketChange } from '../core/ticket-change.ts';
import { changeRowsPart, rowsPart, type StatementPart } from './statement-part.ts';

export function clockParts(change: TicketChange): StatementPart[] {
  return rowsPart(
    'clocks',
    'ticket_clock',
    `ticket_id bigint, target text, cycle integer, sla_plan_version_id bigint, state text, started_at timestamptz,
     due_at timestamptz, settled_at timestamptz, ended_at timestamptz, next_at timestamptz`,
    change.clocks.map((clock) => ({
      ticket_id: change.ticket.id,
      target: clock.target,
      cycle: clock.cycle,
      sla_plan_version_id: clock.slaPlanVersionId,
      state: clock.state,
      started_at: clock.startedAt,
      due_at: clock.dueAt,
      settled_at: clock.settledAt,
      ended_at: clock.endedAt,
      next_at: clock.nextAt,
    })),
    `on conflict (ticket_id, target, cycle) do update set sla_plan_version_id = excluded.sla_plan_version_id,
       state = excluded.state, due_at = excluded.due_at, settled_at = excluded.settled_at,
       ended_at = excluded.ended_at, next_at = excluded.next_at`,
  );
}

/** A threshold fires once a clock, whoever thinks that it is due: the row says so, and there can be only one. */
export function thresholdParts({ ticket, events }: TicketChange): StatementPart[] {
  return changeRowsPart(
    'thresholds',
    'ticket_clock_threshold',
    'ticket_id bigint, target text, cycle integer, threshold text',
    events.flatMap((event) =>
      event.kind === 'sla.escalated'
        ? [{ ticket_id: ticket.id, target: event.target, cycle: event.cycle, threshold: event.threshold }]
        : [],
    ),
  );
}
