import { WEEKDAYS } from './desk-config-schema.ts';
import { refuseRepeated, type Spot } from './desk-config-spot.ts';
import { didYouMean, isRecord } from './schema.ts';

/** Does a calendar of docket.yaml say for every day at most once when it is open? */
export function checkCalendar(calendar: Spot): void {
  checkWeek(calendar.at('hours'));
  const holidays = calendar.each('holidays');
  for (const holiday of holidays) {
    if (isRecord(holiday.value) && holiday.at('date').present === holiday.at('every').present)
      holiday.wrong('expected either date (in one year) or every (each year)');
    checkFrames(holiday.at('hours'));
  }
  refuseRepeated(
    holidays.map((holiday) => holiday.at(holiday.at('date').present ? 'date' : 'every')),
    (day) => `${day} stands here twice: remove one of the two`,
  );
}

/** A day may be covered by one range, and named by itself besides; a single day beats the range. */
function checkWeek(hours: Spot): void {
  const ranges = new Map<number, string>();
  for (const name of hours.fieldNames()) {
    const days = weekdayNumbers(name);
    if (days === null) {
      hours
        .at(name)
        .wrongName(`unknown day "${name}"; expected a day or a range such as monday-friday${dayMeant(name)}`);
      continue;
    }
    checkFrames(hours.at(name));
    if (days.length === 1) continue;
    const twice = days.find((day) => ranges.has(day));
    if (twice !== undefined)
      hours.at(name).wrong(`${WEEKDAYS[twice]} lies in ${ranges.get(twice)} as well: let ranges not overlap`);
    for (const day of days) ranges.set(day, name);
  }
}

function weekdayNumbers(name: string): number[] | null {
  const [first = '', last = first, ...rest] = name.split('-');
  const from = WEEKDAYS.indexOf(first);
  const to = WEEKDAYS.indexOf(last);
  if (rest.length > 0 || from < 0 || to < 0) return null;
  // friday-monday runs over the end of the week.
  const length = ((to - from + WEEKDAYS.length) % WEEKDAYS.length) + 1;
  return Array.from({ length }, (_, index) => (from + index) % WEEKDAYS.length);
}

function dayMeant(name: string): string {
  const unknown = name.split('-').find((day) => !WEEKDAYS.includes(day)) ?? '';
  const abbreviated = WEEKDAYS.find((day) => unknown.length > 1 && day.startsWith(unknown.toLowerCase()));
  return didYouMean(abbreviated ?? unknown, WEEKDAYS);
}

/** The frames of one day do not overlap. */
function checkFrames(frames: Spot): void {
  let busyUntil = -1;
  const inOrder = frames
    .items()
    .flatMap((spot) => {
      const [, fromHours, fromMinutes, toHours, toMinutes] =
        /^(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(spot.text ?? '') ?? [];
      if (toMinutes === undefined) return [];
      const from = Number(fromHours) * 60 + Number(fromMinutes);
      const to = Number(toHours) * 60 + Number(toMinutes);
      return [{ spot, from, to: to > from ? to : to + 24 * 60 }];
    })
    .sort((a, b) => a.from - b.from);
  for (const { spot, from, to } of inOrder) {
    if (from < busyUntil) spot.wrong('overlaps another time frame of the same day');
    busyUntil = Math.max(busyUntil, to);
  }
}
