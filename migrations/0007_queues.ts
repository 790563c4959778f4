import type { Knex } from 'knex';

/**
 * `queue_pulse`: when a worker of each queue last woke, so that one that looks alive and consumes nothing is seen
 * (reliability.md Q-08). `event_reader`: how far each reader of the published events has come.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table queue_pulse (
      queue text primary key,
      woken_at timestamptz(3) not null
    );
    create table event_reader (
      name text primary key,
      position bigint not null
    );
    insert into event_reader (name, position) values ('search', 0)`);
}
