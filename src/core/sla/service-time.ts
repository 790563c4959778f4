import type { DeskSlaPlan } from '../desk-config.ts';

/**
 * The time a plan's promises are counted in, as the two questions clocks ask of it. The two are inverse to each other:
 * `between(from, after(from, ms))` is `ms`.
 */
export interface ServiceTime {
  /** The instant at which `ms` of service time have passed since `from`. */
  after(from: Date, ms: number): Date;
  /** How much service time, in milliseconds, lies between two instants; 0 where the second is not later. */
  between(from: Date, to: Date): number;
}

/** `calendar: always`. An hour is an hour, on both nights that daylight saving changes (they are instants). */
export const AROUND_THE_CLOCK: ServiceTime = {
  after: (from, ms) => new Date(from.getTime() + ms),
  between: (from, to) => Math.max(0, to.getTime() - from.getTime()),
};

/**
 * The service time of a plan. Null where it is counted by a calendar's hours: counting those around the clock would promise
 * something else, so such a plan starts no clocks until calendars are counted.
 */
export function serviceTimeOf({ calendar }: Pick<DeskSlaPlan, 'calendar'>): ServiceTime | null {
  return calendar === 'always' ? AROUND_THE_CLOCK : null;
}
