import { createHash } from 'node:crypto';
import type { Knex } from 'knex';

const names = new Map<string, string>();

/**
 * Sends a statement under a name of its own, so that a connection parses it once and plans it a few times instead of
 * always: for what is sent for every mail, planning cost as much as doing. Only for texts of which there are few, because
 * every connection keeps each of them to its end.
 */
export function prepared<Result>(db: Knex, sql: string, bindings: Knex.RawBinding[]): Knex.Raw<Result> {
  let name = names.get(sql);
  if (name === undefined) {
    name = createHash('sha256').update(sql).digest('base64url');
    names.set(sql, name);
  }
  return db.raw<Result>(sql, bindings).options({ name });
}
