import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { seedDesk } from '../support/desk.ts';
import { type DocketRun, jsonLines, runDocket } from '../support/docket.ts';
import { changeTicket, openTicket } from '../support/opened-tickets.ts';

let database: TestDatabase;
const docket = (...args: string[]): Promise<DocketRun> => runDocket(args, { env: { DATABASE_URL: database.url } });
const OPENED = Date.now() - 10 * 3_600_000;
const hours = (count: number) => new Date(OPENED + count * 3_600_000);

/** A ticket that waited from the second to the fourth hour, was late with its answer, and lost a promise by a change. */
beforeAll(async () => {
  database = await createTestDatabase();
  await seedDesk(database.db, {
    departments: [{ key: 'general', name: 'Support', mailbox: 'support', slaPlan: 'standard' }],
    slaPlans: [
      {
        key: 'standard',
        name: 'Standard',
        calendar: 'always',
        targets: { firstResponse: { normal: '8h', high: '5h' }, nextResponse: {}, resolution: { normal: '40h' } },
        pause: { pending: { targets: ['resolution'], max: '10d' } },
        escalations: [{ target: 'any', at: '50%', do: [{ addTag: 'half' }] }],
      },
    ],
  });
  const ticketId = await openTicket(database.db, { openedAt: hours(0) });
  await changeTicket(database.db, ticketId, { status: 'pending' }, hours(2));
  await changeTicket(database.db, ticketId, { status: 'open' }, hours(4));
  await changeTicket(database.db, ticketId, { priority: 'high' }, hours(6));
  await openTicket(database.db, { department: 'general', openedAt: hours(9) });
});
afterAll(() => database.drop());

test('docket sla explain lists every interval with why, and what broke the promise', async () => {
  const { exitCode, stdout, stderr } = await docket('sla', 'explain', '#1001');
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toContain('firstResponse 1: breached');
  expect(stdout).toContain(`${hours(6).toISOString()}, by ticket.priority-changed`);
  expect(stdout).toContain('5 h at priority high, by plan standard (always)');
  expect(stdout).toContain('resolution 1: cancelled');
  expect(stdout).toMatch(
    new RegExp(`${hours(2).toISOString()} +${hours(4).toISOString()} +0 s +pending: the plan pauses it`),
  );
  expect(stdout).toMatch(new RegExp(`${hours(0).toISOString()} +${hours(2).toISOString()} +2 h +counts`));
});

test('docket sla explain --json gives the same as one line, with times as they are', async () => {
  const [explained] = jsonLines(await docket('sla', 'explain', '1002', '--json'));
  expect(explained).toMatchObject({
    number: '1002',
    unpromised: [],
    clocks: [
      {
        target: 'firstResponse',
        state: 'running',
        promisedMs: 8 * 3_600_000,
        startedAt: hours(9).toISOString(),
        dueAt: hours(17).toISOString(),
        crossed: [],
        ahead: [
          { key: '50%', at: hours(13).toISOString() },
          { key: 'breach', at: hours(17).toISOString() },
        ],
        intervals: [{ from: hours(9).toISOString(), counts: true, why: 'running' }],
      },
      { target: 'resolution', dueAt: hours(49).toISOString() },
    ],
  });
});

test('docket sla explain names a ticket that is not there', async () => {
  expect(await docket('sla', 'explain', '4711')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('4711'),
  });
});

test('docket tickets show lists the clocks with when they next ask for something', async () => {
  const { stdout } = await docket('tickets', 'show', '1002');
  expect(stdout).toMatch(
    new RegExp(`firstResponse 1 +running +${hours(17).toISOString()} +${hours(13).toISOString()}`),
  );
});
