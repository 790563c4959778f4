import { ConfigurationError, errorCode, errorMessage, PermanentError, TemporaryError, UsageError } from '../errors.ts';

/** What the exit code of `docket` says; documented in docs/operations.md. */
export const EXIT = {
  ok: 0,
  /** The command failed, or it found problems. */
  failed: 1,
  usage: 2,
  configuration: 3,
  /** The same command may well succeed later (EX_TEMPFAIL of sysexits.h). */
  tryAgain: 75,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** How a command that threw ends: its exit code, and what it says, lines for a person. */
export async function describeFailure(error: unknown): Promise<{ exitCode: ExitCode; message: string }> {
  if (error instanceof UsageError) return { exitCode: EXIT.usage, message: error.message };
  if (error instanceof ConfigurationError) return { exitCode: EXIT.configuration, message: error.message };
  if (error instanceof TemporaryError) return { exitCode: EXIT.tryAgain, message: `${error.message} Try again later.` };
  if (error instanceof PermanentError) return { exitCode: EXIT.failed, message: error.message };
  return describeForeignFailure(error);
}

/** What the database's driver throws is not ours, and is told by its code. */
async function describeForeignFailure(error: unknown): Promise<{ exitCode: ExitCode; message: string }> {
  const code = errorCode(error);
  if (SCHEMA_CODES.has(code))
    return {
      exitCode: EXIT.configuration,
      message: 'The database lacks tables of this release. Run: docket migrate up',
    };
  if (LOGIN_CODES.has(code))
    return { exitCode: EXIT.configuration, message: `PostgreSQL refuses the login (${code}). Check DATABASE_URL.` };
  const { isTransientDatabaseError } = await import('../store/database.ts');
  if (isTransientDatabaseError(error))
    return {
      exitCode: EXIT.tryAgain,
      message: `PostgreSQL does not answer (${code}). Check that it runs where DATABASE_URL says, and try again.`,
    };
  // knex puts the whole statement before the server's words.
  const words = errorMessage(error).split(' - ').at(-1);
  return { exitCode: EXIT.failed, message: `Unexpected: ${words} (${code}). This is a bug; please report it.` };
}

/** undefined_table, undefined_column. */
const SCHEMA_CODES = new Set(['42P01', '42703']);
/** invalid_authorization_specification, invalid_password, invalid_catalog_name. */
const LOGIN_CODES = new Set(['28000', '28P01', '3D000']);
