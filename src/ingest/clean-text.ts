/** Overrides, embeddings and isolates: they make a name, subject or file name show as something it is not (case 24, 61). */
const BIDI_CONTROL = /[\u202a-\u202e\u2066-\u2069]/;

const LINE_NOISE = /[\t\r\n\u2028\u2029\v\f]+ */g;

// biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the purpose
const CONTROLS = /[\0-\x1f\x7f-\x9f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** Anything `oneLine` would change: most headers have nothing of it, and one look is cheaper than four rewrites. */
const UNCLEAN = /[^\x20-\x7e\u00a0-\u0233]/;

/** Text for one line of display: no line ends, no controls, no bidirectional controls, well-formed, trimmed. */
export function oneLine(text: string): string {
  if (!UNCLEAN.test(text)) return text.trim();
  return text.replace(LINE_NOISE, ' ').replace(CONTROLS, '').toWellFormed().trim();
}

export function hasBidiControl(text: string): boolean {
  return BIDI_CONTROL.test(text);
}

/** Text of many lines as PostgreSQL's `text` and `jsonb` accept it: `\n` line ends, no NUL, no lone surrogates. */
export function manyLines(text: string): string {
  const unified = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
  return (unified.includes('\0') ? unified.replaceAll('\0', '') : unified).toWellFormed();
}

/** At most so many UTF-16 code units, never ending in half a character. */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text;
  const high = text.charCodeAt(max - 1);
  return text.slice(0, high >= 0xd800 && high <= 0xdbff ? max - 1 : max);
}

/** Characters that show nothing: white space, zero-width characters and the fillers of newsletter previews. */
const SHOWN = /[^\s\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2060-\u2064\p{Mn}]/u;

/** Whether a reader would see nothing. */
export function isBlank(text: string): boolean {
  return !SHOWN.test(text);
}
