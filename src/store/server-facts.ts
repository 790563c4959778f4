import type { Knex } from 'knex';

/** What the database server says about itself. */
export interface ServerFacts {
  /** `180004` for 18.4. */
  versionNumber: number;
  version: string;
  now: Date;
  readOnly: boolean;
}

export async function readServerFacts(db: Knex): Promise<ServerFacts> {
  const { rows } = await db.raw<{ rows: [ServerFacts] }>(
    `select current_setting('server_version_num')::int as "versionNumber", current_setting('server_version') as version,
       clock_timestamp() as now,
       pg_is_in_recovery() or current_setting('default_transaction_read_only')::boolean as "readOnly"`,
  );
  return rows[0];
}
