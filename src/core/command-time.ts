import { durationMs } from './duration.ts';
import { nearestWord } from './nearest-word.ts';
import { addDays, type Day, dayIn, instantIn, isDay } from './zoned-time.ts';

/** TIME of a command: an instant to come, or why there is none. `at` is the index of the word that is wrong. */
export type ReadTime =
  | { outcome: 'time'; time: Date }
  | { outcome: 'fault'; fault: 'unknown-time' | 'past-time' | 'far-time'; at: number; suggestion: string | null };

/** When a day is named without an hour: before most desks begin to work through what woke. */
const MORNING_MINUTE = 9 * 60;
const DAYS_MAX = 366;
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;

/**
 * Reads `2h`, `1h30m`, `3d`, `2w`, `17:00`, `tomorrow`, `tomorrow 9:00`, `fri`, `monday 8:30`, `2026-12-01`, `2026-12-01 14:30`:
 * a span from now, or what clocks in the agent's zone will show. A weekday is the next one, never today.
 */
export function readTime(words: readonly string[], now: Date, zone: string): ReadTime {
  const [first = '', second, third] = words.map((word) => word.toLowerCase());
  if (third !== undefined) return unknown(2);
  const span = spanMs(first);
  if (span !== null) return second === undefined ? checked(new Date(now.getTime() + span), now) : unknown(1);

  const clock = minuteOfDay(first);
  if (clock !== null) return second === undefined ? checked(nextTimeAt(clock, now, zone), now) : unknown(1);
  const day = namedDay(first, dayIn(zone, now));
  if (day === null) return unknown(0, nearestWord(first, ['today', 'tomorrow', ...WEEKDAYS]));
  const minute = second === undefined ? MORNING_MINUTE : minuteOfDay(second);
  return minute === null ? unknown(1) : checked(instantIn(zone, day, minute), now);
}

function unknown(at: number, suggestion: string | null = null): ReadTime {
  return { outcome: 'fault', fault: 'unknown-time', at, suggestion };
}

function checked(time: Date, now: Date): ReadTime {
  const ahead = time.getTime() - now.getTime();
  if (ahead <= 0) return { outcome: 'fault', fault: 'past-time', at: 0, suggestion: null };
  if (!(ahead <= DAYS_MAX * 86_400_000)) return { outcome: 'fault', fault: 'far-time', at: 0, suggestion: null };
  return { outcome: 'time', time };
}

function spanMs(word: string): number | null {
  const weeks = /^(\d{1,4})w$/.exec(word)?.[1];
  return weeks === undefined ? durationMs(word) : Number(weeks) * 7 * 86_400_000;
}

/** `9:00`, `09:00`, `9am`, `9:30pm`. */
function minuteOfDay(word: string): number | null {
  const [, hours, minutes = '00', half] = /^(\d{1,2})(?::(\d{2}))?(am|pm)?$/.exec(word) ?? [];
  if (hours === undefined || (half === undefined && !word.includes(':'))) return null;
  const hour = half === undefined ? Number(hours) : (Number(hours) % 12) + (half === 'pm' ? 12 : 0);
  if (hour > 23 || Number(minutes) > 59 || (half !== undefined && (Number(hours) > 12 || hours === '0'))) return null;
  return hour * 60 + Number(minutes);
}

function nextTimeAt(minute: number, now: Date, zone: string): Date {
  const today = dayIn(zone, now);
  const time = instantIn(zone, today, minute);
  return time > now ? time : instantIn(zone, addDays(today, 1), minute);
}

function namedDay(word: string, today: Day & { weekday: number }): Day | null {
  if (word === 'today') return today;
  if (word === 'tomorrow') return addDays(today, 1);
  const weekday = word.length < 3 ? -1 : WEEKDAYS.findIndex((name) => name.startsWith(word));
  if (weekday !== -1) return addDays(today, ((weekday - today.weekday + 6) % 7) + 1);
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(word) ?? [];
  if (year === undefined) return null;
  const date = { year: Number(year), month: Number(month), day: Number(day) };
  return isDay(date) ? date : null;
}
