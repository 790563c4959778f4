import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/database.ts';
import { jsonLines, runDocket } from '../support/docket.ts';

const WHOLE_DESK = readFileSync(new URL('../fixtures/desk/whole.yaml', import.meta.url), 'utf8');
const SMALL = 'version: 1\nteams:\n  - { key: a, name: A, agents: [] }\n  - { key: b, name: B, agents: [] }\n';

let database: TestDatabase;
let directory: string;

beforeAll(async () => {
  database = await createTestDatabase();
  directory = mkdtempSync(join(tmpdir(), 'docket-config-'));
});
afterAll(async () => {
  await database.drop();
  rmSync(directory, { recursive: true });
});

function docket(...args: string[]) {
  return runDocket(args, { env: { DATABASE_URL: database.url }, cwd: directory });
}

function write(text: string): string {
  writeFileSync(join(directory, 'docket.yaml'), text);
  return 'docket.yaml';
}

test('a faulty file: every fault on standard error with its place, exit code 3, nothing changed', async () => {
  const file = write(
    'version: 1\ndepartments:\n  - key: general\n    name: General\n    mailbox: suport\nagnts: []\nmailboxes: []\n',
  );
  for (const verb of ['plan', 'apply']) {
    const run = await docket('config', verb, file);
    expect(run).toEqual({
      exitCode: 3,
      stdout: '',
      stderr: [
        'docket.yaml:5:14 departments.0.mailbox: no mailbox "suport"; mailboxes has none yet',
        'docket.yaml:6:1 agnts: unknown field "agnts"; did you mean "agents"?',
        'docket: 2 problems in docket.yaml; nothing was changed.',
        '',
      ].join('\n'),
    });
  }
  expect((await docket('config', 'pull')).stdout).toBe('version: 1\n');
  expect(jsonLines(await docket('config', 'plan', file, '--json'))[1]).toEqual({
    schemaVersion: 1,
    kind: 'problem',
    file: 'docket.yaml',
    line: 6,
    column: 1,
    path: 'agnts',
    message: 'unknown field "agnts"; did you mean "agents"?',
  });
});

test('a file that is not there is wrong usage', async () => {
  expect(await docket('config', 'plan', 'none.yaml')).toMatchObject({
    exitCode: 2,
    stderr: 'docket: none.yaml cannot be read (ENOENT).\n',
  });
});

describe('plan, apply and pull', () => {
  test('go together', async () => {
    const file = write(SMALL);
    const planned = await docket('config', 'plan', file);
    expect(planned).toMatchObject({ exitCode: 0, stdout: '  + team a\n  + team b\n' });
    expect(planned.stderr).toContain('2 additions. Make it so with: docket config apply docket.yaml');
    expect(await docket('config', 'plan', file, '--exit-code')).toMatchObject({ exitCode: 1 });

    expect(await docket('config', 'apply', file)).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('version 1.'),
    });
    expect(await docket('config', 'plan', file, '--exit-code')).toMatchObject({ exitCode: 0, stdout: '' });
    expect(jsonLines(await docket('config', 'apply', file, '--json'))).toContainEqual({
      schemaVersion: 1,
      kind: 'applied',
      configVersion: null,
    });
    const pulled = await docket('config', 'pull');
    expect(pulled).toMatchObject({ exitCode: 0, stderr: '' });
    const piped = await runDocket(['config', 'plan', '-', '--exit-code'], {
      env: { DATABASE_URL: database.url },
      input: pulled.stdout,
    });
    expect(piped).toMatchObject({ exitCode: 0, stdout: '' });
  });

  test('removals wait for --prune', async () => {
    const file = write('version: 1\nteams:\n  - { key: b, name: Bee, agents: [] }\n');
    expect((await docket('config', 'plan', file)).stdout).toBe(
      '  ~ team b\n      name: "B" → "Bee"\n  - team a   (kept; --prune would archive it)\n',
    );
    expect(jsonLines(await docket('config', 'plan', file, '--prune', '--json')).slice(0, 2)).toEqual([
      {
        schemaVersion: 1,
        kind: 'change',
        objectKind: 'team',
        action: 'change',
        key: 'b',
        spec: { name: 'Bee', agents: [] },
        fields: [{ field: 'name', from: 'B', to: 'Bee' }],
        kept: false,
        touches: [],
      },
      { schemaVersion: 1, kind: 'change', objectKind: 'team', action: 'remove', key: 'a', kept: false, touches: [] },
    ]);
    await docket('config', 'apply', file, '--prune');
    expect((await docket('config', 'pull')).stdout).toBe(
      'version: 1\nteams:\n  - key: b\n    name: Bee\n    agents: []\n',
    );
  });

  test('say what a change or a removal touches', async () => {
    await docket('config', 'apply', write(WHOLE_DESK), '--prune');
    const banking = WHOLE_DESK.replace('name: Online Banking', 'name: Banking');
    expect((await docket('config', 'plan', write(banking))).stdout).toContain(
      '  ~ department banking   touches 2 agents, 1 topic\n      name: "Online Banking" → "Banking"\n',
    );
    const noTeam = WHOLE_DESK.replace(/teams:\n(?: .*\n)+/, 'teams: []\n');
    expect((await docket('config', 'plan', write(noTeam))).stdout).toContain(
      '  - team banking-tier1   (kept; --prune would archive it)   touches 1 department, 2 agents\n',
    );
  });

  test('take the whole agreed shape, say what of it does nothing yet, and give back the same bytes', async () => {
    const planned = await docket('config', 'plan', write(WHOLE_DESK));
    expect(planned.stdout).toContain('Accepted and stored, but not yet active in this release:\n');
    expect(planned.stdout).toContain('  rules (banking-problems, vip');
    await docket('config', 'apply', write(WHOLE_DESK), '--prune');
    expect((await docket('config', 'pull')).stdout).toBe(WHOLE_DESK);
  });
});

describe('migrate', () => {
  test('status and up, on a database that no release has seen', async () => {
    const empty = await createEmptyDatabase();
    const run = (...args: string[]) => runDocket(args, { env: { DATABASE_URL: empty.url } });
    try {
      expect(await run('tickets', 'list')).toMatchObject({
        exitCode: 3,
        stdout: '',
        stderr: 'docket: The database lacks tables of this release. Run: docket migrate up\n',
      });
      const before = jsonLines(await run('migrate', 'status', '--json'));
      expect(new Set(before.map(({ state }) => state))).toEqual(new Set(['pending']));
      expect(await run('migrate', 'status', '--exit-code')).toMatchObject({ exitCode: 1 });
      const up = jsonLines(await run('migrate', 'up', '--json'));
      expect(up).toEqual(before.map(({ name }) => ({ schemaVersion: 1, name, state: 'applied' })));
      expect(await run('migrate', 'up')).toEqual({ exitCode: 0, stdout: '', stderr: 'The database is up to date.\n' });
      expect(await run('migrate', 'status', '--exit-code')).toMatchObject({ exitCode: 0 });
    } finally {
      await empty.drop();
    }
  });
});
