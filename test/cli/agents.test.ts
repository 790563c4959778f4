import { afterAll, beforeAll, expect, test } from 'vitest';
import { listAgents } from '../../src/store/agents.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { SMALL_DESK, seedDesk } from '../support/desk.ts';
import { jsonLines, runDocket } from '../support/docket.ts';

let database: TestDatabase;
const docket = (...args: string[]) => runDocket(args, { env: { DATABASE_URL: database.url } });
const jane = async () => (await listAgents(database.db, 'jane'))[0];

beforeAll(async () => {
  database = await createTestDatabase();
  await seedDesk(database.db, {
    desk: { ...SMALL_DESK.desk, timezone: 'America/New_York' },
    agents: SMALL_DESK.agents.map((one) => (one.key === 'jane' ? { ...one, capacity: 20, deputy: 'john' } : one)),
  });
});
afterAll(() => database.drop());

test('list shows who is there and what they have to do', async () => {
  const run = await docket('agents', 'list');
  expect(run).toMatchObject({ exitCode: 0, stderr: '' });
  expect(run.stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['KEY', 'NAME', 'ROLE', 'DEPARTMENTS', 'OPEN', 'AT MOST', 'DEPUTY', 'PRESENCE'],
    ['john', 'John Smith', 'agent', 'general', '0', '-', '-', 'at work'],
    ['jane', 'Jane Doe', 'agent', 'general', '0', '20', 'john', 'at work'],
    [''],
  ]);
  expect(jsonLines(await docket('agents', 'list', '--json'))).toMatchObject([
    { schemaVersion: 1, key: 'john', awaySince: null, capacity: null },
    { key: 'jane', departments: ['general'], deputy: 'john' },
  ]);
});

test('away and back: from now until back, or between two times in the agent’s zone', async () => {
  expect((await docket('agents', 'away', 'jane')).stderr).toBe('jane: away.\n');
  expect(await jane()).toMatchObject({ awaySince: expect.any(Date), awayUntil: null });
  expect((await docket('agents', 'back', 'jane')).stderr).toBe('jane: at work.\n');

  const year = new Date().getFullYear() + 1;
  const planned = await docket('agents', 'away', 'jane', '--from', `${year}-01-04`, '--until', `${year}-01-11 8:30`);
  expect(planned).toMatchObject({ exitCode: 0, stderr: `jane: at work, away from ${year}-01-04 09:00.\n` });
  expect(jsonLines(await docket('agents', 'show', 'jane', '--json'))[0]).toMatchObject({
    awaySince: null,
    nextAwayFrom: `${year}-01-04T14:00:00.000Z`,
    absences: [{ from: `${year}-01-04T14:00:00.000Z`, until: `${year}-01-11T13:30:00.000Z`, saidBy: null }, {}],
  });
  expect((await docket('agents', 'show', 'jane')).stdout).toMatch(/AWAY FROM .*\n\d{4}-01-04 09:00 .* operator\n/);

  await docket('agents', 'back', 'jane');
  expect(await jane()).toMatchObject({ nextAwayFrom: expect.any(Date) });
  await docket('agents', 'back', 'jane', '--planned');
  expect(await jane()).toMatchObject({ nextAwayFrom: null });
});

test('an unknown agent and an unreadable time are usage errors that help', async () => {
  expect(await docket('agents', 'away', 'jan')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('Did you mean jane?'),
  });
  for (const time of ['yesterday', '2020-01-01T09:00:00Z']) {
    expect(await docket('agents', 'away', 'jane', '--until', time)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('is no time ahead'),
    });
  }
});
