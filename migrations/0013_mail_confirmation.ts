import type { Knex } from 'knex';

/**
 * Agents are asked whether a mail is theirs, when no mail system says so. `mail_confirmation` has one row for each such mail and
 * makes the answer count once; `inbound_mail.confirmed_by_id` says that the mail is taken in again as authenticated. Two
 * columns without default and two wider checks, which look once at every row of `inbound_mail` and `outbox` while holding off
 * writers. Code of the release before goes on: it writes only what was allowed before.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table inbound_mail drop constraint inbound_mail_disposition_check;
    alter table inbound_mail add constraint inbound_mail_disposition_check check (disposition in
      ('opened', 'appended', 'followed-up', 'commanded', 'confirmation', 'duplicate', 'returned', 'filed'));
    alter table inbound_mail add confirmed_at timestamptz(3);
    alter table inbound_mail add confirmed_by_id bigint references inbound_mail;

    alter table outbox drop constraint outbox_purpose_check;
    alter table outbox add constraint outbox_purpose_check check (purpose in
      ('acknowledgement', 'reply', 'notification', 'receipt', 'confirmation', 'warning', 'notice'));

    create table mail_confirmation (
      inbound_mail_id bigint primary key references inbound_mail,
      ticket_id bigint not null references ticket,
      -- The agent who was asked.
      person_id bigint not null references person,
      -- Database time: an answer received 15 minutes later comes too late.
      asked_at timestamptz(3) not null default clock_timestamp(),
      outcome text check (outcome in ('confirmed', 'denied')),
      settled_at timestamptz(3),
      -- The agent was told once that an answer came too late, or after another.
      told_at timestamptz(3),
      check ((outcome is null) = (settled_at is null))
    );
    -- How many questions an agent has not said yes to is counted before another is asked.
    create index mail_confirmation_person on mail_confirmation (person_id, asked_at)`);
}
