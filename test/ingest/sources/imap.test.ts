import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  DEFAULT_IMAP_LIMITS,
  DEFAULT_IMAP_TIMING,
  type ImapMailboxSettings,
} from '../../../src/ingest/sources/imap-settings.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { startTestDovecot, type TestDovecot } from '../../support/dovecot.ts';
import { buildMail } from '../../support/mail-builder.ts';
import {
  eventually,
  insertMailbox,
  ledger,
  storedMails,
  type TestSource,
  testSettings,
  testSource,
} from './support.ts';

let database: TestDatabase;
let dovecot: TestDovecot;
const sources: TestSource[] = [];

beforeAll(async () => {
  [database, dovecot] = await Promise.all([createTestDatabase(), startTestDovecot()]);
});
afterEach(async () => {
  for (const source of sources.splice(0)) await source.stop();
});
afterAll(async () => {
  await dovecot.stop();
  await database.drop();
});

async function newMailbox(changes: Partial<ImapMailboxSettings> = {}) {
  const settings = testSettings(dovecot, await insertMailbox(database.db), changes);
  return { settings, mailboxId: settings.mailboxId, user: settings.user, source: newSource(settings) };
}

function newSource(settings: ImapMailboxSettings): TestSource {
  const source = testSource(database.db, settings);
  sources.push(source);
  return source;
}

async function appendMany(user: string, count: number) {
  const client = await dovecot.connect(user);
  for (let index = 0; index < count; index += 1) await client.append('INBOX', buildMail({ subject: `mail ${index}` }));
  await client.logout();
}

/** Subjects with their flags, by folder, as another client sees them. */
async function look(user: string, folder = 'INBOX'): Promise<string[]> {
  const client = await dovecot.connect(user);
  try {
    const { exists } = await client.mailboxOpen(folder);
    const mails = exists === 0 ? [] : await client.fetchAll('1:*', { envelope: true, flags: true });
    return mails.map((mail) =>
      [mail.envelope?.subject, ...(mail.flags ?? [])].filter((word) => word !== '\\Recent').join(' '),
    );
  } finally {
    await client.logout();
  }
}

const QUICK = { ...DEFAULT_IMAP_TIMING, pollIntervalMs: 200, leaseMs: 2_000 };

describe('a poll', () => {
  test('IN-01: stores raw bytes, row and ledger, and leaves flags alone', async () => {
    const { source, user, mailboxId } = await newMailbox();
    const raw = buildMail({ inReplyTo: '<parent@customer.test>', messageId: '<one@customer.test>', subject: 'one' });
    await dovecot.append(user, raw, { receivedAt: new Date('2026-11-20T08:00:00Z') });
    expect(await source.poll()).toMatchObject({ newCount: 1, knownCount: 0, openGapCount: 0 });
    expect(await storedMails(database.db, mailboxId)).toMatchObject([
      {
        raw: raw.toString('latin1'),
        size_bytes: String(raw.length),
        announced_size_bytes: null,
        message_id: 'one@customer.test',
        parent_message_ids: ['parent@customer.test'],
        occurred_at: new Date('2026-11-20T08:00:00Z'),
        state: 'received',
      },
    ]);
    expect(await ledger(database.db, mailboxId)).toEqual(['INBOX/1 stored']);
    expect(await look(user)).toEqual(['one']);
    expect(source.storedHints).toBe(1);
  });

  test('takes a delivery by LMTP with the trace the server added', async () => {
    const { source, user, mailboxId } = await newMailbox();
    await dovecot.deliver(user, buildMail(), { from: '' });
    await source.poll();
    const [mail] = await storedMails(database.db, mailboxId);
    expect(mail?.raw).toMatch(/^Return-Path: <>\r\nDelivered-To: /);
  });

  test('IN-01: commits batches within the limits, in the order of UIDs', async () => {
    const { source, user, mailboxId } = await newMailbox({
      limits: { ...DEFAULT_IMAP_LIMITS, batchMailsMax: 20, batchBytesMax: 4_000 },
    });
    await appendMany(user, 45);
    await source.poll();
    const counts = source.events
      .filter((event) => event.event === 'mailbox.mails-stored')
      .map((event) => event.newCount);
    expect(counts.length).toBeGreaterThan(3);
    expect(Math.max(...counts.map(Number))).toBeLessThanOrEqual(20);
    const subjects = (await storedMails(database.db, mailboxId)).map((mail) => mail.raw.match(/mail \d+/)?.[0]);
    expect(subjects).toEqual(Array.from({ length: 45 }, (_, index) => `mail ${index}`));
  });

  test('repeated finds nothing new', async () => {
    const { source, user, mailboxId } = await newMailbox();
    await appendMany(user, 3);
    await source.poll();
    expect(await source.poll()).toMatchObject({ newCount: 0, knownCount: 0 });
    expect(await storedMails(database.db, mailboxId)).toHaveLength(3);
  });

  test('IN-03: takes what another client has read, flagged and answered', async () => {
    const { source, user, mailboxId } = await newMailbox();
    await source.poll();
    await appendMany(user, 2);
    const client = await dovecot.connect(user);
    await client.mailboxOpen('INBOX');
    await client.messageFlagsAdd('1:*', ['\\Seen', '\\Flagged', '\\Answered']);
    await source.poll();
    await client.messageFlagsRemove('1:*', ['\\Seen']);
    await client.logout();
    expect(await source.poll()).toMatchObject({ newCount: 0 });
    expect(await storedMails(database.db, mailboxId)).toHaveLength(2);
  });

  test('IN-05: mail the ledger lost sight of is found by reconciliation', async () => {
    const { source, user, mailboxId } = await newMailbox();
    await appendMany(user, 3);
    await source.poll();
    const folder = await database.db('folder').where({ mailbox_id: mailboxId }).first();
    await database.db('folder_uid').where({ folder_id: folder.id, uid: 2 }).delete();
    await database
      .db('folder')
      .where({ id: folder.id })
      .update({ last_reconciled_at: new Date(0) });
    expect(await source.poll()).toMatchObject({ newCount: 0, knownCount: 1, openGapCount: 0 });
    expect(await ledger(database.db, mailboxId)).toEqual(['INBOX/1 stored', 'INBOX/2 stored', 'INBOX/3 stored']);
    expect(source.events).toContainEqual(expect.objectContaining({ event: 'mailbox.reconciled', missing: 1 }));
  });

  test('IN-06: after a change of UIDVALIDITY every mail is recognised, and both stay in the ledger', async () => {
    const { source, user, mailboxId } = await newMailbox();
    await appendMany(user, 3);
    await source.poll();
    dovecot.resetUidValidity(user);
    await dovecot.append(user, buildMail({ subject: 'new' }));
    expect(await source.poll()).toMatchObject({ newCount: 1, knownCount: 3 });
    expect(await storedMails(database.db, mailboxId)).toHaveLength(4);
    const folders = await database.db('folder').where({ mailbox_id: mailboxId }).orderBy('id');
    expect(folders).toHaveLength(2);
    expect(folders[0].superseded_at).not.toBeNull();
    expect(folders[0].uid_validity).not.toBe(folders[1].uid_validity);
  });

  test('IN-06: the same bytes under two UIDs are one mail', async () => {
    const { source, user, mailboxId } = await newMailbox();
    const raw = buildMail();
    await dovecot.append(user, raw);
    await dovecot.append(user, raw);
    expect(await source.poll()).toMatchObject({ newCount: 1, knownCount: 1 });
    expect(await storedMails(database.db, mailboxId)).toHaveLength(1);
    expect(await ledger(database.db, mailboxId)).toEqual(['INBOX/1 stored', 'INBOX/2 stored']);
  });

  test('IN-07, IN-08: a second delivery, or a known Message-ID with other content, is stored as its own mail', async () => {
    const { source, user, mailboxId } = await newMailbox();
    const mail = { messageId: '<same@customer.test>', text: 'first' };
    await dovecot.append(user, buildMail({ ...mail, headers: { Received: 'from a by b' } }));
    await dovecot.append(user, buildMail({ ...mail, headers: { Received: 'from c by d' } }));
    await dovecot.append(user, buildMail({ ...mail, text: 'second' }));
    expect(await source.poll()).toMatchObject({ newCount: 3, knownCount: 0 });
    const ids = (await storedMails(database.db, mailboxId)).map((stored) => stored.message_id);
    expect(ids).toEqual(['same@customer.test', 'same@customer.test', 'same@customer.test']);
  });

  test('IN-09: the time is the server’s date, and never later than now', async () => {
    const { source, user, mailboxId } = await newMailbox();
    await dovecot.append(user, buildMail({ date: 'yesterday-ish' }), { receivedAt: new Date('2026-11-20T08:00:00Z') });
    await dovecot.append(user, buildMail({ date: null }), { receivedAt: new Date('2099-01-01T00:00:00Z') });
    await source.poll();
    const [past, future] = await storedMails(database.db, mailboxId);
    expect(past?.occurred_at).toEqual(new Date('2026-11-20T08:00:00Z'));
    const { rows } = await database.db.raw<{ rows: [{ now: Date }] }>('select clock_timestamp() as now');
    expect(future?.occurred_at.getTime()).toBeLessThanOrEqual(rows[0].now.getTime());
    expect(future?.occurred_at.getTime()).toBeGreaterThan(rows[0].now.getTime() - 60_000);
  });

  test('IN-10: a mail over the limit is stored as its header', async () => {
    const { source, user, mailboxId } = await newMailbox({ limits: { ...DEFAULT_IMAP_LIMITS, mailBytesMax: 10_000 } });
    const raw = buildMail({ text: randomBytes(20_000).toString('hex'), subject: 'big' });
    await dovecot.append(user, raw);
    await dovecot.append(user, buildMail({ subject: 'small' }));
    await source.poll();
    const [big, small] = await storedMails(database.db, mailboxId);
    expect(big).toMatchObject({ announced_size_bytes: String(raw.length) });
    expect(big?.raw).toMatch(/Subject: big[\s\S]*\r\n\r\n$/);
    expect(Number(big?.size_bytes)).toBeLessThan(1_000);
    expect(small).toMatchObject({ announced_size_bytes: null });
  });

  test('one hostile Message-ID does not hold up its batch', async () => {
    const { source, user, mailboxId } = await newMailbox();
    const id = Array.from(randomBytes(900), (byte) => String.fromCodePoint(0x1f300 + byte)).join('');
    await dovecot.append(user, buildMail({ messageId: `<${id}@x>`, references: [`<${id}@y>`] }));
    await dovecot.append(user, buildMail({ messageId: '<fine@customer.test>' }));
    await source.poll();
    const ids = (await storedMails(database.db, mailboxId)).map((mail) => mail.message_id);
    expect(ids).toEqual([null, 'fine@customer.test']);
  });

  test('a mail the database refuses stays a gap, and the others of its batch are stored', async () => {
    const { source, user, mailboxId } = await newMailbox();
    const refused = buildMail({ text: 'x'.repeat(777) });
    await appendMany(user, 2);
    await dovecot.append(user, refused);
    await appendMany(user, 2);
    await database.db.raw(`alter table blob add constraint no_777 check (size_bytes <> ${refused.length})`);
    try {
      await source.poll();
      expect(await storedMails(database.db, mailboxId)).toHaveLength(4);
      expect((await ledger(database.db, mailboxId))[2]).toBe('INBOX/3 gap');
    } finally {
      await database.db.raw('alter table blob drop constraint no_777');
    }
    expect(await source.poll()).toMatchObject({ newCount: 1, openGapCount: 0 });
  });

  test('IN-20: mail older than importSince is written down and never fetched', async () => {
    const { source, user, mailboxId } = await newMailbox({ importSince: new Date('2026-06-01T00:00:00Z') });
    await dovecot.append(user, buildMail(), { receivedAt: new Date('2026-05-31T23:59:00Z') });
    await dovecot.append(user, buildMail(), { receivedAt: new Date('2026-06-01T00:01:00Z') });
    expect(await source.poll()).toMatchObject({ newCount: 1 });
    expect(await ledger(database.db, mailboxId)).toEqual(['INBOX/1 before-import', 'INBOX/2 stored']);
  });

  test('mail that comes after first contact is new, though the server’s clock is behind', async () => {
    const { source, user, mailboxId } = await newMailbox({ importSince: new Date() });
    await dovecot.append(user, buildMail(), { receivedAt: new Date(Date.now() - 3_600_000) });
    await source.poll();
    await dovecot.append(user, buildMail(), { receivedAt: new Date(Date.now() - 3_600_000) });
    await dovecot.append(user, buildMail(), { receivedAt: new Date(Date.now() - 7 * 24 * 3_600_000) });
    await source.poll();
    expect(await ledger(database.db, mailboxId)).toEqual([
      'INBOX/1 before-import',
      'INBOX/2 stored',
      'INBOX/3 before-import',
    ]);
  });

  test('an importSince that reaches further back fetches what was left alone', async () => {
    const { source, settings, user, mailboxId } = await newMailbox({ importSince: new Date('2026-06-01T00:00:00Z') });
    await dovecot.append(user, buildMail(), { receivedAt: new Date('2026-05-01T00:00:00Z') });
    await source.poll();
    const widened = newSource({ ...settings, importSince: new Date('2026-01-01T00:00:00Z') });
    expect(await widened.poll()).toMatchObject({ newCount: 1 });
    expect(await ledger(database.db, mailboxId)).toEqual(['INBOX/1 stored']);
  });

  test('a folder that does not exist stops alone, alarms, and comes back', async () => {
    const { source, user, mailboxId } = await newMailbox({ folders: ['INBOX', 'Orders'], timing: QUICK });
    await appendMany(user, 1);
    source.start();
    await eventually(async () => (await storedMails(database.db, mailboxId)).length === 1);
    expect(source.health().folders).toEqual([
      { folder: 'INBOX', errorCode: null },
      { folder: 'Orders', errorCode: 'IMAP_FOLDER_MISSING' },
    ]);
    const stopped = source.events.filter((event) => event.event === 'mailbox.folder-stopped');
    expect(stopped).toMatchObject([{ level: 'error', folder: 'Orders', code: 'IMAP_FOLDER_MISSING' }]);
    const client = await dovecot.connect(user);
    await client.mailboxCreate('Orders');
    await client.append('Orders', buildMail());
    await client.logout();
    await eventually(async () => (await storedMails(database.db, mailboxId)).length === 2);
    await eventually(async () => source.events.some((event) => event.event === 'mailbox.folder-back'));
  });
});

describe('aftermath', () => {
  test('keep does nothing', async () => {
    const { source, user } = await newMailbox();
    await dovecot.append(user, buildMail({ subject: 'kept' }));
    await source.poll();
    expect(await look(user)).toEqual(['kept']);
  });

  test('flag marks as seen', async () => {
    const { source, user } = await newMailbox({ afterReceipt: { kind: 'flag' } });
    await dovecot.append(user, buildMail({ subject: 'flagged' }));
    await source.poll();
    expect(await look(user)).toEqual(['flagged \\Seen']);
  });

  test('move makes the folder and moves; the ledger knows that we did it', async () => {
    const { source, user, mailboxId } = await newMailbox({ afterReceipt: { kind: 'move', folder: 'Processed' } });
    await dovecot.append(user, buildMail({ subject: 'moved' }));
    await source.poll();
    expect(await look(user)).toEqual([]);
    expect(await look(user, 'Processed')).toEqual(['moved']);
    await database.db('folder').where({ mailbox_id: mailboxId }).update({ last_reconciled_at: null });
    await source.poll();
    const reconciled = source.events.filter((event) => event.event === 'mailbox.reconciled');
    expect(reconciled.at(-1)).toMatchObject({ missing: 0, vanished: 0 });
  });

  test('delete removes that mail and not what others flagged as deleted', async () => {
    const { source, user } = await newMailbox({
      afterReceipt: { kind: 'delete' },
      importSince: new Date('2026-06-01T00:00:00Z'),
    });
    const receivedAt = new Date('2026-01-01T00:00:00Z');
    await dovecot.append(user, buildMail({ subject: 'old' }), { receivedAt, flags: ['\\Deleted'] });
    await dovecot.append(user, buildMail({ subject: 'taken' }));
    await source.poll();
    expect(await look(user)).toEqual(['old \\Deleted']);
  });

  test('left undone by a crash it is done at the next poll', async () => {
    const { source, user, mailboxId } = await newMailbox({ afterReceipt: { kind: 'flag' } });
    await dovecot.append(user, buildMail({ subject: 'flagged late' }));
    await source.poll();
    const client = await dovecot.connect(user);
    await client.mailboxOpen('INBOX');
    await client.messageFlagsRemove('1:*', ['\\Seen']);
    await client.logout();
    const folder = await database.db('folder').where({ mailbox_id: mailboxId }).first();
    await database
      .db('folder_uid')
      .where({ folder_id: folder.id })
      .update({ aftermath: 'due', due_at: new Date(0) });
    await source.poll();
    expect(await look(user)).toEqual(['flagged late \\Seen']);
  });
});

describe('a running source', () => {
  test('hears of new mail by IDLE long before the poll timer', async () => {
    const { source, user, mailboxId } = await newMailbox();
    source.start();
    await eventually(async () => source.health().phase === 'idle');
    await dovecot.deliver(user, buildMail());
    await eventually(async () => (await storedMails(database.db, mailboxId)).length === 1, 5_000);
    expect(source.health()).toMatchObject({ lastErrorCode: null, failuresInRow: 0, lastPolledAt: expect.any(Date) });
  });

  test('survives a restart of the server', async () => {
    const { source, user, mailboxId } = await newMailbox();
    source.start();
    await eventually(async () => source.health().phase === 'idle');
    await dovecot.restart();
    await dovecot.deliver(user, buildMail());
    await eventually(async () => (await storedMails(database.db, mailboxId)).length === 1, 20_000);
  }, 40_000);

  test('IN-06: meets a mailbox rebuilt under it, with another UIDVALIDITY', async () => {
    const { source, user, mailboxId } = await newMailbox({ timing: QUICK });
    await appendMany(user, 2);
    source.start();
    await eventually(async () => (await storedMails(database.db, mailboxId)).length === 2);
    dovecot.resetUidValidity(user);
    // Dovecot refuses appends, too, while it notices; the same bytes appended twice are one mail.
    const raw = buildMail();
    await eventually(() => dovecot.append(user, raw).catch(() => null));
    await eventually(async () => (await storedMails(database.db, mailboxId)).length === 3, 20_000);
  }, 40_000);

  test('survives the loss of its database connections', async () => {
    const { source, user, mailboxId } = await newMailbox({ timing: QUICK });
    source.start();
    await eventually(async () => source.health().phase === 'idle');
    await database.db.raw(`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()`);
    await appendMany(user, 5);
    await eventually(async () => (await storedMails(database.db, mailboxId).catch(() => [])).length === 5);
  });

  test('stops at once, and lets the next one in', async () => {
    const { source, settings } = await newMailbox();
    source.start();
    await eventually(async () => source.health().phase === 'idle');
    const startedAt = performance.now();
    await source.stop();
    expect(source.health().phase).toBe('stopped');
    await newSource(settings).poll();
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  test('IN-19: of two sources on one mailbox one polls; each mail is stored once; the other takes over', async () => {
    const { source, settings, user, mailboxId } = await newMailbox({ timing: QUICK });
    const second = newSource(settings);
    source.start();
    second.start();
    const phases = () => [source.health().phase, second.health().phase];
    await eventually(async () => phases().includes('idle') && phases().includes('standby'));
    await appendMany(user, 20);
    await eventually(async () => (await storedMails(database.db, mailboxId)).length === 20);
    const [active, standby] = source.health().phase === 'standby' ? [second, source] : [source, second];
    expect(standby.events).toEqual([]);
    await active.stop();
    await appendMany(user, 5);
    await eventually(async () => (await storedMails(database.db, mailboxId)).length === 25);
  });

  test('IN-19: a lease lost in mid-batch refuses the commit, and nothing is done on the server', async () => {
    const { source, user, mailboxId } = await newMailbox({
      afterReceipt: { kind: 'delete' },
      limits: { ...DEFAULT_IMAP_LIMITS, batchMailsMax: 1 },
    });
    await appendMany(user, 40);
    // As when this process had been frozen for a minute and another had taken over meanwhile.
    const stolen = eventually(async () => {
      if ((await storedMails(database.db, mailboxId)).length === 0) return false;
      await database.db.raw(`update lease set fencing_token = fencing_token + 1, holder = 'thief' where name = ?`, [
        `mailbox:${mailboxId}`,
      ]);
      return true;
    });
    await expect(source.poll()).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await stolen;
    const stored = (await storedMails(database.db, mailboxId)).length;
    expect(stored).toBeLessThan(40);
    expect((await look(user)).length).toBeGreaterThanOrEqual(40 - stored);
    await database
      .db('lease')
      .where({ name: `mailbox:${mailboxId}` })
      .update({ expires_at: new Date(0) });
    await newSource({ ...testSettings(dovecot, mailboxId), user }).poll();
    expect(await storedMails(database.db, mailboxId)).toHaveLength(40);
  });

  test('a poll while another process holds the mailbox says so', async () => {
    const { source, settings } = await newMailbox({ timing: { ...DEFAULT_IMAP_TIMING, leaseMs: 500 } });
    source.start();
    await eventually(async () => source.health().phase === 'idle');
    await expect(newSource(settings).poll()).rejects.toMatchObject({ code: 'MAILBOX_POLLED_ELSEWHERE' });
  });
});
