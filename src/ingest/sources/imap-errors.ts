import { ConfigurationError, errorCode, errorMessage, TemporaryError } from '../../errors.ts';

/**
 * What went wrong with a mailbox, told apart by what has to happen next (IN-17):
 *
 * - `credentials`: the server refused the login. Trying on soon would lock the account out; a person must act.
 * - `throttled`: the server is busy or says that we are too many. Not the credentials' fault.
 * - `unprotected`: no TLS where it is demanded, or a certificate that does not hold. Nothing was sent; a person must act.
 * - `settings`: the configuration cannot work, such as a secret that is not there; a person must act.
 * - `connection`: the line or the server went away, or was never there.
 * - `protocol`: the server said something we refuse to follow, such as a literal of 5 GB.
 * - `folder`: this folder cannot be opened; the others can.
 * - `lease`: another process polls this mailbox now.
 * - `ours`: the database was away, or a bug.
 */
export type ImapFailureKind =
  | 'credentials'
  | 'throttled'
  | 'unprotected'
  | 'settings'
  | 'connection'
  | 'protocol'
  | 'folder'
  | 'lease'
  | 'ours';

export interface ImapFailure {
  kind: ImapFailureKind;
  /** Stable, documented in docs/operations.md. */
  code: string;
  /** The server's own words on one line, or the error's; for the person who looks into it, and not for the log. */
  words: string;
}

/** The parts of imapflow's errors that tell failures apart; none of them is always there. */
interface ImapErrorDetails {
  code?: string;
  responseStatus?: string;
  responseText?: string;
  serverResponseCode?: string;
  authenticationFailed?: boolean;
  tlsFailed?: boolean;
  reason?: string;
  response?: unknown;
}

/** A failure between us and the mail server, already told apart. */
export class ImapError extends TemporaryError {
  readonly failure: ImapFailure;

  constructor(failure: ImapFailure, cause?: unknown) {
    super(failure.code, failure.words, { cause });
    this.failure = failure;
  }
}

/** What a session or the work around it ended with. Whatever is not the mail server's doing is `ours`. */
export function describeFailure(error: unknown): ImapFailure {
  if (error instanceof ImapError) return error.failure;
  const code = errorCode(error);
  const kind = error instanceof ConfigurationError ? 'settings' : (OWN_KINDS.get(code) ?? 'ours');
  return { kind, code, words: errorMessage(error) };
}

const OWN_KINDS = new Map<string, ImapFailureKind>([
  ['LEASE_LOST', 'lease'],
  ['OAUTH_REFUSED', 'credentials'],
  ['OAUTH_UNAVAILABLE', 'throttled'],
]);

/** Tells apart what imapflow, TLS and the sockets throw. */
export function asImapError(error: unknown): ImapError {
  if (error instanceof ImapError) return error;
  const details: ImapErrorDetails = typeof error === 'object' && error !== null ? error : {};
  const words = wordsOf(error, details);
  const [kind, code] = tellApart(errorCode(error), details, words);
  return new ImapError({ kind, code, words }, error);
}

function tellApart(code: string, details: ImapErrorDetails, words: string): [ImapFailureKind, string] {
  if (code === 'ETHROTTLE' || isBusy(details, words)) return ['throttled', 'IMAP_UNAVAILABLE'];
  if (details.authenticationFailed) return ['credentials', 'IMAP_LOGIN_REFUSED'];
  if (details.tlsFailed || isCertificateCode(code)) return ['unprotected', 'IMAP_TLS_FAILED'];
  if (OVERSIZED_CODES.has(code)) return ['protocol', 'IMAP_RESPONSE_TOO_LARGE'];
  if (UNREACHABLE_CODES.has(code)) return ['connection', 'IMAP_UNREACHABLE'];
  if (LOST_CODES.has(code)) return ['connection', 'IMAP_CONNECTION_LOST'];
  if (details.responseStatus === 'NO') return ['protocol', 'IMAP_COMMAND_REFUSED'];
  if (code.startsWith('ParserError') || details.responseStatus === 'BAD') return ['protocol', 'IMAP_PROTOCOL'];
  return ['ours', code];
}

function wordsOf(error: unknown, details: ImapErrorDetails): string {
  const said = details.responseText ?? (typeof details.response === 'string' ? details.response : details.reason);
  return (said || errorMessage(error)).replace(/\s+/g, ' ').trim();
}

/** RFC 5530: the server could not look at the credentials, or does not want us just now. */
const BUSY_RESPONSE_CODES = new Set(['UNAVAILABLE', 'INUSE', 'LIMIT', 'SERVERBUG', 'THROTTLED']);

/** Refusals without a response code: Gmail and Microsoft 365 put these into words. */
const BUSY_WORDS = /too many|try again|temporar|throttl|rate limit|not connected|unavailable/i;

function isBusy(details: ImapErrorDetails, words: string): boolean {
  if (details.serverResponseCode) return BUSY_RESPONSE_CODES.has(details.serverResponseCode.toUpperCase());
  return details.authenticationFailed === true && BUSY_WORDS.test(words);
}

function isCertificateCode(code: string): boolean {
  return /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH)/.test(code);
}

const OVERSIZED_CODES = new Set([
  'LiteralTooLarge',
  'LineTooLarge',
  'ResponseTooLarge',
  'TooManyTokens',
  'TooManyResponses',
  'MAX_IMAP_NESTING_REACHED',
]);

const UNREACHABLE_CODES = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'CONNECT_TIMEOUT',
  'GREETING_TIMEOUT',
]);

const LOST_CODES = new Set([
  'NoConnection',
  'EConnectionClosed',
  'StateLogout',
  'ClosedAfterConnectText',
  'ClosedAfterConnectTLS',
  'UPGRADE_TIMEOUT',
  'ETIMEOUT',
  'ETIMEDOUT',
  'ECONNRESET',
  'EPIPE',
]);
