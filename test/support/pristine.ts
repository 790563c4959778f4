import type { Knex } from 'knex';

/** What a migrated database that nobody used looks like, and the statement that makes a used one look like it again. */
export interface Pristine {
  /** See `schemaMark`. */
  schemaMark: string;
  resetSql: string;
}

/** Not by `delete`: rows would then come in another order, which a test that asks for none would see. */
const EMPTY_ALL = `do $$
  declare used text := (select string_agg(oid::regclass::text, ', ') from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace and pg_relation_size(oid) > 0);
  begin if used is not null then execute format('truncate %s cascade', used); end if; end $$`;

/** Read from the template, before anybody has copied it. */
export async function readPristine(template: Knex): Promise<Pristine> {
  const { rows: tables } = await template.raw<{ rows: { name: string }[] }>(
    `select quote_ident(relname) as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by relname`,
  );
  const filled = await Promise.all(tables.map(({ name }) => refill(template, name)));
  const { rows: sequences } = await template.raw<{ rows: { sql: string }[] }>(
    `select format('select setval(%L, %s, %L)', schemaname || '.' || sequencename, coalesce(last_value, start_value),
       last_value is not null) as sql from pg_sequences where schemaname = 'public' order by sequencename`,
  );
  return {
    schemaMark: await schemaMark(template),
    resetSql: [
      EMPTY_ALL,
      'set session_replication_role = replica',
      ...filled.flat(),
      ...sequences.map(({ sql }) => sql),
      'reset all',
    ].join(';\n'),
  };
}

/** What the migrations have left in a table, as the statement that puts it back. */
async function refill(template: Knex, table: string): Promise<string[]> {
  const { rows } = await template.raw<{ rows: { sql: string | null }[] }>(
    `select format('insert into ${table} select * from jsonb_populate_recordset(null::${table}, %L)', jsonb_agg(t)) as sql
     from ${table} as t having count(*) > 0`,
  );
  return rows.flatMap(({ sql }) => sql ?? []);
}

const CATALOGS = [
  'pg_attribute',
  'pg_attrdef',
  'pg_constraint',
  'pg_index',
  'pg_trigger',
  'pg_proc',
  'pg_sequence',
  'pg_namespace',
];

/**
 * Changes with every table, column, constraint, index, trigger, function, schema and setting of a database: rows of the catalogs are
 * written anew or go. Vacuum, analyze and truncate touch none of these that way, but the last one pg_class, which is compared by what it
 * says.
 */
export async function schemaMark(db: Knex): Promise<string> {
  const parts = CATALOGS.map((catalog) => `(select concat(count(*), '/', max(xmin::text::bigint)) from ${catalog})`);
  const relations = `(select md5(string_agg(concat_ws(' ', relname, relkind, relnatts, relchecks, relhasrules, relhastriggers,
    relrowsecurity, reloptions), ',' order by relname)) from pg_class where relnamespace = 'public'::regnamespace)`;
  const settings = `(select count(*) from pg_db_role_setting join pg_database on pg_database.oid = setdatabase
    where datname = current_database())`;
  const { rows } = await db.raw<{ rows: { mark: string }[] }>(
    `select concat_ws(' ', ${[...parts, relations, settings].join(', ')}) as mark`,
  );
  return rows[0]?.mark ?? '';
}
