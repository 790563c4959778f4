import type { Knex } from 'knex';

/**
 * What is due at once is due in the past: a time of now, kept to the millisecond, is rounded, and one in two lay up to half a
 * millisecond ahead, so that whoever looked at once found nothing to do. Changes defaults only: locks each table for a moment. Code of the
 * release before goes on.
 */
export async function up(db: Knex): Promise<void> {
  const now = `date_trunc('milliseconds', clock_timestamp())`;
  await db.raw(`
    alter table inbound_mail alter column due_at set default ${now};
    alter table outbox alter column due_at set default ${now};
    alter table ticket_event alter column recorded_at set default ${now}`);
}
