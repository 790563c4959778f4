import { attributionLength } from './attribution.ts';
import { isAttribution } from './attribution-shape.ts';
import { headerBlockAt, headerLabelAt } from './header-block.ts';
import { nextWords, type TextLine, withoutMarks, wordsAt } from './lines.ts';
import { isBoundaryLine, isOriginalSeparator } from './separator.ts';

/** A place where earlier mail begins, and how it was known. */
export interface QuoteStart {
  /** `boundary-line`, `attribution`, `original-message`, `repeated-header`, `quoted-lines`, or `markup-…`. */
  rule: string;
  /** The first line that belongs to it. */
  line: number;
  /** The first line behind what introduces it. */
  body: number;
}

/** The first place at or behind this line where earlier mail begins. */
export function nextQuoteStart(lines: TextLine[], from: number): QuoteStart | null {
  for (let at = from; at < lines.length; at++) {
    const start = quoteStartAt(lines, at);
    if (start !== null) return start;
  }
  return null;
}

/** Remembered, because forwards and quotes are looked for in the same lines. */
const STARTS = new WeakMap<TextLine[], (QuoteStart | null | undefined)[]>();

export function quoteStartAt(lines: TextLine[], at: number): QuoteStart | null {
  let starts = STARTS.get(lines);
  if (starts === undefined) {
    starts = [];
    STARTS.set(lines, starts);
  }
  const known = starts[at];
  if (known !== undefined) return known;
  const start = markedStartAt(lines, at) ?? writtenStartAt(lines, at);
  starts[at] = start;
  return start;
}

/** What the markup says begins here, with the line or header that introduces it, in whatever language. */
function markedStartAt(lines: TextLine[], at: number): QuoteStart | null {
  const rule = lines[at]?.quoteMark ?? null;
  if (rule === null) return null;
  const first = nextWords(lines, at);
  const written = writtenStartAt(lines, first);
  if (written !== null) return { rule, line: at, body: written.body };
  const header = endOfLabels(lines, first);
  if (header - first >= LABELS_MIN) return { rule, line: at, body: header };
  // A line above a text is also drawn in designed mail.
  if (rule === 'markup-outlook-border' || first === lines.length) return null;
  return { rule, line: at, body: /[:：]$/.test(wordsAt(lines, first)) ? first + 1 : at };
}

const LABELS_MIN = 3;

function endOfLabels(lines: TextLine[], from: number): number {
  let at = from;
  while (/^[^\s:：][^:：]{0,30}[:：]/.test(wordsAt(lines, at))) at += 1;
  return at;
}

function writtenStartAt(lines: TextLine[], at: number): QuoteStart | null {
  const words = wordsAt(lines, at);
  if (words.length < 4 && !words.startsWith('>')) return null;
  const length = attributionLength(lines, at);
  if (length > 0) return { rule: 'attribution', line: at, body: at + length };
  if (words.startsWith('>')) return { rule: markedRule(lines, at), line: at, body: at };
  if (isBoundaryLine(words)) return { rule: 'boundary-line', line: at, body: at + 1 };
  if (isOriginalSeparator(words)) return { rule: 'original-message', line: at, body: at + 1 };
  const header = headerBlockAt(lines, at);
  if (header !== null) return { rule: 'repeated-header', line: ruleAbove(lines, at), body: header.end };
  return labelledAttributionAt(lines, at);
}

/** Apple's programs quote the line that introduces the quote, too. */
function markedRule(lines: TextLine[], at: number): string {
  const words = wordsAt(lines, at);
  if (isBoundaryLine(words)) return 'boundary-line';
  const first = withoutMarks(words);
  const isIntroduced = isAttribution(first) || isAttribution(`${first} ${withoutMarks(wordsAt(lines, at + 1))}`);
  return isIntroduced ? 'attribution' : 'quoted-lines';
}

/** Yandex writes to whom and about what above the line that says who wrote and when. */
function labelledAttributionAt(lines: TextLine[], at: number): QuoteStart | null {
  if (headerLabelAt(lines, at) !== 'to') return null;
  let below = at + 1;
  while (below < at + LABELS_MIN && headerLabelAt(lines, below) !== null) below += 1;
  const length = attributionLength(lines, below);
  return length === 0 ? null : { rule: 'attribution', line: ruleAbove(lines, at), body: below + length };
}

/** The line that Outlook draws above the header belongs to it. */
function ruleAbove(lines: TextLine[], at: number): number {
  let above = at - 1;
  while (lines[above]?.words === '') above -= 1;
  return /^[_=-]{4,}$/.test(wordsAt(lines, above)) ? above : at;
}
