import knex, { type Knex } from 'knex';

export interface DatabaseOptions {
  /** Connections kept at most; each worker role of this process shares them. */
  poolMax?: number;
  /** How the server lists us in pg_stat_activity. */
  applicationName?: string;
}

/**
 * A pool on PostgreSQL ≥ 15. Waiting for a connection is bounded so that a dead server shows as itself and not as a full
 * pool, and no statement, lock or idle transaction lasts for ever (reliability.md §7, knex).
 */
export function openDatabase(url: string, options: DatabaseOptions = {}): Knex {
  return knex({
    client: 'pg',
    connection: {
      connectionString: url,
      application_name: options.applicationName ?? 'docket',
      keepAlive: true,
      options: '-c statement_timeout=60s -c lock_timeout=20s -c idle_in_transaction_session_timeout=60s',
    },
    // Or the message of a failed statement would hold its values: addresses, texts, whole mails.
    compileSqlOnError: false,
    pool: { min: 0, max: options.poolMax ?? 10 },
    acquireConnectionTimeout: 10_000,
    // knex talks on standard output, which is for data, and says again what it throws anyway.
    log: { warn() {}, error() {}, deprecate() {}, debug() {} },
  });
}

const CONNECTION_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
]);

/**
 * Is this the database being away or giving way, so that the same work can simply be done again? Connection trouble
 * (SQLSTATE class 08, 57P01–57P03), deadlock and serialisation failures (40P01, 40001), lock and pool time-outs.
 */
export function isTransientDatabaseError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === 'KnexTimeoutError') return true;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (CONNECTION_CODES.has(code)) return true;
  if (/^08|^57P0[123]|^53|^40001$|^40P01$|^55P03$/.test(code)) return true;
  return /Connection terminated|Connection ended|connection timeout/i.test(error.message);
}

/** The constraint an insert ran into (SQLSTATE 23505), or null for any other error. */
export function violatedUniqueConstraint(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || error.code !== '23505') return null;
  return 'constraint' in error && typeof error.constraint === 'string' ? error.constraint : '';
}
