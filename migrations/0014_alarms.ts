import type { Knex } from 'knex';

/**
 * Clocks that warn before they break and go on being owed afterwards: when each next asks for something, when nothing was owed
 * any more, and which thresholds of it fired, once each whatever happens. Adds columns without a default and an index over the
 * clocks that are ahead: locks `ticket_clock` for a moment, and looks once at the running ones. Code of the release before goes
 * on; what it starts has its alarm from the ticket's next change.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table ticket_clock add column ended_at timestamptz(3), add column next_at timestamptz(3);
    update ticket_clock set next_at = due_at
      where state = 'running' and exists (
        select from ticket where ticket.id = ticket_id and ticket.status not in ('resolved', 'closed'));
    create index ticket_clock_next on ticket_clock (next_at) where next_at is not null;

    create table ticket_clock_threshold (
      ticket_id bigint not null,
      target text not null,
      cycle integer not null,
      threshold text not null,
      change_id bigint not null references ticket_change,
      primary key (ticket_id, target, cycle, threshold),
      foreign key (ticket_id, target, cycle) references ticket_clock
    )`);
}
