import type { Knex } from 'knex';

/**
 * Content addressed by SHA-256: raw mail, and the bodies of mail we send. Content lives here by default; `storage` says
 * where else it can be. Erasure empties `content` and leaves the hash, so that the same bytes are still known.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table blob (
      sha256 bytea primary key check (length(sha256) = 32),
      size_bytes bigint not null,
      storage text not null default 'postgres' check (storage in ('postgres', 's3')),
      content bytea,
      recorded_at timestamptz(3) not null default clock_timestamp()
    )`);
}
