import type { ForwardedMail, TextCut, TextSpan, TextSpanKind } from '../../core/inbound-mail.ts';
import { findForwardLine, isForwardSubject, readForwarded } from './forwarded.ts';
import { nextWords, splitLines, type TextLine } from './lines.ts';
import { firstQuoteStart, quoteStartAt } from './quote-start.ts';

/** A text of more lines than this was not written by hand; it is kept whole. */
const LINES_MAX = 20_000;

/** More lines under a `-- ` line are more than a signature. */
const SIGNATURE_LINES_MAX = 30;

export interface TrimmedText {
  /** In order and without gaps: their texts concatenated are the text, byte for byte. */
  spans: TextSpan[];
  cuts: TextCut[];
  forwarded: ForwardedMail | null;
}

/**
 * Tells the new text of a reply from the earlier mail it quotes and from its signature.
 *
 * Only what stands at an end is told apart: earlier mail below the new text or above it, and a signature. Answers
 * between quoted lines stay together with what they answer, a forwarded mail is what its sender wants read, and a mail
 * that would be nothing but a quote is kept whole: in doubt nothing is cut.
 */
export function trimReply(text: string, subject: string): TrimmedText {
  const lines = splitLines(text);
  if (lines.length > LINES_MAX) return { spans: coverText(text, lines, []), cuts: [], forwarded: null };
  const pieces = findPieces(text, lines.slice(0, findForwardLine(lines) ?? lines.length), subject);
  const kept = lines.filter((_, at) => !pieces.some(({ from, to }) => at >= from && at < to));
  const cut = nextWords(kept, 0) < kept.length ? pieces : [];
  return {
    spans: coverText(text, lines, cut),
    cuts: cut.map((piece) => cutOf(lines, piece)),
    forwarded: readForwarded(text, lines, subject),
  };
}

/** What can be told apart in these lines, in order. */
function findPieces(text: string, lines: TextLine[], subject: string): Piece[] {
  const quote = findQuote(lines, isForwardSubject(subject));
  return [
    findSignature(text, lines, 0, quote?.from ?? lines.length),
    quote,
    quote === null ? null : findSignature(text, lines, quote.to, lines.length),
  ].filter((piece) => piece !== null);
}

/** Lines `from` up to, not including, `to`. */
interface Piece {
  kind: Exclude<TextSpanKind, 'reply'>;
  rule: string;
  confidence: TextCut['confidence'];
  from: number;
  to: number;
}

function findQuote(lines: TextLine[], forwardedBySubject: boolean): Piece | null {
  const start = firstQuoteStart(lines);
  if (start === null) return null;
  const quote = (to: number, confidence: TextCut['confidence']): Piece => ({
    kind: 'quoted',
    rule: start.rule,
    confidence,
    from: start.line,
    to,
  });
  const firstQuoted = nextWords(lines, start.body);
  if (!lines[firstQuoted]?.words.startsWith('>')) {
    // Nothing marks these lines as earlier mail but what introduces them: they reach to the end of the text.
    if (forwardedBySubject && start.rule !== 'boundary-line') return null;
    return quote(lines.length, start.rule === 'attribution' ? 'likely' : 'certain');
  }
  const below = endOfQuotedLines(lines, firstQuoted);
  if (below === lines.length || quoteStartAt(lines, below) !== null || isSignatureLine(lines, below)) {
    const signature = isSignatureLine(lines, below) ? below : lines.length;
    return quote(signature, start.rule === 'quoted-lines' ? 'likely' : 'certain');
  }
  const answersBetween = firstQuoteStart(lines.slice(below)) !== null || nextWords(lines, 0) < start.line;
  return answersBetween ? null : quote(below, 'likely');
}

/** The first line behind the `>` lines that says something itself. */
function endOfQuotedLines(lines: TextLine[], from: number): number {
  let at = from;
  while (at < lines.length && (lines[at]?.words === '' || lines[at]?.words.startsWith('>'))) at += 1;
  return at;
}

/** RFC 3676 §4.3. Most programs send `-- ` as it should be; some lose the space on the way. */
function findSignature(text: string, lines: TextLine[], from: number, to: number): Piece | null {
  for (let at = to - 1; at >= Math.max(from, to - SIGNATURE_LINES_MAX); at--) {
    const line = lines[at];
    if (line?.words !== '--') continue;
    const confidence = text.startsWith('-- ', line.from) ? 'certain' : 'likely';
    return { kind: 'signature', rule: 'signature-line', confidence, from: at, to };
  }
  return null;
}

function isSignatureLine(lines: TextLine[], at: number): boolean {
  return lines[at]?.words === '--';
}

function coverText(text: string, lines: TextLine[], pieces: Piece[]): TextSpan[] {
  const spans: TextSpan[] = [];
  let end = 0;
  const upTo = (to: number, kind: TextSpanKind) => {
    if (to > end) spans.push({ kind, from: end, to });
    end = Math.max(end, to);
  };
  for (const piece of pieces) {
    const cut = cutOf(lines, piece);
    upTo(cut.from, 'reply');
    upTo(cut.to, piece.kind);
  }
  upTo(text.length, 'reply');
  return spans;
}

function cutOf(lines: TextLine[], { rule, confidence, from, to }: Piece): TextCut {
  return { rule, confidence, from: lines[from]?.from ?? 0, to: lines[to - 1]?.to ?? 0 };
}
