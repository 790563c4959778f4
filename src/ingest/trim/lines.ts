import type { HeaderField } from './header-block.ts';

/** One line of a text, by its offsets in it. */
export interface TextLine {
  from: number;
  /** Behind the line end: the next line's `from`. */
  to: number;
  /** What is to read of it: without the line end, invisible characters, and the white space around it. */
  words: string;
  /** The rule by which the markup says that earlier mail begins on this line; null when it says nothing of it. */
  quoteMark: string | null;
  /** The markup says that this line is of the signature. */
  isSignature: boolean;
  /** Every line is asked about from several lines above it; what a rule found out about its words alone is kept here. */
  known: { field?: HeaderField | null; mayEndAttribution?: boolean };
}

/** A place in a text read out of HTML that the markup tells something about. */
export interface TextMark {
  kind: 'quote' | 'signature' | 'signature-end';
  rule: string;
  /** Offset of the line that it is about. */
  at: number;
}

export function splitLines(text: string, marks: TextMark[] = []): TextLine[] {
  const lines: TextLine[] = [];
  let mark = 0;
  let isSignature = false;
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf('\n', from);
    const to = end === -1 ? text.length : end + 1;
    let quoteMark: string | null = null;
    for (; mark < marks.length && (marks[mark]?.at ?? 0) <= from; mark++) {
      if (marks[mark]?.kind === 'quote') quoteMark ??= marks[mark]?.rule ?? null;
      else isSignature = marks[mark]?.kind === 'signature';
    }
    lines.push({ from, to, words: visible(text.slice(from, to)), quoteMark, isSignature, known: {} });
    from = to;
  }
  return lines;
}

/** Whether a text has more lines than this, without taking them apart. */
export function hasMoreLines(text: string, count: number): boolean {
  let lines = 0;
  for (let from = 0; from < text.length && lines <= count; lines++) {
    const end = text.indexOf('\n', from);
    from = end === -1 ? text.length : end + 1;
  }
  return lines > count;
}

export function wordsAt(lines: TextLine[], at: number): string {
  return lines[at]?.words ?? '';
}

/** The first line from here on that says something; the number of lines when none does. */
export function nextWords(lines: TextLine[], from: number): number {
  let at = from;
  while (at < lines.length && lines[at]?.words === '') at += 1;
  return at;
}

export function hasWords(lines: TextLine[], from: number, to: number): boolean {
  return nextWords(lines, from) < Math.min(to, lines.length);
}

/** A line without the marks that quoting put in front of it. */
export function withoutMarks(words: string): string {
  return words.startsWith('>') ? words.replace(/^[>\s]+/, '') : words;
}

/** Zero-width and direction marks, soft hyphens and the byte order mark: programs put them around names and dates. */
const INVISIBLE = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g;

function visible(line: string): string {
  return line.replace(INVISIBLE, '').trim();
}

/** Letters that Unicode does not take apart into a base letter and its mark. */
const LETTERS: Record<string, string> = { ł: 'l', đ: 'd', ø: 'o', ı: 'i', æ: 'ae' };

/** For comparing words: lower-case, without accents, digits of every script as `0` to `9`, one kind of space. */
export function fold(words: string): string {
  const lower = words.toLowerCase();
  if (!/[^\x20-\x7e]/.test(lower)) return lower;
  return lower
    .normalize('NFD')
    .replace(/\p{M}+/gu, '')
    .replace(/[łđøıæ]/g, (letter) => LETTERS[letter] ?? letter)
    .replace(/[\u0660-\u0669]/g, (digit) => String(digit.charCodeAt(0) - 0x660))
    .replace(/[\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) - 0x6f0))
    .replace(/\s/g, ' ');
}
