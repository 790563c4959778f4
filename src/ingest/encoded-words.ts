import { TextDecoder } from 'node:util';
import { decodeText } from './charset.ts';

/**
 * RFC 2047: `=?charset?B|Q?text?=` in a header value, for display only. Whatever comes out stays a name or a subject and
 * is never parsed again: an encoded word that decodes to `<agent@corp>` is not an address (IN-14).
 */
const ENCODED_WORD = /=\?([^?\s]{1,64})\?([bq])\?([^?]*)\?=/gi;

/** Decodes every encoded word; what cannot be decoded stays as written. White space between two of them goes (§6.2). */
export function decodeWords(value: string): string {
  if (!value.includes('=?')) return value;
  let decoded = '';
  let end = 0;
  let pending: { charset: string; chunks: Uint8Array[] } | null = null;
  for (const match of value.matchAll(ENCODED_WORD)) {
    const [word, charsetAndLanguage = '', encoding = '', encoded = ''] = match;
    const charset = charsetAndLanguage.split('*', 1)[0]?.toLowerCase() ?? '';
    const bytes = encoding.toLowerCase() === 'b' ? Buffer.from(encoded, 'base64') : decodeQ(encoded);
    const between = value.slice(end, match.index);
    const adjacent = pending !== null && /^\s*$/.test(between);
    // A character may be cut in two by the end of a word, against §5, so neighbours are joined before they are decoded.
    if (pending !== null && adjacent && pending.charset === charset) {
      pending.chunks.push(bytes);
    } else {
      if (pending !== null) decoded += decodeCharset(Buffer.concat(pending.chunks), pending.charset);
      if (!adjacent) decoded += between;
      pending = { charset, chunks: [bytes] };
    }
    end = match.index + word.length;
  }
  if (pending !== null) decoded += decodeCharset(Buffer.concat(pending.chunks), pending.charset);
  return decoded + value.slice(end);
}

/** §4.2: an underscore is a space, `=XX` a byte. Bytes beyond ASCII should not stand there raw; they are taken as UTF-8. */
function decodeQ(encoded: string): Uint8Array {
  const bytes = Buffer.from(encoded.replaceAll('_', ' '));
  let to = 0;
  for (let from = 0; from < bytes.length; from++) {
    const hex = bytes[from] === 0x3d ? bytes.toString('latin1', from + 1, from + 3) : '';
    if (/^[0-9a-f]{2}$/i.test(hex)) {
      bytes[to++] = Number.parseInt(hex, 16);
      from += 2;
    } else {
      bytes[to++] = bytes[from] ?? 0;
    }
  }
  return bytes.subarray(0, to);
}

/** The text in this charset; as UTF-8 when the charset is unknown. A header value is only ever shown as text, so UTF-7 may be read. */
function decodeCharset(bytes: Uint8Array, charset: string): string {
  return decodeText(bytes, charset, true)?.text ?? utf8.decode(bytes);
}

const utf8 = new TextDecoder('utf-8');
