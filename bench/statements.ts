/**
 * What a contestant asked of the database, as the server counted it: `pg_stat_statements` for statements and
 * `pg_stat_database.xact_commit` for commits. Both count whatever was sent, BullMQ's own statements included.
 */
import pg from 'pg';

export interface StatementCount {
  /** Without begin, commit and rollback, which are counted by themselves. */
  statements: number;
  /** Those of them on BullMQ's tables; none on Redis. */
  bullmqStatements: number;
  transactionControls: number;
  /** Transactions committed, single statements included. */
  commits: number;
  /** By the time the server spent on them. */
  costliest: { calls: number; meanMs: number; planMs: number; text: string }[];
}

export interface StatementCounter {
  start(): Promise<void>;
  /** Call it after the measured process is gone: a session passes its numbers on when it ends. */
  read(): Promise<StatementCount>;
  close(): Promise<void>;
}

/** Marks our own looks at a measured database, so that they are not counted. */
export const OWN_LOOK = '/* bench */';

/** BullMQ keeps its work in functions and tables of its own schema, which its statements do not name. */
const BULLMQ =
  /bullmq|add_job|move_to_|move_stalled|extend_lock|next_signal|next_delay|\bfrom (job|meta|migration)\b|into (meta|migration)\b/i;

export async function countStatements(adminUrl: string, database: string): Promise<StatementCounter> {
  const admin = new pg.Client({ connectionString: adminUrl });
  // The server stops before this client when a run fails, and that failure is the one to be told.
  admin.on('error', () => {});
  await admin.connect();
  let commitsBefore = 0;

  async function readCommits(): Promise<number> {
    await admin.query('select pg_stat_force_next_flush(), pg_stat_clear_snapshot()');
    const { rows } = await admin.query<{ commits: string }>(
      'select xact_commit as commits from pg_stat_database where datname = $1',
      [database],
    );
    return Number(rows[0]?.commits ?? 0);
  }

  return {
    async start() {
      await admin.query('select pg_stat_statements_reset()');
      commitsBefore = await readCommits();
    },
    async read() {
      const { rows } = await admin.query<{ calls: string; mean: number; plan: number; text: string }>(
        `select calls, mean_exec_time as mean, total_plan_time / greatest(calls, 1) as plan, regexp_replace(query, '\\s+', ' ', 'g') as text
         from pg_stat_statements as statement join pg_database on pg_database.oid = statement.dbid
         where datname = $1 order by total_exec_time + total_plan_time desc`,
        [database],
      );
      const count: StatementCount = {
        statements: 0,
        bullmqStatements: 0,
        transactionControls: 0,
        commits: (await readCommits()) - commitsBefore,
        costliest: rows.map(({ calls, mean, plan, text }) => ({
          calls: Number(calls),
          meanMs: mean,
          planMs: plan,
          text,
        })),
      };
      for (const { calls, text } of rows) {
        if (text.includes(OWN_LOOK)) count.commits -= Number(calls);
        else if (/^(begin|commit|rollback)\b/i.test(text)) count.transactionControls += Number(calls);
        else {
          count.statements += Number(calls);
          if (BULLMQ.test(text)) count.bullmqStatements += Number(calls);
        }
      }
      return count;
    },
    close: () => admin.end(),
  };
}
