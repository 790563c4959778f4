import type { Knex } from 'knex';
import type { Clock } from '../clock.ts';
import type { Desk, DeskMailbox, ReadSecret } from '../core/desk-config.ts';
import type { Id } from '../core/ticket.ts';
import { errorCode } from '../errors.ts';
import { createMailboxSource, type MailboxHealth, type MailboxSource } from '../ingest/sources/imap.ts';
import type { ImapMailboxSettings } from '../ingest/sources/imap-settings.ts';
import { imapMailboxSettings } from '../ingest/sources/mailbox-settings.ts';
import type { Log } from '../log.ts';

/** One source for each mailbox of the desk, kept in step with its configuration. */
export interface MailboxSources {
  /** Receives until stopped: mailboxes that are added, changed or archived meanwhile are followed. */
  start(): void;
  /** Each mailbox once, until the ledger agrees with the server. Throws the first failure after all were tried. */
  pollOnce(signal: AbortSignal): Promise<void>;
  health(): MailboxHealth[];
  stop(): Promise<void>;
}

export interface MailboxSourcesOptions {
  db: Knex;
  desk(): Promise<Desk>;
  holder: string;
  readSecret: ReadSecret;
  /** Of the installation: they hold for every mailbox. */
  limits: { mailBytesMax: number; pollIntervalMs: number };
  onStored(): void;
  clock: Clock;
  log: Log;
}

const FOLLOW_EVERY_MS = 2000;

interface Running {
  settings: string;
  source: MailboxSource;
  abort: AbortController;
  ended: Promise<void>;
}

export function createMailboxSources(options: MailboxSourcesOptions): MailboxSources {
  const running = new Map<Id, Running>();
  let timer: NodeJS.Timeout | undefined;
  let following: Promise<void> = Promise.resolve();
  let stopped = false;

  function sourceOf(mailbox: DeskMailbox): MailboxSource {
    const { db, holder, onStored, clock, log } = options;
    return createMailboxSource({ settings: settingsOf(mailbox, options), db, holder, onStored, clock, log });
  }

  async function follow(): Promise<void> {
    try {
      const { mailboxes } = await options.desk();
      for (const [id, { settings, abort, ended }] of running) {
        const mailbox = mailboxes.find((one) => one.id === id);
        if (mailbox !== undefined && JSON.stringify(mailbox) === settings) continue;
        abort.abort();
        await ended;
        running.delete(id);
      }
      for (const mailbox of mailboxes) {
        if (running.has(mailbox.id)) continue;
        const source = sourceOf(mailbox);
        const abort = new AbortController();
        running.set(mailbox.id, {
          settings: JSON.stringify(mailbox),
          source,
          abort,
          ended: source.run(abort.signal),
        });
      }
    } catch (error) {
      options.log.warn('mailboxes.not-followed', { code: errorCode(error) });
    }
  }

  function schedule(): void {
    if (stopped) return;
    following = follow().finally(() => {
      if (!stopped) timer = setTimeout(schedule, FOLLOW_EVERY_MS);
    });
  }

  return {
    start: schedule,

    async pollOnce(signal) {
      const { mailboxes } = await options.desk();
      const polls = await Promise.allSettled(mailboxes.map((mailbox) => sourceOf(mailbox).pollOnce(signal)));
      const failed = polls.find((poll) => poll.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },

    health: () => [...running.values()].map(({ source }) => source.health()),

    async stop() {
      stopped = true;
      clearTimeout(timer);
      await following;
      for (const { abort } of running.values()) abort.abort();
      await Promise.all([...running.values()].map(({ ended }) => ended));
    },
  };
}

function settingsOf(mailbox: DeskMailbox, { readSecret, limits }: MailboxSourcesOptions): ImapMailboxSettings {
  const settings = imapMailboxSettings(mailbox, readSecret);
  return {
    ...settings,
    limits: { ...settings.limits, mailBytesMax: limits.mailBytesMax },
    timing: { ...settings.timing, pollIntervalMs: limits.pollIntervalMs },
  };
}
