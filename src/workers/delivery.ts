import type { Knex } from 'knex';
import type { Id } from '../core/ticket.ts';
import { crashPoint } from '../crash-points.ts';
import { errorCode, PermanentError, TemporaryError } from '../errors.ts';
import type { Log } from '../log.ts';
import { nextAttemptInMs } from '../outbound/backoff.ts';
import type { Attempt, Relay } from '../outbound/smtp.ts';
import { mayHaveArrived, notSent } from '../outbound/smtp-outcome.ts';
import { isTransientDatabaseError } from '../store/database.ts';
import {
  type AbandonedMail,
  type ClaimedOutboxMail,
  claimDueOutboxMails,
  type HeldMail,
  listUntoldMails,
  markMailInData,
  readMailBody,
  recordTold,
  renewOutboxLeases,
  settleAttempt,
  takeOverAbandonedMails,
  type UntoldMail,
} from '../store/outbox.ts';

/**
 * Step 8 of a mail's path: claims due rows of the outbox, makes one attempt at each with the stored bytes, and settles it.
 *
 *   claim (phase connecting) → relay: MAIL, RCPT, 354 → phase data committed → bytes → answer → settled
 *
 * What a dead worker leaves behind says how far it came: lost in `connecting` was not sent and is due again, lost in
 * `data` may have arrived and counts as unknown.
 */
export interface DeliveryWorker {
  /** Works until nothing is due and nothing is under way. Returns how many attempts it made. */
  drain(): Promise<number>;
  /**
   * Claims nothing more and ends what has not seen `354`. Waits for the other answers as long as it may; what is left
   * then is found by others as unknown.
   */
  stop(limitMs: number): Promise<void>;
}

export interface DeliveryOptions {
  db: Knex;
  /** Goes into every `lease_holder`. */
  holder: string;
  relays: { forMailbox(mailboxId: Id): Promise<Relay>; close(): void };
  /** Writes into a ticket's history that a mail was given up; for the same mail any number of times. */
  recordUnsettled(mail: UntoldMail): Promise<void>;
  log: Log;
}

const CLAIM_COUNT_MAX = 50;
/** A mailbox with more under way than this is not claimed for: a slow relay must not take every place. */
const UNDER_WAY_PER_MAILBOX = 25;
/** While answers are awaited, new mail may have become due. */
const LOOK_AGAIN_MS = 1_000;
/** A slow relay keeps a drain going for hours; what other workers left behind is not to wait so long. */
const ABANDONED_EVERY_MS = 5_000;
const RENEW_EVERY_MS = 15_000;
const SETTLE_TRIES_MAX = 20;
const SETTLE_AGAIN_MS = 500;

interface UnderWay {
  mail: ClaimedOutboxMail;
  done: Promise<void>;
}

export function createDeliveryWorker({ db, holder, relays, recordUnsettled, log }: DeliveryOptions): DeliveryWorker {
  const underWay = new Map<Id, UnderWay>();
  let renewing: NodeJS.Timeout | undefined;
  let draining: Promise<number> | null = null;
  let stopped = false;
  /** Stopping took as long as it may: nobody waits for the answers that are still missing. */
  let leftToOthers = false;
  /** Whether another claim may bring something: the last one was full, or time has passed, or a mailbox has room again. */
  let maybeMore = true;
  let attemptCount = 0;
  let abandonedSettledAt = 0;

  async function drain(): Promise<number> {
    attemptCount = 0;
    maybeMore = true;
    await settleAbandoned();
    await tellTickets();
    while (!stopped) {
      if (performance.now() - abandonedSettledAt > ABANDONED_EVERY_MS) await settleAbandoned();
      if (maybeMore && (await claim()) === 0 && underWay.size === 0) break;
      if (underWay.size === 0 || (await oneEnded()) === 'time-passed') maybeMore = true;
    }
    while (underWay.size > 0 && !leftToOthers) await oneEnded();
    return attemptCount;
  }

  async function claim(): Promise<number> {
    const mails = await claimDueOutboxMails(db, { holder, limit: CLAIM_COUNT_MAX, exceptMailboxes: fullMailboxes() });
    maybeMore = mails.length === CLAIM_COUNT_MAX;
    if (mails.length > 0) crashPoint('after-claim');
    for (const mail of mails) begin(mail);
    return mails.length;
  }

  function fullMailboxes(): Id[] {
    const counts = new Map<Id, number>();
    for (const { mail } of underWay.values()) counts.set(mail.mailboxId, (counts.get(mail.mailboxId) ?? 0) + 1);
    return [...counts].filter(([, count]) => count > UNDER_WAY_PER_MAILBOX).map(([mailboxId]) => mailboxId);
  }

  async function oneEnded(): Promise<'ended' | 'time-passed'> {
    let timer: NodeJS.Timeout | undefined;
    const timePassed = new Promise<'time-passed'>((resolve) => {
      timer = setTimeout(resolve, LOOK_AGAIN_MS, 'time-passed');
    });
    const ended = [...underWay.values()].map(({ done }) => done.then(() => 'ended' as const));
    return Promise.race([...ended, timePassed]).finally(() => clearTimeout(timer));
  }

  function begin(mail: ClaimedOutboxMail): void {
    renewing ??= setInterval(renewLeases, RENEW_EVERY_MS);
    const done = deliver(mail)
      // Its row stays as it is: the lease runs out, and what is known of the attempt is settled then.
      .catch((error) => log.error('delivery.failed', { outboxId: mail.id, code: errorCode(error) }))
      .finally(() => end(mail));
    underWay.set(mail.id, { mail, done });
  }

  function end(mail: ClaimedOutboxMail): void {
    const wereFull = fullMailboxes().length;
    underWay.delete(mail.id);
    if (fullMailboxes().length < wereFull) maybeMore = true;
    if (underWay.size > 0) return;
    clearInterval(renewing);
    renewing = undefined;
  }

  function renewLeases(): void {
    renewOutboxLeases(
      db,
      [...underWay.values()].map(({ mail }) => mail),
    ).catch((error) => log.warn('delivery.failed', { step: 'renew', code: errorCode(error) }));
  }

  async function deliver(mail: ClaimedOutboxMail): Promise<void> {
    const startedAt = performance.now();
    attemptCount += 1;
    const attempt = await attemptMail(mail);
    if (attempt.outcome === 'delivered') crashPoint('after-250');
    await settle(mail, attempt, performance.now() - startedAt, mail.ticketId);
  }

  async function attemptMail(mail: ClaimedOutboxMail): Promise<Attempt> {
    try {
      const relay = await relays.forMailbox(mail.mailboxId);
      return await relay.deliver(
        {
          envelopeFrom: mail.envelopeFrom,
          recipientAddress: mail.recipientAddress,
          header: mail.header,
          body: mail.body ?? (() => longBody(mail)),
        },
        { onData: () => enterData(mail) },
      );
    } catch (error) {
      return notSent('deferred', null, errorCode(error));
    }
  }

  async function longBody(mail: ClaimedOutboxMail): Promise<Buffer> {
    const body = await readMailBody(db, mail.bodySha256);
    if (body === null) throw new PermanentError('BODY_ERASED', 'the body of this mail was erased');
    return body;
  }

  async function enterData(mail: ClaimedOutboxMail): Promise<void> {
    if (!(await markMailInData(db, mail))) throw new TemporaryError('LEASE_LOST', 'somebody else may hold this mail');
  }

  async function settle(mail: HeldMail, attempt: Attempt, durationMs: number, ticketId: Id | null): Promise<void> {
    const nextMs = nextAttemptInMs({ ...attempt, ...mail }, Math.random);
    const settled = await withDatabase(() =>
      settleAttempt(db, mail, { ...attempt, durationMs, nextAttemptInMs: nextMs }),
    );
    const final = settled.outcome === 'settled' && settled.final;
    log[attempt.outcome === 'delivered' ? 'info' : 'warn']('delivery.attempted', {
      outboxId: mail.id,
      ticketId,
      outcome: settled.outcome === 'settled' ? attempt.outcome : settled.outcome,
      phase: attempt.phase,
      code: attempt.errorCode,
      attempt: mail.attempts,
      final,
      nextAttemptInMs: nextMs,
      durationMs: Math.round(durationMs),
    });
    // One that was told to be lost may arrive after all.
    if (final && (attempt.outcome !== 'delivered' || mail.attempts > 1)) await tellTickets();
  }

  /** The answer of a relay is worth more than one try to write it down: without it the mail counts as unknown. */
  async function withDatabase<T>(write: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await write();
      } catch (error) {
        if (!isTransientDatabaseError(error) || tries === SETTLE_TRIES_MAX) throw error;
        await new Promise((resolve) => setTimeout(resolve, SETTLE_AGAIN_MS));
      }
    }
  }

  async function settleAbandoned(): Promise<void> {
    abandonedSettledAt = performance.now();
    let abandoned: AbandonedMail[];
    do {
      abandoned = await takeOverAbandonedMails(db, { holder, limit: CLAIM_COUNT_MAX });
      for (const mail of abandoned) {
        const attempt =
          mail.phase === 'data' ? mayHaveArrived(null, 'LEASE_LOST') : notSent('deferred', null, 'LEASE_LOST');
        await settle(mail, attempt, 0, null);
      }
    } while (abandoned.length === CLAIM_COUNT_MAX);
  }

  /** Its own step with its own mark, so that a crash after the settling still leaves the ticket to be told. */
  async function tellTickets(): Promise<void> {
    for (const mail of await listUntoldMails(db, CLAIM_COUNT_MAX)) {
      try {
        await recordUnsettled(mail);
        await recordTold(db, mail);
      } catch (error) {
        log.warn('delivery.failed', { step: 'tell', outboxId: mail.outboxId, code: errorCode(error) });
      }
    }
  }

  return {
    drain() {
      maybeMore = true;
      draining ??= drain().finally(() => {
        draining = null;
      });
      return draining;
    },
    async stop(limitMs) {
      stopped = true;
      relays.close();
      let timer: NodeJS.Timeout | undefined;
      const limit = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, limitMs);
      });
      const ended = Promise.allSettled([draining, ...[...underWay.values()].map(({ done }) => done)]);
      await Promise.race([ended, limit]);
      leftToOthers = true;
      clearTimeout(timer);
      clearInterval(renewing);
    },
  };
}
