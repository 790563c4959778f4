import type { ForwardedMail } from '../../core/inbound-mail.ts';
import { readAddresses } from '../address.ts';
import { oneLine } from '../clean-text.ts';
import { readDate } from '../date.ts';
import { FORWARD_SUBJECT, QUOTE_LANGUAGES } from './languages.ts';
import { nextWords, type TextLine } from './lines.ts';
import { bareWords, firstQuoteStart, readLabel } from './quote-start.ts';

/** A repeated header is no longer than this, folded recipients included. */
const HEADER_LINES_MAX = 40;

const FROM_LABELS = labels('from');
const DATE_LABELS = labels('date');
const SUBJECT_LABELS = labels('subject');

function labels(field: 'from' | 'date' | 'subject'): Set<string> {
  return new Set(QUOTE_LANGUAGES.flatMap(({ headerLabels }) => headerLabels[field]));
}

/**
 * The mail that was passed on inside this text, as far as it can be told apart: below a line that says so, or below a
 * repeated header when the subject says so. Who wrote it is the claim of whoever passed it on (AG-13).
 */
export function readForwarded(text: string, lines: TextLine[], subject: string): ForwardedMail | null {
  const header = findForwardedHeader(lines, subject);
  if (header === null) return null;
  const isQuoted = lines[header]?.words.startsWith('>') ?? false;
  const unquoted = (line: string) => (isQuoted ? line.replace(/^> ?/, '') : line);

  const fields = new Map<string, string>();
  let at = header;
  for (; at < Math.min(lines.length, header + HEADER_LINES_MAX); at++) {
    const words = unquoted(lines[at]?.words ?? '').trim();
    if (words === '') break;
    const field = readLabel(words);
    if (field !== null && !fields.has(field.label)) fields.set(field.label, field.value);
  }
  const value = (names: Set<string>) => [...fields].find(([label]) => names.has(label))?.[1] ?? '';
  const from = value(FROM_LABELS);
  if (from === '') return null;
  return {
    from: readAddresses([from], 1).addresses[0] ?? null,
    date: readDate(value(DATE_LABELS)),
    subject: oneLine(value(SUBJECT_LABELS)),
    text: lines
      .slice(at)
      .map((line) => unquoted(text.slice(line.from, line.to)))
      .join('')
      .trim(),
  };
}

/**
 * The line that says a mail was passed on, such as Gmail's `---------- Forwarded message ---------`. Below the start of a
 * quote it belongs to that quote. Apple quotes the line itself.
 */
export function findForwardLine(lines: TextLine[]): number | null {
  const found = lines.findIndex(({ words }) => isForwardLine(words));
  if (found === -1) return null;
  const quote = firstQuoteStart(lines.slice(0, found));
  return quote === null ? found : null;
}

/** Looked at by its length first: finding its words takes the square of it. */
function isForwardLine(words: string): boolean {
  return words.length <= FORWARD_CHARACTERS_MAX && /[-:]$/.test(words) && FORWARDS.has(bareWords(words));
}

const FORWARD_CHARACTERS_MAX = 200;
const FORWARDS = new Set(QUOTE_LANGUAGES.flatMap(({ forwards }) => forwards));

export function isForwardSubject(subject: string): boolean {
  return FORWARD_SUBJECT.test(subject);
}

/** The first line of the forwarded mail's header. */
function findForwardedHeader(lines: TextLine[], subject: string): number | null {
  const line = findForwardLine(lines);
  if (line !== null) return firstHeaderLine(lines, line + 1);
  if (!isForwardSubject(subject)) return null;
  const start = firstQuoteStart(lines);
  if (start?.rule === 'repeated-header') return start.body - 1;
  return start?.rule === 'original-message' ? nextWords(lines, start.body) : null;
}

/** Past the empty lines, and past those that are empty but for the `>` of a quote. */
function firstHeaderLine(lines: TextLine[], from: number): number {
  let at = from;
  while (at < lines.length && /^>?$/.test(lines[at]?.words ?? '')) at += 1;
  return at;
}
