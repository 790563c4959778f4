import type { Knex } from 'knex';
import { systemClock } from '../../../src/clock.ts';
import type { MailboxSource, PollSummary } from '../../../src/ingest/sources/imap.ts';
import { createMailboxSource } from '../../../src/ingest/sources/imap.ts';
import {
  DEFAULT_IMAP_LIMITS,
  DEFAULT_IMAP_TIMING,
  type ImapMailboxSettings,
} from '../../../src/ingest/sources/imap-settings.ts';
import type { Log, LogEvent, LogFields } from '../../../src/log.ts';

let mailboxes = 0;

/** A mailbox of the configuration, so that rows can name it. */
export async function insertMailbox(db: Knex): Promise<string> {
  mailboxes += 1;
  const rows = await db('config_object')
    .insert({ kind: 'mailbox', key: `mailbox-${mailboxes}`, position: mailboxes })
    .returning<{ id: string }[]>('id');
  return rows[0]?.id ?? '';
}

/** A user nobody else uses: Dovecot knows every name. */
export function newUser(): string {
  mailboxes += 1;
  return `user${mailboxes}@desk.test`;
}

export function testSettings(
  server: { host: string; imapPort: number; password: string },
  mailboxId: string,
  changes: Partial<ImapMailboxSettings> = {},
): ImapMailboxSettings {
  return {
    mailboxId,
    host: server.host,
    port: server.imapPort,
    tls: 'none',
    certificateAuthority: null,
    user: newUser(),
    login: { kind: 'password', password: async () => server.password },
    folders: ['INBOX'],
    afterReceipt: { kind: 'keep' },
    importSince: new Date('2020-01-01T00:00:00Z'),
    limits: DEFAULT_IMAP_LIMITS,
    timing: DEFAULT_IMAP_TIMING,
    ...changes,
  };
}

export interface LoggedEvent extends LogFields {
  level: 'debug' | 'info' | 'warn' | 'error';
  event: LogEvent;
}

/** Keeps what is logged. */
function recordingLog(): Log & { events: LoggedEvent[] } {
  const events: LoggedEvent[] = [];
  const at = (level: LoggedEvent['level']) => (event: LogEvent, fields?: LogFields) => {
    events.push({ ...fields, level, event });
  };
  return { events, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

export interface TestSource extends MailboxSource {
  events: LoggedEvent[];
  storedHints: number;
  /** Polls until the ledger agrees with the server. */
  poll(): Promise<PollSummary>;
  /** Runs until `stop`. */
  start(): void;
  stop(): Promise<void>;
}

export function testSource(db: Knex, settings: ImapMailboxSettings): TestSource {
  const log = recordingLog();
  let running: Promise<void> = Promise.resolve();
  let stopping = new AbortController();
  const source = createMailboxSource({
    settings,
    db,
    log,
    clock: systemClock,
    holder: `test-${process.pid}`,
    onStored() {
      tested.storedHints += 1;
    },
  });
  const tested: TestSource = {
    run: (signal) => source.run(signal),
    pollOnce: (signal) => source.pollOnce(signal),
    health: () => source.health(),
    events: log.events,
    storedHints: 0,
    poll: () => source.pollOnce(new AbortController().signal),
    start() {
      stopping = new AbortController();
      running = source.run(stopping.signal);
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
  return tested;
}

/** The ledger of a mailbox in short: `INBOX/3 stored`. */
export async function ledger(db: Knex, mailboxId: string): Promise<string[]> {
  const rows = await db('folder_uid')
    .join('folder', 'folder.id', 'folder_uid.folder_id')
    .where({ mailbox_id: mailboxId })
    .whereNull('superseded_at')
    .orderBy(['name', 'uid'])
    .select<{ name: string; uid: string; state: string }[]>('name', 'uid', 'state');
  return rows.map((row) => `${row.name}/${row.uid} ${row.state}`);
}

export interface StoredMail {
  raw: string;
  size_bytes: string;
  announced_size_bytes: string | null;
  message_id: string | null;
  parent_message_ids: string[];
  occurred_at: Date;
  state: string;
}

/** The raw mails a mailbox was found to hold, in the order they were stored. */
export async function storedMails(db: Knex, mailboxId: string): Promise<StoredMail[]> {
  const rows = await db('inbound_mail')
    .join('blob', 'blob.sha256', 'inbound_mail.raw_sha256')
    .where({ mailbox_id: mailboxId })
    .orderBy('inbound_mail.id')
    .select<(Omit<StoredMail, 'raw'> & { content: Buffer })[]>('inbound_mail.*', 'blob.content');
  return rows.map((row) => ({ ...row, raw: row.content.toString('latin1') }));
}

/** Waits for something that happens elsewhere; fails loudly when it does not. */
export async function eventually<Found>(
  look: () => Promise<Found | null | undefined | false>,
  withinMs = 15_000,
): Promise<Found> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > deadline) throw new Error('It did not happen in time.');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
