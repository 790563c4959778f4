import type { Knex } from 'knex';

/**
 * A waiting ticket (pending, on-hold) may wake by itself. Adds a column without a default and an index over the few tickets
 * that have one: locks `ticket` for a moment. Code of the release before goes on: it neither sets nor reads it.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table ticket add column wake_at timestamptz(3);
    create index ticket_wake on ticket (wake_at) where wake_at is not null`);
}
