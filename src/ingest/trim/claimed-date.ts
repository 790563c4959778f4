import { readDate } from '../date.ts';
import { fold } from './lines.ts';

const LOCALES = 'en de fr es ca pt it ro nl da nb sv fi et lv lt pl cs sk sl hr hu tr ru uk bg el vi id'.split(' ');

const CHARACTERS_MAX = 120;

/**
 * The date that a repeated header names, in the words of the program that repeated it: `Wed, Oct 27, 2021 at 9:31 AM`, `śr., 27
 * paź 2021 o 09:31`. Null when it cannot be read, or not in one way only: `02/10/2023`. Most name no zone; a time without one
 * is taken as UTC, so it can be half a day off, and nothing is decided by it.
 */
export function readClaimedDate(written: string): Date | null {
  const exact = readDate(written);
  if (exact !== null) return exact;
  const value = fold(written.slice(0, CHARACTERS_MAX));
  const day = readNumbers(value) ?? readMonthName(value);
  if (day === null) return null;
  const time = readTime(value.replace(day.written, ' '));
  const date = new Date(Date.UTC(day.year, day.month - 1, day.day, time.hours, time.minutes, time.seconds));
  const exists = date.getUTCMonth() === day.month - 1 && date.getUTCDate() === day.day && time.hours < 24;
  return exists ? new Date(date.getTime() - time.eastMinutes * 60_000) : null;
}

interface Day {
  year: number;
  month: number;
  day: number;
  /** What of the value says so. */
  written: string;
}

/** `2022年9月19日`, `27. 10. 2021`; with slashes only where one number can be no month. */
function readNumbers(value: string): Day | null {
  const yearFirst = /((?:19|20)\d\d)[-/.年] ?(\d{1,2})[-/.月] ?(\d{1,2})/.exec(value);
  if (yearFirst !== null) return dayOf(yearFirst[0], yearFirst[1], yearFirst[2], yearFirst[3]);
  const dayFirst = /(\d{1,2})([./-]) ?(\d{1,2})[./-] ?((?:19|20)\d\d)/.exec(value);
  if (dayFirst === null) return readShortYear(value);
  const [written, first, sign, second, year] = dayFirst;
  if (sign === '.' || Number(first) > 12 || first === second) return dayOf(written, year, second, first);
  return Number(second) > 12 ? dayOf(written, year, first, second) : null;
}

/** `20.11.26` and the American `11/20/26`: the only two with two digits for the year that can be nothing else. */
function readShortYear(value: string): Day | null {
  const dotted = /(?<![\d.])(\d{1,2})\.(\d{1,2})\.(\d\d)(?![\d.])/.exec(value);
  if (dotted !== null) return dayOf(dotted[0], `20${dotted[3]}`, dotted[2], dotted[1]);
  const american = /(?<![\d/])(\d{1,2})\/(1[3-9]|2\d|3[01])\/(\d\d)(?![\d/])/.exec(value);
  return american === null ? null : dayOf(american[0], `20${american[3]}`, american[1], american[2]);
}

/** A month by its name, the number beside it, and a year. */
function readMonthName(value: string): Day | null {
  const year = /(?:^|[^\d])((?:19|20)\d\d)(?!\d)/.exec(value)?.[1];
  const words = value.split(/[\s,.()]+/).filter((word) => word !== '' && word !== 'de');
  const at = words.findIndex((word) => MONTHS.get(word) !== undefined);
  const month = MONTHS.get(words[at] ?? '');
  if (year === undefined || month === undefined) return null;
  const day = [words[at - 1], words[at + 1]].find((word) => /^\d{1,2}(?:st|nd|rd|th|er)?$/.test(word ?? ''));
  return day === undefined ? null : dayOf(year, year, String(month), String(Number.parseInt(day, 10)));
}

function dayOf(written: string, year = '', month = '', day = ''): Day | null {
  const isDate = Number(month) >= 1 && Number(month) <= 12 && Number(day) >= 1;
  return isDate ? { year: Number(year), month: Number(month), day: Number(day), written } : null;
}

interface Time {
  hours: number;
  minutes: number;
  seconds: number;
  eastMinutes: number;
}

function readTime(value: string): Time {
  const [, hours = '0', minutes = '0', seconds = '0', half = ''] =
    /(\d{1,2})[:.h](\d\d)(?:[:.](\d\d))? ?([ap]\.? ?m\b)?/.exec(value) ?? [];
  const [, sign, eastHours = '0', eastMinutes = '0'] =
    /(?:gmt|utc|\s|\()([+-])(\d\d?):?(\d\d)?(?!\d)/.exec(value) ?? [];
  const twelve = half === '' ? Number(hours) : (Number(hours) % 12) + (half.startsWith('p') ? 12 : 0);
  return {
    hours: twelve,
    minutes: Number(minutes),
    seconds: Number(seconds),
    eastMinutes: (sign === '-' ? -1 : 1) * (Number(eastHours) * 60 + Number(eastMinutes)),
  };
}

/** The names of the months, long and short, alone and in a date; what is one month here and another there is none. */
const MONTHS = new Map<string, number | undefined>();
for (const locale of LOCALES) {
  for (const month of ['long', 'short'] as const) {
    for (const beside of [{}, { day: 'numeric' }] as const)
      noteMonths(Intl.DateTimeFormat(locale, { month, timeZone: 'UTC', ...beside }));
  }
}

function noteMonths(format: Intl.DateTimeFormat): void {
  for (let month = 1; month <= 12; month++) {
    const parts = format.formatToParts(new Date(Date.UTC(2026, month - 1, 15)));
    const name = fold(parts.find(({ type }) => type === 'month')?.value ?? '').replace(/[\s.]+$/, '');
    if (name === '' || /\d|\s/.test(name)) continue;
    MONTHS.set(name, MONTHS.has(name) && MONTHS.get(name) !== month ? undefined : month);
  }
}
