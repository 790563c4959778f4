import { headerLabelOf } from './header-block.ts';
import { ATTRIBUTION_LANGUAGES } from './languages/attributions.ts';
import { fold, type TextLine, withoutMarks, wordsAt } from './lines.ts';

/** An attribution is wrapped over at most this many lines, empty ones inside it counted. */
const LINES_MAX = 7;
const CHARACTERS_MAX = 400;

/** Below these an attribution that begins with a name has no room for a sentence. */
const NAME_CHARACTERS_MAX = 90;
const NAME_WORDS_MAX = 7;
const DATE_CHARACTERS_MAX = 70;

const LANGUAGES = ATTRIBUTION_LANGUAGES.map(({ opens, verbs }) => ({ opens: opens.map(fold), verbs: verbs.map(fold) }));
const OPENERS = byFirstWord(LANGUAGES.flatMap(({ opens }) => opens));
const VERBS = byFirstWord(LANGUAGES.flatMap(({ verbs }) => verbs));
const VERB_ENDS = new Set([...VERBS.values()].flat().map((verb) => verb.slice(verb.lastIndexOf(' ') + 1)));
/** Of scripts that do not put spaces between words. */
const UNSPACED_VERBS = [...VERBS.values()].flat().filter((verb) => /[\u0e00-\u0eff\u1100-\uffff]/.test(verb));

function byFirstWord(phrases: string[]): Map<string, string[]> {
  return Map.groupBy(new Set(phrases), (phrase) => phrase.split(' ')[0] ?? '');
}

/**
 * How many lines the attribution that starts here takes; 0 when none does. It is known by its shape: an opening word or
 * a date or the name, what that person did, a date or an address as evidence, and most often a colon at the end.
 */
export function attributionLength(lines: TextLine[], at: number): number {
  const first = wordsAt(lines, at);
  if (first.length < 6 || first.length > CHARACTERS_MAX) return 0;
  if (first.startsWith('>')) return isGroupwise(first) ? 1 : 0;
  if (isDatedLine(lines, at)) return 1;
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

/** Remembered, because a line is the end of what may start on any of the lines above it. */
const ENDS = new WeakMap<TextLine, boolean>();

function mayEndOn(line: TextLine): boolean {
  const known = ENDS.get(line);
  if (known !== undefined) return known;
  const mayEnd = mayEndIn(line.words);
  ENDS.set(line, mayEnd);
  return mayEnd;
}

/** Most lines neither end in a colon nor in a verb: nothing more has to be looked at. */
function mayEndIn(words: string): boolean {
  if (words.endsWith(':') || words.endsWith('：')) return true;
  if (words.length > 16 && /^\d{4}-\d\d-\d\d \d/.test(words)) return true;
  const bare = words.slice(-40).replace(/[\s*_-]{1,8}$/, '');
  return bare.endsWith(':') || VERB_ENDS.has(fold(bare.slice(bare.lastIndexOf(' ') + 1)));
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
  return lines
    .slice(from, to)
    .map(({ words }) => words)
    .join(' ')
    .replace(/ {2,}/g, ' ');
}

/** Whether a line, joined from those it was wrapped over, has the shape. */
function isAttribution(joined: string): boolean {
  const line = fold(joined)
    .replace(/^[\s*"'|–—-]+/, '')
    .replace(/^original message-+/, '')
    .replace(/ >/g, '>');
  const end = /[\s*_-]*[:：]?[\s*_-]*$/.exec(line.slice(-12))?.[0] ?? '';
  const body = line.slice(0, line.length - end.length);
  if (body.length < 6) return false;
  const hasColon = /[:：]/.test(end);
  if (!hasColon) return isGmailWithoutVerb(body) || (isOpened(body) && hasDate(body) && verbAtEnd(body) !== null);
  return (
    isDateAndAddress(body) ||
    endsInVerb(body) ||
    hasVerbBehindOpening(body) ||
    hasVerbBeforeDate(body) ||
    hasVerbBetweenDateAndAddress(body)
  );
}

/** Gmail of ten years ago, in no language: `2014-05-23 16:32 GMT+04:00 Karen`. */
function isGmailWithoutVerb(body: string): boolean {
  return body.length < 120 && /^\d{4}-\d\d-\d\d \d\d:\d\d gmt[+-]\d\d:\d\d \S/.test(body);
}

/** Yandex, phones, Gmail in some languages: a date, a name and an address, and no verb. */
function isDateAndAddress(body: string): boolean {
  return /\d/.test(body.slice(0, 20)) && hasDate(body) && endsInAddress(body);
}

function endsInVerb(body: string): boolean {
  const verb = verbAtEnd(body);
  if (verb === null) return false;
  const before = body.slice(0, body.length - verb.length).trimEnd();
  if ((isOpened(body) || /\d/.test(body.slice(0, 25))) && hasDate(before)) return true;
  if (endsInAddress(before)) return isNameUpTo(before, before.length);
  if (!hasDate(before) || !before.includes('@')) return false;
  // Right-to-left and East Asian lines begin with words of their own before the date, Turkish ones with the name.
  return /[\u0250-\uffff]/.test(verb) || isNameUpTo(before, before.indexOf('@'));
}

/** `Am 23.11.2026 schrieb Karen`: behind the opening word of a language, a verb of that language. */
function hasVerbBehindOpening(body: string): boolean {
  if (!isOpened(body) || !hasDate(body)) return false;
  const found = new Set(verbsIn(body).map(({ verb }) => verb));
  return LANGUAGES.some(
    ({ opens, verbs }) => verbs.some((verb) => found.has(verb)) && opens.some((open) => startsWithWord(body, open)),
  );
}

/** `Karen <karen@x.test> schrieb am Mo., 23. Nov. 2026, 10:00`. */
function hasVerbBeforeDate(body: string): boolean {
  return verbsIn(body).some(({ verb, at }) => {
    if (at < 1) return false;
    const after = body.slice(at + verb.length);
    // `As I wrote on 3 May 2026:` is a sentence: a name alone needs the time of day besides.
    const isSure = hasTime(after) || body.slice(0, at).includes('@');
    return after.length <= DATE_CHARACTERS_MAX && hasDate(after) && isSure && isNameUpTo(body, at);
  });
}

/** `man. 23. nov. 2026 kl. 10:00 skrev Karen <karen@x.test>`. */
function hasVerbBetweenDateAndAddress(body: string): boolean {
  if (!/\d/.test(body.slice(0, 25)) || !endsInAddress(body)) return false;
  return verbsIn(body).some(({ at }) => hasDate(body.slice(0, at)));
}

function isNameUpTo(body: string, to: number): boolean {
  return to <= NAME_CHARACTERS_MAX && body.slice(0, to).trim().split(/\s+/).length <= NAME_WORDS_MAX;
}

/** The longest verb that the line ends in. */
function verbAtEnd(body: string): string | null {
  const ends = verbsIn(body).filter(({ verb, at }) => at + verb.length === body.length);
  return ends.reduce<string | null>(
    (longest, { verb }) => (verb.length > (longest?.length ?? 0) ? verb : longest),
    null,
  );
}

/** Every verb of every language in the line, and where. */
function verbsIn(body: string): { verb: string; at: number }[] {
  const found: { verb: string; at: number }[] = [];
  for (const { 0: word, index } of body.matchAll(WORD)) {
    for (const verb of VERBS.get(word) ?? []) {
      if (body.startsWith(verb, index) && isBoundary(body, index + verb.length)) found.push({ verb, at: index });
    }
  }
  if (!UNSPACED.test(body)) return found;
  for (const verb of UNSPACED_VERBS) {
    const at = body.lastIndexOf(verb);
    if (at !== -1) found.push({ verb, at });
  }
  return found;
}

const WORD = /[^\s,;:："<>„“”«»，、]+/g;
const UNSPACED = /[\u0e00-\u0eff\u1100-\uffff]/;

function isOpened(line: string): boolean {
  const opens = OPENERS.get(line.split(' ', 1)[0] ?? '') ?? [];
  return opens.some((open) => startsWithWord(line, open));
}

/** A line that only says when, right above quoted lines; or one that lacks its colon above a repeated header. */
function isDatedLine(lines: TextLine[], at: number): boolean {
  const words = wordsAt(lines, at);
  if (words.length > 160 || /[.!?]$/.test(words)) return false;
  let below = at + 1;
  while (below < at + 3 && wordsAt(lines, below) === '') below += 1;
  const next = wordsAt(lines, below);
  const isAboveMarked = isMarkedBelow(next);
  if (!isAboveMarked && headerLabelOf(next) !== 'from') return false;
  const line = fold(words);
  if (!hasDate(line)) return false;
  if (!isAboveMarked) return hasVerbBehindOpening(line);
  return (isOpened(line) && /\d:\d\d/.test(line)) || (/^\d{4}/.test(line) && endsInAddress(line));
}

/** Right above quoted lines a date, an address and a colon are enough, whatever the verb is. */
function isUnknownLanguage(lines: TextLine[], at: number, below: number, line: string): boolean {
  if (!hasDate(fold(wordsAt(lines, at))) || !/\d/.test(line.slice(0, 25)) || !/\S@\S/.test(line)) return false;
  return isMarkedBelow(wordsAt(lines, wordsAt(lines, below) === '' ? below + 1 : below));
}

function isMarkedBelow(words: string): boolean {
  return words.startsWith('>') || words.startsWith('| ');
}

/** GroupWise: `>>> Karen <karen@x.test> 11/23/26 10:00 >>>`. */
function isGroupwise(words: string): boolean {
  return words.startsWith('>>>') && words.endsWith('>>>') && words.length > 12 && hasDate(withoutMarks(words));
}

const DATE = /(?:19|20)\d\d|\d{1,2}[:.h]\d\d|\d{1,4}[./-] ?\d{1,2}[./-] ?\d{1,4}/;

/** Looked for in a folded line. */
function hasDate(line: string): boolean {
  return DATE.test(line);
}

function hasTime(line: string): boolean {
  return /\d[:.h]\d\d/.test(line);
}

function endsInAddress(body: string): boolean {
  const last = body.slice(body.lastIndexOf(' ') + 1);
  return last.includes('@') && last.indexOf('@') < last.length - 3;
}

function startsWithWord(line: string, word: string): boolean {
  return line.startsWith(word) && isBoundary(line, word.length);
}

/** Whether no alphabet's word runs on across this place; ideographs stand beside each other without spaces. */
function isBoundary(line: string, at: number): boolean {
  const before = line[at - 1] ?? ' ';
  const after = line[at] ?? ' ';
  return !(ALPHABETIC.test(before) && ALPHABETIC.test(after));
}

const ALPHABETIC = /[a-z\u00df-\u024f\u0370-\u07ff]/;
