import { TextDecoder } from 'node:util';

/**
 * Bytes as text by the charset a mail names: the WHATWG names that TextDecoder knows, what mail programs call them, and UTF-7.
 */
export interface DecodedText {
  text: string;
  /** The charset was missing, unknown or wrong: the text is the likeliest reading. */
  guessed: boolean;
}

/** Null for a charset that is not known here. UTF-7 (RFC 2152) can hide markup: ask for it only where the text stays text. */
export function decodeText(bytes: Uint8Array, charset: string | null, allowUtf7: boolean): DecodedText | null {
  const name = charset === null ? '' : canonicalCharset(charset);
  if (name === 'utf-7') return allowUtf7 ? { text: decodeUtf7(bytes), guessed: false } : null;
  if (SAYS_NOTHING.has(name)) return unlabelled(bytes);
  const decoder = knownDecoder(name);
  if (decoder === null) return null;
  const text = decoder.decode(bytes);
  return { text, guessed: text.includes('\ufffd') };
}

/** Names people's programs use, by what they mean. */
const ALIASES: Record<string, string> = {
  'unicode-1-1-utf-7': 'utf-7',
  utf7: 'utf-7',
  utf8mb4: 'utf-8',
  'utf-8-mac': 'utf-8',
  iso8859_1: 'iso-8859-1',
  iso8859_15: 'iso-8859-15',
  'iso-8859-1-windows-3.1-latin-1': 'windows-1252',
  'ansi_x3.110-1983': 'windows-1252',
  ansi: 'windows-1252',
  'windows-cp1252': 'windows-1252',
  win1251: 'windows-1251',
  'windows-949': 'euc-kr',
  cp949: 'euc-kr',
  cp936: 'gbk',
  cp932: 'shift_jis',
  cp950: 'big5',
  'iso-2022-jp-ms': 'iso-2022-jp',
  cp50220: 'iso-2022-jp',
  'mac-roman': 'macintosh',
};

/** They promise ASCII or nothing at all, and what stands under them is as often anything else. */
const SAYS_NOTHING = new Set([
  '',
  'us-ascii',
  'ascii',
  'ansi_x3.4-1968',
  'utf-8',
  'utf8',
  'unknown',
  'unknown-8bit',
  'x-unknown',
  'default',
  '8bit',
  'binary',
  'none',
]);

function canonicalCharset(written: string): string {
  const name = written.toLowerCase().replace(/^["'\s]+|["'\s;]+$/g, '');
  return ALIASES[name] ?? name;
}

/** UTF-8, unless not one character beyond ASCII is: then windows-1252, the likeliest of what names nothing. */
function unlabelled(bytes: Uint8Array): DecodedText {
  const text = utf8.decode(bytes);
  if (!text.includes('\ufffd')) return { text, guessed: false };
  const hasUtf8 = BEYOND_ASCII.test(text.replaceAll('\ufffd', ''));
  return { text: hasUtf8 ? text : windows1252.decode(bytes), guessed: true };
}

const BEYOND_ASCII = /[^\0-\x7f]/;
const utf8 = new TextDecoder('utf-8');
const windows1252 = new TextDecoder('windows-1252');

const decoders = new Map<string, TextDecoder | null>();

/** Names come from outside; the real ones are fewer than this. */
const DECODERS_MAX = 200;

function knownDecoder(name: string): TextDecoder | null {
  const known = decoders.get(name);
  if (known !== undefined) return known;
  const decoder = makeDecoder(name);
  if (decoders.size < DECODERS_MAX) decoders.set(name, decoder);
  return decoder;
}

function makeDecoder(name: string): TextDecoder | null {
  try {
    return new TextDecoder(name);
  } catch {
    return null;
  }
}

/** RFC 2152: `+` begins a run of UTF-16 in base64 without padding, `-` or any other character ends it; `+-` is a plus. */
function decodeUtf7(bytes: Uint8Array): string {
  const ascii = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const decoded = ascii.replace(/\+([A-Za-z0-9+/]*)-?/g, (_run, base64: string) => {
    if (base64 === '') return '+';
    const units = Buffer.from(base64, 'base64');
    return units
      .subarray(0, units.length - (units.length % 2))
      .swap16()
      .toString('utf16le');
  });
  return decoded.toWellFormed();
}
