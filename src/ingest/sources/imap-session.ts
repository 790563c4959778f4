import { type FetchMessageObject, type FetchQueryObject, ImapFlow, type ImapFlowOptions } from 'imapflow';
import { asImapError, ImapError, type ImapFailureKind } from './imap-errors.ts';
import { assertProtected, type ImapConnectionSettings, type ImapTiming } from './imap-settings.ts';
import { sequenceSet } from './sequence-set.ts';

/** A folder as SELECT showed it. */
export interface SelectedFolder {
  /** '0' when the server announces none. */
  uidValidity: string;
  uidNext: number;
  mailCount: number;
}

/** What the server says about a mail without giving it out. */
export interface MailDescription {
  uid: number;
  sizeBytes: number;
  internalDate: Date | null;
}

export type Credentials = { password: string } | { accessToken: string };

/** What a server may announce at once before we hang up (reliability.md §8 case 84). */
const LITERAL_BYTES_MAX = 64 * 1024 * 1024;
const RESPONSE_BYTES_MAX = LITERAL_BYTES_MAX + 8 * 1024 * 1024;
/** What one FETCH may bring in all; batches are cut to far less by the sizes the server announces. */
const FETCHED_BYTES_MAX = 2 * LITERAL_BYTES_MAX;
/** An answer to SEARCH is one line: ten digits and a space for each of five million mails. */
const LINE_BYTES_MAX = 56 * 1024 * 1024;

/** An IDLE that ends sooner is none; entering it again and again would be a busy loop. */
const IDLE_MS_MIN = 1_000;

/** Of an over-limit mail no more header is fetched than anybody reads. */
const HEADER_BYTES_MAX = 1024 * 1024;

/** Connects and logs in. Throws an `ImapError`; nothing is sent over a line that is not as protected as demanded. */
export async function openImapSession(
  settings: ImapConnectionSettings,
  credentials: Credentials,
  timing: ImapTiming,
  signal?: AbortSignal,
): Promise<ImapSession> {
  assertProtected(settings);
  const authority = settings.certificateAuthority && (await settings.certificateAuthority());
  const client = new ImapFlow(clientOptions(settings, authority, credentials, timing));
  // Before connect(): an error without a listener ends the process.
  const session = new ImapSession(client);
  const abort = () => client.close();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    signal?.throwIfAborted();
    await client.connect();
    return session;
  } catch (error) {
    client.close();
    throw session.explain(error);
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

function clientOptions(
  settings: ImapConnectionSettings,
  authority: string | null,
  credentials: Credentials,
  timing: ImapTiming,
): ImapFlowOptions {
  return {
    host: settings.host,
    port: settings.port,
    secure: settings.tls === 'implicit',
    // Left out with `secure`; true demands the upgrade, where the library's default would go on without (IN-16).
    ...(settings.tls === 'implicit' ? {} : { doSTARTTLS: settings.tls === 'starttls' }),
    tls: {
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      ...(authority === null ? {} : { ca: authority }),
    },
    auth:
      'password' in credentials
        ? { user: settings.user, pass: credentials.password }
        : { user: settings.user, accessToken: credentials.accessToken },
    clientInfo: { name: 'Docket' },
    logger: false,
    disableAutoIdle: true,
    disableCompression: true,
    maxIdleTime: timing.idleMsMax,
    socketTimeout: timing.socketTimeoutMs,
    connectionTimeout: timing.connectTimeoutMs,
    greetingTimeout: timing.connectTimeoutMs,
    maxLiteralSize: LITERAL_BYTES_MAX,
    maxResponseSize: RESPONSE_BYTES_MAX,
    maxLineLength: LINE_BYTES_MAX,
  };
}

/**
 * One connection to a mail server, in our own terms. Commands run one after the other and each answer is collected whole
 * before the next: imapflow locks up when a command is awaited while a fetch is being read.
 *
 * Every failure is an `ImapError`. imapflow answers some refusals with `false` instead of an error; here they are errors.
 */
export class ImapSession {
  readonly #client: ImapFlow;
  /** What broke the connection, which says more than the commands it then fails. */
  #broken: unknown = null;
  #lastRefusal: string | null = null;
  #hinted = false;
  #wake: () => void = () => {};

  constructor(client: ImapFlow) {
    this.#client = client;
    client.on('error', (error) => {
      this.#broken ??= error;
    });
    client.on('close', () => this.#wake());
    client.on('exists', () => {
      this.#hinted = true;
      this.#wake();
    });
    client.on('response', ({ response, code }) => {
      if (response !== 'OK') this.#lastRefusal = code?.toUpperCase() ?? null;
    });
  }

  get isUsable(): boolean {
    return this.#client.usable;
  }

  /** Does the server offer this (RFC 9051 §6.1.1)? IMAP4rev2 includes what it made part of the base. */
  offers(capability: 'IDLE' | 'MOVE' | 'UIDPLUS'): boolean {
    return this.#client.capabilities.has(capability) || this.#client.enabled.has('IMAP4REV2');
  }

  get greeting(): string {
    return this.#client.greeting ?? '';
  }

  listFolders(): Promise<string[]> {
    return this.#run(async () => (await this.#client.list({ listOnly: true })).map((folder) => folder.path));
  }

  /** Opens a folder, also when it is open already: only then a changed UIDVALIDITY shows. */
  async select(name: string): Promise<SelectedFolder> {
    this.#hinted = false;
    const mailbox = await this.#run(() => this.#client.mailboxOpen(name)).catch((error: unknown) => {
      throw this.isUsable ? folderError(error) : error;
    });
    return {
      uidValidity: mailbox.uidValidity ? String(mailbox.uidValidity) : '0',
      uidNext: mailbox.uidNext || (await this.#uidNextBySearch()),
      mailCount: mailbox.exists,
    };
  }

  /** For servers that leave UIDNEXT out of their answer to SELECT, as RFC 3501 lets them. */
  async #uidNextBySearch(): Promise<number> {
    const uids = await this.#search({ all: true });
    return (uids.at(-1) ?? 0) + 1;
  }

  /** The UIDs above this one, ascending. */
  async listUidsAbove(uid: number): Promise<number[]> {
    // `n:*` always names the last mail too, be its UID below n (RFC 9051 §6.4.9).
    return (await this.#search({ uid: `${uid + 1}:*` })).filter((listed) => listed > uid);
  }

  /** Those of these UIDs that the server still lists. */
  async listUidsAmong(uids: number[]): Promise<number[]> {
    const asked = new Set(uids);
    return (await this.#search({ uid: sequenceSet(uids) })).filter((listed) => asked.has(listed));
  }

  listAllUids(): Promise<number[]> {
    return this.#search({ all: true });
  }

  async #search(query: { all: true } | { uid: string }): Promise<number[]> {
    const uids = await this.#run(() => this.#client.search(query, { uid: true }));
    // `false` is a refusal; taken for an empty list it would make the whole folder look vanished.
    if (!Array.isArray(uids)) throw refusal('protocol', 'IMAP_SEARCH_REFUSED', this.#lastRefusal);
    return uids;
  }

  /** Size and date of mails. One the server says nothing about is absent. */
  async describe(uids: number[]): Promise<Map<number, MailDescription>> {
    const described = new Map<number, MailDescription>();
    for (const row of await this.#fetch(uids, { uid: true, size: true, internalDate: true })) {
      if (row.size === undefined) continue;
      described.set(row.uid, { uid: row.uid, sizeBytes: row.size, internalDate: readDate(row.internalDate) });
    }
    return described;
  }

  /** Raw mails by `BODY.PEEK[]`, which leaves \Seen alone. One the server does not give out is absent. */
  async fetchWhole(uids: number[]): Promise<Map<number, Buffer>> {
    const fetched = new Map<number, Buffer>();
    for (const row of await this.#fetch(uids, { uid: true, source: true })) {
      if (row.source) fetched.set(row.uid, row.source);
    }
    return fetched;
  }

  /** The header alone, by `BODY.PEEK[HEADER]`, cut to what anybody reads. */
  async fetchHeaders(uids: number[]): Promise<Map<number, Buffer>> {
    const fetched = new Map<number, Buffer>();
    const query = { uid: true, bodyParts: [{ key: 'HEADER', maxLength: HEADER_BYTES_MAX }] };
    for (const row of await this.#fetch(uids, query)) {
      if (row.headers) fetched.set(row.uid, row.headers);
    }
    return fetched;
  }

  async #fetch(uids: number[], query: FetchQueryObject): Promise<FetchMessageObject[]> {
    if (uids.length === 0) return [];
    const asked = new Set(uids);
    const rows: FetchMessageObject[] = [];
    let bytes = 0;
    await this.#run(async () => {
      // No command may be awaited in here: it would never be sent.
      for await (const row of this.#client.fetch(sequenceSet(uids), query, { uid: true })) {
        // Servers slip in rows of other mails whose flags changed meanwhile.
        if (asked.has(row.uid)) rows.push(row);
        bytes += row.source?.length ?? row.headers?.length ?? 0;
        if (bytes > FETCHED_BYTES_MAX) throw this.#tooMuch();
      }
      return true;
    });
    return rows;
  }

  /** What the server sends bears no relation to the sizes it announced. */
  #tooMuch(): ImapError {
    this.#broken = refusal('protocol', 'IMAP_RESPONSE_TOO_LARGE', 'The server sends far more than it announced.');
    this.close();
    return this.explain(this.#broken);
  }

  async flagSeen(uids: number[]): Promise<void> {
    const flagged = await this.#run(() => this.#client.messageFlagsAdd(sequenceSet(uids), ['\\Seen'], { uid: true }));
    if (!flagged) throw this.#refused();
  }

  /** UID MOVE. UIDs that are gone already are no error: an earlier try may have moved them. */
  async move(uids: number[], folder: string): Promise<void> {
    const moved = await this.#run(() => this.#client.messageMove(sequenceSet(uids), folder, { uid: true }));
    if (!moved) throw this.#refused();
  }

  /** Copies, and says which UIDs the server confirmed by COPYUID. */
  async copy(uids: number[], folder: string): Promise<number[]> {
    const copied = await this.#run(() => this.#client.messageCopy(sequenceSet(uids), folder, { uid: true }));
    if (!copied) throw this.#refused();
    return [...(copied.uidMap?.keys() ?? [])].sort((a, b) => a - b);
  }

  /** Flags \Deleted and sends UID EXPUNGE for these UIDs only; refused without UIDPLUS (RFC 4315). */
  async expunge(uids: number[]): Promise<void> {
    if (!this.offers('UIDPLUS')) throw refusal('protocol', 'IMAP_UIDPLUS_MISSING', null);
    const expunged = await this.#run(() => this.#client.messageDelete(sequenceSet(uids), { uid: true }));
    if (!expunged) throw this.#refused();
  }

  async createFolder(name: string): Promise<void> {
    await this.#run(() => this.#client.mailboxCreate(name));
  }

  #refused(): ImapError {
    const code = this.#lastRefusal === 'OVERQUOTA' ? 'IMAP_OVER_QUOTA' : 'IMAP_COMMAND_REFUSED';
    return refusal('protocol', code, this.#lastRefusal);
  }

  /**
   * Idles until the server hints at new mail, the time is over, the connection is lost, or `signal` aborts. A hint since
   * the last `select` counts. Only a hint: what is new is for the next poll to see.
   */
  async waitForHint(timeoutMs: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => done(), timeoutMs);
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#wake = () => {};
        resolve();
      };
      this.#wake = done;
      signal.addEventListener('abort', done, { once: true });
      if (this.#hinted || signal.aborted || !this.isUsable) done();
      else void this.#idleUntilBroken();
    });
  }

  /** IDLE ends at the next command, or when the library keeps the line alive by a NOOP; then it is entered again. */
  async #idleUntilBroken(): Promise<void> {
    const waiting = this.#wake;
    while (this.isUsable && this.#wake === waiting) {
      const startedAt = performance.now();
      const idled = await this.#client.idle().catch(() => false as const);
      // Refused, no folder open, or the line is gone: the poll timer and the close event remain.
      if (idled === false || performance.now() - startedAt < IDLE_MS_MIN) return;
    }
  }

  close(): void {
    this.#client.close();
  }

  async logout(): Promise<void> {
    if (this.isUsable) await this.#client.logout().catch(() => {});
    this.close();
  }

  async #run<Result>(command: () => Promise<Result>): Promise<Result> {
    this.#lastRefusal = null;
    let result: Result;
    try {
      result = await command();
    } catch (error) {
      throw this.explain(error);
    }
    // Some commands answer a lost connection with nothing.
    if (!result && !this.isUsable) throw this.explain(new ConnectionClosed());
    return result;
  }

  /** The failure in our terms, by what broke the connection if something did. */
  explain(error: unknown): ImapError {
    return asImapError(this.#broken ?? error);
  }
}

class ConnectionClosed extends Error {
  readonly code = 'NoConnection';
}

function folderError(error: unknown): ImapError {
  const failure = asImapError(error).failure;
  const cause = error instanceof Error ? error.cause : undefined;
  const missing = typeof cause === 'object' && cause !== null && 'mailboxMissing' in cause && cause.mailboxMissing;
  return new ImapError({ ...failure, kind: 'folder', code: missing ? 'IMAP_FOLDER_MISSING' : 'IMAP_FOLDER_REFUSED' });
}

function refusal(kind: ImapFailureKind, code: string, said: string | null): ImapError {
  return new ImapError({ kind, code, words: said ?? 'The server refused the command.' });
}

/** Dates the database can hold; anything else counts as not given. */
function readDate(date: Date | string | undefined): Date | null {
  if (!(date instanceof Date)) return null;
  const year = date.getUTCFullYear();
  return year >= 1970 && year <= 9999 ? date : null;
}
