import type { HeaderField } from '../core/inbound-mail.ts';
import { readMessageIds, readReferences } from './message-ids.ts';

/** A header block that is longer is still read, and flagged (IN-10). */
const HEADER_BYTES_SOFT_MAX = 100 * 1024;

/** Nothing is read beyond this; what comes later in a longer header block is lost to us, and the raw mail has it. */
export const HEADER_BYTES_HARD_MAX = 1024 * 1024;

/** Enough for any mail that was not made to hurt: 50 hops with ten fields each. */
const HEADER_FIELDS_MAX = 10_000;

/** A mail waits for its parents at receipt; the nearest ancestors are enough to order a conversation. */
const PARENTS_MAX = 50;

/** The header block of a mail as its bytes say it, before anything is decoded. */
export interface RawHeader {
  /** In order; the name in lower case, the value unfolded and undecoded, NUL replaced by U+FFFD. */
  fields: HeaderField[];
  /** Without brackets; null when there is none, or several that disagree. */
  messageId: string | null;
  /** What the mail answers: In-Reply-To first, then References from the nearest ancestor, at most 50, each once. */
  parentMessageIds: string[];
  /** Where the body starts, in bytes; the length of the mail when the header never ends. */
  bodyStart: number;
  /** What is odd about the bytes themselves; each is a defect of the parsed mail. */
  oddities: Set<HeaderOddity>;
}

export type HeaderOddity = 'over-limit' | 'header-name-space' | 'header-lone-cr' | 'nul-bytes';

/**
 * Reads the header block of a raw mail: linear, bounded, and never throws. Used where a mail is received, before it is
 * parsed, and for what the parser refuses (IN-12).
 *
 * A line that is neither a field nor a continuation is passed over. Lines end in CRLF, LF, or CR when no LF is there; a
 * lone CR elsewhere ends nothing and is flagged, because other software may see two fields where we see one.
 */
export function readHeader(raw: Uint8Array): RawHeader {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const bodyStart = findBody(bytes);
  const oddities = new Set<HeaderOddity>();
  if (bodyStart > HEADER_BYTES_SOFT_MAX) oddities.add('over-limit');

  const text = decodeBytes(bytes.subarray(0, Math.min(bodyStart, HEADER_BYTES_HARD_MAX)));
  const fields = splitFields(text, oddities);
  return {
    fields,
    messageId: singleMessageId(fields),
    parentMessageIds: parentMessageIds(fields),
    // Without a single field it is no header: all of it is the text (RFC 5322 wants at least From and Date).
    bodyStart: fields.length === 0 && !startsWithEmptyLine(bytes) ? 0 : bodyStart,
    oddities,
  };
}

/** The values of all fields of this name, topmost first. */
export function headerValues(fields: HeaderField[], name: string): string[] {
  const values: string[] = [];
  for (const field of fields) if (field.name === name) values.push(field.value);
  return values;
}

/** The first byte after the empty line that ends the header. */
function findBody(bytes: Buffer): number {
  if (startsWithEmptyLine(bytes)) return bytes[0] === LF ? 1 : 2;
  const crlf = bytes.indexOf('\n\r\n');
  const lf = (crlf === -1 ? bytes : bytes.subarray(0, crlf + 1)).indexOf('\n\n');
  if (lf !== -1) return lf + 2;
  if (crlf !== -1) return crlf + 3;
  const cr = bytes.includes(LF) ? -1 : bytes.indexOf('\r\r');
  return cr === -1 ? bytes.length : cr + 2;
}

const LF = 0x0a;
const CR = 0x0d;

function startsWithEmptyLine(bytes: Buffer): boolean {
  return bytes[0] === LF || (bytes[0] === CR && bytes[1] === LF);
}

/** UTF-8 where the bytes are (RFC 6532), else windows-1252: the likeliest of what sends 8-bit text without saying which. */
export function decodeBytes(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return windows1252.decode(bytes);
  }
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const windows1252 = new TextDecoder('windows-1252');

function splitFields(header: string, oddities: Set<HeaderOddity>): HeaderField[] {
  const text = header.includes('\0') ? header.replaceAll('\0', '\ufffd') : header;
  if (text !== header) oddities.add('nul-bytes');

  const fields: HeaderField[] = [];
  let name = '';
  let value = '';
  const keep = () => {
    if (name !== '') fields.push({ name, value: cleanValue(value, oddities) });
  };
  const lineEnd = text.includes('\n') ? '\n' : '\r';
  for (let from = 0; from < text.length && fields.length < HEADER_FIELDS_MAX; ) {
    const found = text.indexOf(lineEnd, from);
    const to = found === -1 ? text.length : found;
    const line = text.slice(from, to > from && text[to - 1] === '\r' ? to - 1 : to);
    from = to + 1;
    if (line.startsWith(' ') || line.startsWith('\t')) {
      value += line;
      continue;
    }
    const colon = line.indexOf(':');
    const fieldName = colon === -1 ? '' : line.slice(0, colon);
    if (!FIELD_NAME.test(fieldName)) continue;
    keep();
    name = fieldName.trimEnd().toLowerCase();
    value = line.slice(colon + 1);
    if (name.length !== fieldName.length) oddities.add('header-name-space');
  }
  keep();
  if (fields.length >= HEADER_FIELDS_MAX) oddities.add('over-limit');
  return fields;
}

/** RFC 5322 §2.2: printable US-ASCII without the colon; §4.5 once allowed white space before it. */
const FIELD_NAME = /^[\x21-\x39\x3b-\x7e]+[ \t]*$/;

function cleanValue(value: string, oddities: Set<HeaderOddity>): string {
  if (!value.includes('\r')) return value.trim();
  oddities.add('header-lone-cr');
  return value.replaceAll('\r', ' ').trim();
}

function singleMessageId(fields: HeaderField[]): string | null {
  const ids = new Set(headerValues(fields, 'message-id').map((value) => readMessageIds(value)[0]));
  if (ids.size !== 1) return null;
  return [...ids][0] ?? null;
}

function parentMessageIds(fields: HeaderField[]): string[] {
  const inReplyTo = readReferences(headerValues(fields, 'in-reply-to')).ids;
  const references = readReferences(headerValues(fields, 'references')).ids;
  return [...new Set([...inReplyTo, ...references.reverse()])].slice(0, PARENTS_MAX);
}
