/** One line of a text, by its offsets in it. */
export interface TextLine {
  from: number;
  /** Behind the line end: the next line's `from`. */
  to: number;
  /** Without the line end and the white space around it. */
  words: string;
}

export function splitLines(text: string): TextLine[] {
  const lines: TextLine[] = [];
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf('\n', from);
    const to = end === -1 ? text.length : end + 1;
    lines.push({ from, to, words: text.slice(from, to).trim() });
    from = to;
  }
  return lines;
}

/** The first line from here on that has words; the number of lines when none has. */
export function nextWords(lines: TextLine[], from: number): number {
  let at = from;
  while (at < lines.length && lines[at]?.words === '') at += 1;
  return at;
}
