import { CONTROLS } from './header-values.ts';

export interface FirstLines {
  lines: string[];
  /** How many written lines were left out. */
  moreCount: number;
}

/** The beginning of a text as lines that may stand in a mail of ours, indented and spaced as they were. */
export function firstLines(
  text: string,
  { linesMax, charactersMax }: { linesMax: number; charactersMax: number },
): FirstLines {
  const all = text
    .replace(/\r\n?/g, '\n')
    .replace(/^(?:[ \t]*\n)+/, '')
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd());
  const lines: string[] = [];
  let characters = 0;
  for (const line of all.slice(0, linesMax)) {
    const room = charactersMax - characters;
    if (room <= 0) break;
    const shown = [...line.toWellFormed().replaceAll('\t', '    ').replace(CONTROLS, ' ')];
    lines.push(shown.length <= room ? shown.join('') : `${shown.slice(0, room).join('')}…`);
    characters += shown.length;
  }
  const moreCount = all.slice(lines.length).filter((line) => line !== '').length;
  return text.trim() === '' ? { lines: [], moreCount: 0 } : { lines, moreCount };
}
