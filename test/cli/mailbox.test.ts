import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { SMALL_MAILBOX, seedDesk } from '../support/desk.ts';
import { jsonLines, runDocket } from '../support/docket.ts';
import { startTestDovecot, type TestDovecot } from '../support/dovecot.ts';
import { buildMail } from '../support/mail-builder.ts';
import { type RecordingRelay, startRecordingRelay } from '../support/recording-relay.ts';

let database: TestDatabase;
let dovecot: TestDovecot;
let relay: RecordingRelay;

beforeAll(async () => {
  [database, dovecot, relay] = await Promise.all([createTestDatabase(), startTestDovecot(), startRecordingRelay()]);
  const { imap, smtp } = SMALL_MAILBOX;
  await seedDesk(database.db, {
    mailboxes: [
      {
        ...SMALL_MAILBOX,
        imap: { ...imap, port: dovecot.imapPort, user: 'support@desk.test' },
        smtp: { ...smtp, port: relay.port },
      },
    ],
  });
});
afterAll(async () => {
  await Promise.all([database.drop(), dovecot.stop(), relay.stop()]);
});

function docket(args: string[], env: Record<string, string> = {}) {
  return runDocket(args, {
    env: { DATABASE_URL: database.url, SECRET_KEY: 'k'.repeat(40), SUPPORT_PASSWORD: dovecot.password, ...env },
  });
}

interface CheckRow {
  check: string;
  subject: string | null;
  outcome: string;
  detail: string;
}

const results = (rows: CheckRow[]) =>
  Object.fromEntries(
    rows.map(({ check, subject, outcome }) => [subject === null ? check : `${check} ${subject}`, outcome]),
  );

describe('docket mailbox test', () => {
  test('walks through both servers and changes nothing', async () => {
    const run = await docket(['mailbox', 'test', '--json']);
    expect(run).toMatchObject({ exitCode: 0 });
    const [tested] = jsonLines<{
      mailbox: string;
      ok: boolean;
      steps: { server: string; step: string; outcome: string }[];
    }>(run);
    expect(tested).toMatchObject({ mailbox: 'support', ok: true });
    expect(tested?.steps.map(({ server, step, outcome }) => `${server} ${step} ${outcome}`)).toEqual([
      'imap dns ok',
      'imap tcp ok',
      'imap login ok',
      'imap folder ok',
      'imap idle ok',
      'imap aftermath ok',
      'smtp login ok',
    ]);
    expect(relay.mails).toEqual([]);
  });

  test('says what to do about a wrong password, and does not repeat it', async () => {
    const run = await docket(['mailbox', 'test', 'support'], { SUPPORT_PASSWORD: 'hunter2' });
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toMatch(/failed {2}imap login: .*\n +Check imap\.user and the secret/);
    expect(run.stdout + run.stderr).not.toContain('hunter2');
  });

  test('says which secret is missing', async () => {
    const run = await docket(['mailbox', 'test'], { SUPPORT_PASSWORD: '' });
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toContain('The environment variable SUPPORT_PASSWORD is not set.');
  });

  test('knows its mailboxes', async () => {
    expect(await docket(['mailbox', 'test', 'suport'])).toMatchObject({
      exitCode: 2,
      stderr: 'docket: There is no mailbox "suport". Did you mean "support"?\n',
    });
  });
});

describe('docket mailbox poll and gaps', () => {
  test('fetch what is new, once', async () => {
    await dovecot.deliver('support@desk.test', buildMail());
    const first = await docket(['mailbox', 'poll', 'support', '--json']);
    expect(first.exitCode).toBe(0);
    expect(jsonLines(first)).toMatchObject([{ mailbox: 'support', newCount: 1, openGapCount: 0 }]);
    expect((await docket(['mailbox', 'poll'])).stdout).toBe('support: 0 new, 0 known, 0 gaps open\n');
    expect(jsonLines(await docket(['mail', 'list', '--json']))).toMatchObject([
      { state: 'received', mailbox: 'support' },
    ]);
  });

  test('list what is missing, and count it as a problem', async () => {
    expect(await docket(['mailbox', 'gaps'])).toMatchObject({ exitCode: 0, stdout: '' });
    const [{ id }] = await database.db('folder').select('id');
    await database
      .db('folder_uid')
      .insert({ folder_id: id, uid: 99, state: 'gap', due_at: new Date(), last_error_code: 'TIMEOUT' });
    const run = await docket(['mailbox', 'gaps', 'support', '--json']);
    expect(run.exitCode).toBe(1);
    expect(jsonLines(run)).toMatchObject([
      { mailboxKey: 'support', folder: 'INBOX', uid: 99, state: 'gap', lastErrorCode: 'TIMEOUT' },
    ]);
    await database.db('folder_uid').where('uid', 99).delete();
  });
});

describe('docket doctor', () => {
  test('finds a sound desk sound', async () => {
    await docket(['mailbox', 'poll']);
    const run = await docket(['doctor', '--json']);
    expect(results(jsonLines<CheckRow>(run))).toMatchObject({
      settings: 'pass',
      'secret-key': 'pass',
      database: 'pass',
      migrations: 'pass',
      clock: 'pass',
      desk: 'pass',
      'reply-address support': 'pass',
      'authentication support': 'pass',
      'polling support': 'pass',
      'gaps support': 'pass',
      intake: 'pass',
      quarantine: 'pass',
      outbox: 'pass',
      redis: 'skip',
      'mailbox support': 'pass',
      'relay support': 'pass',
    });
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toMatch(/ passed, \d+ warnings, 0 failed, \d+ skipped\n$/);
  });

  test('names each fault with its next step, and fails', async () => {
    await database.db('inbound_mail').update({ state: 'quarantined' });
    const run = await docket(['doctor', '--only', 'quarantine,mailbox', '--only', 'secret-key'], {
      SUPPORT_PASSWORD: 'hunter2',
      SECRET_KEY: '',
    });
    await database.db('inbound_mail').update({ state: 'received' });
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toMatch(/^fail {2}secret-key .*\n +→ .*openssl rand/m);
    expect(run.stdout).toMatch(/^fail {2}quarantine .*1 mail, .*\n +→ .*docket mail list --state quarantined/m);
    expect(run.stdout).toMatch(/^fail {2}mailbox support .*\n +→ Check imap\.user/m);
    expect(run.stdout).not.toMatch(/database|relay/);
  });

  test('skips what cannot be known, and says why', async () => {
    const run = await docket(['doctor', '--json'], {
      DATABASE_URL: 'postgres://127.0.0.1:1/none',
      REDIS_URL: 'redis://127.0.0.1:1',
    });
    expect(run.exitCode).toBe(1);
    const rows = jsonLines<CheckRow>(run);
    expect(results(rows)).toMatchObject({
      settings: 'pass',
      database: 'fail',
      migrations: 'skip',
      mailbox: 'skip',
      redis: 'fail',
    });
    expect(rows.find(({ check }) => check === 'mailbox')?.detail).toBe('needs database');
    const broken = await docket(['doctor', '--json'], { DATABASE_URL: 'mysql://x', HTTP_PORT: 'x' });
    expect(jsonLines(broken).filter(({ check }) => check === 'settings')).toHaveLength(2);
  });

  test('lists its checks, and knows their names', async () => {
    const names = jsonLines(await docket(['doctor', '--list', '--json'])).map(({ name }) => name);
    expect(names).toContain('clock');
    expect(await docket(['doctor', '--only', 'clok'])).toMatchObject({
      exitCode: 2,
      stderr: 'docket: There is no check "clok". Did you mean "clock"?\n',
    });
  });
});
