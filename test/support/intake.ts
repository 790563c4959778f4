import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import type { Desk } from '../../src/core/desk-config.ts';
import { type SigningKeys, signingKeys } from '../../src/core/reply-token.ts';
import type { Id } from '../../src/core/ticket.ts';
import type { AssignDependencies } from '../../src/desk/assign-tickets.ts';
import { createTakeInMail } from '../../src/desk/take-in-mail.ts';
import { readHeader } from '../../src/ingest/header-reader.ts';
import type { MailParser } from '../../src/ingest/parse.ts';
import { parseMail } from '../../src/ingest/parse-mail.ts';
import { readPartContents } from '../../src/ingest/part-contents.ts';
import { silentLog } from '../../src/log.ts';
import { createIdPool } from '../../src/store/ids.ts';
import { insertRawMails } from '../../src/store/raw-mail.ts';
import { createIntakeWorker } from '../../src/workers/intake.ts';
import type { TestDatabase } from './database.ts';
import { TEST_SECRET } from './nothing-internal.ts';

/** Keys of the tests' installation. */
export const TEST_KEYS = signingKeys(TEST_SECRET);

/** Parses in this thread: what the worker threads add has tests of its own. */
const parserInThread: MailParser = {
  parse: async (raw) => ({ outcome: 'parsed', mail: await parseMail(raw) }),
  async close() {},
};

export interface TestIntake {
  /** Puts a mail where the poller would, and returns its `inbound_mail.id`. */
  receive(raw: Buffer, options?: { mailboxId?: Id; receivedAt?: Date; announcedSizeBytes?: number }): Promise<Id>;
  /** Takes in all that is due. */
  drain(): Promise<void>;
}

/** The intake of a desk without the parts around it: no mailbox, no queue, no relay. */
export function createTestIntake(
  { db }: Pick<TestDatabase, 'db'>,
  desk: Desk,
  options: { parser?: MailParser; holder?: string; concurrency?: number; keys?: SigningKeys } = {},
): TestIntake {
  const worker = createIntakeWorker({
    db,
    holder: options.holder ?? 'holder-test',
    parser: options.parser ?? parserInThread,
    takeIn: createTakeInMail({
      db,
      ids: createIdPool(db),
      keys: options.keys ?? TEST_KEYS,
      desk: async () => desk,
      readParts: readPartContents,
      now: () => new Date(),
    }),
    verifyDkim: async () => null,
    mailBytesMax: 40 * 1024 * 1024,
    onTakenIn() {},
    concurrency: options.concurrency ?? 8,
    log: silentLog,
  });
  return {
    async receive(raw, { mailboxId = desk.mailboxes[0]?.id ?? '', receivedAt, announcedSizeBytes } = {}) {
      const { messageId, parentMessageIds } = readHeader(raw);
      const sha256 = createHash('sha256').update(raw).digest();
      const inserted = await db.transaction((trx) =>
        insertRawMails(trx, {
          mailboxId,
          source: 'imap',
          mails: [
            {
              sha256,
              raw,
              announcedSizeBytes: announcedSizeBytes ?? null,
              messageId,
              parentMessageIds,
              receivedAt: receivedAt ?? null,
            },
          ],
        }),
      );
      return inserted.get(sha256.toString('hex'))?.inboundMailId ?? '';
    },
    drain: () => worker.drain(),
  };
}

/** What assigning needs, as in an installation with the tests' keys. */
export function assignDependencies(db: Knex, desk: () => Promise<Desk>): AssignDependencies {
  return { db, desk, ids: createIdPool(db), keys: TEST_KEYS, readParts: readPartContents, now: () => new Date() };
}
