import type { ForwardedMail, TextCut, TextSpan, TextSpanKind } from '../../core/inbound-mail.ts';
import { forwardAt } from './forward-start.ts';
import { type ForwardedText, readForwarded } from './forwarded.ts';
import { hasMoreLines, hasWords, nextWords, splitLines, type TextLine, type TextMark, wordsAt } from './lines.ts';
import { nextQuoteStart, type QuoteStart } from './quote-start.ts';
import { isForwardSubject } from './separator.ts';
import { findSignature } from './signature.ts';

/** A text of more lines than this was not written by hand; it is kept whole. */
const LINES_MAX = 20_000;

/** Texts that people write are done in three; what is not done in so many is no letter, and is kept whole. */
const PASSES_MAX = 8;

/** A quoted line of this length was wrapped by the program that sent it, and its end may stand below without a mark. */
const WRAPPED_CHARACTERS_MIN = 68;

export interface TrimmedText {
  /** In order and without gaps: their texts concatenated are the text, byte for byte. */
  spans: TextSpan[];
  cuts: TextCut[];
  forwarded: ForwardedMail | null;
}

/**
 * Tells the new text of a reply from the earlier mail it quotes and from its signature.
 *
 * Earlier mail is told apart where it stands below the new text or above it. Answers between quoted lines stay together
 * with what they answer, and only the line that introduces the quote goes. A forwarded mail is what its sender wants
 * read, and a mail that would be nothing but a quote is kept whole: in doubt nothing is cut.
 *
 * What is left is looked at again until nothing more is found, so that trimming what is left finds nothing either.
 */
export function trimReply(text: string, subject: string, marks: TextMark[] = []): TrimmedText {
  if (hasMoreLines(text, LINES_MAX)) return { spans: coverText(text, []), cuts: [], forwarded: null };
  const lines = splitLines(text, marks);
  const cuts = findCuts(text, lines, subject);
  return {
    spans: coverText(text, cuts),
    cuts: cuts.map(({ kind: _, ...cut }) => cut),
    forwarded: lookInto(readForwarded(text, lines, subject)),
  };
}

/** Tells apart new text, quoted text and signature of a mail that was passed on; what it passes on itself is its new text. */
export function lookInto(forwarded: ForwardedText | null): ForwardedMail | null {
  if (forwarded === null) return null;
  const { text, subject } = forwarded;
  const cuts = hasMoreLines(text, LINES_MAX) ? [] : findCuts(text, splitLines(text), subject);
  return { ...forwarded, spans: coverText(text, cuts) };
}

function findCuts(text: string, lines: TextLine[], subject: string): KindedCut[] {
  const pieces: Piece[] = [];
  let kept = lines;
  for (let pass = 0; pass < PASSES_MAX; pass++) {
    const forward = forwardAt(kept, subject);
    const own = forward?.announced ? kept.slice(0, forward.line) : kept;
    const found = findPieces(text, own, isForwardSubject(subject));
    const cut = new Set(found.flatMap(({ from, to }) => own.slice(from, to)));
    const rest = kept.filter((line) => !cut.has(line));
    if (found.length === 0 || !hasWords(rest, 0, rest.length)) return cutsOf(lines, pieces);
    pieces.push(...found.map((piece) => ({ ...piece, lines: own.slice(piece.from, piece.to) })));
    kept = rest;
  }
  return [];
}

interface FoundPiece {
  kind: Exclude<TextSpanKind, 'reply'>;
  rule: string;
  confidence: TextCut['confidence'];
  /** Lines `from` up to, not including, `to`. */
  from: number;
  to: number;
}

interface Piece extends FoundPiece {
  lines: TextLine[];
}

function findPieces(text: string, lines: TextLine[], forwardedBySubject: boolean): FoundPiece[] {
  const quotes = findQuotes(lines, forwardedBySubject);
  if (quotes.length > 0) return quotes;
  const signature = findSignature(text, lines);
  if (signature === null) return [];
  const { rule, certain, from, to } = signature;
  return [{ kind: 'signature', rule, confidence: certain ? 'certain' : 'likely', from, to }];
}

function findQuotes(lines: TextLine[], forwardedBySubject: boolean): FoundPiece[] {
  const pieces: FoundPiece[] = [];
  for (let start = nextQuoteStart(lines, 0); start !== null; ) {
    const quoted = endOfQuotedLines(lines, start);
    // What introduces a quote is nobody's new text.
    const above =
      hasWords(lines, pieces.at(-1)?.to ?? 0, start.line) ||
      (pieces.length > 0 && hasWords(lines, 0, pieces[0]?.from ?? 0));
    if (quoted === start.body) {
      // Nothing marks these lines as earlier mail but what introduces them: they reach to the end of the text.
      if (forwardedBySubject && start.rule !== 'boundary-line') return pieces;
      if (above) return [...pieces, quote(start, lines.length, start.rule === 'attribution' ? 'likely' : 'certain')];
      if (start.rule === 'attribution') pieces.push(quote(start, start.body, 'likely'));
      start = nextQuoteStart(lines, Math.max(start.body, start.line + 1));
      continue;
    }
    if (!hasOwnText(lines, quoted))
      return [...pieces, quote(start, quoted, start.rule === 'quoted-lines' ? 'likely' : 'certain')];
    const next = nextQuoteStart(lines, quoted);
    if (next?.line === nextWords(lines, quoted) && next.rule !== 'quoted-lines')
      pieces.push(quote(start, quoted, 'certain'));
    else if (!above && next === null && pieces.length === 0) return [quote(start, quoted, 'likely')];
    else if (start.body > start.line) pieces.push(quote(start, start.body, 'likely'));
    start = next;
  }
  return pieces;
}

function quote(start: QuoteStart, to: number, confidence: TextCut['confidence']): FoundPiece {
  return { kind: 'quoted', rule: start.rule, confidence, from: start.line, to };
}

/** The first line behind the marked lines that says something itself; the introduction's end when no line is marked. */
function endOfQuotedLines(lines: TextLine[], { body, rule }: QuoteStart): number {
  const first = nextWords(lines, body);
  const mark = rule !== 'quoted-lines' && wordsAt(lines, first).startsWith('|') ? '|' : '>';
  if (!wordsAt(lines, first).startsWith(mark)) return body;
  let at = first;
  while (
    at < lines.length &&
    (wordsAt(lines, at) === '' || wordsAt(lines, at).startsWith(mark) || isWrappedEnd(lines, at, mark))
  ) {
    at += 1;
  }
  return at;
}

/**
 * The end of the quoted line above that a program wrapped without marking it again: between marked lines, below one that is
 * full and ends no sentence. An answer begins like a sentence or stands below a finished one.
 */
function isWrappedEnd(lines: TextLine[], at: number, mark: string): boolean {
  const above = wordsAt(lines, at - 1);
  if (!above.startsWith(mark) || above.length < WRAPPED_CHARACTERS_MIN || /[.?!:]$/.test(above)) return false;
  return /^[\p{Ll}<(,;.)]/u.test(wordsAt(lines, at)) && wordsAt(lines, at + 1).startsWith(mark);
}

/** Whether something stands here and below that is neither a signature nor nothing. */
function hasOwnText(lines: TextLine[], from: number): boolean {
  const at = nextWords(lines, from);
  return at < lines.length && !/^(?:--|_{2,}|—{3,})$/.test(wordsAt(lines, at));
}

interface KindedCut extends TextCut {
  kind: FoundPiece['kind'];
}

/** In order; a piece around something that was cut before it becomes one cut on either side. */
function cutsOf(lines: TextLine[], pieces: Piece[]): KindedCut[] {
  const cuts: KindedCut[] = [];
  const pieceOf = new Map(pieces.flatMap((piece) => piece.lines.map((line) => [line, piece] as const)));
  let open: Piece | undefined;
  for (const line of lines) {
    const piece = pieceOf.get(line);
    const last = cuts.at(-1);
    if (piece !== undefined && piece === open && last !== undefined) last.to = line.to;
    else if (piece !== undefined) {
      const { kind, rule, confidence } = piece;
      cuts.push({ kind, rule, confidence, from: line.from, to: line.to });
    }
    open = piece;
  }
  return cuts;
}

function coverText(text: string, cuts: KindedCut[]): TextSpan[] {
  const spans: TextSpan[] = [];
  let end = 0;
  const upTo = (to: number, kind: TextSpanKind) => {
    if (to > end) spans.push({ kind, from: end, to });
    end = Math.max(end, to);
  };
  for (const cut of cuts) {
    upTo(cut.from, 'reply');
    upTo(cut.to, cut.kind);
  }
  upTo(text.length, 'reply');
  return spans;
}
