import { ATTRIBUTION_LANGUAGES } from './languages/attributions.ts';
import { fold } from './lines.ts';

/** Below these an attribution that begins with a name has no room for a sentence. */
const NAME_CHARACTERS_MAX = 90;
const NAME_WORDS_MAX = 7;
const DATE_CHARACTERS_MAX = 70;
const VERBS_MAX = 8;

const LANGUAGES = ATTRIBUTION_LANGUAGES.map(({ opens, verbs }) => ({ opens: opens.map(fold), verbs: verbs.map(fold) }));
const OPENERS = byFirstWord(LANGUAGES.flatMap(({ opens }) => opens));
const VERBS = byFirstWord(LANGUAGES.flatMap(({ verbs }) => verbs));
const ALL_VERBS = [...VERBS.values()].flat();
const VERB_ENDS = new Set(ALL_VERBS.map((verb) => verb.slice(verb.lastIndexOf(' ') + 1)));

/** Of scripts that do not put spaces between words. */
const UNSPACED = /[\u0e00-\u0eff\u1100-\uffff]/;
const UNSPACED_VERBS = ALL_VERBS.filter((verb) => UNSPACED.test(verb));

function byFirstWord(phrases: string[]): Map<string, string[]> {
  return Map.groupBy(new Set(phrases), (phrase) => phrase.split(' ')[0] ?? '');
}

interface FoundVerb {
  verb: string;
  at: number;
}

/**
 * Whether a line, joined from those it was wrapped over, introduces a quote: an opening word, a date or a name, what that
 * person did, a date or an address as evidence, and most often a colon at the end.
 */
export function isAttribution(joined: string): boolean {
  const line = fold(joined)
    .replace(/^[\s*"'|–—-]+/, '')
    .replace(/^original message-+/, '')
    .replace(/ >/g, '>');
  const end = /[\s*_-]*[:：]?[\s*_-]*$/.exec(line.slice(-12))?.[0] ?? '';
  const body = line.slice(0, line.length - end.length);
  if (body.length < 6 || !(hasDate(body) || body.includes('@'))) return false;
  const verbs = verbsIn(body);
  if (!/[:：]/.test(end)) {
    return isGmailWithoutVerb(body) || (isOpened(body) && hasDate(body) && verbAtEnd(body, verbs) !== null);
  }
  return (
    isDateAndAddress(body) ||
    endsInVerb(body, verbs) ||
    hasVerbBehindOpening(body, verbs) ||
    hasVerbBeforeDate(body, verbs) ||
    hasVerbBetweenDateAndAddress(body, verbs)
  );
}

const NAME_ALONE_WORDS_MAX = 6;
const PRONOUN =
  /^(?:i|you|he|she|it|we|they|who|ich|du|er|sie|wir|ihr|es|je|tu|il|elle|on|nous|vous|ils|elles|yo|ella|lui|lei|hij|zij|han|hun|hon)$/;

/**
 * Right above quoted lines a name and a verb are enough: `Karen Customer wrote:`, `On Monday, Karen wrote:`, `Quoting Karen:`. Small letters
 * in between are a sentence of the writer's own, and so is a pronoun.
 */
export function isNameAndVerb(words: string): boolean {
  const quoting = /^Quoting (\S.{0,100}):$/.exec(words)?.[1];
  const body = /^["'*]*(\S.{1,100}?)\s?[:：]["'*]*$/.exec(words)?.[1] ?? '';
  const verb = quoting === undefined ? verbAtEnd(fold(body), verbsIn(fold(body))) : '';
  if (verb === null) return false;
  const all = (quoting ?? body).split(/\s+/);
  const before = all.slice(isOpened(fold(words)) ? 1 : 0, verb === '' ? all.length : -verb.split(' ').length);
  if (before.length === 0 || before.length > NAME_ALONE_WORDS_MAX) return false;
  return !PRONOUN.test(fold(before.join(' '))) && before.every((word) => !/^\p{Ll}/u.test(word) || word.includes('@'));
}

/** Most lines neither end in a colon nor in a verb, so that no attribution ends on them. */
export function mayEndAttribution(words: string): boolean {
  if (words.endsWith(':') || words.endsWith('：')) return true;
  if (/^\d{4}-\d\d-\d\d \d/.test(words)) return true;
  const bare = words.slice(-40).replace(/[\s*_-]{1,8}$/, '');
  return bare.endsWith(':') || VERB_ENDS.has(fold(bare.slice(bare.lastIndexOf(' ') + 1)));
}

/** `Am 23.11.2026 schrieb Karen`: behind the opening word of a language, a verb of that language. */
export function hasVerbBehindOpening(body: string, verbs: FoundVerb[] = verbsIn(body)): boolean {
  if (verbs.length === 0 || !isOpened(body) || !hasDate(body)) return false;
  const found = new Set(verbs.map(({ verb }) => verb));
  return LANGUAGES.some(
    (language) =>
      language.verbs.some((verb) => found.has(verb)) && language.opens.some((open) => startsWithWord(body, open)),
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

function endsInVerb(body: string, verbs: FoundVerb[]): boolean {
  const verb = verbAtEnd(body, verbs);
  if (verb === null) return false;
  const before = body.slice(0, body.length - verb.length).trimEnd();
  if ((isOpened(body) || /\d/.test(body.slice(0, 25))) && hasDate(before)) return true;
  if (endsInAddress(before)) return isNameUpTo(before, before.length);
  if (!hasDate(before) || !before.includes('@')) return false;
  // Right-to-left and East Asian lines begin with words of their own before the date, Turkish ones with the name.
  return /[\u0250-\uffff]/.test(verb) || isNameUpTo(before, before.indexOf('@'));
}

/** `Karen <karen@x.test> schrieb am Mo., 23. Nov. 2026, 10:00`. */
function hasVerbBeforeDate(body: string, verbs: FoundVerb[]): boolean {
  return verbs.some(({ verb, at }) => {
    if (at < 1) return false;
    const after = body.slice(at + verb.length);
    // `As I wrote on 3 May 2026:` is a sentence: a name alone needs the time of day besides.
    const isSure = /\d[:.h]\d\d/.test(after) || body.slice(0, at).includes('@');
    return after.length <= DATE_CHARACTERS_MAX && hasDate(after) && isSure && isNameUpTo(body, at);
  });
}

/** `man. 23. nov. 2026 kl. 10:00 skrev Karen <karen@x.test>`. */
function hasVerbBetweenDateAndAddress(body: string, verbs: FoundVerb[]): boolean {
  if (!/\d/.test(body.slice(0, 25)) || !endsInAddress(body)) return false;
  return verbs.some(({ at }) => hasDate(body.slice(0, at)));
}

function isNameUpTo(body: string, to: number): boolean {
  return to <= NAME_CHARACTERS_MAX && body.slice(0, to).trim().split(/\s+/).length <= NAME_WORDS_MAX;
}

/** The longest verb that the line ends in. */
function verbAtEnd(body: string, verbs: FoundVerb[]): string | null {
  const ends = verbs.filter(({ verb, at }) => at + verb.length === body.length).map(({ verb }) => verb);
  return ends.sort((one, other) => other.length - one.length)[0] ?? null;
}

const WORD = /[^\s,;:："<>„“”«»，、]+/g;

/** The first verbs of any language in the line, and where. */
function verbsIn(body: string): FoundVerb[] {
  const found: FoundVerb[] = [];
  for (const { 0: word, index } of body.matchAll(WORD)) {
    for (const verb of VERBS.get(word) ?? []) {
      if (body.startsWith(verb, index) && isBoundary(body, index + verb.length)) found.push({ verb, at: index });
    }
    if (found.length >= VERBS_MAX) break;
  }
  if (!UNSPACED.test(body)) return found;
  for (const verb of UNSPACED_VERBS) {
    const at = body.lastIndexOf(verb);
    if (at !== -1) found.push({ verb, at });
  }
  return found;
}

/** Whether a folded line begins with what attributions begin with in some language. */
export function isOpened(line: string): boolean {
  const opens = OPENERS.get(line.split(' ', 1)[0] ?? '') ?? [];
  return opens.some((open) => startsWithWord(line, open));
}

const DATE = /(?:19|20)\d\d|\d{1,2}[:.h]\d\d|\d{1,4}[./-] ?\d{1,2}[./-] ?\d{1,4}/;

/** Looked for in a folded line. */
export function hasDate(line: string): boolean {
  return DATE.test(line);
}

export function endsInAddress(body: string): boolean {
  const last = body.slice(body.lastIndexOf(' ') + 1);
  return last.includes('@') && last.indexOf('@') < last.length - 3;
}

function startsWithWord(line: string, word: string): boolean {
  return line.startsWith(word) && isBoundary(line, word.length);
}

/** Whether no alphabet's word runs on across this place; ideographs stand beside each other without spaces. */
function isBoundary(line: string, at: number): boolean {
  return !(ALPHABETIC.test(line[at - 1] ?? ' ') && ALPHABETIC.test(line[at] ?? ' '));
}

const ALPHABETIC = /[a-z\u00df-\u024f\u0370-\u07ff]/;
