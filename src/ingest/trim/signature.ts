import { CLOSING_LANGUAGES } from './languages/closings.ts';
import { DISCLAIMER_LANGUAGES } from './languages/disclaimers.ts';
import { fold, hasWords, nextWords, type TextLine, wordsAt } from './lines.ts';

/** Lines `from` up to, not including, `to` at or near the end of a text. */
export interface Signature {
  rule:
    | 'markup-signature'
    | 'signature-line'
    | 'signature-rule'
    | 'sent-from'
    | 'sign-off'
    | 'below-sign-off'
    | 'disclaimer'
    | 'trailing-rule';
  certain: boolean;
  from: number;
  to: number;
}

/** More lines under a `-- ` line are more than a signature. */
const LINES_MAX = 30;
/** Under a line drawn with other signs, which people also draw inside their text. */
const RULED_LINES_MAX = 15;
const SIGN_OFF_LINES_MAX = 16;

const SIGN_OFFS = new Set(CLOSING_LANGUAGES.flatMap(({ signOffs }) => signOffs.map(fold)));
const THANKS = new Set(CLOSING_LANGUAGES.flatMap(({ thanks }) => thanks.map(fold)));
const DISCLAIMERS = DISCLAIMER_LANGUAGES.flatMap(({ starts }) => starts);
const SENT_FROM = [...new Set(CLOSING_LANGUAGES.flatMap(({ sentFrom }) => sentFrom.map(fold)))];
const SENT_FROM_WORDS = new Set(SENT_FROM.map((start) => start.split(' ', 1)[0]));

/** What ends this text and is no part of its message; the lowest such piece, or null. */
export function findSignature(text: string, lines: TextLine[]): Signature | null {
  return (
    findMarkedSignature(lines) ??
    findTrailingRule(lines) ??
    findSignatureLine(text, lines) ??
    findSentFrom(lines) ??
    findRuledSignature(lines) ??
    findDisclaimer(lines) ??
    findSignOff(lines)
  );
}

function findMarkedSignature(lines: TextLine[]): Signature | null {
  const from = lines.findIndex(({ isSignature, words }) => isSignature && words !== '');
  if (from === -1) return null;
  let to = from;
  while (lines[to]?.isSignature) to += 1;
  return { rule: 'markup-signature', certain: true, from, to };
}

/** RFC 3676 §4.3. Most programs send `-- ` as it should be; some lose the space on the way. */
function findSignatureLine(text: string, lines: TextLine[]): Signature | null {
  for (let at = lines.length - 1; at >= Math.max(0, lines.length - LINES_MAX); at--) {
    const line = lines[at];
    if (line?.words !== '--') continue;
    return { rule: 'signature-line', certain: text.startsWith('-- ', line.from), from: at, to: lines.length };
  }
  return null;
}

/** Lines of dashes and the like, or the sign a tracking program leaves, with nothing below them. */
function findTrailingRule(lines: TextLine[]): Signature | null {
  let from = lines.length;
  let rules = 0;
  while (from > 0 && /^(?:[-*#~=_+ᐧ—\s]*)$/.test(wordsAt(lines, from - 1))) {
    from -= 1;
    if (wordsAt(lines, from) !== '') rules += 1;
  }
  while (wordsAt(lines, from) === '' && from < lines.length) from += 1;
  if (rules === 0 || !hasWords(lines, 0, from)) return null;
  return { rule: 'trailing-rule', certain: false, from, to: lines.length };
}

/** What a company hangs below every mail: the last paragraph, which begins as nobody's own does. */
function findDisclaimer(lines: TextLine[]): Signature | null {
  let from = lastWords(lines);
  const isRule = (at: number) => /^[\s*_=-]{3,}$/.test(wordsAt(lines, at));
  while (from > 0 && wordsAt(lines, from - 1) !== '' && !isRule(from)) from -= 1;
  if (from <= 0 || !hasWords(lines, 0, from)) return null;
  const start = fold(wordsAt(lines, isRule(from) ? from + 1 : from).slice(0, 80)).replace(/^[\s*_-]+/, '');
  if (!DISCLAIMERS.some((words) => start.startsWith(words))) return null;
  return { rule: 'disclaimer', certain: false, from, to: lines.length };
}

/** A line drawn with underscores, dots or stars, and not much below it. */
function findRuledSignature(lines: TextLine[]): Signature | null {
  let below = 0;
  for (let at = lines.length - 1; at >= 0 && below <= RULED_LINES_MAX; at--) {
    const words = wordsAt(lines, at);
    if (/^(?:_{2,}|—{3,}|\*{0,2}(?:\. ?){5,}\*{0,2}|(?:\* ){2}\*)$/.test(words)) {
      return below > 0 && hasWords(lines, 0, at)
        ? { rule: 'signature-rule', certain: false, from: at, to: lines.length }
        : null;
    }
    if (words !== '') below += 1;
  }
  return null;
}

/** What a phone writes below every mail, on a line that ends a paragraph. */
function findSentFrom(lines: TextLine[]): Signature | null {
  for (let at = lines.length - 1; at >= 0; at--) {
    if (wordsAt(lines, at + 1) !== '' || !isSentFrom(wordsAt(lines, at))) continue;
    return { rule: 'sent-from', certain: false, from: at, to: at + 1 };
  }
  return null;
}

/** With a full stop it may be a sentence, unless it ends in what programs are called. */
const APP = /(?:mail|e-mail|email|outlook|app|ios|android|iphone|ipad|smartphone|phone|galaxy|telefon|handy)\.$/;

function isSentFrom(words: string): boolean {
  if (words.length > 140 || words.length < 6) return false;
  if (SENT_FROM.includes(fold(words))) return true;
  const first = fold(words.split(' ', 1)[0] ?? '').replace(/^[*_-]+/, '');
  if (!SENT_FROM_WORDS.has(first)) return false;
  const line = fold(words)
    .replace(/<[^<>]*>|\([^()]*\)|\[[^[\]]*\]/g, '')
    .replace(/[\s*_]+$/, '')
    .replace(/^[\s*_-]+/, '');
  const isSentence =
    /[,;!?]|\. |^sent (?:from|via|with|on) (?:our|your|his|her|their)\b/.test(line) ||
    (line.endsWith('.') && !APP.test(line));
  return line.length <= 70 && !isSentence && SENT_FROM.some((start) => line.startsWith(start));
}

/** A formula, a name, and below them nothing that reads like a sentence. */
function findSignOff(lines: TextLine[]): Signature | null {
  const end = lastWords(lines);
  if (isDashedName(lines, end)) return { rule: 'sign-off', certain: false, from: end, to: lines.length };
  let below = 0;
  for (let at = end; at > 0 && below <= SIGN_OFF_LINES_MAX; at--) {
    const words = wordsAt(lines, at);
    const name = endOfName(lines, at + 1);
    if ((isSignOff(words) || (isThanks(words) && name > nextWords(lines, at + 1))) && hasWords(lines, 0, at)) {
      if (hasWords(lines, name, lines.length))
        return { rule: 'below-sign-off', certain: false, from: name, to: lines.length };
      return { rule: 'sign-off', certain: false, from: at, to: lines.length };
    }
    if (words !== '' && !isOfSignature(words)) return null;
    if (words !== '') below += 1;
  }
  return null;
}

/** Behind the paragraph that follows the formula, which is the name; or behind the formula where nothing but it is there. */
function endOfName(lines: TextLine[], from: number): number {
  let at = nextWords(lines, from);
  while (at < lines.length && at < from + 4 && isName(wordsAt(lines, at)) && wordsAt(lines, at) !== '') at += 1;
  return nextWords(lines, at) === lines.length && at > from ? lines.length : at;
}

function lastWords(lines: TextLine[]): number {
  let at = lines.length - 1;
  while (at >= 0 && wordsAt(lines, at) === '') at -= 1;
  return at;
}

/** `Kind regards,`, `Regards, Karen`, `Viele Grüße aus Berlin`. */
function isSignOff(words: string): boolean {
  if (words.length > 60) return false;
  const line = fold(words).replace(/^[\s*_]+|[\s*_,.!;。、]+$/g, '');
  if (SIGN_OFFS.has(line)) return true;
  const comma = line.indexOf(',');
  if (comma > 0 && SIGN_OFFS.has(line.slice(0, comma)))
    return (
      line
        .slice(comma + 1)
        .trim()
        .split(' ').length <= 3
    );
  const [first = '', second = '', third = '', ...rest] = line.split(' ');
  return rest.length <= 2 && (SIGN_OFFS.has(`${first} ${second}`) || SIGN_OFFS.has(`${first} ${second} ${third}`));
}

function isThanks(words: string): boolean {
  return words.length <= 60 && THANKS.has(fold(words).replace(/^[\s*_]+|[\s*_,.!;。、]+$/g, ''));
}

/** `-Karen` or `/Karen` below the text; with another such line above it, it is a list. */
function isDashedName(lines: TextLine[], at: number): boolean {
  const words = wordsAt(lines, at);
  if (!/^[-–—~/] ?\p{Lu}/u.test(words) || words.length > 40 || !isName(words.slice(1).trim())) return false;
  return hasWords(lines, 0, at) && !/^[-–—~/*•]/.test(wordsAt(lines, at - 1));
}

/** A name, a title, a company; or a way to reach someone. */
function isOfSignature(words: string): boolean {
  const pieces = words.split(/\s[|•·]\s/);
  return words.length <= 160 && pieces.every((piece) => isName(piece) || isContact(piece));
}

function isName(words: string): boolean {
  return words.length <= 40 && words.split(/\s+/).length <= 4 && !/[\d?!:;]|[.,]$|>/.test(words);
}

function isContact(words: string): boolean {
  if (words.length > 100) return false;
  if (/\S@\S|https?:|www\./.test(words)) return words.split(/\s+/).length <= 6;
  return (
    words.length <= 60 && /\d{2}[\d ()./-]{4,}\d/.test(words) && !/[.?!]$/.test(words) && words.split(/\s+/).length <= 8
  );
}
