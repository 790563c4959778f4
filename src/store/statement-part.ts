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

/** Inserts rows given as JSON; `columns` names and types them. No part at all for no rows. */
export function rowsPart(name: string, table: string, columns: string, rows: object[], conflict = ''): StatementPart[] {
  if (rows.length === 0) return [];
  const names = columnNames(columns);
  return [
    {
      name,
      sql: `insert into ${table} (${names}) select ${names} from jsonb_to_recordset(?::jsonb) as given(${columns}) ${conflict}`,
      bindings: [JSON.stringify(rows)],
    },
  ];
}

/** As `rowsPart`, for tables whose rows name the change that made them. */
export function changeRowsPart(name: string, table: string, columns: string, rows: object[]): StatementPart[] {
  if (rows.length === 0) return [];
  const names = columnNames(columns);
  return [
    {
      name,
      sql: `insert into ${table} (change_id, ${names})
        select (select id from change), ${names} from jsonb_to_recordset(?::jsonb) as given(${columns})`,
      bindings: [JSON.stringify(rows)],
    },
  ];
}

function columnNames(columns: string): string {
  return columns
    .split(',')
    .map((column) => column.trim().split(' ')[0])
    .join(', ');
}
