import type { CalendarInvite } from '../core/inbound-mail.ts';
import { canonicalAddress } from './address.ts';
import { cutText, oneLine } from './clean-text.ts';
import type { AttachedPart } from './mime-parts.ts';

const INVITES_MAX = 20;

/** What the invites in a mail are about (RFC 5545, RFC 6047); the invite itself stays an attachment and is never answered. */
export function readInvites(attached: AttachedPart[]): CalendarInvite[] {
  return attached
    .filter(({ contentType, content }) => contentType === 'text/calendar' && content !== null)
    .slice(0, INVITES_MAX)
    .map(({ content }) => readInvite((content ?? Buffer.of()).toString('utf8')));
}

function readInvite(ics: string): CalendarInvite {
  const lines = ics.replace(/\r?\n[ \t]/g, '').split(/\r?\n/);
  const eventAt = lines.findIndex((line) => /^BEGIN:VEVENT\s*$/i.test(line));
  const event = eventAt === -1 ? [] : lines.slice(eventAt);
  return {
    method: property(lines, 'METHOD').toUpperCase() || 'PUBLISH',
    summary: property(event, 'SUMMARY').replace(/\\n/gi, ' ').replace(/\\(.)/g, '$1'),
    start: dateTime(property(event, 'DTSTART')),
    end: dateTime(property(event, 'DTEND')),
    organizer: canonicalAddress(property(event, 'ORGANIZER').replace(/^mailto:/i, ''))?.address ?? null,
  };
}

/** The value of the first line with this name, whatever its parameters: `DTSTART;TZID="Europe/Berlin":20261123T100000`. */
function property(lines: string[], name: string): string {
  for (const line of lines) {
    if (line.slice(0, name.length).toUpperCase() !== name || !/[:;]/.test(line[name.length] ?? '')) continue;
    const value = /^(?:[^":]|"[^"]*")*:(.*)$/.exec(line.slice(name.length))?.[1] ?? '';
    return cutText(oneLine(value), 500);
  }
  return '';
}

/** ISO 8601 as far as the invite says it: UTC with `Z`, else local time of a zone that is not resolved here. */
function dateTime(value: string): string | null {
  const [, year, month, day, hour, minute, second, utc] =
    /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z)?)?$/.exec(value) ?? [];
  if (year === undefined) return null;
  const date = `${year}-${month}-${day}`;
  return hour === undefined ? date : `${date}T${hour}:${minute}:${second}${utc ?? ''}`;
}
