import type { Knex } from 'knex';

/** One `with` part of a statement that writes several things at once. */
export interface StatementPart {
  name: string;
  sql: string;
  bindings: Knex.RawBinding[];
}

/** The parts as one statement, with what it selects in the end. */
export function joinParts(parts: StatementPart[], select: string): { sql: string; bindings: Knex.RawBinding[] } {
  return {
    sql: `with ${parts.map((part) => `${part.name} as (${part.sql})`).join(',\n')}
      ${select}`,
    bindings: parts.flatMap((part) => part.bindings),
  };
}
