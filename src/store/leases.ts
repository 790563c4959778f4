import type { Knex } from 'knex';
import { TemporaryError } from '../errors.ts';

/**
 * Leases: what only one process may do at a time (polling a mailbox), by name.
 *
 * A lease is a row that expires by the database's clock. Each change of holder gives a higher fencing token, and every
 * transaction that writes under a lease compares that token under a row lock first. So a holder that was frozen past its
 * expiry and thaws again has each of its writes refused, whatever it believes (reliability.md IN-19). The row stays after
 * release, because the token must go on growing.
 */
export interface Lease {
  name: string;
  fencingToken: string;
}

const FROZEN_TRANSACTION_MS = 10_000;

/** Takes a lease that nobody holds, or whose holder let it expire. Null when someone else holds it. */
export async function acquireLease(
  db: Knex,
  { name, holder, durationMs }: { name: string; holder: string; durationMs: number },
): Promise<Lease | null> {
  const { rows } = await db.raw<{ rows: { fencing_token: string }[] }>(
    `insert into lease as held (name, holder, fencing_token, expires_at)
     values (?, ?, 1, clock_timestamp() + ? * interval '1 millisecond')
     on conflict (name) do update
       set holder = excluded.holder, fencing_token = held.fencing_token + 1,
           expires_at = clock_timestamp() + ? * interval '1 millisecond'
       where held.expires_at <= clock_timestamp()
     returning fencing_token`,
    [name, holder, durationMs, durationMs],
  );
  const row = rows[0];
  return row ? { name, fencingToken: row.fencing_token } : null;
}

/** Puts the expiry off. False when the lease expired or changed hands: then it must be acquired anew. */
export async function renewLease(db: Knex, lease: Lease, durationMs: number): Promise<boolean> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `update lease set expires_at = clock_timestamp() + ? * interval '1 millisecond'
     where name = ? and fencing_token = ? and expires_at > clock_timestamp() returning name`,
    [durationMs, lease.name, lease.fencingToken],
  );
  return rows.length > 0;
}

/** Lets the next holder in at once. Does nothing when the lease is no longer ours. */
export async function releaseLease(db: Knex, lease: Lease): Promise<void> {
  // The column keeps whole milliseconds and rounds: one less, and the lease is over for whoever asks next.
  await db.raw(
    `update lease set expires_at = clock_timestamp() - interval '1 millisecond' where name = ? and fencing_token = ?`,
    [lease.name, lease.fencingToken],
  );
}

/**
 * Throws `LEASE_LOST` unless the lease is held now, and keeps it from changing hands until the transaction ends: the
 * shared row lock makes a new holder wait for the commit, so nothing can be written by two holders at once.
 */
export async function assertHeld(transaction: Knex.Transaction, lease: Lease): Promise<void> {
  const { rows } = await transaction.raw<{ rows: unknown[] }>(
    // A process frozen inside its transaction would keep the next holder waiting; the server ends such a session soon.
    `select set_config('idle_in_transaction_session_timeout', ?, true) from lease
     where name = ? and fencing_token = ? and expires_at > clock_timestamp() for share`,
    [String(FROZEN_TRANSACTION_MS), lease.name, lease.fencingToken],
  );
  if (rows.length === 0) {
    throw new TemporaryError('LEASE_LOST', 'This process no longer holds the lease; its write was refused.', {
      fields: { lease: lease.name, fencingToken: lease.fencingToken },
    });
  }
}

/** Runs one transaction that commits only if the lease is held to its end. */
export function underLease<Result>(
  db: Knex,
  lease: Lease,
  work: (transaction: Knex.Transaction) => Promise<Result>,
): Promise<Result> {
  return db.transaction(async (transaction) => {
    await assertHeld(transaction, lease);
    return work(transaction);
  });
}
