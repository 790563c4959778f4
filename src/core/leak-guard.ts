import { commandWordOf } from './command-words.ts';
import type { TextCut } from './inbound-mail.ts';
import type { OwnAddresses } from './own-address.ts';
import { readToken, type SigningKeys, TOKEN_CHARS } from './reply-token.ts';

/**
 * Is anything internal in what is about to leave (design.md §10: outbound doubt keeps the mail)?
 *
 * An agent's answer comes out of a mail program that may have wrapped, quoted, re-tagged or re-encoded our notification in
 * ways nobody has seen. So the text is not compared as it stands but by its letters and digits alone: what lies between
 * them (line breaks, `>`, dashes, spaces of any kind, accents) says nothing. Text that hides behind quoted-printable, percent,
 * entity or base64 encoding is read a second time decoded. Everything takes time in proportion to the text.
 */
export interface Leak {
  kind: LeakKind;
  /** 1-based, in the text as given; null where only a decoded reading shows it, and for a cut. */
  line: number | null;
}

/**
 * boundary: the line of ours below which a notification begins · token: one of our signed addresses, or what looks like one ·
 * note: words of an internal note · command: a line that starts with one · uncertain-cut: the quote may begin elsewhere.
 */
export type LeakKind = 'boundary' | 'token' | 'note' | 'command' | 'uncertain-cut';

export interface OutgoingText {
  /** Exactly what would leave. */
  text: string;
  /** What was cut off to get there; empty for a text nobody cut. */
  cuts: readonly TextCut[];
}

export interface InternalWords {
  /** Our boundary line in every language we write. */
  boundaryLines: readonly string[];
  keys: SigningKeys;
  own: OwnAddresses;
  /** New text of the internal articles of the ticket. */
  notes: readonly string[];
  /** What the requester has read or written already: words of a note that stand here too are no secret. */
  publicTexts: readonly string[];
}

/** A shorter piece is shared by texts on the same subject without either knowing the other. */
const NOTE_PIECE_LETTERS = 40;
/** A note of fewer letters (`ok`, `VIP`) counts only where it fills a line by itself. */
const NOTE_WORDS_LETTERS_MIN = 12;
const BOUNDARY_LETTERS_MIN = 12;

/** Each kind once, with the first place where it stands. Empty: nothing speaks against sending. */
export function findLeaks(outgoing: OutgoingText, internal: InternalWords): Leak[] {
  const leaks: Leak[] = [];
  const found = (kind: LeakKind, line: number | null) => {
    if (!leaks.some((leak) => leak.kind === kind)) leaks.push({ kind, line });
  };
  const pieces = secretPieces(internal);
  for (const { text, isAsWritten } of readings(outgoing.text)) {
    const letters = lettersOf(text);
    const at = (letter: number) => (isAsWritten ? lineAt(text, letters.offsets[letter] ?? 0) : null);
    const boundary = findBoundary(letters, internal.boundaryLines);
    if (boundary !== null) found('boundary', at(boundary));
    const token = findToken(letters, internal.keys);
    if (token !== null) found('token', at(token));
    else if (hasReplyAddress(text, internal.own)) found('token', null);
    const piece = findNote(letters, pieces);
    if (piece !== null) found('note', at(piece));
    const lines = text.split('\n');
    const note = lineThatIsNote(lines, internal);
    if (note !== null) found('note', isAsWritten ? note + 1 : null);
    const command = lines.findIndex((line) => commandWordOf(line) !== null);
    if (command !== -1) found('command', isAsWritten ? command + 1 : null);
  }
  if (outgoing.cuts.some(({ confidence }) => confidence !== 'certain')) found('uncertain-cut', null);
  return leaks;
}

interface Reading {
  text: string;
  isAsWritten: boolean;
}

/** The text, and the text decoded where that makes a difference. */
function readings(text: string): Reading[] {
  const decoded = decode(text);
  const hidden = decodeBase64Lines(text);
  return [
    { text, isAsWritten: true },
    ...(decoded === text ? [] : [{ text: decoded, isAsWritten: false }]),
    ...(hidden === '' ? [] : [{ text: hidden, isAsWritten: false }]),
  ];
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: ' ', commat: '@' };

/** Quoted-printable (RFC 2045 §6.7), percent-encoding (RFC 3986 §2.1) and HTML entities, one layer of each. */
function decode(text: string): string {
  return text
    .replace(/=\r?\n/g, '')
    .replace(/(?:=[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('=', ''), 'hex').toString())
    .replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString())
    .replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,6}));/gi, (entity, decimal, hex, name) => {
      if (name !== undefined) return ENTITIES[String(name).toLowerCase()] ?? entity;
      const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
      return code <= 0x10ffff ? String.fromCodePoint(code) : entity;
    });
}

/** What stands in lines of nothing but base64: the source of a mail, pasted. */
function decodeBase64Lines(text: string): string {
  const blocks: string[] = [];
  let block = '';
  for (const line of [...text.split('\n'), '']) {
    const written = line.replace(/^[>\s]+/, '').trimEnd();
    if (/^[A-Za-z0-9+/]{16,998}={0,2}$/.test(written)) block += written;
    else if (block !== '') {
      blocks.push(Buffer.from(block, 'base64').toString());
      block = '';
    }
  }
  return blocks.join('\n');
}

/** A text by its letters and digits, in lower case and without accents; `offsets` says where each stood. */
interface Letters {
  text: string;
  offsets: Int32Array;
}

function lettersOf(text: string): Letters {
  const kept: string[] = [];
  const offsets: number[] = [];
  let offset = 0;
  for (const character of text) {
    const code = character.charCodeAt(0);
    const plain = code < 0x80 ? character.toLowerCase() : character.normalize('NFKD').toLowerCase();
    for (const unit of plain) {
      if (!LETTER.test(unit)) continue;
      kept.push(unit);
      // One entry a UTF-16 unit, so that an index into the letters is an index in here.
      for (let at = 0; at < unit.length; at++) offsets.push(offset);
    }
    offset += character.length;
  }
  return { text: kept.join(''), offsets: Int32Array.from(offsets) };
}

const LETTER = /[\p{L}\p{N}]/u;

function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

function findBoundary(letters: Letters, boundaryLines: readonly string[]): number | null {
  for (const boundary of boundaryLines) {
    const wanted = lettersOf(boundary).text;
    const at = wanted.length < BOUNDARY_LETTERS_MIN ? -1 : letters.text.indexOf(wanted);
    if (at !== -1) return at;
  }
  return null;
}

/** Any 45 letters that we signed, whatever stood between them. The signature makes a mistake impossible. */
function findToken(letters: Letters, keys: SigningKeys): number | null {
  for (const { index } of letters.text.matchAll(TOKEN_FORM)) {
    if (readToken(keys, letters.text.slice(index, index + TOKEN_CHARS)) !== null) return index;
  }
  return null;
}

/** At every place where it fits, overlapping ones included. */
const TOKEN_FORM = new RegExp(`(?=[a-z2-7]{${TOKEN_CHARS}})`, 'g');

/** An address with something of a token's form at a reply address of ours, signed or not, also when a line broke in it. */
function hasReplyAddress(text: string, own: OwnAddresses): boolean {
  const unbroken = text
    .toLowerCase()
    .split('\n')
    .map((line) => line.replace(/^[>\s]+/, '').trimEnd())
    .join('');
  return own.replyPatterns.some(([before, after]) =>
    new RegExp(`${literally(before)}[a-z2-7]{${TOKEN_CHARS}}${literally(after)}`).test(unbroken),
  );
}

function literally(text: string): string {
  return text.replace(/\W/g, '\\$&');
}

/** The pieces of notes that are no secret any more left out, by length and hash. */
interface SecretPieces {
  secrets: readonly string[];
  hashes: ReadonlyMap<number, ReadonlySet<number>>;
}

function secretPieces({ notes, publicTexts }: InternalWords): SecretPieces {
  const secrets = notes.map((note) => lettersOf(note).text).filter(({ length }) => length >= NOTE_WORDS_LETTERS_MIN);
  const open = publicTexts.map((text) => lettersOf(text).text);
  const hashes = new Map<number, Set<number>>();
  for (const length of new Set(secrets.map(pieceLength))) {
    const ofLength = new Set<number>();
    for (const secret of secrets) {
      if (pieceLength(secret) !== length) continue;
      for (const { hash } of pieceHashes(secret, length)) ofLength.add(hash);
    }
    for (const known of open) for (const { hash } of pieceHashes(known, length)) ofLength.delete(hash);
    hashes.set(length, ofLength);
  }
  return { secrets, hashes };
}

/** The text is looked through once a length; only what has the hash of a piece is compared letter by letter. */
function findNote({ text }: Letters, { secrets, hashes }: SecretPieces): number | null {
  for (const [length, ofLength] of hashes) {
    for (const { hash, at } of pieceHashes(text, length)) {
      if (!ofLength.has(hash)) continue;
      const piece = text.slice(at, at + length);
      if (secrets.some((secret) => pieceLength(secret) === length && secret.includes(piece))) return at;
    }
  }
  return null;
}

/** A short note is one piece, whole. */
function pieceLength(letters: string): number {
  return Math.min(letters.length, NOTE_PIECE_LETTERS);
}

const HASH_BASE = 65_599;
const HASH_MODULUS = 2_147_483_647;

/** A rolling hash (Rabin and Karp) of each run of `length` units; products stay below 2^53. */
function* pieceHashes(letters: string, length: number): Generator<{ hash: number; at: number }> {
  let leading = 1;
  for (let power = 1; power < length; power++) leading = (leading * HASH_BASE) % HASH_MODULUS;
  let hash = 0;
  for (let at = 0; at < letters.length; at++) {
    if (at >= length) {
      const gone = (letters.charCodeAt(at - length) * leading) % HASH_MODULUS;
      hash = (hash - gone + HASH_MODULUS) % HASH_MODULUS;
    }
    hash = (hash * HASH_BASE + letters.charCodeAt(at)) % HASH_MODULUS;
    if (at >= length - 1) yield { hash, at: at - length + 1 };
  }
}

function lineThatIsNote(lines: readonly string[], { notes, publicTexts }: InternalWords): number | null {
  const short = new Set(
    notes
      .map((note) => lettersOf(note).text)
      .filter((letters) => letters !== '' && letters.length < NOTE_WORDS_LETTERS_MIN),
  );
  if (short.size === 0) return null;
  const open = new Set(publicTexts.flatMap((text) => text.split('\n')).map((line) => lettersOf(line).text));
  const at = lines.findIndex((line) => {
    const { text } = lettersOf(line);
    return short.has(text) && !open.has(text);
  });
  return at === -1 ? null : at;
}
