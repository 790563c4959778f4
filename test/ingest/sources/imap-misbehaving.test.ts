import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_IMAP_TIMING, type ImapMailboxSettings } from '../../../src/ingest/sources/imap-settings.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { buildMail } from '../../support/mail-builder.ts';
import {
  answering,
  BASIC_CAPABILITIES,
  type FakeImapOptions,
  type FakeImapServer,
  giveMail,
  startFakeImapServer,
  uidsIn,
} from './fake-imap-server.ts';
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
const servers: FakeImapServer[] = [];
const sources: TestSource[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  for (const source of sources.splice(0)) await source.stop();
  for (const server of servers.splice(0)) await server.close();
});
afterAll(() => database.drop());

const PATIENCE = { ...DEFAULT_IMAP_TIMING, socketTimeoutMs: 1_000, pollIntervalMs: 300, leaseMs: 5_000 };

async function startFake(options: FakeImapOptions = {}, changes: Partial<ImapMailboxSettings> = {}) {
  const server = await startFakeImapServer(options);
  servers.push(server);
  const settings = testSettings(server, await insertMailbox(database.db), { timing: PATIENCE, ...changes });
  const source = testSource(database.db, settings);
  sources.push(source);
  return { server, settings, source, mailboxId: settings.mailboxId };
}

const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => buildMail({ subject: `mail ${index + 1}` }));

const code = (source: TestSource) => source.health().lastErrorCode;

describe('fetching', () => {
  test('IN-03: asks by UID and by PEEK only, and never for what is unseen', async () => {
    const { server, source } = await startFake({ mails: numbered(3) });
    await source.poll();
    const commands = server.received.join('\n');
    expect(commands.match(/BODY(?!\.PEEK)\[/)).toBeNull();
    expect(commands).not.toMatch(/UNSEEN|RECENT|RFC822 |RFC822\)/i);
    expect(commands).not.toMatch(/^\w+ (FETCH|SEARCH|STORE)/im);
    expect(commands).toContain('UID FETCH 1:3 (UID BODY.PEEK[]');
  });

  test('IN-10, case 82: a mail over the limit is not fetched whole; its header and announced size are kept', async () => {
    const big = { uid: 2, raw: buildMail({ subject: 'sixty megabytes' }), announcedSize: 60 * 1024 * 1024 };
    const { server, source, mailboxId } = await startFake({ mails: [{ uid: 1, raw: buildMail() }, big] });
    await source.poll();
    const stored = await storedMails(database.db, mailboxId);
    expect(stored[1]).toMatchObject({ announced_size_bytes: String(60 * 1024 * 1024) });
    expect(stored[1]?.raw).toBe(`${big.raw.toString('latin1').split('\r\n\r\n')[0]}\r\n\r\n`);
    expect(server.received.filter((line) => line.includes('BODY.PEEK[]'))).toEqual([
      expect.stringContaining('UID FETCH 1 '),
    ]);
    expect(source.events).toContainEqual(expect.objectContaining({ event: 'mailbox.mail-over-limit', uid: 2 }));
  });

  test('a mail over the limit is not deleted, because we do not have it whole', async () => {
    const mails = [
      { uid: 1, raw: buildMail(), announcedSize: 60 * 1024 * 1024 },
      { uid: 2, raw: buildMail() },
    ];
    const { server, source } = await startFake({ mails }, { afterReceipt: { kind: 'delete' } });
    await source.poll();
    expect(server.mails.map((mail) => mail.uid)).toEqual([1]);
  });

  test('case 83: a mail that stays shorter than announced is fetched twice, stored, and marked', async () => {
    const raw = buildMail();
    const { server, source, mailboxId } = await startFake({
      mails: [{ uid: 1, raw, announcedSize: raw.length + 100 }],
    });
    await source.poll();
    expect(await storedMails(database.db, mailboxId)).toMatchObject([
      { raw: raw.toString('latin1'), announced_size_bytes: String(raw.length + 100) },
    ]);
    expect(server.received.filter((line) => line.includes('BODY.PEEK[]'))).toHaveLength(2);
    expect(source.events).toContainEqual(expect.objectContaining({ event: 'mailbox.mail-cut-short' }));
  });

  test('case 83: a mail cut short once is stored whole, without a mark', async () => {
    const raw = buildMail();
    let cuts = 0;
    const { server, source, mailboxId } = await startFake({ mails: [raw] });
    server.script = (command) => {
      if (command.name !== 'UID FETCH' || !command.text.includes('BODY.PEEK[]') || cuts++ > 0) return false;
      giveMail(server, command, 1, raw.subarray(0, raw.length - 20));
      command.say(`${command.tag} OK fetched`);
      return true;
    };
    await source.poll();
    expect(await storedMails(database.db, mailboxId)).toMatchObject([
      { raw: raw.toString('latin1'), announced_size_bytes: null },
    ]);
    expect(await ledger(database.db, mailboxId)).toEqual(['INBOX/1 stored']);
  });

  test('a mail longer than announced is no mismatch', async () => {
    const raw = buildMail();
    const { source, mailboxId } = await startFake({ mails: [{ uid: 1, raw, announcedSize: raw.length - 10 }] });
    await source.poll();
    expect(await storedMails(database.db, mailboxId)).toMatchObject([{ announced_size_bytes: null }]);
  });

  test('case 1: a mail of no bytes is stored', async () => {
    const { source, mailboxId } = await startFake({ mails: [Buffer.alloc(0)] });
    await source.poll();
    expect(await storedMails(database.db, mailboxId)).toMatchObject([{ raw: '', size_bytes: '0' }]);
  });

  test('case 84: a literal of 5 GB ends the connection and alarms; the other mails are taken', async () => {
    const { server, source, mailboxId } = await startFake({ mails: numbered(3) });
    server.script = (command) => {
      if (command.name !== 'UID FETCH' || !command.text.includes('BODY.PEEK[]')) return false;
      if (!uidsIn(server, command.text).includes(2)) return false;
      command.write('* 2 FETCH (UID 2 BODY[] {5368709120}\r\n');
      return true;
    };
    source.start();
    await eventually(async () => (await storedMails(database.db, mailboxId)).length === 2);
    expect(await ledger(database.db, mailboxId)).toEqual(['INBOX/1 stored', 'INBOX/2 gap', 'INBOX/3 stored']);
    expect(source.events).toContainEqual(
      expect.objectContaining({ level: 'error', event: 'mailbox.session-failed', code: 'IMAP_RESPONSE_TOO_LARGE' }),
    );
  }, 40_000);
});

describe('gaps', () => {
  test('IN-04: a UID whose fetch failed stays a gap beside its stored neighbour, and is filled later', async () => {
    const { server, source, mailboxId } = await startFake({ mails: numbered(2) });
    server.script = (command) => {
      if (command.name !== 'UID FETCH' || !command.text.includes('BODY.PEEK[]')) return false;
      for (const uid of uidsIn(server, command.text)) if (uid !== 1) giveMail(server, command, uid);
      command.say(`${command.tag} OK fetched`);
      return true;
    };
    expect(await source.poll()).toMatchObject({ newCount: 1, openGapCount: 1 });
    expect(await ledger(database.db, mailboxId)).toEqual(['INBOX/1 gap', 'INBOX/2 stored']);
    expect(source.events).toContainEqual(expect.objectContaining({ event: 'mailbox.gaps-recorded', count: 1 }));
    server.script = () => false;
    expect(await source.poll()).toMatchObject({ newCount: 1, openGapCount: 0 });
    expect(await ledger(database.db, mailboxId)).toEqual(['INBOX/1 stored', 'INBOX/2 stored']);
  });

  test('IN-04: a gap that stays open for 15 minutes alarms at each further failure', async () => {
    const { server, source, mailboxId } = await startFake({ mails: numbered(1) });
    server.script = (command) => {
      if (command.name !== 'UID FETCH' || !command.text.includes('BODY.PEEK[]')) return false;
      command.say(`${command.tag} NO [SERVERBUG] cannot read it`);
      return true;
    };
    await source.poll();
    expect(source.events.filter((event) => event.event === 'mailbox.gap-alarm')).toEqual([]);
    await database
      .db('folder_uid')
      .whereIn('folder_id', database.db('folder').select('id').where({ mailbox_id: mailboxId }))
      .update({ recorded_at: new Date(Date.now() - 16 * 60_000) });
    expect(await source.poll()).toMatchObject({ newCount: 0, openGapCount: 1 });
    expect(source.events).toContainEqual(
      expect.objectContaining({ level: 'error', event: 'mailbox.gap-alarm', uid: 1, code: 'IMAP_COMMAND_REFUSED' }),
    );
  });

  test('a mail that goes away between listing and fetching has vanished', async () => {
    const { server, source, mailboxId } = await startFake({ mails: numbered(2) });
    server.script = (command) => {
      if (command.name === 'UID FETCH' && command.text.includes('BODY.PEEK[]')) server.mails = server.mails.slice(1);
      return false;
    };
    await source.poll();
    await source.poll();
    expect(await ledger(database.db, mailboxId)).toEqual(['INBOX/1 vanished', 'INBOX/2 stored']);
  });

  test('a UID given away and not listed is a gap until the server lists a later state', async () => {
    const { server, source, mailboxId } = await startFake({ mails: numbered(1) });
    await source.poll();
    const [late, shown] = [
      { uid: 2, raw: buildMail() },
      { uid: 3, raw: buildMail() },
    ];
    server.mails = [...server.mails, shown];
    source.start();
    await eventually(async () => (await ledger(database.db, mailboxId)).includes('INBOX/3 stored'));
    expect(await ledger(database.db, mailboxId)).toContain('INBOX/2 gap');
    await source.stop();
    server.mails = [...server.mails.slice(0, 1), late, shown];
    expect(await source.poll()).toMatchObject({ newCount: 1, openGapCount: 0 });
  });

  test('so is one below a mail that came between opening the folder and searching it', async () => {
    const { server, source, mailboxId } = await startFake({ mails: numbered(1) });
    await source.poll();
    server.script = ({ name }) => {
      if (name === 'UID SEARCH' && server.mails.length === 1) server.mails.push({ uid: 3, raw: buildMail() });
      return false;
    };
    source.start();
    await eventually(async () => (await ledger(database.db, mailboxId)).includes('INBOX/3 stored'));
    expect(await ledger(database.db, mailboxId)).toContain('INBOX/2 gap');
  });

  test('a mail that breaks the connection breaks it alone', async () => {
    const { server, source, mailboxId } = await startFake({ mails: numbered(60) });
    server.script = (command) => {
      if (command.name !== 'UID FETCH' || !command.text.includes('BODY.PEEK[]')) return false;
      if (!uidsIn(server, command.text).includes(7)) return false;
      command.hangUp();
      return true;
    };
    source.start();
    await eventually(async () => (await storedMails(database.db, mailboxId)).length === 59);
    expect((await ledger(database.db, mailboxId)).filter((row) => !row.endsWith(' stored'))).toEqual(['INBOX/7 gap']);
  }, 40_000);

  test('IN-05: a refused search is a failure, not an empty folder', async () => {
    const { server, source, mailboxId } = await startFake({ mails: numbered(2) });
    await source.poll();
    server.script = answering('UID SEARCH', 'NO cannot search');
    await database.db('folder').where({ mailbox_id: mailboxId }).update({ last_reconciled_at: null });
    await expect(source.poll()).rejects.toMatchObject({ code: 'IMAP_SEARCH_REFUSED' });
    expect(await ledger(database.db, mailboxId)).toEqual(['INBOX/1 stored', 'INBOX/2 stored']);
    const vanished = database.db('folder_uid').join('folder', 'folder.id', 'folder_id').whereNotNull('vanished_at');
    expect(await vanished.where({ mailbox_id: mailboxId })).toEqual([]);
  });
});

describe('sizes that lie', () => {
  test('a server that sends far more than it announced is hung up on', async () => {
    const raw = Buffer.concat([buildMail(), Buffer.alloc(50 * 1024 * 1024, 'x')]);
    const mails = [1, 2, 3].map((uid) => ({ uid, raw, announcedSize: 1_000 }));
    const { source } = await startFake({ mails });
    await expect(source.poll()).rejects.toMatchObject({ code: 'IMAP_RESPONSE_TOO_LARGE' });
  });
});

describe('UIDVALIDITY', () => {
  test('IN-06: absent, the folder is rescanned in each session and nothing is stored twice', async () => {
    const { server, source, mailboxId } = await startFake({ mails: numbered(3) });
    server.uidValidity = null;
    expect(await source.poll()).toMatchObject({ newCount: 3, knownCount: 0 });
    expect(await source.poll()).toMatchObject({ newCount: 0, knownCount: 3 });
    expect(await storedMails(database.db, mailboxId)).toHaveLength(3);
  });

  test('IN-06: changed within a session, it is seen at the next poll', async () => {
    const { server, source, mailboxId } = await startFake({ mails: numbered(2) });
    source.start();
    await eventually(async () => (await storedMails(database.db, mailboxId)).length === 2);
    server.uidValidity = '2';
    await eventually(async () => source.events.some((event) => event.event === 'mailbox.uidvalidity-changed'));
    await eventually(async () => source.health().phase === 'idle');
    const folders = await database.db('folder').where({ mailbox_id: mailboxId }).orderBy('id');
    expect(folders.map((folder) => folder.uid_validity)).toEqual(['1', '2']);
    expect(await storedMails(database.db, mailboxId)).toHaveLength(2);
    expect(server.connectionCount).toBe(1);
  });
});

describe('aftermath', () => {
  const without = (...missing: string[]) => BASIC_CAPABILITIES.filter((capability) => !missing.includes(capability));

  test('without MOVE, a mail is copied, confirmed by COPYUID, and only then expunged by its UID', async () => {
    const { server, source } = await startFake(
      { mails: numbered(2), capabilities: without('MOVE') },
      { afterReceipt: { kind: 'move', folder: 'Processed' } },
    );
    await source.poll();
    expect(server.folders.get('Processed')).toEqual([1, 2]);
    expect(server.mails).toEqual([]);
    expect(server.received.filter((line) => line.includes('EXPUNGE'))).toEqual([
      expect.stringMatching(/^\w+ UID EXPUNGE 1:2$/),
    ]);
  });

  test('without UIDPLUS nothing is ever expunged: the mail is left and flagged as seen', async () => {
    for (const afterReceipt of [{ kind: 'delete' }, { kind: 'move', folder: 'Processed' }] as const) {
      const { server, source } = await startFake(
        {
          mails: [...numbered(1), { uid: 2, raw: buildMail(), flags: ['\\Deleted'] }],
          capabilities: without('MOVE', 'UIDPLUS'),
        },
        { afterReceipt },
      );
      await source.poll();
      expect(server.mails.map((mail) => mail.flags)).toEqual([['\\Seen'], ['\\Deleted', '\\Seen']]);
      expect(server.received.join('\n')).not.toMatch(/EXPUNGE|COPY|CLOSE/);
    }
  });

  test('a mail whose copy the server does not confirm stays', async () => {
    const { server, source } = await startFake(
      { mails: numbered(1), capabilities: without('MOVE') },
      { afterReceipt: { kind: 'move', folder: 'Processed' } },
    );
    server.script = answering('UID COPY', 'OK copied');
    await source.poll();
    expect(server.mails.map((mail) => mail.flags)).toEqual([['\\Seen']]);
  });

  test('left undone it is not due any more when the mailbox is set to keep its mail', async () => {
    const { server, settings, source, mailboxId } = await startFake(
      { mails: numbered(1), script: answering('UID STORE', 'NO not now') },
      { afterReceipt: { kind: 'flag' } },
    );
    await source.poll();
    const aftermath = () =>
      database.db('folder_uid').join('folder', 'folder.id', 'folder_id').where({ mailbox_id: mailboxId });
    expect(await aftermath().pluck('aftermath')).toEqual(['due']);
    await database
      .db('folder_uid')
      .where({ aftermath: 'due' })
      .update({ due_at: database.db.raw(`clock_timestamp() - interval '1 second'`) });
    const keeping = testSource(database.db, { ...settings, afterReceipt: { kind: 'keep' } });
    sources.push(keeping);
    await keeping.poll();
    expect(await aftermath().pluck('aftermath')).toEqual(['done']);
    expect(server.received.filter((line) => line.includes('STORE'))).toHaveLength(1);
  });

  test('refused for quota it alarms, receiving goes on, and it is done when there is room again', async () => {
    const { server, source, mailboxId } = await startFake(
      { mails: numbered(1) },
      { afterReceipt: { kind: 'move', folder: 'Processed' } },
    );
    server.script = answering('UID MOVE', 'NO [OVERQUOTA] no room');
    await source.poll();
    expect(source.events).toContainEqual(
      expect.objectContaining({ level: 'error', event: 'mailbox.aftermath-refused', code: 'IMAP_OVER_QUOTA' }),
    );
    server.mails.push({ uid: 2, raw: buildMail() });
    await source.poll();
    expect(await ledger(database.db, mailboxId)).toEqual(['INBOX/1 stored', 'INBOX/2 stored']);
    server.script = () => false;
    await database
      .db('folder_uid')
      .where({ aftermath: 'due' })
      .update({ due_at: new Date(0) });
    await source.poll();
    expect(server.folders.get('Processed')).toEqual([1, 2]);
  });
});

describe('the line', () => {
  test('a half-open connection with a silent IDLE is noticed, and the mail behind it is found', async () => {
    const { server, source, mailboxId } = await startFake({ mails: numbered(1) });
    source.start();
    await eventually(async () => source.health().phase === 'idle');
    // From now on this connection swallows everything; the next one works.
    const frozen = server.connectionCount;
    server.script = () => server.connectionCount === frozen;
    server.mails.push({ uid: 2, raw: buildMail() });
    await eventually(async () => (await storedMails(database.db, mailboxId)).length === 2, 20_000);
    expect(server.connectionCount).toBeGreaterThan(frozen);
    expect(source.events).toContainEqual(
      expect.objectContaining({ event: 'mailbox.session-failed', code: 'IMAP_CONNECTION_LOST' }),
    );
  }, 40_000);

  test('a hint by IDLE brings a poll at once', async () => {
    const { server, source, mailboxId } = await startFake(
      { mails: numbered(1) },
      { timing: { ...DEFAULT_IMAP_TIMING, pollIntervalMs: 60_000 } },
    );
    source.start();
    await eventually(async () => server.received.some((line) => line.endsWith(' IDLE')));
    server.mails.push({ uid: 2, raw: buildMail() });
    server.announce();
    await eventually(async () => (await storedMails(database.db, mailboxId)).length === 2, 3_000);
  });

  test('IN-17: a refused login is not tried again for most of a minute, and is an error in the log', async () => {
    const { server, source } = await startFake({ mails: numbered(1) });
    server.script = answering('AUTHENTICATE', 'NO [AUTHENTICATIONFAILED] Invalid credentials');
    source.start();
    const failed = await eventually(async () =>
      source.events.find((event) => event.event === 'mailbox.session-failed'),
    );
    expect(failed).toMatchObject({ level: 'error', kind: 'credentials', code: 'IMAP_LOGIN_REFUSED', failures: 1 });
    expect(failed.retryInMs).toBeGreaterThanOrEqual(45_000);
    expect(server.connectionCount).toBe(1);
    expect(code(source)).toBe('IMAP_LOGIN_REFUSED');
    // The lease is kept, so that no other process knocks meanwhile.
    const held = await database
      .db('lease')
      .where({ name: `mailbox:${source.health().mailboxId}` })
      .first();
    expect(held.expires_at.getTime()).toBeGreaterThan(Date.now());
  });

  test('IN-17: a server that is unavailable or throttles is not a credential failure', async () => {
    for (const refusal of [
      'NO [UNAVAILABLE] Temporary failure',
      'NO [LIMIT] Too many',
      'NO Too many simultaneous connections',
    ]) {
      const { server, source } = await startFake({ mails: numbered(1) });
      server.script = answering('AUTHENTICATE', refusal);
      await expect(source.poll()).rejects.toMatchObject({
        code: 'IMAP_UNAVAILABLE',
        failure: expect.objectContaining({ kind: 'throttled' }),
      });
    }
  });
});
