import {
  endsInAddress,
  hasDate,
  hasVerbBehindOpening,
  isAttribution,
  isNameAndVerb,
  isOpened,
  mayEndAttribution,
} from './attribution-shape.ts';
import { headerLabelAt } from './header-block.ts';
import { fold, type TextLine, withoutMarks, wordsAt } from './lines.ts';

/** An attribution is wrapped over at most this many lines, empty ones inside it counted. */
const LINES_MAX = 7;
const CHARACTERS_MAX = 400;

/** How many lines the attribution that starts here takes; 0 when none does. */
export function attributionLength(lines: TextLine[], at: number): number {
  const first = wordsAt(lines, at);
  if (first.length < 6 || first.length > CHARACTERS_MAX) return 0;
  if (first.startsWith('>')) return isGroupwise(first) ? 1 : 0;
  if (isDatedLine(lines, at) || isNamedLine(lines, at) || isBeforeText(first)) return 1;
  let characters = 0;
  for (let length = 1; length <= LINES_MAX; length++) {
    const line = lines[at + length - 1];
    if (line === undefined) return 0;
    characters += line.words.length + 1;
    if (characters > CHARACTERS_MAX) return 0;
    if (line.words === '' || line.words.startsWith('>')) {
      const isInside = isUnfinished(joinLines(lines, at, at + length - 1));
      if (!isInside && !(line.words === '' && wordsAt(lines, at + length) === '<')) return 0;
    }
    if (!mayEndOn(line)) continue;
    const joined = joinLines(lines, at, at + length);
    if (isAttribution(joined)) return isLaterStart(lines, at, length) ? 0 : length;
    if (/[:：]$/.test(joined)) return isUnknownLanguage(lines, at, at + length, fold(joined)) ? length : 0;
  }
  return 0;
}

function mayEndOn({ words, known }: TextLine): boolean {
  known.mayEndAttribution ??= mayEndAttribution(words);
  return known.mayEndAttribution;
}

/** An address that was broken off inside its brackets goes on below. */
function isUnfinished(joined: string): boolean {
  return joined.split('<').length > joined.split('>').length;
}

/** The line above an attribution is not its beginning only because the text above ran on into it. */
function isLaterStart(lines: TextLine[], at: number, length: number): boolean {
  for (let later = 1; later < length; later++) {
    const above = joinLines(lines, at, at + later);
    const rest = joinLines(lines, at + later, at + length);
    const isBegun = isUnfinished(above) || hasDate(fold(above)) || (isOpened(fold(above)) && /\d/.test(above));
    if (!isBegun && !rest.startsWith('<') && isAttribution(rest)) return true;
  }
  return false;
}

function joinLines(lines: TextLine[], from: number, to: number): string {
  const words = lines.slice(from, to).map((line) => line.words);
  return words.join(' ').replace(/ {2,}/g, ' ');
}

/** A line that only says when, right above quoted lines; or one that lacks its colon above a repeated header. */
function isDatedLine(lines: TextLine[], at: number): boolean {
  const words = wordsAt(lines, at);
  if (words.length > 160 || /[.!?]$/.test(words)) return false;
  let below = at + 1;
  while (below < at + 3 && wordsAt(lines, below) === '') below += 1;
  const isAboveMarked = isMarked(wordsAt(lines, below));
  if (!isAboveMarked && headerLabelAt(lines, below) !== 'from') return false;
  const line = fold(words);
  if (!hasDate(line)) return false;
  if (!isAboveMarked) return hasVerbBehindOpening(line);
  return (isOpened(line) && /\d:\d\d/.test(line)) || (/^\d{4}/.test(line) && endsInAddress(line));
}

/** A line that only says who, right above quoted lines. */
function isNamedLine(lines: TextLine[], at: number): boolean {
  const words = wordsAt(lines, at);
  if (!/[:：]["'*]*$/.test(words)) return false;
  if (!isMarked(wordsAt(lines, wordsAt(lines, at + 1) === '' ? at + 2 : at + 1))) return false;
  return isNameAndVerb(words) || MUTT.test(words);
}

/** `* Karen <karen@x.test> [2026-11-23 10:00 +0100]:` */
const MUTT = /^\* [^[\]]{2,200} \[[^[\]]{6,60}\]:$/;

/** Yahoo's app puts the quoted text on the same line, behind a gap. */
function isBeforeText(words: string): boolean {
  const introduction = /^(.{20,300}?[:：])\s{2,}\S/.exec(words)?.[1];
  return introduction !== undefined && isOpened(fold(introduction)) && isAttribution(introduction);
}

/** Right above quoted lines a date, an address and a colon are enough, whatever the verb is. */
function isUnknownLanguage(lines: TextLine[], at: number, below: number, line: string): boolean {
  if (!hasDate(fold(wordsAt(lines, at))) || !/\d/.test(line.slice(0, 25)) || !/\S@\S/.test(line)) return false;
  return isMarked(wordsAt(lines, wordsAt(lines, below) === '' ? below + 1 : below));
}

function isMarked(words: string): boolean {
  return words.startsWith('>') || words.startsWith('| ');
}

/** GroupWise: `>>> Karen <karen@x.test> 11/23/26 10:00 >>>`. */
function isGroupwise(words: string): boolean {
  return words.startsWith('>>>') && words.endsWith('>>>') && words.length > 12 && hasDate(withoutMarks(words));
}
