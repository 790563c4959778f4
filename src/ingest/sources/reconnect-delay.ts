import type { ImapFailureKind } from './imap-errors.ts';

/** First delay and longest, in milliseconds; it doubles with each failure in between. */
const DELAYS_MS: Record<ImapFailureKind, { first: number; longest: number }> = {
  // Servers lock accounts after a handful of wrong logins in a few minutes.
  credentials: { first: 60_000, longest: 30 * 60_000 },
  throttled: { first: 30_000, longest: 10 * 60_000 },
  unprotected: { first: 30_000, longest: 10 * 60_000 },
  settings: { first: 5_000, longest: 60_000 },
  connection: { first: 500, longest: 30_000 },
  protocol: { first: 2_000, longest: 5 * 60_000 },
  folder: { first: 1_000, longest: 60_000 },
  lease: { first: 1_000, longest: 5_000 },
  ours: { first: 500, longest: 15_000 },
};

/**
 * How long to wait before the next connection, after so many failures in a row (at least one). Up to a quarter is taken
 * off at random, so that a restarted server does not meet all its clients at once.
 */
export function reconnectDelayMs(kind: ImapFailureKind, failures: number, random: number): number {
  const { first, longest } = DELAYS_MS[kind];
  const delay = Math.min(longest, first * 2 ** Math.min(failures - 1, 20));
  return Math.round(delay * (1 - random / 4));
}
