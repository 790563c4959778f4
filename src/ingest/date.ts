const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** `Mon, 23 Nov 2026 10:00:00 +0100` with the obsolete variants of RFC 5322 §4.3. */
const RFC_5322 =
  /^(?:[a-z]{2,9}\.?,?\s*)?(\d{1,2})[\s-]+([a-z]{3})[a-z]{0,6}\.?,?[\s-]+(\d{2,4}),?\s+(\d{1,2})\s*:\s*(\d{2})(?:\s*:\s*(\d{2}))?(?:\.\d+)?\s*([+-]\d{4}|[+-]\d{2}:\d{2}|[a-z]{1,5})?/i;

/** `Mon Nov 23 10:00:00 2026`, what C programs print. */
const ASCTIME = /^[a-z]{3}\s+([a-z]{3})\s+(\d{1,2})\s+(\d{2}):(\d{2}):(\d{2})\s+(?:([a-z]{1,5}|[+-]\d{4})\s+)?(\d{4})/i;

/** `2026-11-23T10:00:00Z`. */
const ISO_8601 = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?\s*(Z|[+-]\d{2}:?\d{2})?$/i;

/**
 * The Date header, or null when it cannot be read: never a guess, and never the current time, which is what the parser
 * library and `new Date` make of half the nonsense that is sent (IN-09).
 */
export function readDate(value: string): Date | null {
  const text = value
    .slice(0, 200)
    .replace(/\([^()]*\)/g, ' ')
    .trim();
  const rfc = RFC_5322.exec(text);
  if (rfc) {
    const [, day, month, year, hour, minute, second, zone] = rfc;
    return instant(fullYear(year), monthNumber(month), day, hour, minute, second, zone);
  }
  const iso = ISO_8601.exec(text);
  if (iso) {
    const [, year, month, day, hour, minute, second, zone] = iso;
    return instant(Number(year), Number(month), day, hour, minute, second, zone);
  }
  const asctime = ASCTIME.exec(text);
  if (asctime) {
    const [, month, day, hour, minute, second, zone, year] = asctime;
    return instant(Number(year), monthNumber(month), day, hour, minute, second, zone);
  }
  return null;
}

function monthNumber(name = ''): number {
  return MONTHS.indexOf(name.toLowerCase()) + 1;
}

/** RFC 5322 §4.3: two digits below 50 are of this century, three digits count from 1900. */
function fullYear(digits = ''): number {
  const year = Number(digits);
  if (digits.length === 2) return year < 50 ? 2000 + year : 1900 + year;
  return digits.length === 3 ? 1900 + year : year;
}

function instant(year: number, month: number, day = '', hour = '', minute = '', second = '0', zone = ''): Date | null {
  const seconds = Math.min(Number(second), 59); // a leap second is a valid 60
  const date = new Date(Date.UTC(year, month - 1, Number(day), Number(hour), Number(minute), seconds));
  const exists =
    year >= 1900 &&
    month >= 1 &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === Number(day) &&
    Number(hour) <= 23 &&
    Number(minute) <= 59 &&
    Number(second) <= 60;
  return exists ? new Date(date.getTime() - zoneMinutes(zone) * 60_000) : null;
}

const ZONE_HOURS: Record<string, number> = { EDT: -4, EST: -5, CDT: -5, CST: -6, MDT: -6, MST: -7, PDT: -7, PST: -8 };

/** Minutes east of UTC. RFC 5322 §4.3: a name that says nothing certain counts as `-0000`. */
function zoneMinutes(zone: string): number {
  const numeric = /^([+-])(\d{2}):?(\d{2})$/.exec(zone);
  if (!numeric) return (ZONE_HOURS[zone.toUpperCase()] ?? 0) * 60;
  const [, sign, hours, minutes] = numeric;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
