import { QUOTE_LANGUAGES } from './languages.ts';
import type { TextLine } from './lines.ts';

/** A place where earlier mail begins, and how it was known. */
export interface QuoteStart {
  rule: 'boundary-line' | 'attribution' | 'original-message' | 'repeated-header' | 'quoted-lines';
  /** The first line that belongs to it. */
  line: number;
  /** The first line behind what introduces it. */
  body: number;
}

/** An attribution is wrapped over at most this many lines. */
const ATTRIBUTION_LINES_MAX = 3;
const ATTRIBUTION_CHARACTERS_MAX = 400;
const HEADER_LINES_MAX = 8;

const SEPARATORS = new Set(QUOTE_LANGUAGES.flatMap(({ separators }) => separators));
const BOUNDARIES = new Set(QUOTE_LANGUAGES.flatMap(({ boundaries }) => boundaries));
const BOUNDARY_CHARACTERS_MAX = 20 + Math.max(...[...BOUNDARIES].map((line) => line.length));
const ATTRIBUTIONS = QUOTE_LANGUAGES.flatMap(({ attributions }) => attributions);

/** The first place in these lines where earlier mail begins. */
export function firstQuoteStart(lines: TextLine[]): QuoteStart | null {
  for (let at = 0; at < lines.length; at++) {
    const start = quoteStartAt(lines, at);
    if (start !== null) return start;
  }
  return null;
}

export function quoteStartAt(lines: TextLine[], at: number): QuoteStart | null {
  const words = lines[at]?.words ?? '';
  if (words.startsWith('>')) return { rule: isBoundary(words) ? 'boundary-line' : 'quoted-lines', line: at, body: at };
  if (words.length < 4) return null;
  if (isBoundary(words)) return { rule: 'boundary-line', line: at, body: at + 1 };
  if (isSeparator(words)) return { rule: 'original-message', line: at, body: at + 1 };
  if (isRepeatedHeader(lines, at)) return { rule: 'repeated-header', line: ruleAbove(lines, at), body: at + 1 };
  const length = attributionLength(lines, at);
  return length === 0 ? null : { rule: 'attribution', line: at, body: at + length };
}

/** Our own line, which a mail program may have put behind `>` or between other signs. */
function isBoundary(words: string): boolean {
  return words.length <= BOUNDARY_CHARACTERS_MAX && BOUNDARIES.has(bareWords(words));
}

function isSeparator(words: string): boolean {
  return /^\*?--/.test(words) && words.length < 80 && SEPARATORS.has(bareWords(words));
}

/** Without the signs around them, in lower case. */
export function bareWords(words: string): string {
  return words.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '').toLowerCase();
}

/** How many lines the attribution that starts here takes; 0 when none does. */
function attributionLength(lines: TextLine[], at: number): number {
  let joined = '';
  for (let length = 1; length <= ATTRIBUTION_LINES_MAX; length++) {
    const words = lines[at + length - 1]?.words ?? '';
    if (words === '' || words.startsWith('>')) return 0;
    joined = joined === '' ? words : `${joined} ${words}`;
    if (joined.length > ATTRIBUTION_CHARACTERS_MAX) return 0;
    if (words.endsWith(':')) return isAttribution(joined) ? length : 0;
  }
  return 0;
}

/** It names a day or a time besides its verb; `On page 3 you wrote:` in a sentence does not. */
function isAttribution(joined: string): boolean {
  return DAY_OR_TIME.test(joined) && ATTRIBUTIONS.some((pattern) => pattern.test(joined));
}

const DAY_OR_TIME = /\b(?:19|20)\d\d\b|\d{1,2}[:.h]\d\d|\d{1,2}[/.-]\d{1,2}[/.-]\d\d/;

/** `From:` with two more labels of the same language on the lines below it, as Outlook repeats the header. */
function isRepeatedHeader(lines: TextLine[], at: number): boolean {
  const label = readLabel(lines[at]?.words ?? '')?.label;
  if (label === undefined || !FROM_LABELS.has(label)) return false;
  const below = new Set(lines.slice(at + 1, at + HEADER_LINES_MAX).map(({ words }) => readLabel(words)?.label));
  return QUOTE_LANGUAGES.some(({ headerLabels: { from, date, subject, others } }) => {
    const found = [...date, ...subject, ...others].filter((other) => below.has(other));
    return from.includes(label) && found.length >= 2;
  });
}

const FROM_LABELS = new Set(QUOTE_LANGUAGES.flatMap(({ headerLabels }) => headerLabels.from));

/** `*Subject:* Hello` as `subject` and `Hello`: in text read from HTML the labels may still carry their stars. */
export function readLabel(words: string): { label: string; value: string } | null {
  const colon = words.indexOf(':');
  if (colon < 1 || colon > LABEL_CHARACTERS_MAX) return null;
  const label = words.slice(0, colon).replaceAll('*', '').trim().toLowerCase();
  return {
    label,
    value: words
      .slice(colon + 1)
      .replace(/^\*/, '')
      .trim(),
  };
}

const LABEL_CHARACTERS_MAX = 24;

/** The line that Outlook draws above the header belongs to it. */
function ruleAbove(lines: TextLine[], at: number): number {
  let above = at - 1;
  while (lines[above]?.words === '') above -= 1;
  return /^[_-]{5,}$/.test(lines[above]?.words ?? '') ? above : at;
}
