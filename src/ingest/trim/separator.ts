import { SEPARATOR_LANGUAGES } from './languages/separators.ts';
import { fold, withoutMarks } from './lines.ts';

const ORIGINALS = new Set(SEPARATOR_LANGUAGES.flatMap(({ original }) => original.map(fold)));
const FORWARDS = new Set(SEPARATOR_LANGUAGES.flatMap(({ forwarded }) => forwarded.map(fold)));
const BOUNDARIES = new Set(SEPARATOR_LANGUAGES.flatMap(({ boundaries }) => boundaries.map(fold)));
/** Every line of every text is asked about: most are done with after their first word. */
const BOUNDARY_WORDS = new Set(['in', ...[...BOUNDARIES].map(firstWord)]);
const SUBJECTS = new Set(SEPARATOR_LANGUAGES.flatMap(({ subjects }) => subjects.map(fold)));

const CHARACTERS_MAX = 120;

/** `-----Original Message-----`, in any language; some programs write the header behind it on the same line. */
export function isOriginalSeparator(words: string): boolean {
  const between = betweenDashes(words);
  return between !== null && ORIGINALS.has(between);
}

/** `---------- Forwarded message ---------` or `Begin forwarded message:`. */
export function isForwardSeparator(words: string): boolean {
  const line = withoutMarks(words);
  const between = betweenDashes(line);
  if (between !== null) return FORWARDS.has(between) || between.split(/\s*[-/]+\s*/).some((part) => FORWARDS.has(part));
  return line.length < CHARACTERS_MAX && /[:：]$/.test(line) && FORWARDS.has(bare(line));
}

/** The line we write into our own mail, which a mail program may have put behind `>` or between other signs. */
export function isBoundaryLine(words: string): boolean {
  if (words.length > CHARACTERS_MAX || !BOUNDARY_WORDS.has(firstWord(words))) return false;
  return BOUNDARIES.has(bare(words)) || fold(words) === 'in reply to:';
}

/** `Fwd: banking`, also behind our own or a list's `[tag]`. */
export function isForwardSubject(subject: string): boolean {
  const start = subject.slice(0, 200).replace(/^(?:\s*\[[^\][]{0,60}\])*/, '');
  const colon = start.search(/[:：]/);
  return colon > 0 && colon < 24 && SUBJECTS.has(fold(start.slice(0, colon)).trim());
}

/** The folded words between a run of dashes at the start of the line and the next; null when there are none. */
function betweenDashes(words: string): string | null {
  const lead = /^(?:<div>)?\*?-{2,}\s*/.exec(words)?.[0];
  if (lead === undefined) return null;
  const line = words.slice(0, CHARACTERS_MAX);
  const end = line.indexOf('--', lead.length);
  if (end === -1) return null;
  return fold(line.slice(lead.length, end))
    .replace(/[\s:*-]+$/, '')
    .trim();
}

function firstWord(words: string): string {
  const word = /\p{L}{1,20}/u.exec(words.slice(0, 40))?.[0] ?? '';
  return fold(word);
}

function bare(words: string): string {
  return fold(words).replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
}
