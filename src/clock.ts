/**
 * The only reader of the machine's wall clock. Due times and leases are decided by the database's clock instead
 * (reliability.md Q-11); this one serves logs, Date headers and rate displays.
 */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };
