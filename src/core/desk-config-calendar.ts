import { WEEKDAYS } from './desk-config-schema.ts';
import { refuseRepeated, type Spot } from './desk-config-spot.ts';
import { nearestWord } from './nearest-word.ts';
import { isRecord } from './schema.ts';

/** Does a calendar of docket.yaml say for every day at most once when it is open? */
export function checkCalendar(calendar: Spot): void {
  checkWeek(calendar.at('hours'));
  const holidays = calendar.each('holidays');
  for (const holiday of holidays) {
    if (isRecord(holiday.value) && holiday.at('date').present === holiday.at('every').present)
      holiday.wrong('expected either date (in one year) or every (each year), and not both');
    checkFrames(holiday.at('hours'));
  }
  refuseRepeated(
    holidays.map((holiday) => holiday.at(holiday.at('date').present ? 'date' : 'every')),
    (day) => `${day} stands twice in this calendar: remove one of the two`,
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
      hours
        .at(name)
        .wrong(`${WEEKDAYS[twice]} lies in ${ranges.get(twice)} as well: let ranges not overlap, or name a single day`);
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
  const days = name.split('-').map((day) => {
    const written = day.trim().toLowerCase();
    const abbreviated = WEEKDAYS.find((weekday) => written.length > 1 && weekday.startsWith(written));
    return abbreviated ?? nearestWord(written, WEEKDAYS);
  });
  return days.length > 2 || days.includes(null) ? '' : `; did you mean "${days.join('-')}"?`;
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
    if (from < busyUntil) spot.wrong('overlaps another time frame of the same day: move one, or make them one');
    busyUntil = Math.max(busyUntil, to);
  }
}
