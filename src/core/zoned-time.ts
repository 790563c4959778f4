/** A day of some calendar on a wall. */
export interface Day {
  year: number;
  /** 1 to 12. */
  month: number;
  day: number;
}

/** The day it is in a zone (IANA name), and its weekday: 0 is Sunday. */
export function dayIn(zone: string, at: Date): Day & { weekday: number } {
  const wall = wallClock(zone, at.getTime());
  const date = new Date(wall);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    weekday: date.getUTCDay(),
  };
}

/** The day so many days later; months and years roll over. */
export function addDays({ year, month, day }: Day, count: number): Day {
  const date = new Date(Date.UTC(year, month - 1, day + count));
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

/** Whether there is such a day: no 30 February. */
export function isDay({ year, month, day }: Day): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/**
 * The instant at which the clocks of a zone show this. In the night in which an hour is left out, what they never show is that
 * much later; in the night in which one comes twice, the first is meant (RFC 5545 §3.3.5).
 */
export function instantIn(zone: string, { year, month, day }: Day, minuteOfDay: number): Date {
  const wall = Date.UTC(year, month - 1, day) + minuteOfDay * 60_000;
  // The offset before any change near by, and the one after it: at most one change happens within a day.
  const before = offsetAt(zone, wall - DAY_MS);
  const after = offsetAt(zone, wall + DAY_MS);
  const fitting = [wall - before, wall - after].find((instant) => wallClock(zone, instant) === wall);
  return new Date(fitting ?? wall - before);
}

const DAY_MS = 86_400_000;

function offsetAt(zone: string, instant: number): number {
  return wallClock(zone, instant) - instant;
}

/** What the clocks of a zone show, as if it were UTC; whole minutes. */
function wallClock(zone: string, instant: number): number {
  const minutes = Math.floor(instant / 60_000) * 60_000;
  const parts = new Map(
    formatOf(zone)
      .formatToParts(minutes)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'));
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making one costs a hundred times what using it does. */
function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  formats.set(zone, format);
  return format;
}
