/**
 * When a mail is tried again, and when it is given up. Pure: the database adds the delay to its own clock and ends every
 * wait with the row's `expires_at`, five days after it was written.
 */

/** What the decision rests on. */
export interface EndedAttempt {
  outcome: 'delivered' | 'deferred' | 'rejected' | 'unknown';
  errorCode: string | null;
  /** Sent by no person's hand. */
  automatic: boolean;
  /** Including this one. */
  attempts: number;
  /** Outcomes `unknown` before this attempt. */
  unknownCount: number;
  /** Earlier attempts during which a worker died or froze. */
  leaseLostCount: number;
}

/** How long to wait before the next attempt; null: there is none. */
export function nextAttemptInMs(attempt: EndedAttempt, random: () => number): number | null {
  switch (attempt.outcome) {
    case 'delivered':
    case 'rejected':
      return null;
    case 'unknown':
      // Nobody misses a second acknowledgement, but an agent's words must arrive, if need be twice (design.md §9).
      return attempt.automatic && attempt.unknownCount >= 1 ? null : backoffMs(attempt.attempts, random);
    case 'deferred':
      return mayGoOnAtOnce(attempt) ? 0 : backoffMs(attempt.attempts, random);
  }
}

/** Our own stop or death, not the relay's no. A mail that takes its worker along again and again waits like any other. */
function mayGoOnAtOnce({ errorCode, leaseLostCount }: EndedAttempt): boolean {
  return errorCode === 'STOPPED' || (errorCode === 'LEASE_LOST' && leaseLostCount < 2);
}

const FIRST_MS = 10_000;
const LONGEST_MS = 3_600_000;

/** Doubles from ten seconds to an hour, a fifth more or less, so that mails deferred together do not return together. */
export function backoffMs(attempts: number, random: () => number): number {
  const steady = Math.min(FIRST_MS * 2 ** Math.min(attempts - 1, 30), LONGEST_MS);
  return Math.round(steady * (0.8 + 0.4 * random()));
}
