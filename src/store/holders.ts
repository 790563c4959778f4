import type { Knex } from 'knex';
import pg from 'pg';

/**
 * Who may hold a lease, and is he still there?
 *
 * Every process holds a session-level advisory lock under its own number for as long as it lives. A killed process loses
 * its connection and with it the lock, so its leases can be freed within seconds instead of when they run out. A frozen
 * or cut-off process keeps the lock or loses it by time-out; its leases run out, and fencing refuses what it still tries.
 */
export interface Holder {
  /** Goes into every `lease_holder`. */
  name: string;
  release(): Promise<void>;
}

/** The first key of our two-key advisory locks; the second is the holder's number. */
const LOCK_CLASS = 731_420_851;

const RECONNECT_AFTER_MS = 1000;

/**
 * Registers this process. The connection is its own: a pool would hand the lock to somebody else. When it is lost
 * (`onLost` is told) the same name is claimed again on a new one, as often as it takes.
 */
export async function registerHolder(databaseUrl: string, onLost: (error: Error) => void): Promise<Holder> {
  let released = false;
  let number: string | undefined;
  let client: pg.Client | null = null;
  let isHeld = false;
  let timer: NodeJS.Timeout | undefined;

  async function claim(): Promise<void> {
    const connection = new pg.Client({
      connectionString: databaseUrl,
      keepAlive: true,
      application_name: 'docket holder',
    });
    client = connection;
    connection.on('error', (error: Error) => {
      // Before the lock is ours, a loss fails the query that waits for it: claimed anew by both, it would be waited for twice.
      if (!isHeld || released) return;
      isHeld = false;
      onLost(error);
      reclaimLater();
    });
    try {
      await connection.connect();
      number ??= (await connection.query<{ number: string }>(`select nextval('lease_holder_seq') as number`)).rows[0]
        ?.number;
      await connection.query('select pg_advisory_lock($1::int, $2::int)', [LOCK_CLASS, number]);
      isHeld = true;
    } catch (error) {
      await connection.end().catch(() => undefined);
      throw error;
    }
  }

  function reclaimLater(): void {
    if (released) return;
    timer = setTimeout(() => {
      claim().catch(reclaimLater);
    }, RECONNECT_AFTER_MS);
  }

  await claim();
  return {
    name: `holder-${number}`,
    async release() {
      released = true;
      clearTimeout(timer);
      await client?.end().catch(() => undefined);
    },
  };
}

const LEASED_TABLES = ['inbound_mail', 'ticket_event', 'outbox'] as const;

/** Names that hold a lease and whose process is gone. */
export async function listDeadHolders(db: Knex): Promise<string[]> {
  const { rows } = await db.raw<{ rows: { holder: string }[] }>(
    `select distinct holder from (
       ${LEASED_TABLES.map((table) => `select lease_holder as holder from ${table} where lease_until > clock_timestamp()`).join(' union all ')}
       union all select holder from lease where expires_at > clock_timestamp()
     ) as held
     where holder like 'holder-%' and not exists (
       select from pg_locks
       where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
         and classid = ${LOCK_CLASS} and objid::bigint = substring(held.holder from '^holder-([0-9]+)$')::bigint)`,
  );
  return rows.map((row) => row.holder);
}

/** Ends the leases of these holders now, so that the rows are found as those of any dead worker. */
export async function endLeasesOf(db: Knex, holders: string[]): Promise<void> {
  for (const table of LEASED_TABLES) {
    await db.raw(
      `update ${table} set lease_until = clock_timestamp()
       where lease_holder = any(?::text[]) and lease_until > clock_timestamp()`,
      [holders],
    );
  }
  await db.raw(
    'update lease set expires_at = clock_timestamp() where holder = any(?::text[]) and expires_at > clock_timestamp()',
    [holders],
  );
}
