/**
 * The three kinds of failure (style.md §7): a `TemporaryError` is tried again, a `PermanentError` stops and tells someone,
 * and anything else is a bug: the job fails and keeps the evidence.
 *
 * `code` is stable and documented in docs/operations.md. `message` is for the log; `outsiderText` is what someone outside
 * may read and gives nothing away about our set-up.
 */
export interface DocketErrorOptions {
  cause?: unknown;
  /** What the log line carries besides the code: ids and numbers, never addresses, subjects or text. */
  fields?: Record<string, string | number | boolean | null>;
  outsiderText?: string;
}

abstract class DocketError extends Error {
  readonly code: string;
  readonly fields: Record<string, string | number | boolean | null>;
  readonly outsiderText: string;

  constructor(code: string, message: string, options: DocketErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.fields = options.fields ?? {};
    this.outsiderText = options.outsiderText ?? 'Something went wrong.';
  }
}

/** Worth another try later, without anybody's help. */
export class TemporaryError extends DocketError {}

/** Another try would fail the same way: stop and tell someone. */
export class PermanentError extends DocketError {}

/** The command line was used wrongly (exit code 2). */
export class UsageError extends PermanentError {}

/** A setting or a desk configuration file is wrong (exit code 3). */
export class ConfigurationError extends PermanentError {}

/** The stable code of any thrown value: ours, the library's (`ECONNREFUSED`, `57P01`), or `BUG`. */
export function errorCode(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string')
    return error.code;
  return 'BUG';
}

/** The message of any thrown value, on one line. */
export function errorMessage(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replace(/\s+/g, ' ').trim();
}
