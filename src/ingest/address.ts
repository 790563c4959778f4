import { domainToASCII, domainToUnicode } from 'node:url';
import addressparser, { type AddressOrGroup } from 'nodemailer/lib/addressparser';
import type { MailAddress } from '../core/inbound-mail.ts';
import { cutText, hasBidiControl, oneLine } from './clean-text.ts';
import { decodeWords } from './encoded-words.ts';

/** More addresses in one mail than anybody writes to by hand (IN-10). */
export const ADDRESSES_MAX = 1000;

const HEADER_CHARACTERS_MAX = 128 * 1024;
const ADDRESS_CHARACTERS_MAX = 320;
const NAME_CHARACTERS_MAX = 256;

/** What an address header says, and how far it can be believed. */
export interface AddressReading {
  addresses: MailAddress[];
  /** Entries that name somebody but have no usable address. */
  unreadable: number;
  grouped: boolean;
  /** A second, strict reading found other addresses, or none: other software may see another sender (IN-14). */
  disagreement: boolean;
  /** A domain was not written in its canonical form: soft hyphens, full-width letters and the like (case 22). */
  changed: boolean;
  bidiControl: boolean;
  /** There were more than the limit. */
  cut: boolean;
}

/**
 * Reads the addresses of all header fields of one name. The structure is read before anything is decoded, so that
 * nothing hidden in an encoded word can become an address (IN-14).
 */
export function readAddresses(values: string[], max: number = ADDRESSES_MAX): AddressReading {
  const reading: AddressReading = {
    addresses: [],
    unreadable: 0,
    grouped: false,
    disagreement: false,
    changed: false,
    bidiControl: false,
    cut: false,
  };
  for (const value of values) {
    if (reading.cut) break;
    readValue(value, max, reading);
  }
  return reading;
}

function readValue(written: string, max: number, reading: AddressReading): void {
  const plain = readPlainMailbox(written);
  if (plain !== null && reading.addresses.length < max) {
    reading.addresses.push(plain);
    return;
  }
  const value = cutText(written, HEADER_CHARACTERS_MAX);
  if (value !== written) reading.cut = true;
  const lenient: string[] = [];
  for (const entry of flatten(addressparser(value), reading)) {
    if (entry.address === '' && entry.name === '') continue;
    const canonical = canonicalAddress(entry.address);
    if (canonical === null) {
      reading.unreadable += 1;
      continue;
    }
    if (reading.addresses.length >= max) {
      reading.cut = true;
      break;
    }
    lenient.push(canonical.address);
    if (canonical.changed) reading.changed = true;
    reading.addresses.push({ name: displayName(entry.name, reading), address: canonical.address });
  }
  if (!reading.cut && !sameAddresses(lenient, readStrictly(value))) reading.disagreement = true;
}

const PLAIN_MAILBOX = /^([a-z0-9 ._-]*)<([a-z0-9._+-]+@[a-z0-9.-]+)>$/i;

/** `Karen Customer <karen@customer.test>`, with nothing that could be read in two ways: most headers are like this. */
function readPlainMailbox(written: string): MailAddress | null {
  const [, name = '', address = ''] = PLAIN_MAILBOX.exec(written) ?? [];
  const canonical = canonicalAddress(address);
  if (canonical === null || canonical.changed) return null;
  return { name: cutText(name.trim(), NAME_CHARACTERS_MAX), address: canonical.address };
}

function flatten(entries: AddressOrGroup[], reading: AddressReading): { name: string; address: string }[] {
  return entries.flatMap((entry) => {
    if (entry.group === undefined) return [entry];
    reading.grouped = true;
    return flatten(entry.group, reading);
  });
}

function displayName(written: string, reading: AddressReading): string {
  const name = decodeWords(written);
  if (hasBidiControl(name)) reading.bidiControl = true;
  return cutText(oneLine(name), NAME_CHARACTERS_MAX);
}

function sameAddresses(lenient: string[], strict: string[] | null): boolean {
  return strict !== null && lenient.length === strict.length && lenient.every((address, at) => address === strict[at]);
}

/** The form an address is stored and compared in, or null when it cannot be one (IN-14). */
export function canonicalAddress(written: string): { address: string; changed: boolean } | null {
  const at = written.lastIndexOf('@');
  if (at < 1 || written.length > ADDRESS_CHARACTERS_MAX) return null;
  const localPart = canonicalLocalPart(written.slice(0, at));
  const domain = canonicalDomain(written.slice(at + 1));
  if (localPart === null || domain === null) return null;
  return { address: `${localPart}@${domain.domain}`, changed: domain.changed };
}

const DOT_ATOM = /^[^\s"(),:;<>@[\\\]\p{C}\ufffd]+$/u;
const QUOTED = /^"(?:[^"\\\p{C}\ufffd]|\\[^\p{C}\ufffd])+"$/u;

/** As written, in NFC; quotes that change nothing go, so that `"karen"@x` and `karen@x` are one person. */
function canonicalLocalPart(written: string): string | null {
  const localPart = written.normalize('NFC');
  if (ENCODED_WORD_START.test(localPart)) return null;
  if (DOT_ATOM.test(localPart)) return localPart;
  if (!QUOTED.test(localPart)) return null;
  const content = localPart.slice(1, -1).replace(/\\(.)/gu, '$1');
  if (DOT_ATOM.test(content)) return content;
  return `"${content.replace(/["\\]/g, '\\$&')}"`;
}

/** RFC 2047 §5 keeps encoded words out of addresses; software that decodes one there sees another address. */
const ENCODED_WORD_START = /=\?[^?]*\?[bq]\?/i;

const ASCII_DOMAIN = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/;
const ADDRESS_LITERAL = /^\[(?:IPv6:)?[0-9a-f.:]+\]$/i;
const ASCII_ONLY = /^[\0-\x7f]*$/;

/** Lower-case A-labels by UTS 46. Plain ASCII is checked by hand: the URL host parser would read `1.2` as an address. */
function canonicalDomain(written: string): { domain: string; changed: boolean } | null {
  const lower = written.toLowerCase();
  if (ASCII_ONLY.test(written)) {
    if (ADDRESS_LITERAL.test(written)) return { domain: lower, changed: false };
    if (lower.length > 253 || !ASCII_DOMAIN.test(lower)) return null;
    // An A-label that stands for nothing, or for something UTS 46 would write differently, is a disguise.
    return { domain: lower, changed: lower.includes('xn--') && domainToASCII(domainToUnicode(lower)) !== lower };
  }
  const domain = domainToASCII(lower);
  if (domain === '' || domain.length > 253 || !ASCII_DOMAIN.test(domain)) return null;
  return { domain, changed: domainToUnicode(domain) !== lower.normalize('NFC') || hasDisguisedLabel(written, domain) };
}

/** A label written beyond ASCII that means plain ASCII, such as a Kelvin sign for `k`. */
function hasDisguisedLabel(written: string, domain: string): boolean {
  const labels = domain.split('.');
  return written.split('.').some((label, at) => !ASCII_ONLY.test(label) && !labels[at]?.startsWith('xn--'));
}

/**
 * The addresses by RFC 5322 §3.4 with the obsolete forms people still send (dots in phrases, routes, white space around
 * `@`), and null for anything else. It shares no code with the lenient reader: its one purpose is to disagree with it.
 */
export function readStrictly(value: string): string[] | null {
  const tokens = tokenize(value);
  if (tokens === null) return null;
  const addresses: string[] = [];
  let inGroup = false;
  let item: Token[] = [];
  const endItem = (): boolean => {
    const address = item.length === 0 ? '' : mailboxAddress(item);
    item = [];
    if (address === null) return false;
    if (address !== '') addresses.push(address);
    return true;
  };
  let inAngle = false;
  for (const token of tokens) {
    if (token === '<') inAngle = true;
    else if (token === '>') inAngle = false;
    if (token === ',' && !inAngle) {
      if (!endItem()) return null;
    } else if (token === ':' && !inAngle) {
      if (inGroup || item.length === 0 || item.some(isSpecial)) return null;
      inGroup = true;
      item = [];
    } else if (token === ';' && !inAngle) {
      if (!inGroup || !endItem()) return null;
      inGroup = false;
    } else {
      item.push(token);
    }
  }
  return endItem() && !inGroup ? addresses : null;
}

/** A word (an atom with its dots, a quoted string, a literal) or one of the specials. */
type Token = string;

const SPECIALS = '<>,:;@';

function isSpecial(token: Token): boolean {
  return token.length === 1 && SPECIALS.includes(token);
}

const WORD = /"(?:[^"\\]|\\.)*"|\[[^[\]\\]*\]|[^\s"(),:;<>@[\\\]]+/uy;

function tokenize(value: string): Token[] | null {
  const tokens: Token[] = [];
  for (let from = 0; from < value.length; ) {
    const character = value[from] ?? '';
    if (character === ' ' || character === '\t') {
      from += 1;
    } else if (character === '(') {
      const end = commentEnd(value, from);
      if (end === null) return null;
      from = end;
    } else if (SPECIALS.includes(character)) {
      tokens.push(character);
      from += 1;
    } else {
      WORD.lastIndex = from;
      const word = WORD.exec(value)?.[0];
      if (word === undefined || UNPRINTABLE.test(word)) return null;
      tokens.push(word);
      from += word.length;
    }
  }
  return tokens;
}

const UNPRINTABLE = /[\p{Cc}\ufffd]/u;

function commentEnd(value: string, from: number): number | null {
  let depth = 0;
  for (let at = from; at < value.length; at++) {
    if (value[at] === '\\') at += 1;
    else if (value[at] === '(') depth += 1;
    else if (value[at] === ')') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return null;
}

/** `phrase <address>` or `address`; null when it is neither. */
function mailboxAddress(item: Token[]): string | null {
  const open = item.indexOf('<');
  if (open === -1) return addrSpec(item);
  if (item.indexOf('>') !== item.length - 1) return null;
  const address = addrSpec(withoutRoute(item.slice(open + 1, -1)));
  return address !== null && isPhrase(item.slice(0, open), address) ? address : null;
}

/** RFC 5322 §4.4: `<@relay1,@relay2:local@domain>`. */
function withoutRoute(tokens: Token[]): Token[] {
  return tokens[0] === '@' ? tokens.slice(tokens.indexOf(':') + 1) : tokens;
}

function addrSpec(tokens: Token[]): string | null {
  const [localPart, at, domain] = tokens;
  if (tokens.length !== 3 || at !== '@' || localPart === undefined || domain === undefined) return null;
  if (isSpecial(localPart) || isSpecial(domain)) return null;
  return canonicalAddress(`${localPart}@${domain}`)?.address ?? null;
}

/** Words, or the address itself repeated as its own name, as several mail programs write it without quotes. */
function isPhrase(tokens: Token[], address: string): boolean {
  if (!tokens.some(isSpecial)) return true;
  const repeated = tokens.join('').replace(/^'(.*)'$/, '$1');
  return canonicalAddress(repeated)?.address.toLowerCase() === address.toLowerCase();
}
