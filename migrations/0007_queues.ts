import type { Knex } from 'knex';

/**
 * When a worker of each queue last woke: a worker that looks alive but consumes nothing is seen by it (reliability.md Q-08).
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table queue_pulse (
      queue text primary key,
      woken_at timestamptz(3) not null
    )`);
}
