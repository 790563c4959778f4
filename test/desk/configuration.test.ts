import { readFileSync } from 'node:fs';
import type { Knex } from 'knex';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { applyConfiguration } from '../../src/desk/apply-configuration.ts';
import { planConfiguration } from '../../src/desk/plan-configuration.ts';
import { pullConfiguration } from '../../src/desk/pull-configuration.ts';
import { loadDesk, readConfigVersion } from '../../src/store/desk-config.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { SMALL_DESK, SMALL_MAILBOX, seedDesk } from '../support/desk.ts';
import { createTestIntake } from '../support/intake.ts';
import { buildMail } from '../support/mail-builder.ts';

/** Every section and every field of the agreed shape. */
const WHOLE_DESK = readFileSync(new URL('../fixtures/desk/whole.yaml', import.meta.url), 'utf8');

const databases: TestDatabase[] = [];
let db: Knex;

beforeEach(async () => {
  const database = await createTestDatabase();
  databases.push(database);
  db = database.db;
});
afterAll(async () => {
  for (const database of databases) await database.drop();
});

const apply = (file: object | string, prune = false) =>
  applyConfiguration(db, typeof file === 'string' ? file : JSON.stringify(file), { prune, actor: 'test' });
const changeCount = async () => Number((await db('config_change').count<{ count: string }[]>())[0]?.count);
const person = (address: string) =>
  db('person_address')
    .join('person', 'person.id', 'person_address.person_id')
    .where('address', address)
    .first<{ person_id: string; role: string | null; name: string }>('person_id', 'role', 'name');

describe('apply', () => {
  test('the whole shape is accepted and stored, and a second time changes nothing', async () => {
    const first = await apply(WHOLE_DESK);
    expect(first).toMatchObject({ outcome: 'planned', configVersion: '1', keeps: [] });
    expect(await apply(WHOLE_DESK, true)).toMatchObject({ outcome: 'planned', changes: [], configVersion: null });
    expect(await changeCount()).toBe(1);
    expect(await readConfigVersion(db)).toBe('1');
  });

  test('a file with one fault changes nothing', async () => {
    await apply(SMALL_DESK);
    const broken = { ...SMALL_DESK, departments: [{ key: 'general', name: 'Renamed', mailbox: 'suport' }] };
    expect(await apply(broken)).toMatchObject({ outcome: 'faulty', configVersion: null });
    expect((await loadDesk(db)).departments[0]?.name).toBe('Support');
    expect(await changeCount()).toBe(1);
  });

  test('is all or nothing, also when the database refuses something late', async () => {
    await db.raw(`alter table config_object add check (kind <> 'team')`);
    const teams = [{ key: 't', name: 'T', agents: ['john'] }];
    await expect(apply({ ...SMALL_DESK, teams })).rejects.toMatchObject({ code: '23514' });
    expect(await changeCount()).toBe(0);
    expect(await person('john@desk.test')).toBeUndefined();
  });

  test('a section that is missing is left alone', async () => {
    await apply(SMALL_DESK);
    const applied = await apply(
      { version: 1, departments: [{ key: 'general', name: 'Help', mailbox: 'support' }] },
      true,
    );
    expect(applied).toMatchObject({
      changes: [{ action: 'change', fields: [{ field: 'name', from: 'Support', to: 'Help' }] }],
    });
    const desk = await loadDesk(db);
    expect(desk.mailboxes.map(({ key }) => key)).toEqual(['support']);
    expect(desk.agents.map(({ key }) => key)).toEqual(['john', 'jane']);
  });

  test('what a section no longer names stays, and is archived only with prune', async () => {
    const { johnId } = await seedDesk(db);
    const onlyJane = { version: 1, agents: SMALL_DESK.agents.slice(1) };
    expect(await apply(onlyJane)).toMatchObject({
      changes: [],
      keeps: [{ action: 'remove', key: 'john' }],
      configVersion: null,
    });
    expect(await apply(onlyJane, true)).toMatchObject({ changes: [{ action: 'remove', key: 'john' }], keeps: [] });
    expect((await loadDesk(db)).agents.map(({ key }) => key)).toEqual(['jane']);
    expect(await person('john@desk.test')).toMatchObject({ person_id: johnId, role: null });
  });

  test('an archived object comes back with its id', async () => {
    const { desk } = await seedDesk(db, {
      departments: [...SMALL_DESK.departments, { key: 'sales', name: 'Sales', mailbox: 'support' }],
    });
    const sales = desk.departments.find(({ key }) => key === 'sales')?.id;
    await apply(SMALL_DESK, true);
    const without = await loadDesk(db);
    expect(without.departments.map(({ key }) => key)).toEqual(['general']);
    expect(without.archivedDepartments.map(({ id }) => id)).toEqual([sales]);
    await apply({ version: 1, departments: [{ key: 'sales', name: 'Sales', mailbox: 'support' }] });
    expect((await loadDesk(db)).departments.find(({ key }) => key === 'sales')?.id).toBe(sales);
  });

  test('a mailbox that a stored department needs cannot be pruned', async () => {
    await apply(SMALL_DESK);
    const other = { ...SMALL_MAILBOX, key: 'help', address: 'sales@desk.test', aliases: [] };
    const pruned = await apply({ version: 1, mailboxes: [other] }, true);
    expect(pruned).toMatchObject({
      outcome: 'faulty',
      problems: [{ message: expect.stringContaining('departments.general.mailbox') }],
    });
  });

  test('every version of an object stays', async () => {
    await apply(SMALL_DESK);
    for (const name of ['One', 'Two'])
      await apply({ version: 1, departments: [{ key: 'general', name, mailbox: 'support' }] });
    const { rows } = await db.raw<{ rows: { name: string }[] }>(
      `select v.spec ->> 'name' as name from config_object_version v join config_object o on o.id = v.object_id
       where o.kind = 'department' order by v.id`,
    );
    expect(rows.map(({ name }) => name)).toEqual(['Support', 'One', 'Two']);
  });

  test('rules keep the order of the file, and a new order is a change', async () => {
    const rules = ['a', 'b', 'c'].map((key) => `  - { key: ${key}, then: [{ addTag: ${key} }] }`);
    await apply(`version: 1\nrules:\n${rules.join('\n')}\n`);
    const reordered = `version: 1\nrules:\n${rules.toReversed().join('\n')}\n`;
    expect(await apply(reordered)).toMatchObject({
      changes: [{ action: 'reorder', kind: 'rule', keys: ['c', 'b', 'a'] }],
    });
    expect((await pullConfiguration(db)).match(/key: \w/g)).toEqual(['key: c', 'key: b', 'key: a']);
    expect(await apply(reordered)).toMatchObject({ changes: [], configVersion: null });
  });

  test('two at once: one after the other, and the second finds nothing to do', async () => {
    const results = await Promise.all([apply(SMALL_DESK), apply(SMALL_DESK)]);
    const versions = results.map(({ configVersion }) => configVersion);
    expect(versions.toSorted()).toEqual(['1', null]);
    expect(await changeCount()).toBe(1);
  });
});

describe('agents are persons', () => {
  const agent = (key: string, ...emails: string[]) => ({ key, name: key, emails, role: 'agent' });

  test('with their role and addresses', async () => {
    await apply({ version: 1, agents: [{ ...agent('ada', 'ada@desk.test', 'a@desk.test'), role: 'admin' }] });
    const first = await person('ada@desk.test');
    expect(first).toMatchObject({ role: 'admin', name: 'ada' });
    expect(await person('a@desk.test')).toEqual(first);
  });

  test('someone who wrote before becomes the agent, with what they wrote', async () => {
    const [{ id }] = await db('person').insert({ name: 'Jane' }).returning('id');
    await db('person_address').insert({ person_id: id, address: 'jane@desk.test' });
    await apply({ version: 1, agents: [agent('jane', 'j.doe@desk.test', 'jane@desk.test')] });
    expect(await person('jane@desk.test')).toMatchObject({ person_id: id, role: 'agent' });
    expect(await person('j.doe@desk.test')).toMatchObject({ person_id: id });
  });

  test('an address that an agent gives up proves no agent any more', async () => {
    await apply({ version: 1, agents: [agent('john', 'john@desk.test', 'old@desk.test')] });
    const john = await person('john@desk.test');
    await apply({ version: 1, agents: [agent('john', 'john@desk.test')] });
    expect(await person('john@desk.test')).toEqual(john);
    const stranger = await person('old@desk.test');
    expect(stranger?.role).toBeNull();
    expect(stranger?.person_id).not.toBe(john?.person_id);
  });

  test('an address can change hands', async () => {
    await apply({
      version: 1,
      agents: [agent('john', 'john@desk.test', 'desk1@desk.test'), agent('jane', 'jane@desk.test')],
    });
    await apply({
      version: 1,
      agents: [agent('john', 'john@desk.test'), agent('jane', 'jane@desk.test', 'desk1@desk.test')],
    });
    expect((await person('desk1@desk.test'))?.person_id).toBe((await person('jane@desk.test'))?.person_id);
    await apply({
      version: 1,
      agents: [agent('jane', 'jane@desk.test'), agent('john', 'desk1@desk.test', 'john@desk.test')],
    });
    expect((await person('desk1@desk.test'))?.person_id).toBe((await person('john@desk.test'))?.person_id);
  });

  test('one who comes back is the same person', async () => {
    await apply({ version: 1, agents: [agent('john', 'john@desk.test')] });
    const john = await person('john@desk.test');
    await apply({ version: 1, agents: [] }, true);
    expect(await person('john@desk.test')).toMatchObject({ role: null });
    await apply({ version: 1, agents: [agent('john', 'john@new.test')] });
    expect(await person('john@new.test')).toMatchObject({ person_id: john?.person_id, role: 'agent' });
  });
});

describe('ticket numbers', () => {
  const start = (number: number) => apply({ version: 1, desk: { ticketNumber: { start: number } } });
  const next = async () =>
    (await db.raw<{ rows: [{ number: string }] }>(`select nextval('ticket_number_seq') as number`)).rows[0].number;

  test('begin where the desk wants them', async () => {
    await start(500_000);
    await start(5000);
    expect(await next()).toBe('5000');
  });

  test('never begin anew once one was given', async () => {
    await start(5000);
    expect(await next()).toBe('5000');
    await start(10);
    expect(await next()).toBe('5001');
  });
});

describe('plan', () => {
  test('tells what apply would do, and does nothing', async () => {
    const planned = await planConfiguration(db, WHOLE_DESK, { prune: false });
    expect(await pullConfiguration(db)).toBe('version: 1\n');
    const applied = await apply(WHOLE_DESK);
    expect(planned).toMatchObject({
      outcome: 'planned',
      changes: applied.outcome === 'planned' ? applied.changes : [],
    });
    expect(await changeCount()).toBe(1);
  });

  test('counts the open tickets that a change or a removal touches, and what names the object', async () => {
    const { desk } = await seedDesk(db);
    const intake = createTestIntake({ db }, desk);
    for (let mail = 0; mail < 3; mail++) await intake.receive(buildMail());
    await intake.drain();
    const [{ id }] = await db('ticket').select('id').limit(1);
    await db('ticket').where({ id }).update({ status: 'resolved' });
    const john = desk.agents.find(({ key }) => key === 'john')?.personId;
    await db('ticket').whereNot({ id }).update({ assignee_id: john });
    const renamed = { ...SMALL_DESK, departments: [{ key: 'general', name: 'Help', mailbox: 'support' }] };
    const plan = await planConfiguration(db, JSON.stringify({ ...renamed, agents: SMALL_DESK.agents.slice(1) }), {
      prune: false,
    });
    expect(plan.touched).toEqual([
      {
        kind: 'department',
        key: 'general',
        touches: [
          { what: 'open-ticket', count: 2 },
          { what: 'mailbox', count: 1 },
          { what: 'agent', count: 2 },
        ],
      },
      { kind: 'agent', key: 'john', touches: [{ what: 'open-ticket', count: 2 }] },
    ]);
  });

  test('names what is stored and does nothing yet', async () => {
    expect(await planConfiguration(db, WHOLE_DESK, { prune: false })).toMatchObject({
      inactive: [
        'shifts (jane)',
        'topics of the portal (online-banking)',
        'calendars (office)',
        'clocks in business time (standard)',
        'rules (banking-problems, vip, no-newsletters, german, weekend-watch)',
      ],
    });
    expect(await planConfiguration(db, JSON.stringify(SMALL_DESK), { prune: false })).toMatchObject({ inactive: [] });
  });
});

describe('pull', () => {
  test('prints what is stored; applying that changes nothing, and pulling again gives the same bytes', async () => {
    await apply(WHOLE_DESK);
    const pulled = await pullConfiguration(db);
    expect(pulled).toBe(WHOLE_DESK);
    expect(await apply(pulled, true)).toMatchObject({ changes: [], configVersion: null });
    expect(await pullConfiguration(db)).toBe(pulled);
  });

  test('a pulled file makes the same desk elsewhere', async () => {
    await apply(WHOLE_DESK);
    const pulled = await pullConfiguration(db);
    const other = await createTestDatabase();
    databases.push(other);
    await applyConfiguration(other.db, pulled, { prune: true, actor: 'test' });
    expect(await pullConfiguration(other.db)).toBe(pulled);
  });
});

describe('the desk as workers see it', () => {
  test('is there before anything is configured', async () => {
    expect(await loadDesk(db)).toMatchObject({
      configVersion: null,
      name: 'Docket',
      language: 'en',
      timezone: 'UTC',
      acknowledge: true,
      mailboxes: [],
    });
  });

  test('has ids for keys, defaults filled in, and days as instants of its zone', async () => {
    await apply(WHOLE_DESK);
    const desk = await loadDesk(db);
    const [mailbox] = desk.mailboxes;
    expect(desk).toMatchObject({
      name: 'Desk Example',
      timezone: 'America/New_York',
      closeResolvedAfterMs: 604_800_000,
    });
    expect(mailbox?.departmentId).toBe(desk.departments.find(({ key }) => key === 'general')?.id);
    expect(mailbox?.importSince.toISOString()).toBe('2026-01-01T05:00:00.000Z');
    expect(desk.departments.map(({ key, fromName, afterReply }) => [key, fromName, afterReply])).toEqual([
      ['general', 'Desk Support', 'pending'],
      ['banking', 'Online Banking', 'pending'],
    ]);
    expect(desk.slaPlans.map(({ key }) => key)).toEqual(['standard']);
  });

  test('a mailbox that says no dates begins when it was first configured', async () => {
    const { importSince, answerSince, replyAddress, ...mailbox } = SMALL_MAILBOX;
    const { desk } = await seedDesk(db, { mailboxes: [mailbox] });
    const { rows } = await db.raw<{ rows: [{ at: Date }] }>(
      `select recorded_at as at from config_object where kind = 'mailbox'`,
    );
    expect(desk.mailboxes[0]).toMatchObject({ importSince: rows[0].at, answerSince: rows[0].at, replyAddress });
    await apply({ version: 1, mailboxes: [{ ...mailbox, fromName: 'Other' }] });
    expect((await loadDesk(db)).mailboxes[0]).toMatchObject({ fromName: 'Other', importSince: rows[0].at });
  });
});
