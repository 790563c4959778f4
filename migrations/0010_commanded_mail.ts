import type { Knex } from 'knex';

/**
 * One more thing that becomes of a mail: it commanded a ticket. Looks once at every row of `inbound_mail` while holding off
 * writers. Code of the release before goes on: it writes only what was allowed before.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table inbound_mail drop constraint inbound_mail_disposition_check;
    alter table inbound_mail add constraint inbound_mail_disposition_check check (disposition in
      ('opened', 'appended', 'followed-up', 'commanded', 'duplicate', 'returned', 'filed'))`);
}
