import { compile } from 'html-to-text';
import { cutText, isBlank, manyLines } from './clean-text.ts';
import { decodeBytes } from './header-reader.ts';
import { MARKING_FORMATTERS, MARKING_SELECTORS, takeMarks, withoutMarks } from './html-marks.ts';
import type { MimePart } from './mime-parts.ts';
import type { TextMark } from './trim/lines.ts';

/** What rules, search and people read of one mail; the rest is in the raw mail (IN-10). */
const TEXT_CHARACTERS_MAX = 1024 * 1024;
const HTML_CHARACTERS_MAX = 4 * 1024 * 1024;

/** Deeper markup is not laid out any more, only stripped of its tags: real mail stays far below. */
const HTML_DEPTH_MAX = 200;

/** So much HTML of one mail is laid out, which takes half a second at worst; the rest is stripped of its tags. */
const HTML_LAYOUT_CHARACTERS_MAX = 512 * 1024;

/** Every quote and list around a line is written on that line: length times such depth is what the layout can grow to. */
const HTML_INDENT_CHARACTERS_MAX = 4 * 1024 * 1024;

export interface MailBody {
  text: string;
  /** Where the markup of the HTML that the text was read out of tells earlier mail and signatures apart. */
  marks: TextMark[];
  html: string | null;
  /** Some of the text was not sent as text but read out of HTML. */
  fromHtml: boolean;
  cut: boolean;
  hadNul: boolean;
}

/** The readable text and the HTML of a mail's MIME tree. Of alternatives, plain text unless it is blank (IN-15). */
export function readBody(root: MimePart): MailBody {
  const { htmls, pieces } = readPart(root);
  let laidOut = 0;
  const texts = pieces.map((piece) => {
    if (piece.kind === 'plain') return withoutMarks(piece.text);
    laidOut += piece.html.length;
    return laidOut > HTML_LAYOUT_CHARACTERS_MAX ? stripTags(piece.html) : htmlToPlainText(piece.html);
  });
  const { text, marks } = takeMarks(manyLines(texts.join('\n')));
  const html = htmls.join('\n');
  return {
    text: cutText(text, TEXT_CHARACTERS_MAX),
    marks,
    html: htmls.length === 0 ? null : cutText(manyLines(html), HTML_CHARACTERS_MAX),
    fromHtml: pieces.some(({ kind }, at) => kind === 'html' && texts[at] !== ''),
    cut: text.length > TEXT_CHARACTERS_MAX || html.length > HTML_CHARACTERS_MAX,
    hadNul: text.includes('\0') || html.includes('\0'),
  };
}

/** The body as it came, for what has no readable structure: more than nothing, and the raw mail has the rest. */
export function readRawBody(bytes: Uint8Array): MailBody {
  const text = decodeBytes(bytes.subarray(0, TEXT_CHARACTERS_MAX));
  return {
    text: manyLines(text),
    marks: [],
    html: null,
    fromHtml: false,
    cut: bytes.length > TEXT_CHARACTERS_MAX,
    hadNul: text.includes('\0'),
  };
}

/** What one part of the tree says. Text is read out of HTML only where it is asked for: that is the costly step. */
interface PartBody {
  /** Plain text that was sent as such. */
  plain: string[];
  htmls: string[];
  /** In order: what was sent as plain text, and what has only HTML. */
  pieces: Piece[];
}

type Piece = { kind: 'plain'; text: string } | { kind: 'html'; html: string };

function readPart(part: MimePart): PartBody {
  if (part.text !== null && part.contentType === 'text/html') {
    return { plain: [], htmls: [part.text], pieces: [{ kind: 'html', html: part.text }] };
  }
  if (part.text !== null) return { plain: [part.text], htmls: [], pieces: [{ kind: 'plain', text: part.text }] };
  const children = part.children.map(readPart);
  return part.contentType === 'multipart/alternative' ? chooseAlternative(children) : inOrder(children);
}

/**
 * The text is that of the first alternative with some plain text to read, the HTML that of those that have any (RFC 2046 §5.1.4 has the
 * richest last). Several of one kind are all shown where they say something else: gateways hang their notices there.
 */
function chooseAlternative(children: PartBody[]): PartBody {
  const rich = withoutRepeats(
    children.filter(({ htmls }) => htmls.length > 0),
    ({ htmls }) => htmls,
  );
  const readable = children.findIndex(({ plain }) => plain.some((text) => !isBlank(text)));
  const plainOnes = children.filter((one, at) => at === readable || (at > readable && one.htmls.length === 0));
  const plain = readable === -1 ? [] : withoutRepeats(plainOnes, (one) => one.plain);
  const shown = [plain, rich, children.slice(0, 1)].find((ones) => ones.length > 0) ?? [];
  return {
    plain: shown.flatMap((one) => one.plain),
    htmls: rich.flatMap(({ htmls }) => htmls),
    pieces: shown.flatMap(({ pieces }) => pieces),
  };
}

/** Real mail has two or three alternatives; more are held against the first ones only, so that a thousand take no time. */
const REPEATS_COMPARED_MAX = 8;

function withoutRepeats(parts: PartBody[], textsOf: (part: PartBody) => string[]): PartBody[] {
  const seen: string[] = [];
  return parts.filter((part, at) => {
    const text = textsOf(part).join('\n').trim();
    const isNew =
      at === 0 || (!isBlank(text) && !seen.slice(0, REPEATS_COMPARED_MAX).some((one) => one.includes(text)));
    if (isNew) seen.push(text);
    return isNew;
  });
}

/** Parts one after the other; plain text between HTML parts is shown there too, or a reader of the HTML would miss it. */
function inOrder(children: PartBody[]): PartBody {
  const anyHtml = children.some(({ htmls }) => htmls.length > 0);
  return {
    plain: children.flatMap(({ plain }) => plain),
    htmls: anyHtml ? children.flatMap(({ plain, htmls }) => (htmls.length > 0 ? htmls : plain.map(preformatted))) : [],
    pieces: children.flatMap(({ pieces }) => pieces),
  };
}

function preformatted(text: string): string {
  const escaped = text.replace(/[&<>]/g, (character) => ESCAPES[character] ?? character);
  return `<pre style="white-space: pre-wrap">${escaped}</pre>`;
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** What HTML says to a reader. Never throwing: what cannot be laid out is stripped of its tags. */
function htmlToPlainText(html: string): string {
  if (isTooDeep(html)) return stripTags(html);
  try {
    return layOut(withoutMarks(html)).split('\n').map(withoutTrailingSpace).join('\n');
  } catch {
    return stripTags(html);
  }
}

/** Empty cells leave some. That of `-- ` says that a signature begins. */
function withoutTrailingSpace(line: string): string {
  return line === '-- ' ? line : line.trimEnd();
}

const layOut = compile({
  formatters: MARKING_FORMATTERS,
  wordwrap: false,
  // The input is bounded above; the library would cut it and write to standard error.
  limits: { maxInputLength: Number.MAX_SAFE_INTEGER },
  selectors: [
    { selector: 'a', options: { hideLinkHrefIfSameAsText: true, ignoreHref: false, linkBrackets: ['<', '>'] } },
    { selector: 'img', format: 'skip' },
    // What its sender did not see either: newsletters hide a summary there, for lists of mail to show.
    ...['[style*="display:none"]', '[style*="display: none"]'].map((selector) => ({ selector, format: 'skip' })),
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, options: { uppercase: false } })),
    { selector: 'table', options: { uppercaseHeaderCells: false } },
    // Of itself the library runs the rows of a table together, and cells into each other.
    { selector: 'tr', format: 'block', options: { leadingLineBreaks: 1, trailingLineBreaks: 1 } },
    ...['td', 'th'].map((selector) => ({ selector, format: 'inlineSurround', options: { suffix: ' ' } })),
    ...MARKING_SELECTORS,
  ],
});

const VOID_ELEMENT = /^(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)$/;
/** A parser closes these by itself when the same opens again, so a run of them does not nest. */
const SELF_ENDING_ELEMENT = /^(?:p|li|dt|dd|option|optgroup|tr|td|th|thead|tbody|tfoot|rt|rp)$/;
const TAG = /<(\/?)([a-z][a-z0-9:-]{0,30})/gi;

const INDENTING_ELEMENT = /^(?:blockquote|ul|ol|dl)$/;

/**
 * Whether so many elements would be open at once that laying out takes more than its share: the layouter's own parser is
 * quadratic in them (case 66). One pass; where it cannot be sure it counts too many.
 */
function isTooDeep(html: string): boolean {
  const open: string[] = [];
  const openCount = new Map<string, number>();
  let indents = 0;
  const close = (name: string) => {
    openCount.set(name, (openCount.get(name) ?? 1) - 1);
    if (INDENTING_ELEMENT.test(name)) indents -= 1;
  };
  for (const [, closing, written = ''] of html.matchAll(TAG)) {
    const name = written.toLowerCase();
    if (closing) {
      // It closes what is open inside its element too; without such an element it closes nothing.
      if (!openCount.get(name)) continue;
      for (let closed = open.pop(); closed !== undefined; closed = closed === name ? undefined : open.pop())
        close(closed);
    } else if (!VOID_ELEMENT.test(name) && !(SELF_ENDING_ELEMENT.test(name) && open.at(-1) === name)) {
      openCount.set(name, (openCount.get(name) ?? 0) + 1);
      if (INDENTING_ELEMENT.test(name)) indents += 1;
      if (open.push(name) > HTML_DEPTH_MAX || indents * html.length > HTML_INDENT_CHARACTERS_MAX) return true;
    }
  }
  return false;
}

const BLOCK_ELEMENT =
  /^\/?(?:address|article|blockquote|br|div|dd|dl|dt|h[1-6]|hr|li|ol|p|pre|section|table|td|th|tr|ul)$/i;
const HIDDEN_ELEMENT = /^(?:script|style|head|title|template)$/i;

/** The text between the tags, one line a block: linear whatever the input is. */
function stripTags(html: string): string {
  const pieces: string[] = [];
  for (let from = 0; from < html.length; ) {
    const open = html.indexOf('<', from);
    const end = open === -1 ? html.length : open;
    if (end > from) pieces.push(html.slice(from, end));
    if (open === -1) break;
    TAG_NAME.lastIndex = open + 1;
    const tag = TAG_NAME.exec(html)?.[0] ?? '';
    const comment = html.startsWith('!--', open + 1);
    if (tag === '' && !comment && !/[!?/]/.test(html[open + 1] ?? '')) {
      pieces.push('<'); // a sign in the text, not a tag
      from = open + 1;
      continue;
    }
    const tagEnd = endOfTag(html, open, comment ? '-->' : HIDDEN_ELEMENT.test(tag) ? `</${tag}` : '>');
    if (tagEnd === null) break;
    from = tagEnd;
    if (BLOCK_ELEMENT.test(tag) && pieces.at(-1) !== '\n') pieces.push('\n');
  }
  return decodeEntities(pieces.join(''))
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n');
}

const TAG_NAME = /\/?[a-z][a-z0-9:-]{0,30}/iy;

/** What never ends hides the rest, as in a browser; looked for once, so that a run of it is no more work than one. */
function endOfTag(html: string, open: number, closer: string): number | null {
  if (closer.endsWith('>')) {
    const at = html.indexOf(closer, open + 1);
    return at === -1 ? null : at + closer.length;
  }
  const search = new RegExp(closer, 'gi');
  search.lastIndex = open + 1;
  return search.test(html) ? search.lastIndex : null;
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,4}));/gi, (entity, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[String(name).toLowerCase()] ?? entity;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
  });
}
