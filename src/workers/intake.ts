import type { Knex } from 'knex';
import type { DkimVerdict } from '../core/identity.ts';
import type { InboundMail, MailDefectCode } from '../core/inbound-mail.ts';
import type { Id } from '../core/ticket.ts';
import { crashPoint } from '../crash-points.ts';
import type { TakeInMail } from '../desk/take-in-mail.ts';
import { errorCode, errorMessage, PermanentError, TemporaryError } from '../errors.ts';
import type { MailParser } from '../ingest/parse.ts';
import { parseHeaderOnly } from '../ingest/parse-mail.ts';
import type { Log } from '../log.ts';
import { isTransientDatabaseError } from '../store/database.ts';
import {
  type ClaimedMail,
  claimDueMails,
  type MailFailure,
  onlyWaitForEachOther,
  readBlobs,
  recordMailFailure,
  renewMailLeases,
} from '../store/inbound-mail.ts';
import { createDrain, type Drain } from './drain.ts';

/**
 * Takes in what was received: claims due mails in batches until none are left, and hands each to `desk/take-in-mail.ts`.
 * A mail that cannot be taken in is tried again and rests in quarantine after three failures; the others go on.
 */
export type IntakeWorker = Drain;

export interface IntakeOptions {
  db: Knex;
  /** Names this process in the leases. */
  holder: string;
  parser: MailParser;
  takeIn: TakeInMail;
  /** Our own check of DKIM signatures, where the mailbox asks for it. */
  verifyDkim(mailboxId: Id, raw: Buffer): Promise<DkimVerdict | null>;
  /** Larger mail was fetched as its header only. */
  mailBytesMax: number;
  /** Called after every batch: there may be something to deliver, assign or publish. */
  onTakenIn(): void;
  /** Mails of a batch worked on at the same time. */
  concurrency: number;
  log: Log;
}

const BATCH_COUNT_MAX = 50;
/** Raw mail held in memory at once. */
const BATCH_BYTES_MAX = 16 * 1024 * 1024;
const RENEW_EVERY_MS = 15_000;

export function createIntakeWorker(options: IntakeOptions): IntakeWorker {
  const { db, holder, parser, concurrency, log } = options;
  let lastWasFresh = false;
  /** Failures that were not the mail's own and could not be written down, because the database was away for that too. */
  const unrecorded = new Map<Id, MailFailure>();

  async function pass(stopping: AbortSignal): Promise<void> {
    await recordWhatIsOwed();
    while (!stopping.aborted) {
      const batch = await claimBatch();
      if (batch.length === 0) return;
      crashPoint('after-claim');
      await takeInBatch(batch);
      options.onTakenIn();
    }
  }

  /**
   * Fresh mails by the batch, and between two batches one that was tried before: a backlog must not keep it, and what waits
   * for it. At last those that wait for one another.
   */
  async function claimBatch(): Promise<ClaimedMail[]> {
    const fresh = { holder, limit: BATCH_COUNT_MAX, tried: false, ignoringParents: false };
    const tried = { holder, limit: 1, tried: true, ignoringParents: false };
    for (const claim of lastWasFresh ? [tried, fresh] : [fresh, tried]) {
      const batch = await claimDueMails(db, claim);
      lastWasFresh = claim === fresh;
      if (batch.length > 0) return batch;
    }
    return (await onlyWaitForEachOther(db)) ? claimDueMails(db, { ...fresh, limit: 1, ignoringParents: true }) : [];
  }

  async function takeInBatch(batch: ClaimedMail[]): Promise<void> {
    const open = new Set(batch.map((mail) => mail.id));
    const renewing = setInterval(() => {
      renewMailLeases(db, holder, [...open]).catch((error) =>
        log.warn('mail.failed', { code: errorCode(error), step: 'renew' }),
      );
    }, RENEW_EVERY_MS);
    try {
      for (const chunk of chunksBySize(batch)) {
        const blobs = await readBlobs(
          db,
          chunk.map((mail) => mail.rawSha256),
        );
        await inParallel(chunk, concurrency, async (mail) => {
          await takeInOne(mail, blobs.get(mail.rawSha256.toString('hex')));
          open.delete(mail.id);
        });
      }
    } finally {
      clearInterval(renewing);
    }
  }

  async function takeInOne(mail: ClaimedMail, raw: Buffer | undefined): Promise<void> {
    const startedAt = performance.now();
    try {
      if (raw === undefined) throw new PermanentError('RAW_MAIL_MISSING', 'The raw mail was erased or never stored.');
      const understood = await understand(mail, raw);
      crashPoint('after-parse');
      const taken = await options.takeIn({
        inboundMailId: mail.id,
        mailboxId: mail.mailboxId,
        fencingToken: mail.fencingToken,
        rawSha256: mail.rawSha256,
        occurredAt: mail.occurredAt,
        confirmed: mail.confirmed,
        mail: understood,
        dkim: await options.verifyDkim(mail.mailboxId, raw),
      });
      log.info('mail.taken-in', {
        inboundMailId: mail.id,
        outcome: taken.outcome,
        ticketId: taken.ticketId,
        attempt: mail.attempts,
        durationMs: Math.round(performance.now() - startedAt),
      });
    } catch (error) {
      await recordFailure(mail, error);
    }
  }

  /** Parsing, with what only the fetch knew: that not all of the mail is here. */
  async function understand(mail: ClaimedMail, raw: Buffer): Promise<InboundMail> {
    const understood = mail.asPlainTicket ? await parseHeaderOnly(raw) : await parse(raw);
    if (mail.announcedSizeBytes === null) return understood;
    const code: MailDefectCode = mail.announcedSizeBytes > options.mailBytesMax ? 'over-limit' : 'size-mismatch';
    const defect = { code, detail: `${raw.length} of ${mail.announcedSizeBytes} bytes` };
    return { ...understood, defects: [...understood.defects, defect] };
  }

  async function parse(raw: Buffer): Promise<InboundMail> {
    if (raw.length === 0) throw new PermanentError('MAIL_EMPTY', 'The mail has no bytes.');
    const parsed = await parser.parse(raw);
    if (parsed.outcome === 'parsed') return parsed.mail;
    if (parsed.reason === 'closed') throw new TemporaryError('PARSER_CLOSED', 'This process is ending.');
    throw new PermanentError(`MAIL_PARSE_${parsed.reason.toUpperCase()}`, parsed.message);
  }

  /** That the database is away or this process ends is not the mail's fault: it keeps its attempts, and the look is tried again. */
  async function recordFailure(mail: ClaimedMail, error: unknown): Promise<void> {
    const code = errorCode(error);
    const transient = isTransientDatabaseError(error) || code === 'PARSER_CLOSED';
    log.warn('mail.failed', { inboundMailId: mail.id, code, attempt: mail.attempts, transient });
    const { id, fencingToken } = mail;
    const failure = { id, fencingToken, code, message: errorMessage(error), countsAsAttempt: !transient };
    if (transient) unrecorded.set(id, failure);
    const { quarantined } = await recordMailFailure(db, failure);
    unrecorded.delete(id);
    if (quarantined) log.error('mail.quarantined', { inboundMailId: id, code });
  }

  /** Otherwise four outages that each cost a mail its attempt would look like a mail that kills its worker. */
  async function recordWhatIsOwed(): Promise<void> {
    for (const failure of unrecorded.values()) {
      await recordMailFailure(db, failure);
      unrecorded.delete(failure.id);
    }
  }

  return createDrain(pass);
}

/** Cuts a batch so that no more than `BATCH_BYTES_MAX` of raw mail is in memory; one larger mail goes alone. */
function* chunksBySize(batch: ClaimedMail[]): Generator<ClaimedMail[]> {
  let chunk: ClaimedMail[] = [];
  let bytes = 0;
  for (const mail of batch) {
    if (chunk.length > 0 && bytes + mail.sizeBytes > BATCH_BYTES_MAX) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(mail);
    bytes += mail.sizeBytes;
  }
  if (chunk.length > 0) yield chunk;
}

/** Ends when every lane has: what one of them throws does not leave the others working on under nobody's eyes. */
async function inParallel<T>(items: T[], concurrency: number, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const lane = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  const lanes = await Promise.allSettled(Array.from({ length: concurrency }, lane));
  const failed = lanes.find((ended) => ended.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
