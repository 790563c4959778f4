import { isLoopbackHost } from '../../core/loopback.ts';
import type { Id } from '../../core/ticket.ts';
import { ConfigurationError } from '../../errors.ts';

/** Read anew for each login, so that a rotated secret file needs no restart. */
export type Secret = () => Promise<string>;

export type ImapLogin =
  | { kind: 'password'; password: Secret }
  | {
      kind: 'oauth2';
      /** RFC 6749 §3.2; https, except on loopback. */
      tokenUrl: string;
      clientId: string;
      /** Null for public clients. */
      clientSecret: Secret | null;
      refreshToken: Secret;
      scope: string | null;
    };

/** What is done on the server once a mail is stored. */
export type AfterReceipt = { kind: 'keep' } | { kind: 'flag' } | { kind: 'move'; folder: string } | { kind: 'delete' };

/** Where and how to reach one mailbox. */
export interface ImapConnectionSettings {
  host: string;
  port: number;
  /** `none` only on loopback: no credential crosses an unprotected line (IN-16). */
  tls: 'implicit' | 'starttls' | 'none';
  /** PEM of a private certificate authority, read anew for each connection; null for the system's. */
  certificateAuthority: (() => Promise<string>) | null;
  user: string;
  login: ImapLogin;
}

export interface ImapMailboxSettings extends ImapConnectionSettings {
  mailboxId: Id;
  folders: string[];
  afterReceipt: AfterReceipt;
  /** Older mail (INTERNALDATE) is left alone. */
  importSince: Date;
  limits: ImapLimits;
  timing: ImapTiming;
}

export interface ImapLimits {
  /** Of a larger mail only the header is fetched (IN-10). */
  mailBytesMax: number;
  batchBytesMax: number;
  batchMailsMax: number;
}

export const DEFAULT_IMAP_LIMITS: ImapLimits = {
  mailBytesMax: 40 * 1024 * 1024,
  batchBytesMax: 16 * 1024 * 1024,
  batchMailsMax: 50,
};

export interface ImapTiming {
  /** IDLE may die silently: a poll comes at least this often. */
  pollIntervalMs: number;
  /** IDLE is renewed after this time (RFC 2177 wants less than 29 minutes; NAT boxes far less). */
  idleMsMax: number;
  /** Of silence where an answer is due. */
  socketTimeoutMs: number;
  connectTimeoutMs: number;
  reconcileIntervalMs: number;
  /** Without renewal the lease ends after this; it is renewed four times as often. */
  leaseMs: number;
}

export const DEFAULT_IMAP_TIMING: ImapTiming = {
  pollIntervalMs: 60_000,
  idleMsMax: 4 * 60_000,
  socketTimeoutMs: 45_000,
  connectTimeoutMs: 30_000,
  reconcileIntervalMs: 60 * 60_000,
  leaseMs: 20_000,
};

/** Throws unless a login over these settings stays unread on its way (IN-16). */
export function assertProtected(settings: ImapConnectionSettings): void {
  if (settings.tls === 'none' && !isLoopbackHost(settings.host)) {
    throw new ConfigurationError(
      'IMAP_UNPROTECTED',
      'tls: none is for loopback only; use implicit or starttls, so that the login cannot be read on its way.',
    );
  }
}
