import type { Knex } from 'knex';

/**
 * Resolved tickets close after a set time, counted from when they were resolved. Adds a column without a default, and an index
 * over the resolved tickets only: holds writers of `ticket` off while it is built. Tickets resolved before have no such time, and
 * so have those that code of the release before resolves: theirs is their last change, which is never too early.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table ticket add column resolved_at timestamptz(3);
    create index ticket_resolved on ticket (coalesce(resolved_at, updated_at)) where status = 'resolved'`);
}
