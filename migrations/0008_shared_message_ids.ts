import type { Knex } from 'knex';

/**
 * The mails of one public article share its Message-ID (design.md §6), so that their readers' programs see one message and
 * nobody's answer names a mail the others never got. What stays unique is a mail to one recipient.
 *
 * Locks the outbox for the moment of building one index. Code of the release before runs on: it never wrote an id twice.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table outbox drop constraint outbox_message_id_key;
    create unique index outbox_message_id on outbox (message_id, recipient_address)`);
}
