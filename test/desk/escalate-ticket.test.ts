import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DeskConfigFile } from '../../src/core/desk-config-schema.ts';
import type { Id } from '../../src/core/ticket.ts';
import { createEscalateTicket } from '../../src/desk/escalate-ticket.ts';
import { listAlarmsAhead } from '../../src/store/clocks.ts';
import { listDueWork } from '../../src/store/due-work.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type SeededDesk, SMALL_DESK, seedDesk } from '../support/desk.ts';
import { assignDependencies, createTestIntake } from '../support/intake.ts';
import { buildMail, type MailContent } from '../support/mail-builder.ts';
import { changeTicket, openTicket, runWorkersProcess } from '../support/opened-tickets.ts';
import { readOutgoing } from '../support/outgoing-mail.ts';

let database: TestDatabase;
let seeded: SeededDesk;

beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

type Escalations = NonNullable<NonNullable<DeskConfigFile['slaPlans']>[number]['escalations']>;

async function configure(escalations: Escalations): Promise<void> {
  seeded = await seedDesk(database.db, {
    departments: [
      { key: 'general', name: 'Support', mailbox: 'support', slaPlan: 'standard' },
      { key: 'second', name: 'Second line', mailbox: 'support', slaPlan: 'calm' },
    ],
    agents: [
      ...SMALL_DESK.agents.map((agent) => ({ ...agent, departments: ['general', 'second'] })),
      {
        key: 'mary',
        name: 'Mary',
        emails: ['mary@desk.test'],
        role: 'agent',
        departments: ['second'],
        languages: ['de'],
      },
    ],
    teams: [{ key: 'tier1', name: 'Tier 1', agents: ['jane', 'mary'] }],
    slaPlans: [
      {
        key: 'standard',
        name: 'Standard',
        calendar: 'always',
        targets: {
          firstResponse: { normal: '8h', high: '8h' },
          nextResponse: { normal: '12h' },
          resolution: { normal: '40h' },
        },
        escalations,
      },
      { key: 'calm', name: 'Calm', calendar: 'always', targets: { resolution: { normal: '400h', high: '400h' } } },
    ],
  });
}

const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000);
async function openedByMail(at: Date, content: MailContent = {}): Promise<Id> {
  const intake = createTestIntake(database, seeded.desk);
  const headers = { 'Authentication-Results': 'mx.desk.test; dmarc=pass header.from=customer.test' };
  await intake.receive(buildMail({ text: 'My card is lost.\n', headers, ...content }), { receivedAt: at });
  await intake.drain();
  await database.db('outbox').delete();
  return (await database.db('ticket').first()).id;
}
const escalate = (ticketId: Id) =>
  createEscalateTicket(assignDependencies(database.db, async () => seeded.desk))(ticketId);
const told = () => readOutgoing(database.db, { purpose: 'notification' });
const events = (kind: string) => database.db('ticket_event').where({ kind }).orderBy('seq').pluck('data');
const tags = () => database.db('ticket_tag').orderBy('tag').pluck('tag');

describe('a threshold', () => {
  test('that warns tells the assignee, or the department while nobody has it', async () => {
    await configure([{ target: 'any', at: '50%', do: [{ notify: 'assignee' }] }]);
    const ticketId = await openedByMail(hoursAgo(4.1));
    expect(await escalate(ticketId)).toBe('escalated');
    expect((await told()).map(({ to }) => to)).toEqual(['john@desk.test', 'jane@desk.test']);
    const [mail] = await told();
    expect(mail?.text).toContain('A deadline is coming up\n* First answer is due');
    expect(mail?.text).toContain('in 3 hours.');
    expect(mail?.text).toContain('> My card is lost.');
    expect(mail?.text).toContain('Take it:');
    expect(mail?.header).toContain('Auto-Submitted: auto-generated');
    expect(await escalate(ticketId)).toBe('not-needed');
    expect(await told()).toHaveLength(2);
  });

  test('crossed in a long silence is one mail to each with all that is due, and the true times are on record', async () => {
    await configure([
      { target: 'any', at: '50%', do: [{ notify: 'department' }] },
      { target: 'any', at: 'breach', do: [{ notify: 'department' }, { addTag: 'overdue' }] },
      { target: 'resolution', at: 'breach + 2h', do: [{ raisePriority: true }, { notify: { team: 'tier1' } }] },
    ]);
    const openedAt = hoursAgo(43);
    const ticketId = await openedByMail(openedAt);
    await escalate(ticketId);
    const mails = await told();
    expect(mails.map(({ to }) => to)).toEqual(['john@desk.test', 'jane@desk.test']);
    expect(mails[0]?.text).toMatch(
      /A deadline has passed\n\* First answer was due .*, 35 hours ago\.\n\* Solution was due .*, 3 hours ago\.\n\* Its tags changed: \+overdue\n\* Its priority is high now\./,
    );
    const dueAt = (hours: number) => new Date(openedAt.getTime() + hours * 3_600_000).toISOString();
    expect(await events('sla.breached')).toEqual([
      expect.objectContaining({ target: 'firstResponse', at: dueAt(8), because: null }),
      expect.objectContaining({ target: 'resolution', at: dueAt(40), because: null }),
    ]);
    expect((await events('sla.escalated')).map(({ target, threshold }) => `${target} ${threshold}`)).toEqual([
      'firstResponse 50%',
      'firstResponse breach',
      'resolution 50%',
      'resolution breach',
      'resolution breach+2h',
    ]);
    expect(await database.db('ticket').first()).toMatchObject({ priority: 'high' });
    expect(await tags()).toEqual(['overdue']);
    expect(await listDueWork(database.db)).not.toContainEqual(expect.objectContaining({ queue: 'sla' }));
  });

  test('does what its steps say, and whoever is told works where the ticket then lies', async () => {
    await configure([
      {
        target: 'firstResponse',
        at: 'breach',
        do: [
          { setDepartment: 'second' },
          { setStatus: 'open' },
          { removeTag: ['calm'] },
          { addTag: ['late', 'second'] },
          { addNote: 'Nobody answered in time.' },
          { setPriority: 'high' },
          { notify: { agent: 'mary' } },
        ],
      },
    ]);
    const ticketId = await openedByMail(hoursAgo(9));
    await database.db('ticket_tag').insert({ ticket_id: ticketId, tag: 'calm' });
    await escalate(ticketId);
    const [general, second] = seeded.desk.departments;
    expect(await database.db('ticket').first()).toMatchObject({
      department_id: second?.id,
      sla_plan_id: second?.slaPlanId,
      status: 'open',
      priority: 'high',
    });
    expect(general?.slaPlanId).not.toBe(second?.slaPlanId);
    expect(await tags()).toEqual(['late', 'second']);
    expect(await database.db('article').where({ kind: 'note' }).first()).toMatchObject({
      visibility: 'internal',
      author_id: null,
      text: 'Nobody answered in time.',
    });
    const [mail, ...others] = await told();
    expect(others).toEqual([]);
    expect(mail?.to).toBe('mary@desk.test');
    expect(mail?.text).toContain('Eine Frist ist abgelaufen\n* Erste Antwort war fällig am');
    expect(mail?.text).toContain('* Es ist jetzt in Second line.');
    // Its own clock is not moved by what it caused; the other is counted by the plan that came with the department.
    const clocks = await database.db('ticket_clock').orderBy('target');
    expect(clocks.map(({ target, state }) => `${target} ${state}`)).toEqual([
      'firstResponse breached',
      'resolution running',
    ]);
    expect((clocks[1].due_at.getTime() - clocks[1].started_at.getTime()) / 3_600_000).toBe(400);
  });

  test('crossed together with another takes its step after that one: the ticket stands where the last says', async () => {
    await configure([
      { target: 'firstResponse', at: '50%', do: [{ setStatus: 'on-hold' }] },
      { target: 'firstResponse', at: 'breach', do: [{ setStatus: 'open' }] },
    ]);
    const ticketId = await openedByMail(hoursAgo(9));
    await changeTicket(database.db, ticketId, { status: 'open' }, hoursAgo(8.9));
    await escalate(ticketId);
    expect(await database.db('ticket').first()).toMatchObject({ status: 'open' });
  });

  test('of what is over by now is written down and told nobody', async () => {
    await configure([
      { target: 'any', at: 'breach', do: [{ notify: 'department' }, { addTag: 'overdue' }, { raisePriority: true }] },
    ]);
    const ticketId = await openedByMail(hoursAgo(9));
    await changeTicket(database.db, ticketId, { status: 'resolved' });
    expect(await escalate(ticketId)).toBe('escalated');
    expect(await told()).toEqual([]);
    expect(await tags()).toEqual(['overdue']);
    expect(await database.db('ticket').first()).toMatchObject({ priority: 'normal', status: 'resolved' });
  });

  test('tells nobody while far too much automatic mail leaves (OUT-14), and is crossed all the same', async () => {
    await configure([{ target: 'any', at: 'breach', do: [{ notify: 'department' }] }]);
    const ticketId = await openedByMail(hoursAgo(9));
    const content = Buffer.from('x');
    const body = createHash('sha256').update(content).digest();
    await database.db('blob').insert({ sha256: body, size_bytes: 1, content });
    await database.db.raw(
      `insert into outbox (purpose, automatic, mailbox_id, envelope_from, recipient_address, message_id, header, body_sha256)
       select 'acknowledgement', true, ?, '', 'x' || n || '@customer.test', 'id' || n, '', ? from generate_series(1, 600) as n`,
      [seeded.mailboxId, body],
    );
    await escalate(ticketId);
    expect(await told()).toEqual([]);
    expect(await events('mail.suppressed')).toContainEqual({ purpose: 'notification', reason: 'volume-limit' });
    expect(await events('sla.escalated')).toHaveLength(1);
  });
});

describe('every threshold fires exactly once', () => {
  const WATCHED: Escalations = [
    { target: 'any', at: '50%', do: [{ addTag: 'warned' }] },
    { target: 'any', at: 'breach', do: [{ notify: 'department' }, { addTag: 'overdue' }] },
    { target: 'any', at: 'breach + 1h', do: [{ raisePriority: true }] },
  ];
  /** Of `count` tickets of which everything about the first response is due. */
  async function expectOnce(count: number): Promise<void> {
    const fired = await database.db('ticket_event').where({ kind: 'sla.escalated' }).select('ticket_id', 'data');
    const names = fired.map(({ ticket_id, data }) => `${ticket_id} ${data.target} ${data.threshold}`);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toHaveLength(count * 3);
    expect(await database.db('ticket_clock_threshold')).toHaveLength(count * 3);
    expect(await events('sla.breached')).toHaveLength(count);
    expect(await database.db('ticket').where({ priority: 'high' })).toHaveLength(count);
    expect(await listDueWork(database.db)).toEqual([]);
  }

  test('by several workers at once, with nobody to wake them', async () => {
    await configure(WATCHED);
    const tickets: Id[] = [];
    for (let n = 0; n < 12; n++) tickets.push(await openTicket(database.db, { openedAt: hoursAgo(10) }));
    await Promise.all(tickets.flatMap((ticketId) => [escalate(ticketId), escalate(ticketId), escalate(ticketId)]));
    await expectOnce(12);
  });

  const clockWrongBy = (hours: number) => ({
    NODE_OPTIONS: `--import=${join(import.meta.dirname, '../support/shifted-clock.ts')}`,
    CLOCK_SHIFT_MS: String(hours * 3_600_000),
  });

  test('when a worker dies in the middle of it; one whose clock is ahead fires nothing early', async () => {
    await configure(WATCHED);
    await openTicket(database.db, { openedAt: hoursAgo(10) });
    const early = await openTicket(database.db, { openedAt: hoursAgo(3.5) });
    const ahead = clockWrongBy(1);
    expect(await runWorkersProcess(database.url, { ...ahead, DOCKET_CRASH_AT: 'inside-effect' })).toBe('SIGKILL');
    expect(await events('sla.escalated')).toEqual([]);
    expect(await runWorkersProcess(database.url, ahead)).toBe('0');
    await expectOnce(1);
    // Half of its time is over in half an hour, which that clock thought past.
    const [next] = await listAlarmsAhead(database.db, 3_600_000, 10);
    expect(next?.inMs).toBeGreaterThan(20 * 60_000);
    expect(await database.db('ticket_clock').where({ ticket_id: early, state: 'running' })).toHaveLength(2);
  });

  test('by a worker whose clock is behind, no later than by any other', async () => {
    await configure(WATCHED);
    await openTicket(database.db, { openedAt: hoursAgo(9.5) });
    expect(await runWorkersProcess(database.url, clockWrongBy(-3))).toBe('0');
    await expectOnce(1);
  });

  test('is unique in the database, should anybody ever try again', async () => {
    await configure(WATCHED);
    const ticketId = await openTicket(database.db, { openedAt: hoursAgo(10) });
    await escalate(ticketId);
    const row = await database.db('ticket_clock_threshold').first();
    await expect(database.db('ticket_clock_threshold').insert(row)).rejects.toMatchObject({ code: '23505' });
  });
});
