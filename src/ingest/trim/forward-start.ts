import { attributionLength } from './attribution.ts';
import { headerBlockAt } from './header-block.ts';
import { hasWords, type TextLine, withoutMarks, wordsAt } from './lines.ts';
import { quoteStartAt } from './quote-start.ts';
import { isForwardSeparator, isForwardSubject, isOriginalSeparator } from './separator.ts';

export interface ForwardStart {
  /** The first line that belongs to the mail that was passed on. */
  line: number;
  /** The first line behind the one that announces it: its header, if it has one. */
  header: number;
  /** A line or the subject says so; else it is only a mail with nothing of the sender's own above its header. */
  announced: boolean;
}

/**
 * Where a mail that was passed on begins. A line says so; or the subject does, above the header of a mail; or the mail is
 * nothing but the header and text of another.
 */
export function forwardAt(lines: TextLine[], subject: string): ForwardStart | null {
  const bySubject = isForwardSubject(subject);
  for (let at = 0; at < lines.length; at++) {
    const words = wordsAt(lines, at);
    if (words.length < 4) continue;
    if (isForwardSeparator(words)) return { line: at, header: at + 1, announced: true };
    if (isOriginalSeparator(withoutMarks(words)) && (bySubject || !hasWords(lines, 0, at))) {
      return hasHeader(lines, at + 1) ? { line: at, header: at + 1, announced: bySubject } : null;
    }
    const isMarked = words.startsWith('>');
    // Nearly every line of nearly every mail; it is asked about once.
    if (!isMarked && quoteStartAt(lines, at) === null) continue;
    if (headerBlockAt(lines, at) !== null) {
      return bySubject || !hasWordsAbove(lines, at) ? { line: at, header: at, announced: bySubject } : null;
    }
    if (attributionLength(lines, at) > 0) return bySubject ? { line: at, header: at, announced: true } : null;
    if (!isMarked) return null;
  }
  return null;
}

function hasHeader(lines: TextLine[], from: number): boolean {
  for (let at = from; at < from + 4; at++) if (headerBlockAt(lines, at) !== null) return true;
  return false;
}

/** Words of its own: the line that Outlook draws above the header is none. */
function hasWordsAbove(lines: TextLine[], at: number): boolean {
  return lines.slice(0, at).some(({ words }) => words !== '' && !/^[_=-]{4,}$/.test(words));
}
