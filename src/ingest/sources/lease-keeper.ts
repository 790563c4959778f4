import type { Knex } from 'knex';
import { type Lease, releaseLease, renewLease } from '../../store/leases.ts';

/** A lease kept alive for as long as the work under it goes on. */
export interface KeptLease {
  lease: Lease;
  /** Aborts when the lease is lost, or can no longer be proven to be held. */
  lost: AbortSignal;
  /** Stops renewing and lets the next holder in. */
  release(): Promise<void>;
}

/**
 * Renews a lease four times per duration. A failing database is waited for until the lease must have expired; then it
 * counts as lost. That only saves work: a write under an expired lease is refused in any case.
 */
export function keepLease(db: Knex, lease: Lease, durationMs: number): KeptLease {
  const lost = new AbortController();
  let renewedAt = performance.now();
  let timer: NodeJS.Timeout;
  let released = false;

  const renew = async () => {
    const startedAt = performance.now();
    const answer = await renewLease(db, lease, durationMs).catch(() => 'no answer' as const);
    if (released) return;
    if (answer === true) renewedAt = startedAt;
    if (answer === false || performance.now() - renewedAt >= durationMs) lost.abort();
    else schedule();
  };
  const schedule = () => {
    timer = setTimeout(() => void renew(), durationMs / 4);
  };
  schedule();

  return {
    lease,
    lost: lost.signal,
    async release() {
      if (released) return;
      released = true;
      clearTimeout(timer);
      // Left to expire when the database is away.
      await releaseLease(db, lease).catch(() => {});
    },
  };
}
