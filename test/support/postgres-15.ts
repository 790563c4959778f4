/** The oldest PostgreSQL we support, as Debian 12 has it; its programs only, no cluster of the machine's own. */
export const POSTGRES_15 = { path: '/usr/lib/postgresql/15/bin/postgres', packages: ['postgresql-15'] };
