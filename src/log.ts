import { pino } from 'pino';

/**
 * Every event this program logs, by its stable name; docs/operations.md says what each means and what to do.
 * One line per outcome, where it is handled; whoever rethrows does not log (style.md §7).
 */
export const LOG_EVENTS = [
  'serve.started',
  'serve.stopping',
  'serve.stopped',
  'holder.lost',
  'redis.unsafe',
  'queue.unreachable',
  'look.failed',
  'sweep.failed',
  'leases.freed',
  'mailboxes.not-followed',
  'mail.taken-in',
  'mail.failed',
  'mail.quarantined',
  'assignment.decided',
  'assignment.failed',
  'clock.alarmed',
  'clock.failed',
  'ticket.not-changed',
  'delivery.attempted',
  'delivery.failed',
  'mailbox.connected',
  'mailbox.session-failed',
  'mailbox.folder-stopped',
  'mailbox.folder-back',
  'mailbox.uidvalidity-changed',
  'mailbox.mails-stored',
  'mailbox.mail-over-limit',
  'mailbox.mail-cut-short',
  'mailbox.gaps-recorded',
  'mailbox.gaps-vanished',
  'mailbox.gap-alarm',
  'mailbox.aftermath-refused',
  'mailbox.reconciled',
  'readiness.lost',
  'readiness.regained',
  'web.failed',
] as const;

export type LogEvent = (typeof LOG_EVENTS)[number];

/** Ids, enumerations, numbers and durations; never a body, subject, address or secret. */
export type LogFields = Record<string, string | number | boolean | null | undefined>;

export interface Log {
  debug(event: LogEvent, fields?: LogFields): void;
  info(event: LogEvent, fields?: LogFields): void;
  warn(event: LogEvent, fields?: LogFields): void;
  error(event: LogEvent, fields?: LogFields): void;
}

/** Structured JSON lines on standard error, so that standard output stays data. */
export function createLog(level: string): Log {
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
  const at = (method: 'debug' | 'info' | 'warn' | 'error') => (event: LogEvent, fields?: LogFields) =>
    logger[method]({ event, ...fields });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** Says nothing: for tests and for commands that print their own outcome. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
