import type { Knex } from 'knex';

/**
 * A mail that its ticket was told to be lost may be tried again, and arrive: then that is to be told too. `told_at` stays while it
 * is tried, and what was settled since is untold. Builds the index over untold mail anew, however long that takes: locks writes to
 * `outbox` for as long, and reads of it for a moment at the end. Code of the release before goes on: it clears `told_at` when it tries
 * again, and never tells of an arrival, as before.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    set local statement_timeout = 0;
    create index outbox_untold_settled on outbox (id) where settled_at is not null and ticket_id is not null
      and (told_at is null and state <> 'delivered' or told_at < settled_at);
    drop index outbox_untold;
    alter index outbox_untold_settled rename to outbox_untold`);
}
