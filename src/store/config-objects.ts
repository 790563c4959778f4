import type { Knex } from 'knex';
import type { ConfigChange, ConfigKind, ConfigObject, ConfigValue } from '../core/desk-config-diff.ts';
import type { Id } from '../core/ticket.ts';
import { loadDesk } from './desk-config.ts';
import { wakeWaiting } from './waiting-for-agent.ts';

/** The configuration in force, in the order of the file it came from. */
export async function listConfigObjects(db: Knex): Promise<ConfigObject[]> {
  const { rows } = await db.raw<{ rows: ConfigObject[] }>(`
    select o.kind, o.key, v.spec
    from config_object o join config_object_version v on v.id = o.current_version_id
    where o.archived_at is null
    order by o.position, o.id`);
  return rows;
}

export interface ConfigWrite {
  /** Who changes the configuration, for the audit: a key such as `cli`. */
  actor: string;
  changes: ConfigChange[];
  /** Every key of the kinds that change, in their new order. */
  order: ConfigOrder[];
}

export interface ConfigOrder {
  kind: ConfigKind;
  keys: string[];
}

/**
 * Changes the configuration: all of it or nothing, one writer at a time. `decide` gets what is in force under the lock, and
 * may find that nothing has to change: then null, and no change is recorded.
 */
export async function changeConfiguration<Decision extends { write: ConfigWrite | null }>(
  db: Knex,
  decide: (stored: ConfigObject[]) => Decision,
): Promise<Decision & { configVersion: Id | null }> {
  return db.transaction(async (tx) => {
    // Readers go on reading; a second writer waits and then decides on what this one wrote.
    await tx.raw('lock table config_change in share row exclusive mode');
    const decision = decide(await listConfigObjects(tx));
    if (decision.write === null) return { ...decision, configVersion: null };
    const configVersion = await writeConfiguration(tx, decision.write);
    // What the workers could not read must not be committed.
    await loadDesk(tx);
    return { ...decision, configVersion };
  });
}

async function writeConfiguration(tx: Knex, { actor, changes, order }: ConfigWrite): Promise<Id> {
  const { rows } = await tx.raw<{ rows: [{ id: Id }] }>('insert into config_change (actor) values (?) returning id', [
    actor,
  ]);
  const changeId = rows[0].id;
  const written = changes.filter((change) => change.action === 'add' || change.action === 'change');
  await writeVersions(tx, changeId, written);
  const removed = changes.filter((change) => change.action === 'remove');
  await archiveObjects(tx, removed);
  await writeOrder(tx, order);
  for (const { kind, key } of removed) if (kind === 'agent') await retireAgent(tx, key);
  for (const { kind, key, spec } of written) {
    if (kind === 'agent') await writeAgent(tx, key, spec);
    if (kind === 'desk') await startTicketNumbers(tx, spec);
  }
  // A new agent, another strategy: who waits for an agent may have one now.
  if (changes.some(({ kind }) => CAN_FREE_AGENTS.has(kind))) await wakeWaiting(tx);
  return changeId;
}

const CAN_FREE_AGENTS: ReadonlySet<ConfigKind> = new Set(['agent', 'team', 'department']);

type WrittenObject = Extract<ConfigChange, { spec: ConfigValue }>;

/** A new version of each object; one that was archived under the same key comes back with its id and history. */
async function writeVersions(tx: Knex, changeId: Id, written: WrittenObject[]): Promise<void> {
  await tx.raw(
    `with given as (select * from jsonb_to_recordset(?::jsonb) as g(kind text, key text, spec jsonb)),
    object as (
      insert into config_object (kind, key, position)
      select kind, key, 0 from given
      on conflict (kind, key) do update set archived_at = null
      returning id, kind, key
    ),
    version as (
      insert into config_object_version (object_id, change_id, spec)
      select object.id, ?, given.spec from object join given using (kind, key)
      returning id, object_id
    )
    select version.id, version.object_id from version`,
    [JSON.stringify(written.map(({ kind, key, spec }) => ({ kind, key, spec }))), changeId],
  );
  // A statement does not see the rows it inserts, so the pointer follows in a second one.
  await tx.raw(
    `update config_object set current_version_id = v.id
    from config_object_version v where v.object_id = config_object.id and v.change_id = ?`,
    [changeId],
  );
}

async function archiveObjects(tx: Knex, removed: { kind: ConfigKind; key: string }[]): Promise<void> {
  await tx.raw(
    `update config_object set archived_at = clock_timestamp()
    from jsonb_to_recordset(?::jsonb) as given(kind text, key text)
    where config_object.kind = given.kind and config_object.key = given.key`,
    [JSON.stringify(removed.map(({ kind, key }) => ({ kind, key })))],
  );
}

async function writeOrder(tx: Knex, order: ConfigOrder[]): Promise<void> {
  const places = order.flatMap(({ kind, keys }) => keys.map((key, position) => ({ kind, key, position })));
  await tx.raw(
    `update config_object set position = given.position
    from jsonb_to_recordset(?::jsonb) as given(kind text, key text, position integer)
    where config_object.kind = given.kind and config_object.key = given.key`,
    [JSON.stringify(places)],
  );
}

/**
 * An agent is a person with a role. Someone who wrote to us before becomes that agent, with their history. Addresses the
 * agent no longer has go to a person of their own: whoever writes from them now must not be taken for the agent.
 */
async function writeAgent(tx: Knex, key: string, spec: ConfigValue): Promise<void> {
  const agent = JSON.stringify(spec);
  const { rows } = await tx.raw<{ rows: { id: Id }[] }>(
    `select p.id from person p
    left join config_object o on o.id = p.agent_object_id and o.kind = 'agent' and o.key = :key
    left join person_address a on a.person_id = p.id and a.address in (select jsonb_array_elements_text(:agent::jsonb -> 'emails'))
    where o.id is not null or (p.agent_object_id is null and a.id is not null)
    order by o.id is null, a.id
    limit 1`,
    { key, agent },
  );
  const personId = rows[0]?.id ?? (await newPerson(tx));
  await tx.raw(
    `update person set name = :agent::jsonb ->> 'name', role = :agent::jsonb ->> 'role',
      language = coalesce(:agent::jsonb -> 'languages' ->> 0, language),
      agent_object_id = (select id from config_object where kind = 'agent' and key = :key)
    where id = :personId`,
    { key, agent, personId },
  );
  const { rows: former } = await tx.raw<{ rows: { id: Id }[] }>(
    `select id from person_address where person_id = :personId
      and address not in (select jsonb_array_elements_text(:agent::jsonb -> 'emails'))`,
    { agent, personId },
  );
  if (former.length > 0) {
    const stranger = await newPerson(tx);
    await tx.raw('update person_address set person_id = ? where id = any(?::bigint[])', [
      stranger,
      former.map(({ id }) => id),
    ]);
  }
  await tx.raw(
    `insert into person_address (person_id, address)
    select :personId, jsonb_array_elements_text(:agent::jsonb -> 'emails')
    on conflict (address) do update set person_id = excluded.person_id`,
    { agent, personId },
  );
}

async function newPerson(tx: Knex): Promise<Id> {
  const { rows } = await tx.raw<{ rows: [{ id: Id }] }>('insert into person default values returning id');
  return rows[0].id;
}

/** Without a role a person has no power; what they wrote stays theirs. */
async function retireAgent(tx: Knex, key: string): Promise<void> {
  await tx.raw(
    `update person set role = null
    where agent_object_id = (select id from config_object where kind = 'agent' and key = ?)`,
    [key],
  );
}

/** Numbers begin where the desk wants them, as long as none was given: a number is never given twice. */
async function startTicketNumbers(tx: Knex, spec: ConfigValue): Promise<void> {
  await tx.raw(
    `select setval('ticket_number_seq', (?::jsonb -> 'ticketNumber' ->> 'start')::bigint, false)
    from ticket_number_seq
    where not is_called and ?::jsonb -> 'ticketNumber' ->> 'start' is not null`,
    [JSON.stringify(spec), JSON.stringify(spec)],
  );
}
