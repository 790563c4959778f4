import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { CrashPoint } from '../../../src/crash-points.ts';
import type { AfterReceipt } from '../../../src/ingest/sources/imap-settings.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { startTestDovecot, type TestDovecot } from '../../support/dovecot.ts';
import { buildMail } from '../../support/mail-builder.ts';
import { type Command, giveMail, startFakeImapServer } from './fake-imap-server.ts';
import type { PollProcessOptions } from './poll-process.ts';
import { eventually, insertMailbox, ledger, newUser, storedMails, testSettings, testSource } from './support.ts';

let database: TestDatabase;
let dovecot: TestDovecot;
const children: ChildProcess[] = [];

beforeAll(async () => {
  [database, dovecot] = await Promise.all([createTestDatabase(), startTestDovecot()]);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(async () => {
  await dovecot.stop();
  await database.drop();
});

interface PollProcess {
  child: ChildProcess;
  /** What it logged, one JSON object a line. */
  log(): string;
  ended: Promise<{ code: number | null; signal: string | null }>;
}

function startProcess(options: Omit<PollProcessOptions, 'databaseUrl'>, crashAt?: CrashPoint): PollProcess {
  const script = join(import.meta.dirname, 'poll-process.ts');
  const argument = JSON.stringify({ ...options, databaseUrl: database.url } satisfies PollProcessOptions);
  const child = spawn(process.execPath, [script, argument], {
    env: { ...process.env, ...(crashAt === undefined ? {} : { DOCKET_CRASH_AT: crashAt }) },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  children.push(child);
  let log = '';
  child.stderr?.on('data', (data: Buffer) => {
    log += data.toString();
  });
  const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  return { child, log: () => log, ended };
}

async function countMails(user: string, folder: string): Promise<number> {
  const client = await dovecot.connect(user);
  try {
    const status = await client.status(folder, { messages: true });
    return status ? (status.messages ?? 0) : 0;
  } finally {
    await client.logout();
  }
}

const MOVE: AfterReceipt = { kind: 'move', folder: 'Processed' };
const CRASHES: { point: CrashPoint; afterReceipt: AfterReceipt }[] = [
  { point: 'after-fetch', afterReceipt: { kind: 'delete' } },
  { point: 'after-raw-commit', afterReceipt: { kind: 'flag' } },
  { point: 'after-raw-commit', afterReceipt: MOVE },
  { point: 'after-flag', afterReceipt: { kind: 'flag' } },
  { point: 'after-flag', afterReceipt: MOVE },
  { point: 'after-flag', afterReceipt: { kind: 'delete' } },
];

describe('IN-02: killed and started again, each mail is stored once and its aftermath is done', () => {
  test.each(CRASHES)('$point, $afterReceipt.kind', async ({ point, afterReceipt }) => {
    const user = newUser();
    const mailboxId = await insertMailbox(database.db);
    for (let index = 0; index < 3; index += 1) await dovecot.append(user, buildMail());
    const server = { host: dovecot.host, imapPort: dovecot.imapPort, password: dovecot.password };
    const options = { mode: 'once', server, mailboxId, user, afterReceipt, leaseMs: 1_000 } as const;

    expect(await startProcess(options, point).ended).toEqual({ code: null, signal: 'SIGKILL' });
    expect(await storedMails(database.db, mailboxId)).toHaveLength(point === 'after-fetch' ? 0 : 3);
    // Nothing is touched on the server before the commit.
    if (point !== 'after-flag') expect(await countMails(user, 'INBOX')).toBe(3);

    expect(await startProcess(options).ended).toEqual({ code: 0, signal: null });
    expect(await storedMails(database.db, mailboxId)).toHaveLength(3);
    expect(await ledger(database.db, mailboxId)).toEqual(['INBOX/1 stored', 'INBOX/2 stored', 'INBOX/3 stored']);
    const due = database.db('folder_uid').join('folder', 'folder.id', 'folder_id').where({ aftermath: 'due' });
    expect(await due.where({ mailbox_id: mailboxId })).toEqual([]);
    expect(await countMails(user, 'INBOX')).toBe(afterReceipt.kind === 'flag' ? 3 : 0);
    if (afterReceipt.kind === 'move') expect(await countMails(user, 'Processed')).toBe(3);
  });
});

test('IN-19: a poller frozen in mid-batch past its lease has its commit refused when it thaws', async () => {
  const server = await startFakeImapServer({ mails: [buildMail(), buildMail()] });
  try {
    const mailboxId = await insertMailbox(database.db);
    const held: Command[] = [];
    server.script = (command) => {
      if (command.name !== 'UID FETCH' || !command.text.includes('BODY.PEEK[]') || held.length > 0) return false;
      held.push(command);
      return true;
    };
    const { host, imapPort, password } = server;
    const afterReceipt = { kind: 'delete' } as const;
    const frozen = startProcess({
      ...{
        mode: 'run',
        server: { host, imapPort, password },
        mailboxId,
        user: newUser(),
        afterReceipt,
        leaseMs: 1_000,
      },
    });
    await eventually(async () => held.length > 0);
    frozen.child.kill('SIGSTOP');

    const thaws = testSettings(server, mailboxId);
    const taker = testSource(database.db, {
      ...thaws,
      timing: { ...thaws.timing, leaseMs: 60_000, pollIntervalMs: 300 },
    });
    taker.start();
    await eventually(async () => (await storedMails(database.db, mailboxId)).length === 2);
    const [fetch] = held;
    if (!fetch) throw new Error('no fetch was held');
    for (const uid of [1, 2]) giveMail(server, fetch, uid);
    fetch.say(`${fetch.tag} OK fetched`);
    frozen.child.kill('SIGCONT');
    await eventually(async () => frozen.log().includes('LEASE_LOST'));

    server.mails.push({ uid: 3, raw: buildMail() });
    await eventually(async () => (await storedMails(database.db, mailboxId)).length === 3);
    expect(frozen.log()).not.toContain('mailbox.mails-stored');
    expect(server.received.join('\n')).not.toMatch(/EXPUNGE|STORE/);
    expect(await ledger(database.db, mailboxId)).toEqual(['INBOX/1 stored', 'INBOX/2 stored', 'INBOX/3 stored']);
    await taker.stop();
  } finally {
    await server.close();
  }
});

test('IN-19: killing the poller moves polling to the other process within its lease', async () => {
  const user = newUser();
  const mailboxId = await insertMailbox(database.db);
  const server = { host: dovecot.host, imapPort: dovecot.imapPort, password: dovecot.password };
  const options = { mode: 'run', server, mailboxId, user, afterReceipt: { kind: 'keep' }, leaseMs: 2_000 } as const;
  const processes = [startProcess(options), startProcess(options)];
  const poller = await eventually(async () => processes.find((started) => started.log().includes('mailbox.connected')));
  for (let index = 0; index < 10; index += 1) await dovecot.append(user, buildMail());
  await eventually(async () => (await storedMails(database.db, mailboxId)).length === 10);
  poller.child.kill('SIGKILL');
  for (let index = 0; index < 10; index += 1) await dovecot.append(user, buildMail());
  await eventually(async () => (await storedMails(database.db, mailboxId)).length === 20);
});
