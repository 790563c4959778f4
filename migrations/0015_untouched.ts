import type { Knex } from 'knex';

/**
 * Since when an agent has a ticket without having done anything with it. Adds a column without a default and an index over the
 * few tickets that have one: locks `ticket` for a moment. Code of the release before goes on: what it assigns is never taken
 * back, as before.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table ticket add column untouched_since timestamptz(3);
    create index ticket_untouched on ticket (department_id, untouched_since) where untouched_since is not null`);
}
