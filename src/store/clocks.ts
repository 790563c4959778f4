import type { Knex } from 'knex';
import type { TicketClock } from '../core/sla.ts';
import type { Id } from '../core/ticket.ts';

/** A running clock past its due time, with the version of its ticket that it was read at. */
export interface OverdueClock {
  ticketId: Id;
  ticketVersion: number;
  clock: TicketClock & { dueAt: Date };
}

/**
 * Whether the promise of a row called `clock` is broken and nobody has said so yet. A resolved ticket breaks none.
 *
 * By the database's time, as it was when the statement began: that is never early, and lets the index be used.
 */
export const IS_OVERDUE = `clock.state = 'running' and clock.due_at <= now()
  and exists (select from ticket where ticket.id = clock.ticket_id and ticket.status not in ('resolved', 'closed'))`;

const SELECT_OVERDUE = `
  select clock.ticket_id, ticket.version, clock.target, clock.cycle, clock.sla_plan_version_id, clock.state,
    clock.started_at, clock.due_at, clock.settled_at
  from ticket_clock as clock join ticket on ticket.id = clock.ticket_id
  where ${IS_OVERDUE}`;

/** The clocks of a ticket that run or pause: the promises still open. */
export async function listOpenClocks(db: Knex, ticketId: Id): Promise<TicketClock[]> {
  const { rows } = await db.raw<{ rows: TicketClock[] }>(
    `select target, cycle, sla_plan_version_id as "slaPlanVersionId", state, started_at as "startedAt",
       due_at as "dueAt", settled_at as "settledAt"
     from ticket_clock where ticket_id = ? and state in ('running', 'paused') order by target, cycle`,
    [ticketId],
  );
  return rows;
}

/** The longest overdue first. */
export async function listOverdueClocks(db: Knex, limit: number): Promise<OverdueClock[]> {
  const { rows } = await db.raw<{ rows: OverdueRow[] }>(`${SELECT_OVERDUE} order by clock.due_at limit ?`, [limit]);
  return rows.map(overdueClock);
}

/** One of them once more, as it stands now; null when it is not overdue any more. */
export async function findOverdueClock(db: Knex, { ticketId, clock }: OverdueClock): Promise<OverdueClock | null> {
  const { rows } = await db.raw<{ rows: OverdueRow[] }>(
    `${SELECT_OVERDUE} and clock.ticket_id = ? and clock.target = ? and clock.cycle = ?`,
    [ticketId, clock.target, clock.cycle],
  );
  return rows[0] === undefined ? null : overdueClock(rows[0]);
}

interface OverdueRow {
  ticket_id: Id;
  version: number;
  target: TicketClock['target'];
  cycle: number;
  sla_plan_version_id: Id;
  state: TicketClock['state'];
  started_at: Date;
  due_at: Date;
  settled_at: Date | null;
}

function overdueClock(row: OverdueRow): OverdueClock {
  return {
    ticketId: row.ticket_id,
    ticketVersion: row.version,
    clock: {
      target: row.target,
      cycle: row.cycle,
      slaPlanVersionId: row.sla_plan_version_id,
      state: row.state,
      startedAt: row.started_at,
      dueAt: row.due_at,
      settledAt: row.settled_at,
    },
  };
}
