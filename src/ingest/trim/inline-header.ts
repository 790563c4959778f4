import type { HeaderBlock } from './header-block.ts';
import { HEADER_LANGUAGES, type HeaderLabel } from './languages/header-labels.ts';
import { fold } from './lines.ts';
import { isForwardSeparator, isOriginalSeparator } from './separator.ts';

const LABELS = ['from', 'date', 'to', 'subject', 'other'] as const;
const CHARACTERS_MAX = 4000;

/**
 * The header that stands behind the announcing words on one and the same line, as Yahoo and some phones write it when they
 * lose the line ends: `----- Forwarded Message ----- From: … To: … Sent: …Subject: …`. Null when there is none.
 */
export function readInlineHeader(words: string): HeaderBlock['fields'] | null {
  if (!(isForwardSeparator(words) || isOriginalSeparator(words))) return null;
  const line = words.slice(0, CHARACTERS_MAX).replace(/^\*?-{2,}[^-]{1,60}-{2,}\s*/, '');
  const folded = Array.from(line, (letter) => (fold(letter).length === letter.length ? fold(letter) : letter)).join('');
  let best: Place[] = [];
  for (const language of HEADER_LANGUAGES) {
    const places = LABELS.flatMap((label) =>
      language[label].flatMap((word) => findLabel(line, folded, label, fold(word))),
    );
    places.sort((a, b) => a.from - b.from);
    if (places[0]?.from === 0 && places.length >= 3 && places.length > best.length) best = places;
  }
  if (best.length === 0) return null;
  return best.map(({ label, to }, at) => ({ label, value: line.slice(to, best[at + 1]?.from).trim() }));
}

interface Place {
  label: HeaderLabel;
  from: number;
  to: number;
}

/** The first place of a label: it begins with a capital, even where it is glued to the value before it. */
function findLabel(line: string, folded: string, label: HeaderLabel, word: string): Place[] {
  for (let at = folded.indexOf(word); at !== -1; at = folded.indexOf(word, at + 1)) {
    const letter = line[at] ?? '';
    const before = line[at - 1] ?? ' ';
    const colon = /^ ?[:：]/.exec(folded.slice(at + word.length, at + word.length + 2))?.[0];
    const isCapital = letter.toLowerCase() === letter.toUpperCase() || letter === letter.toUpperCase();
    if (colon === undefined || !isCapital || /\p{Ll}/u.test(before)) continue;
    return [{ label, from: at, to: at + word.length + colon.length }];
  }
  return [];
}
