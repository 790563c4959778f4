import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { acquireLease, type Lease, underLease } from '../../src/store/leases.ts';
import {
  advanceHighWater,
  deferAftermath,
  type Folder,
  listDueAftermath,
  listDueGaps,
  listGaps,
  NO_UID_VALIDITY,
  openFolder,
  reconcileFolder,
  reconsiderBeforeImport,
  recordBeforeImport,
  recordGapFailures,
  recordGaps,
  recordPoll,
  recordStored,
  recordVanished,
  settleAftermath,
} from '../../src/store/ledger.ts';
import { insertRawMails } from '../../src/store/raw-mail.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let mailboxId: string;
let lease: Lease;
let mailboxes = 0;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

beforeEach(async () => {
  mailboxes += 1;
  const [row] = await database
    .db('config_object')
    .insert({ kind: 'mailbox', key: `support-${mailboxes}`, position: mailboxes })
    .returning('id');
  mailboxId = row.id;
  const acquired = await acquireLease(database.db, {
    name: `mailbox:${mailboxId}`,
    holder: 'test',
    durationMs: 60_000,
  });
  if (!acquired) throw new Error('not acquired');
  lease = acquired;
});

async function open(uidValidity = '1', uidNext = 1): Promise<Folder> {
  return (await openFolder(database.db, lease, { mailboxId, name: 'INBOX', uidValidity, uidNext })).folder;
}

/** Stores mails of their own under these UIDs and moves the mark past them. */
async function store(folder: Folder, uids: number[], aftermathDue = false) {
  await underLease(database.db, lease, async (transaction) => {
    const mails = uids.map((uid) => rawMail(`${folder.id}/${uid}`));
    const inserted = await insertRawMails(transaction, { mailboxId, source: 'imap', mails });
    const rows = uids.map((uid, index) => ({
      uid,
      internalDate: new Date('2026-11-23T10:00:00Z'),
      sizeBytes: 10,
      aftermathDue,
      inboundMailId: inserted.get(mails[index]?.sha256.toString('hex') ?? '')?.inboundMailId ?? '',
    }));
    await recordStored(transaction, folder.id, rows);
    await advanceHighWater(transaction, folder.id, Math.max(...uids));
  });
}

function rawMail(text: string) {
  const raw = Buffer.from(text);
  const sha256 = createHash('sha256').update(raw).digest();
  return { sha256, raw, announcedSizeBytes: null, messageId: null, parentMessageIds: [], receivedAt: null };
}

async function gaps(folder: Folder, uids: number[], errorCode = 'NOT_FETCHED') {
  await underLease(database.db, lease, (transaction) =>
    recordGaps(transaction, folder.id, { uids, errorCode, retryInMs: 0 }),
  );
}

function uidRow(folder: Folder, uid: number) {
  return database.db('folder_uid').where({ folder_id: folder.id, uid }).first();
}

const dueGaps = async (folder: Folder, now = false) =>
  (await listDueGaps(database.db, { folderId: folder.id, afterUid: 0, limit: 10, now })).map((gap) => gap.uid);

describe('a folder of the ledger', () => {
  test('is found again with its high-water mark', async () => {
    const folder = await open('7', 5);
    await store(folder, [5, 6]);
    expect(await open('7', 9)).toEqual({ ...folder, highWaterUid: 6, firstUidNext: 5 });
  });

  test('IN-06: under a new UIDVALIDITY begins anew, and the old one stays in the ledger', async () => {
    const old = await open('1');
    await store(old, [1], true);
    await gaps(old, [2]);
    const { folder, supersedes } = await openFolder(database.db, lease, {
      mailboxId,
      name: 'INBOX',
      uidValidity: '2',
      uidNext: 3,
    });
    expect(supersedes).toBe(true);
    expect(folder).toMatchObject({ uidValidity: '2', highWaterUid: 0 });
    const folders = await database.db('folder').where({ mailbox_id: mailboxId }).orderBy('id');
    expect(folders.map((row) => [row.uid_validity, row.superseded_at !== null])).toEqual([
      ['1', true],
      ['2', false],
    ]);
    expect(await uidRow(old, 1)).toMatchObject({ state: 'stored', aftermath: null });
    expect(await uidRow(old, 2)).toMatchObject({ state: 'vanished', last_error_code: 'UIDVALIDITY_CHANGED' });
  });

  test('of another name is not superseded', async () => {
    await open('1');
    const sent = await openFolder(database.db, lease, { mailboxId, name: 'Old', uidValidity: '2', uidNext: 1 });
    expect(sent.supersedes).toBe(false);
  });

  test('IN-06: without UIDVALIDITY is listed anew in each session', async () => {
    const folder = await open(NO_UID_VALIDITY);
    await store(folder, [1, 2]);
    expect((await open(NO_UID_VALIDITY)).highWaterUid).toBe(0);
    expect(await uidRow(folder, 1)).toBeUndefined();
  });
});

describe('a gap', () => {
  test('IN-04: stays when the mark moves past it, and is tried again with growing delay', async () => {
    const folder = await open();
    await gaps(folder, [1]);
    await store(folder, [2]);
    expect(await dueGaps(folder)).toEqual([1]);
    const delays: number[] = [];
    for (let failure = 0; failure < 12; failure += 1) {
      await recordGapFailures(database.db, lease, folder.id, { uids: [1], errorCode: 'NOT_FETCHED', retryInMs: 0 });
      const row = await uidRow(folder, 1);
      delays.push(Math.round((row.due_at.getTime() - Date.now()) / 1000));
      expect(row.attempts).toBe(failure + 2);
    }
    expect(delays.slice(0, 4)).toEqual([30, 60, 120, 240]);
    expect(delays.at(-1)).toBe(3600);
    expect(await dueGaps(folder)).toEqual([]);
    expect(await dueGaps(folder, true)).toEqual([1]);
  });

  test('IN-04: alarms after 15 minutes', async () => {
    const folder = await open();
    await gaps(folder, [1]);
    const look = () => listDueGaps(database.db, { folderId: folder.id, afterUid: 0, limit: 10, now: true });
    expect((await look())[0]?.alarming).toBe(false);
    await database.db('folder_uid').update({ recorded_at: new Date(Date.now() - 16 * 60_000) });
    expect((await look())[0]?.alarming).toBe(true);
    const listed = await listGaps(database.db, { mailboxId, limit: 10 });
    expect(listed).toMatchObject([
      { uid: 1, state: 'gap', folder: 'INBOX', alarming: true, lastErrorCode: 'NOT_FETCHED' },
    ]);
  });

  test('is filled by the mail', async () => {
    const folder = await open();
    await gaps(folder, [1]);
    await store(folder, [1]);
    expect(await uidRow(folder, 1)).toMatchObject({
      state: 'stored',
      attempts: 0,
      due_at: null,
      last_error_code: null,
    });
    expect(await listGaps(database.db, { mailboxId, limit: 10 })).toEqual([]);
  });

  test('that the server no longer lists has vanished, and is still shown', async () => {
    const folder = await open();
    await gaps(folder, [1]);
    await recordVanished(database.db, lease, folder.id, [1]);
    expect(await dueGaps(folder, true)).toEqual([]);
    expect(await listGaps(database.db, { mailboxId, limit: 10 })).toMatchObject([{ uid: 1, state: 'vanished' }]);
  });
});

describe('mail older than the import', () => {
  const mail = { uid: 1, internalDate: new Date('2026-01-01T00:00:00Z'), sizeBytes: 10 };

  test('IN-20: is written down and left alone', async () => {
    const folder = await open();
    await underLease(database.db, lease, (transaction) => recordBeforeImport(transaction, folder.id, [mail]));
    expect(await uidRow(folder, 1)).toMatchObject({ state: 'before-import', inbound_mail_id: null });
  });

  test('is fetched after all when the import reaches further back', async () => {
    const folder = await open();
    await underLease(database.db, lease, (transaction) => recordBeforeImport(transaction, folder.id, [mail]));
    const widen = (date: string) => reconsiderBeforeImport(database.db, lease, folder.id, new Date(date));
    expect(await widen('2026-01-02T00:00:00Z')).toBe(0);
    expect(await widen('2025-12-31T00:00:00Z')).toBe(1);
    expect(await dueGaps(folder)).toEqual([1]);
  });
});

describe('aftermath', () => {
  const due = async (folder: Folder) => listDueAftermath(database.db, { folderId: folder.id, afterUid: 0, limit: 10 });

  test('is due from the commit on until it is settled', async () => {
    const folder = await open();
    await store(folder, [1, 2, 3], true);
    expect(await due(folder)).toEqual([1, 2, 3]);
    await settleAftermath(database.db, lease, folder.id, { uids: [1], gone: true });
    await settleAftermath(database.db, lease, folder.id, { uids: [2], gone: false });
    expect(await due(folder)).toEqual([3]);
    expect(await uidRow(folder, 1)).toMatchObject({
      aftermath: 'done',
      state: 'stored',
      vanished_at: expect.any(Date),
    });
    expect(await uidRow(folder, 2)).toMatchObject({ aftermath: 'done', vanished_at: null });
  });

  test('that failed waits before it is tried again', async () => {
    const folder = await open();
    await store(folder, [1], true);
    await deferAftermath(database.db, lease, folder.id, { uids: [1], errorCode: 'IMAP_OVER_QUOTA' });
    expect(await due(folder)).toEqual([]);
    expect(await uidRow(folder, 1)).toMatchObject({
      aftermath: 'due',
      attempts: 1,
      last_error_code: 'IMAP_OVER_QUOTA',
    });
  });
});

describe('reconciliation', () => {
  test('IN-05: what the server lists and the ledger lacks becomes a gap that is due', async () => {
    const folder = await open();
    await store(folder, [1, 5]);
    expect(await reconcileFolder(database.db, lease, folder.id, [1, 3, 5])).toEqual({ missing: 1, vanished: 0 });
    expect(await dueGaps(folder)).toEqual([3]);
  });

  test('IN-05: what the server no longer lists is noted, and noted once', async () => {
    const folder = await open();
    await store(folder, [1, 2], true);
    await gaps(folder, [3]);
    await store(folder, [4]);
    expect(await reconcileFolder(database.db, lease, folder.id, [4])).toEqual({ missing: 0, vanished: 3 });
    expect(await uidRow(folder, 1)).toMatchObject({ state: 'stored', aftermath: null, vanished_at: expect.any(Date) });
    expect(await uidRow(folder, 3)).toMatchObject({ state: 'vanished' });
    expect(await reconcileFolder(database.db, lease, folder.id, [4])).toEqual({ missing: 0, vanished: 0 });
  });

  test('leaves what is above the mark to the next poll', async () => {
    const folder = await open();
    await store(folder, [1]);
    expect(await reconcileFolder(database.db, lease, folder.id, [1, 2, 3])).toEqual({ missing: 0, vanished: 0 });
  });

  test('a UID that had vanished and is listed again is fetched after all', async () => {
    const folder = await open();
    await gaps(folder, [1]);
    await store(folder, [2]);
    await recordVanished(database.db, lease, folder.id, [1]);
    expect(await reconcileFolder(database.db, lease, folder.id, [1, 2])).toEqual({ missing: 1, vanished: 0 });
    expect(await dueGaps(folder)).toEqual([1]);
  });

  test('is due at first and then once an interval', async () => {
    const folder = await open();
    const poll = () => recordPoll(database.db, lease, folder.id, { uidNext: 1, reconcileEveryMs: 60_000 });
    expect(await poll()).toEqual({ reconcileDue: true });
    await reconcileFolder(database.db, lease, folder.id, []);
    expect(await poll()).toEqual({ reconcileDue: false });
    await database.db('folder').update({ last_reconciled_at: new Date(Date.now() - 61_000) });
    expect(await poll()).toEqual({ reconcileDue: true });
  });
});

test('IN-19: every write of the ledger is refused once the lease is lost', async () => {
  const folder = await open();
  await gaps(folder, [1]);
  await database.db.raw(`update lease set fencing_token = fencing_token + 1 where name = ?`, [lease.name]);
  const { db } = database;
  const writes: (() => Promise<unknown>)[] = [
    () => open('2'),
    () => recordGapFailures(db, lease, folder.id, { uids: [1], errorCode: 'X', retryInMs: 0 }),
    () => recordVanished(db, lease, folder.id, [1]),
    () => settleAftermath(db, lease, folder.id, { uids: [1], gone: true }),
    () => deferAftermath(db, lease, folder.id, { uids: [1], errorCode: 'X' }),
    () => reconsiderBeforeImport(db, lease, folder.id, new Date()),
    () => reconcileFolder(db, lease, folder.id, []),
    () => recordPoll(db, lease, folder.id, { uidNext: 1, reconcileEveryMs: 1 }),
  ];
  for (const write of writes) await expect(write()).rejects.toMatchObject({ code: 'LEASE_LOST' });
  expect(await uidRow(folder, 1)).toMatchObject({ state: 'gap', attempts: 1 });
});
