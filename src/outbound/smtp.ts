import { isLoopbackHost } from '../core/loopback.ts';
import { crashPoint } from '../crash-points.ts';
import { ConfigurationError, errorCode, PermanentError } from '../errors.ts';
import { notSent, RelayUnavailable } from './smtp-outcome.ts';
import { SmtpSession } from './smtp-session.ts';

/** Where a mailbox hands in its mail. */
export interface RelaySettings {
  host: string;
  port: number;
  /** `none` only for loopback. */
  tls: 'implicit' | 'starttls' | 'none';
  /** When given, nothing is ever sent without having logged in. */
  login:
    | { user: string; password(): Promise<string> }
    | { user: string; accessToken(renew: boolean): Promise<string> }
    | null;
  /** PEM of the certificate authority, where the system does not know it. */
  ca?: string;
  /** What we call ourselves in EHLO; default: this machine's name. */
  name?: string;
  connectionsMax: number;
  timeouts: RelayTimeouts;
}

export interface RelayTimeouts {
  /** To be connected, greeted and protected; and again to be logged in. */
  connectMs: number;
  /** From MAIL to 354. */
  answerMs: number;
  /** To the answer after the final dot: at least ten minutes (RFC 5321 §4.5.3.2.6). */
  finalAnswerMs: number;
  /** An unused connection is closed after this. */
  idleMs: number;
}

export const RELAY_DEFAULTS = {
  connectionsMax: 5,
  timeouts: { connectMs: 30_000, answerMs: 300_000, finalAnswerMs: 600_000, idleMs: 15_000 },
} as const;

/** One mail to one recipient; header and body together are the bytes of every attempt. */
export interface OutgoingMail {
  /** '' is the null sender. */
  envelopeFrom: string;
  recipientAddress: string;
  header: Uint8Array;
  /** A function is asked once a connection is free, so that few long bodies are in memory at a time. */
  body: Uint8Array | (() => Promise<Uint8Array>);
}

/** What became of one attempt (design.md §9, OUT-03). */
export interface Attempt {
  /** accepted · temporary no, or never sent · permanent no · may have arrived, nobody knows */
  outcome: 'delivered' | 'deferred' | 'rejected' | 'unknown';
  /** How far it came: `data` from the first byte on. */
  phase: 'connecting' | 'data';
  /** The relay's last words on it, verbatim. */
  answer: string | null;
  /** Stable, documented in docs/mail-rules.md; null when delivered. */
  errorCode: string | null;
  /** The Message-ID under which the relay sends it on, where its answer tells. */
  relayMessageId: string | null;
}

export interface Relay {
  /** One attempt; never throws. `onData` is awaited after `354` and before the first byte: if it fails, nothing was sent. */
  deliver(mail: OutgoingMail, hooks: { onData(): Promise<void> }): Promise<Attempt>;
  /**
   * Refuses new mail and ends every attempt that has not seen `354` as deferred, `STOPPED`. The others go on to their
   * answer; connections are closed as they fall free.
   */
  close(): void;
}

/**
 * A relay behind a pool of kept-alive connections.
 *
 * @throws ConfigurationError `SMTP_UNPROTECTED` for settings that would show a password to the network
 */
export function createRelay(settings: RelaySettings): Relay {
  if (settings.tls === 'none' && !isLoopbackHost(settings.host))
    throw new ConfigurationError('SMTP_UNPROTECTED', 'a relay without TLS is allowed on this machine only');
  const pool = new SessionPool(settings);

  async function attempt(mail: OutgoingMail, onData: () => Promise<void>): Promise<Attempt> {
    for (;;) {
      const session = await pool.take();
      crashPoint('after-connect');
      const kept = session.uses > 0;
      try {
        const body = typeof mail.body === 'function' ? await mail.body() : mail.body;
        const { attempt, unanswered } = await session.send({ ...mail, body }, onData);
        // The relay had closed this kept connection; the mail was not even asked about. At worst every kept one is dead,
        // then the last try is on a fresh one.
        if (!(kept && unanswered)) return attempt;
      } finally {
        pool.giveBack(session);
      }
    }
  }

  return {
    async deliver(mail, { onData }) {
      try {
        return await attempt(mail, onData);
      } catch (error) {
        const outcome = error instanceof PermanentError ? 'rejected' : 'deferred';
        return notSent(outcome, error instanceof RelayUnavailable ? error.answer : null, errorCode(error));
      }
    },
    close: () => pool.close(),
  };
}

/** Relays count mails per connection and throw out who never leaves. */
const USES_MAX = 100;

interface Waiting {
  resolve(session: SmtpSession): void;
  reject(error: unknown): void;
}

/**
 * At most `connectionsMax` sessions, the most recently used first, so that the rest can fall idle and be closed.
 * When none can be opened, everybody who waits is told at once: a relay that is down costs one time-out, not one a mail.
 */
class SessionPool {
  readonly #settings: RelaySettings;
  readonly #idle: { session: SmtpSession; timer: NodeJS.Timeout }[] = [];
  readonly #opening = new Set<SmtpSession>();
  readonly #busy = new Set<SmtpSession>();
  readonly #waiting: Waiting[] = [];
  #closed = false;

  constructor(settings: RelaySettings) {
    this.#settings = settings;
  }

  async take(): Promise<SmtpSession> {
    if (this.#closed) throw new RelayUnavailable('STOPPED', null);
    const kept = this.#takeIdle();
    if (kept !== undefined) return kept;
    if (this.#busy.size + this.#opening.size >= this.#settings.connectionsMax) return this.#wait();

    const session = new SmtpSession(this.#settings);
    this.#opening.add(session);
    try {
      await session.open();
      this.#busy.add(session);
      return session;
    } catch (error) {
      // While others are served or may yet be, the relay perhaps only wants fewer connections: queue for one of those.
      if (this.#busy.size + this.#opening.size > 1 && !this.#closed) return this.#wait();
      this.#tellAllWaiting(error);
      throw error;
    } finally {
      this.#opening.delete(session);
    }
  }

  giveBack(session: SmtpSession): void {
    this.#busy.delete(session);
    if (this.#closed || session.uses >= USES_MAX) session.quit();
    if (session.usable) this.#keep(session);
    const next = this.#waiting.shift();
    if (next !== undefined) this.take().then(next.resolve, next.reject);
  }

  close(): void {
    this.#closed = true;
    this.#tellAllWaiting(new RelayUnavailable('STOPPED', null));
    for (const session of [...this.#opening, ...this.#busy]) session.abandon();
    for (const { session, timer } of this.#idle.splice(0)) {
      clearTimeout(timer);
      session.quit();
    }
  }

  #takeIdle(): SmtpSession | undefined {
    for (let kept = this.#idle.pop(); kept !== undefined; kept = this.#idle.pop()) {
      clearTimeout(kept.timer);
      if (!kept.session.usable) continue;
      this.#busy.add(kept.session);
      return kept.session;
    }
    return undefined;
  }

  #keep(session: SmtpSession): void {
    const timer = setTimeout(() => {
      const index = this.#idle.findIndex((kept) => kept.session === session);
      if (index >= 0) this.#idle.splice(index, 1);
      session.quit();
    }, this.#settings.timeouts.idleMs);
    this.#idle.push({ session, timer });
  }

  #wait(): Promise<SmtpSession> {
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  #tellAllWaiting(error: unknown): void {
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  }
}
