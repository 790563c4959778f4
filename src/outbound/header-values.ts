import { encodeWord, foldLines } from 'nodemailer/lib/mime-funcs';
import type { MailAddress } from '../core/inbound-mail.ts';
import { PermanentError } from '../errors.ts';

/**
 * Values on their way into a header of ours. Much of it came in by mail (subjects, names, ids), so nothing in here trusts
 * that a value is one line, ASCII, or short (OUT-06, OUT-07).
 */

/** Line breaks, NUL and every other control, and the marks that turn the writing direction around. */
export const CONTROLS = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu;

/** One well-formed line without control characters: what a subject or a name must be before it leaves. */
export function oneLine(text: string): string {
  return text.toWellFormed().replace(CONTROLS, ' ').replace(/ {2,}/g, ' ').trim();
}

/** A whole header line, folded: `Subject: …`. The value must be free of line breaks. */
export function headerLine(name: string, value: string): string {
  return foldLines(`${name}: ${value}`, 76);
}

/** Free text as a header value, as encoded words (RFC 2047) where it is not plain. */
export function encodeText(text: string): string {
  const line = oneLine(text);
  return isPlain(line) ? line : encodeWord(line, 'B', 52);
}

/** `Name <local@domain>`; several are joined by the caller. */
export function encodeAddress({ name, address }: MailAddress, mayBeUtf8: boolean): string {
  if (!isSendableAddress(address))
    throw new PermanentError('ADDRESS_UNUSABLE', 'this address cannot stand in a header');
  const phrase = encodePhrase(name);
  if (mayBeUtf8 || isAscii(address)) return phrase === '' ? address : `${phrase} <${address}>`;
  // RFC 6857 §3.1: who reads only ASCII headers still sees who else takes part, as an empty group that none can answer.
  return `${encodeWord(address, 'B', 52)} :;`;
}

/** Whether an address may be handed to a relay at all: one line, one domain in A-labels, nothing that ends a command. */
export function isSendableAddress(address: string): boolean {
  return address.length <= 254 && SENDABLE_ADDRESS.test(address);
}

// A dot-atom (with RFC 6532 letters) or a quoted string without specials of SMTP; then a domain name or an address literal.
const ATEXT = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]|[^\\x00-\\x7f]";
const QUOTED = '"(?:[^\\x00-\\x1f\\x7f"\\\\<>]|\\\\[\\x20-\\x7e])*"';
const DOMAIN = '[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*';
const SENDABLE_ADDRESS = new RegExp(
  `^(?:(?:${ATEXT})+(?:\\.(?:${ATEXT})+)*|${QUOTED})@(?:${DOMAIN}|\\[[0-9A-Fa-f.:IPv]+\\])$`,
  'u',
);

/** Whether it has characters that only SMTPUTF8 carries in an envelope (RFC 6531). */
export function needsSmtpUtf8(address: string): boolean {
  return !isAscii(address);
}

/** A Message-ID without brackets that we dare to write into a header. */
export function isMessageId(id: string): boolean {
  return /^[^<>\s@]{1,200}@[^<>\s@]{1,200}$/.test(id) && isAscii(id) && !CONTROL.test(id);
}
const CONTROL = /\p{Cc}/u;

/** The first ancestor and the newest twenty: enough for every mail program to thread by, and bounded (OUT-07). */
export function cutReferences(ids: string[]): string[] {
  const usable = [...new Set(ids.filter(isMessageId))];
  return usable.length <= 21 ? usable : [...usable.slice(0, 1), ...usable.slice(-20)];
}

function encodePhrase(name: string): string {
  const line = oneLine(name);
  if (!isPlain(line)) return encodeWord(line, 'B', 52);
  return /^[\w ]*$/.test(line) ? line : `"${line.replace(/["\\]/g, '\\$&')}"`;
}

/** Printable ASCII that no reader takes for an encoded word and that can be folded: no word longer than a line. */
function isPlain(line: string): boolean {
  return /^[\x20-\x7e]*$/.test(line) && !line.includes('=?') && !/\S{70}/.test(line);
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}
