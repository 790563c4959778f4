import { expect } from 'vitest';
import type { DeskConfigFile } from '../../src/core/desk-config-schema.ts';
import { listDueWork } from '../../src/store/due-work.ts';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from './database.ts';
import { SMALL_DESK, seedDesk } from './desk.ts';
import type { TestDovecot } from './dovecot.ts';
import { buildMail, type MailContent } from './mail-builder.ts';
import { expectNothingInternal, WORLD_SECRET } from './nothing-internal.ts';
import { type RecordingRelay, startRecordingRelay } from './recording-relay.ts';
import { type ServeProcess, spawnServe } from './serve-process.ts';

/**
 * A whole desk on real parts: a mailbox in a private Dovecot, a database of its own, a relay that records, and any number
 * of `docket serve` processes.
 */
export interface DeskWorld {
  readonly database: TestDatabase;
  readonly relay: RecordingRelay;
  readonly dovecot: TestDovecot;
  /** The mailbox that is polled. */
  readonly mailbox: string;
  serve(options?: { env?: Record<string, string>; args?: string[] }): ServeProcess;
  /** Delivers a mail of a vouched-for requester into the mailbox. */
  deliver(content?: MailContent): Promise<void>;
  /** Waits until this many mails were settled, second deliveries of the same aside, and nothing of them is left to do. */
  settled(mailCount: number, timeoutMs?: number): Promise<void>;
  /**
   * Ends the processes, looks whether the relay was given anything that is for inside alone, and drops the database; Dovecot is
   * whoever's started it.
   */
  stop(): Promise<void>;
}

export interface DeskWorldOptions {
  dovecot: TestDovecot;
  /** Jobs on Redis instead of PostgreSQL. */
  redisUrl?: string;
  afterReceipt?: DeskConfigFile['mailboxes'] extends (infer Mailbox)[] | undefined
    ? Mailbox extends { afterReceipt?: infer Aftermath }
      ? Aftermath
      : never
    : never;
  /** John and Jane work there, and are told of every mail. */
  withAgents?: boolean;
  /** Start without any table: `serve` is to make them. */
  unmigrated?: boolean;
  /** A migrated database of a server that the test may mistreat; one of the common server when left out. */
  database?: TestDatabase;
}

const VOUCHED = {
  'Return-Path': '<karen@customer.test>',
  'Authentication-Results': 'mx.desk.test; dmarc=pass header.from=customer.test',
};
let worlds = 0;

export async function startDeskWorld(options: DeskWorldOptions): Promise<DeskWorld> {
  const { dovecot } = options;
  worlds += 1;
  const mailbox = `support${process.pid}w${worlds}@desk.test`;
  const database = options.database ?? (options.unmigrated ? await createEmptyDatabase() : await createTestDatabase());
  const relay = await startRecordingRelay();
  const processes: ServeProcess[] = [];
  const configure = () =>
    seedDesk(database.db, {
      ...(options.withAgents ? {} : { agents: [] }),
      mailboxes: SMALL_DESK.mailboxes.map((support) => ({
        ...support,
        imap: {
          host: dovecot.host,
          port: dovecot.imapPort,
          tls: 'none' as const,
          user: mailbox,
          password: { env: 'SUPPORT_PASSWORD' },
        },
        smtp: { host: relay.host, port: relay.port, tls: 'none' as const },
        afterReceipt: options.afterReceipt ?? 'keep',
      })),
    });
  if (!options.unmigrated) await configure();

  const env: Record<string, string> = {
    DATABASE_URL: database.url,
    SECRET_KEY: WORLD_SECRET,
    SUPPORT_PASSWORD: dovecot.password,
    HTTP_PORT: '0',
    POLL_SECONDS: '2',
    SWEEP_SECONDS: '1',
    LOG_LEVEL: 'info',
    PARSE_WORKERS: '1',
    ...(options.redisUrl === undefined ? {} : { REDIS_URL: options.redisUrl }),
  };

  return {
    database,
    relay,
    dovecot,
    mailbox,
    serve({ env: more = {}, args = [] } = {}) {
      const process = spawnServe({ ...env, ...more }, args);
      processes.push(process);
      return process;
    },
    deliver: (content = {}) =>
      dovecot.deliver(mailbox, buildMail({ ...content, headers: { ...VOUCHED, ...asRecord(content.headers) } }), {
        from: 'karen@customer.test',
      }),
    async settled(mailCount, timeoutMs = 30_000) {
      const { db } = database;
      const logged = () =>
        processes.flatMap(({ log }) => log.slice(-15).map((line) => JSON.stringify(line))).join('\n');
      const waiting = expect
        .poll(
          async () => {
            const { rows } = await db.raw(
              `select (select count(*)::int from inbound_mail where disposition <> 'duplicate') as mails,
                (select count(*)::int from outbox where settled_at is null) as outgoing,
                (select count(*)::int from folder_uid where state = 'gap' or aftermath = 'due') as receiving`,
            );
            return { ...rows[0], due: await listDueWork(db) };
          },
          { timeout: timeoutMs, interval: 200 },
        )
        .toEqual({ mails: mailCount, outgoing: 0, receiving: 0, due: [] });
      await waiting.catch((error: unknown) => {
        throw new Error(`The desk did not come to rest; its last log lines:\n${logged()}`, { cause: error });
      });
    },
    async stop() {
      for (const process of processes) await process.stop();
      await relay.stop();
      try {
        const sent = relay.mails.flatMap(({ recipients, data }) =>
          recipients.map((recipient) => ({ recipient, raw: data })),
        );
        await expectNothingInternal(database.db, sent);
      } finally {
        await database.drop();
      }
    },
  };
}

function asRecord(headers: MailContent['headers']): Record<string, string | string[]> {
  return Array.isArray(headers) ? Object.fromEntries(headers) : (headers ?? {});
}
