import { commandWordOf } from './command-words.ts';

/**
 * What the first lines of an HTML body say, for one question only: do both readers of a mail see the same commands (AG-08)?
 * Words are all that is compared, so no layout is done: one pass, linear whatever the input is.
 */
export function showsFirst(html: string, text: string): boolean {
  return compact(shownText(html)).startsWith(compact(text));
}

/** Whether the HTML's first words are a command. */
export function startsWithCommand(html: string): boolean {
  return commandWordOf(shownText(html).trimStart()) !== null;
}

/** Far more than a block of commands takes. */
const CHARACTERS_MAX = 64 * 1024;
const HIDDEN = /^(?:head|script|style|title|template)$/;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: ' ', sol: '/' };

function shownText(html: string): string {
  const source = html.slice(0, CHARACTERS_MAX);
  const lowered = source.toLowerCase();
  const pieces: string[] = [];
  for (let from = 0; from < source.length; ) {
    const open = source.indexOf('<', from);
    pieces.push(source.slice(from, open === -1 ? source.length : open));
    if (open === -1) break;
    const name = /^[a-z][a-z0-9]{0,20}/i.exec(source.slice(open + 1, open + 24))?.[0]?.toLowerCase() ?? '';
    // Letters of one word may stand in several inline elements, so only what breaks a line separates.
    if (!/^\/?(?:a|b|em|font|i|o|span|strong|u)\b/i.test(source.slice(open + 1, open + 10))) pieces.push(' ');
    const closer = source.startsWith('<!--', open) ? '-->' : '>';
    const end = HIDDEN.test(name) ? closingTag(lowered, open, name) : source.indexOf(closer, open);
    if (end === -1) break;
    from = end + closer.length;
  }
  return pieces.join('').replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,6}));/gi, (entity, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[String(name).toLowerCase()] ?? entity;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : entity;
  });
}

/** Where the `>` of the closing tag stands; -1 when it is never closed, and then hides all that follows. */
function closingTag(lowered: string, open: number, name: string): number {
  const closing = lowered.indexOf(`</${name}`, open);
  return closing === -1 ? -1 : lowered.indexOf('>', closing);
}

/** `mailto:` marks are put in by some programs, into the text part alone. */
function compact(text: string): string {
  return text
    .replace(/<mailto:[^<>\s]{0,254}>/gi, '')
    .replace(/[\s\p{Cf}]+/gu, '')
    .toLowerCase();
}
