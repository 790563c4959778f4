/** A time as its reader's language and zone write it. */
export function timeIn(language: string, zone: string, time: Date): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone: zone }).format(time);
}

const UNITS = [
  { unit: 'day', ms: 86_400_000 },
  { unit: 'hour', ms: 3_600_000 },
  { unit: 'minute', ms: 60_000 },
] as const;

/** `in 4 hours`, `20 minutes ago`: from two of a unit on, so that nothing is off by half. */
export function spanIn(language: string, now: Date, at: Date): string {
  const spanMs = at.getTime() - now.getTime();
  const { unit, ms } = UNITS.find((one) => Math.abs(spanMs) >= 2 * one.ms) ?? UNITS[2];
  return new Intl.RelativeTimeFormat(language).format(Math.trunc(spanMs / ms), unit);
}
