import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { Clock } from '../../clock.ts';
import { TemporaryError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { acquireLease, type Lease } from '../../store/leases.ts';
import type { Folder } from '../../store/ledger.ts';
import { describeFailure, type ImapFailure } from './imap-errors.ts';
import { pollFolder } from './imap-poll.ts';
import { type Credentials, type ImapSession, openImapSession } from './imap-session.ts';
import type { ImapMailboxSettings } from './imap-settings.ts';
import { type KeptLease, keepLease } from './lease-keeper.ts';
import { createLogin, type Login } from './login.ts';
import type { FolderPoll } from './poll-context.ts';
import { reconnectDelayMs } from './reconnect-delay.ts';

/**
 * One mailbox as a source of mail. Its life, again and again until it is stopped:
 *
 *   standby ── lease ──▶ connect ──▶ poll ◀──▶ idle
 *      ▲                    │          │         │
 *      └──── back-off ◀─────┴──────────┴─────────┘  whatever fails ends the session
 *
 * Only the holder of the mailbox lease connects. A session is one connection with one fresh client; nothing of it is used
 * again. IDLE is a hint to poll at once, and a timer polls besides, because IDLE can die without a sign. The lease is
 * given up with the session, so that another machine may try where this one cannot connect; only where trying itself does
 * harm (a refused login, a server that throttles) it is kept through the back-off.
 */
export interface MailboxSource {
  /** Receives until `signal` aborts. Never throws for what goes wrong with mailbox, line or database: that is retried. */
  run(signal: AbortSignal): Promise<void>;
  /** Polls until the ledger agrees with the server, then lets go. Throws what prevents it. */
  pollOnce(signal: AbortSignal): Promise<PollSummary>;
  health(): MailboxHealth;
}

export interface PollSummary {
  newCount: number;
  knownCount: number;
  openGapCount: number;
  folders: FolderState[];
}

export type MailboxPhase = 'standby' | 'connecting' | 'polling' | 'idle' | 'backing-off' | 'stopped';

/** What this process knows of the mailbox; what is true of it across processes stands in the ledger. */
export interface MailboxHealth {
  mailboxId: string;
  phase: MailboxPhase;
  lastPolledAt: Date | null;
  /** Of the failure being backed off from; null while all is well. */
  lastErrorCode: string | null;
  failuresInRow: number;
  folders: FolderState[];
}

export interface FolderState {
  folder: string;
  /** Null while the folder can be polled; the others go on when it cannot. */
  errorCode: string | null;
}

export interface MailboxSourceParts {
  settings: ImapMailboxSettings;
  db: Knex;
  log: Log;
  clock: Clock;
  /** Names this process in the lease row. */
  holder: string;
  /** Mails were committed: a hint to wake the intake. */
  onStored(): void;
}

const STANDBY_MS = 3_000;

export function createMailboxSource(parts: MailboxSourceParts): MailboxSource {
  return new ImapMailboxSource(parts);
}

class ImapMailboxSource implements MailboxSource {
  readonly #parts: MailboxSourceParts;
  readonly #login: Login;
  readonly #health: MailboxHealth;

  constructor(parts: MailboxSourceParts) {
    this.#parts = parts;
    this.#login = createLogin(parts.settings.login, parts.clock);
    this.#health = {
      mailboxId: parts.settings.mailboxId,
      phase: 'standby',
      lastPolledAt: null,
      lastErrorCode: null,
      failuresInRow: 0,
      folders: parts.settings.folders.map((folder) => ({ folder, errorCode: null })),
    };
  }

  health(): MailboxHealth {
    return structuredClone(this.#health);
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const kept = await this.#acquire(signal);
      if (kept) await this.#receiveUnder(kept, signal);
      else await pause(STANDBY_MS, signal);
    }
    this.#health.phase = 'stopped';
  }

  async pollOnce(signal: AbortSignal): Promise<PollSummary> {
    // Longer than a lease whose holder died can last.
    const giveUpAt = performance.now() + this.#parts.settings.timing.leaseMs + STANDBY_MS;
    let lease = await this.#tryLease();
    while (!lease && performance.now() < giveUpAt && !signal.aborted) {
      await pause(Math.min(STANDBY_MS, 500), signal);
      lease = await this.#tryLease();
    }
    if (!lease) throw new TemporaryError('MAILBOX_POLLED_ELSEWHERE', 'Another process polls this mailbox now.');
    const kept = keepLease(this.#parts.db, lease, this.#parts.settings.timing.leaseMs);
    try {
      return await this.#pollUntilAgreed(kept, AbortSignal.any([signal, kept.lost]));
    } finally {
      await kept.release();
      this.#health.phase = 'stopped';
    }
  }

  #pollUntilAgreed(kept: KeptLease, signal: AbortSignal): Promise<PollSummary> {
    return this.#inSession(signal, async (session) => {
      const summary: PollSummary = { newCount: 0, knownCount: 0, openGapCount: 0, folders: [] };
      const folders = new Map<string, Folder>();
      for (;;) {
        const polls = await this.#pollAll(session, kept.lease, folders, signal, true);
        const took = sum(polls, 'newCount') + sum(polls, 'knownCount');
        const openGapCount = sum(polls, 'openGapCount');
        const agreed = took === 0 && openGapCount <= summary.openGapCount;
        summary.newCount += sum(polls, 'newCount');
        summary.knownCount += sum(polls, 'knownCount');
        summary.openGapCount = openGapCount;
        summary.folders = this.health().folders;
        if (agreed) return summary;
      }
    });
  }

  #tryLease(): Promise<Lease | null> {
    const { db, holder, settings } = this.#parts;
    return acquireLease(db, { name: `mailbox:${settings.mailboxId}`, holder, durationMs: settings.timing.leaseMs });
  }

  async #acquire(signal: AbortSignal): Promise<KeptLease | null> {
    try {
      const lease = await this.#tryLease();
      if (!lease) this.#health.phase = 'standby';
      return lease && keepLease(this.#parts.db, lease, this.#parts.settings.timing.leaseMs);
    } catch (error) {
      await this.#backOff(describeFailure(error), signal);
      return null;
    }
  }

  async #receiveUnder(kept: KeptLease, signal: AbortSignal): Promise<void> {
    const ended = AbortSignal.any([signal, kept.lost]);
    try {
      await this.#receive(kept.lease, ended);
    } catch (error) {
      if (signal.aborted) return;
      const failure = kept.lost.aborted ? LEASE_LOST : describeFailure(error);
      const harmful = failure.kind === 'credentials' || failure.kind === 'throttled';
      if (!harmful) await kept.release();
      await this.#backOff(failure, harmful ? ended : signal);
    } finally {
      await kept.release();
    }
  }

  #receive(lease: Lease, signal: AbortSignal): Promise<void> {
    const { settings, log } = this.#parts;
    return this.#inSession(signal, async (session) => {
      log.info('mailbox.connected', { mailboxId: settings.mailboxId, fencingToken: lease.fencingToken });
      const folders = new Map<string, Folder>();
      while (!signal.aborted) {
        await this.#pollAll(session, lease, folders, signal, false);
        this.#health.phase = 'idle';
        await session.waitForHint(settings.timing.pollIntervalMs, signal);
      }
    });
  }

  /** One connection for the length of `work`; an abort cuts it in whatever it does. */
  async #inSession<Result>(signal: AbortSignal, work: (session: ImapSession) => Promise<Result>): Promise<Result> {
    const session = await this.#connect(signal);
    const close = () => session.close();
    signal.addEventListener('abort', close, { once: true });
    try {
      return await work(session);
    } finally {
      signal.removeEventListener('abort', close);
      await session.logout();
    }
  }

  /** Logs in; a refused access token is renewed once, because its expiry was only a promise. */
  async #connect(signal: AbortSignal): Promise<ImapSession> {
    this.#health.phase = 'connecting';
    const { settings } = this.#parts;
    const open = (credentials: Credentials) => openImapSession(settings, credentials, settings.timing, signal);
    try {
      return await open(await this.#login.credentials());
    } catch (error) {
      if (describeFailure(error).kind !== 'credentials' || !this.#login.renew()) throw error;
      return open(await this.#login.credentials());
    }
  }

  /**
   * The folder to idle in, the first, comes last: IDLE tells of the selected folder only. A folder that cannot be opened
   * stops alone, unless it was open in this session before: servers refuse a mailbox that was rebuilt under them until one
   * connects anew (seen with Dovecot 2.3: "Mailbox was deleted under us").
   */
  async #pollAll(
    session: ImapSession,
    lease: Lease,
    folders: Map<string, Folder>,
    signal: AbortSignal,
    retryAllGaps: boolean,
  ): Promise<FolderPoll[]> {
    this.#health.phase = 'polling';
    const { settings, clock, db, log, onStored } = this.#parts;
    const polls: FolderPoll[] = [];
    let refused: unknown = null;
    for (const name of settings.folders.toReversed()) {
      const context = { db, lease, session, settings, log, onStored, retryAllGaps, signal };
      try {
        const poll = await pollFolder(context, name, folders.get(name) ?? null);
        folders.set(name, poll.folder);
        polls.push(poll);
        this.#noteFolder(name, null);
      } catch (error) {
        const failure = describeFailure(error);
        if (failure.kind !== 'folder') throw error;
        this.#noteFolder(name, failure.code);
        if (folders.has(name)) throw error;
        refused = error;
      }
    }
    if (polls.length === 0) throw refused;
    this.#health.lastPolledAt = clock.now();
    this.#health.lastErrorCode = null;
    this.#health.failuresInRow = 0;
    return polls;
  }

  #noteFolder(folder: string, errorCode: string | null): void {
    const state = this.#health.folders.find((known) => known.folder === folder);
    if (!state || state.errorCode === errorCode) return;
    state.errorCode = errorCode;
    const fields = { mailboxId: this.#health.mailboxId, folder };
    if (errorCode === null) this.#parts.log.info('mailbox.folder-back', fields);
    else this.#parts.log.error('mailbox.folder-stopped', { ...fields, code: errorCode });
  }

  async #backOff(failure: ImapFailure, signal: AbortSignal): Promise<void> {
    this.#health.phase = 'backing-off';
    this.#health.failuresInRow += 1;
    this.#health.lastErrorCode = failure.code;
    const retryInMs = reconnectDelayMs(failure.kind, this.#health.failuresInRow, Math.random());
    const fields = {
      mailboxId: this.#health.mailboxId,
      kind: failure.kind,
      code: failure.code,
      failures: this.#health.failuresInRow,
      retryInMs,
    };
    // What only a person can mend is an error at once; what usually passes is one when it does not.
    if (NEEDS_A_PERSON.has(failure.kind) || this.#health.failuresInRow >= 5) {
      this.#parts.log.error('mailbox.session-failed', fields);
    } else {
      this.#parts.log.warn('mailbox.session-failed', fields);
    }
    await pause(retryInMs, signal);
  }
}

const NEEDS_A_PERSON = new Set<ImapFailure['kind']>(['credentials', 'unprotected', 'settings', 'protocol']);

const LEASE_LOST: ImapFailure = { kind: 'lease', code: 'LEASE_LOST', words: 'Another process polls this mailbox now.' };

function sum(polls: FolderPoll[], count: 'newCount' | 'knownCount' | 'openGapCount'): number {
  return polls.reduce((total, poll) => total + poll[count], 0);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}
