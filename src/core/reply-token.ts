import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Id } from './ticket.ts';

/**
 * Signed reply addresses and Message-IDs: how a mail proves which of our mails it answers.
 *
 * Token, 45 characters of lower-case base32 (RFC 4648 alphabet, read in any case, because mail systems change case):
 *
 *     chars  1      2           8        8               26
 *            kind   key id      ticket   person-address  HMAC-SHA256 cut to 128 bits
 *                               or mail
 *
 * `kind` is two bits of version and three of purpose. There is no expiry: rights are checked when a token is used, and
 * keys rotate with overlap. 45 characters leave 19 octets of a 64-octet local part (RFC 5321 §4.5.3.1.1) to the pattern.
 *
 * Message-ID, 31 characters before the @ (RFC 5322 §3.6.4, a dot-atom no relay or client needs to touch):
 *
 *     chars  1      2           8        20
 *            kind   key id      row id   HMAC-SHA256 cut to 100 bits
 *
 * Both use the same keys; the text that is signed starts with another domain, so that neither can pass for the other.
 */
export interface SigningKey {
  /** 10 bits, derived from the secret: travels in the clear and names the key. */
  id: number;
  secret: Buffer;
}

export interface SigningKeys {
  /** Signs everything new. */
  current: SigningKey;
  /** All keys whose signatures still count, the current one first. */
  accepted: SigningKey[];
}

const TOKEN_PURPOSES = ['reply', 'note', 'act', 'control', 'confirm', 'bounce'] as const;

/**
 * reply: a public answer · note: an internal one · act: one-tap actions · control: an agent's own address ·
 * confirm: proves an agent's mail · bounce: return path.
 */
export type TokenPurpose = (typeof TOKEN_PURPOSES)[number];

export type Token = TicketToken | ConfirmToken;

export interface TicketToken {
  purpose: Exclude<TokenPurpose, 'confirm'>;
  /** '0' where the purpose has no ticket. */
  ticketId: Id;
  addressId: Id;
}

/** In the place of the ticket stands the one mail that it can confirm. */
export interface ConfirmToken {
  purpose: 'confirm';
  inboundMailId: Id;
  addressId: Id;
}

const MESSAGE_ID_KINDS = ['article', 'outbox', 'ticket'] as const;

/**
 * Which row a Message-ID of ours names: a public article shares one among its mails; all else has one per outbox row. A
 * ticket's is no mail's own: what agents are told of a ticket names it as the first of the thread, so that it is one there.
 */
export type MessageIdKind = (typeof MESSAGE_ID_KINDS)[number];

export interface SignedMessageId {
  kind: MessageIdKind;
  id: Id;
}

export const TOKEN_CHARS = 45;

const VERSION = 0;
const TOKEN_MAC_CHARS = 26;
const TOKEN_MAC_BYTES = 16;
const MESSAGE_ID_CHARS = 31;
const MESSAGE_ID_MAC_CHARS = 20;
/** 100 bits do not fill whole bytes: 13 are taken and the encoding is cut. */
const MESSAGE_ID_MAC_BYTES = 13;
const TOKEN_DOMAIN = 'docket reply token\0';
const MESSAGE_ID_DOMAIN = 'docket message-id\0';
const LOCAL_PART_OCTETS_MAX = 64;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** The keys of an installation: the secret in use first, those it replaced after it. Throws on an empty secret. */
export function signingKeys(currentSecret: string, olderSecrets: string[] = []): SigningKeys {
  const current = deriveKey(currentSecret);
  return { current, accepted: [current, ...olderSecrets.map(deriveKey)] };
}

/** Throws when an id does not fit 40 bits. */
export function mintToken(keys: SigningKeys, token: Token): string {
  const claim =
    encodeNumber(kindNumber(TOKEN_PURPOSES.indexOf(token.purpose)), 1) +
    encodeNumber(BigInt(keys.current.id), 2) +
    encodeNumber(BigInt(token.purpose === 'confirm' ? token.inboundMailId : token.ticketId), 8) +
    encodeNumber(BigInt(token.addressId), 8);
  return claim + tokenMac(keys.current, claim);
}

/** Null for anything this installation did not sign with a key that still counts. */
export function readToken(keys: SigningKeys, text: string): Token | null {
  if (!/^[A-Za-z2-7]{45}$/.test(text)) return null;
  const claim = text.slice(0, -TOKEN_MAC_CHARS).toLowerCase();
  const mac = text.slice(-TOKEN_MAC_CHARS).toLowerCase();
  if (!isSignedBy(keys, claim, mac, tokenMac)) return null;
  const purpose = TOKEN_PURPOSES[kindIndex(claim)];
  if (purpose === undefined) return null;
  const id = decodeId(claim.slice(3, 11));
  const addressId = decodeId(claim.slice(11, 19));
  return purpose === 'confirm' ? { purpose, inboundMailId: id, addressId } : { purpose, ticketId: id, addressId };
}

/**
 * The valid tokens in a mail's recipient addresses, in order and without repeats. Any address is searched, whatever the
 * pattern now in force: an operator may have changed it since the token was minted, and forwarders rewrite domains.
 */
export function findTokens(keys: SigningKeys, addresses: Iterable<string>): Token[] {
  const found = new Map<string, Token>();
  for (const address of addresses) {
    for (const run of address.slice(0, address.lastIndexOf('@') + 1).match(/[A-Za-z0-9]+/g) ?? []) {
      const token = run.length === TOKEN_CHARS ? readToken(keys, run) : null;
      if (token !== null) found.set(run.toLowerCase(), token);
    }
  }
  return [...found.values()];
}

/** The reply address of a mailbox pattern such as `support+{token}@desk.example`. */
export function replyAddress(pattern: string, token: string): string {
  return pattern.replace('{token}', token);
}

export interface ReplyPatternProblem {
  problem: 'no-token' | 'no-address' | 'token-not-apart' | 'local-part-too-long';
  /** A pattern that would do, for the operator to set up. */
  proposal: string;
}

/** What is wrong with a reply-address pattern; null when it can carry every token. */
export function checkReplyPattern(pattern: string): ReplyPatternProblem | null {
  const at = pattern.lastIndexOf('@');
  const localPart = pattern.slice(0, at);
  const domain = pattern.slice(at + 1).toLowerCase();
  const proposal = `{token}@reply.${at > 0 && domain !== '' ? domain : 'desk.example'}`;
  if (at < 1 || domain === '' || /[\s<>,]/.test(pattern)) return { problem: 'no-address', proposal };
  if (localPart.split('{token}').length !== 2 || domain.includes('{token}')) return { problem: 'no-token', proposal };
  if (/[A-Za-z0-9]\{token\}|\{token\}[A-Za-z0-9]/.test(localPart)) return { problem: 'token-not-apart', proposal };
  const octets = Buffer.byteLength(localPart.replace('{token}', '')) + TOKEN_CHARS;
  return octets > LOCAL_PART_OCTETS_MAX ? { problem: 'local-part-too-long', proposal } : null;
}

/** Without brackets. Throws when the id does not fit 40 bits. */
export function mintMessageId(keys: SigningKeys, mail: SignedMessageId & { domain: string }): string {
  const claim =
    encodeNumber(kindNumber(MESSAGE_ID_KINDS.indexOf(mail.kind)), 1) +
    encodeNumber(BigInt(keys.current.id), 2) +
    encodeNumber(BigInt(mail.id), 8);
  return `${claim}${messageIdMac(keys.current, claim)}@${mail.domain}`;
}

/** Null for an id we did not sign. The domain is not looked at: a mailbox may move to another one. */
export function readMessageId(keys: SigningKeys, messageId: string): SignedMessageId | null {
  if (!hasSignedForm(messageId)) return null;
  const claim = messageId.slice(0, MESSAGE_ID_CHARS - MESSAGE_ID_MAC_CHARS).toLowerCase();
  const mac = messageId.slice(claim.length, MESSAGE_ID_CHARS).toLowerCase();
  if (!isSignedBy(keys, claim, mac, messageIdMac)) return null;
  const kind = MESSAGE_ID_KINDS[kindIndex(claim)];
  return kind === undefined ? null : { kind, id: decodeId(claim.slice(3, 11)) };
}

/** Whether an id has the shape of ours; one that has and is not signed was made up, or signed with a key long gone. */
export function hasSignedForm(messageId: string): boolean {
  return /^[A-Za-z2-7]{31}@/.test(messageId);
}

function deriveKey(secret: string): SigningKey {
  if (secret === '') throw new RangeError('a signing secret is empty');
  const derived = Buffer.from(hkdfSync('sha256', secret, '', 'docket signing key', 32));
  const id = createHash('sha256').update('docket key id\0').update(derived).digest().readUInt16BE(0) >> 6;
  return { id, secret: derived };
}

/** Two secrets may share a key id (one chance in 1,024), so every key of that id is tried. */
function isSignedBy(
  keys: SigningKeys,
  claim: string,
  mac: string,
  macOf: (key: SigningKey, claim: string) => string,
): boolean {
  const keyId = Number(decodeNumber(claim.slice(1, 3)));
  const given = Buffer.from(mac, 'latin1');
  return keys.accepted.some((key) => key.id === keyId && timingSafeEqual(given, Buffer.from(macOf(key, claim))));
}

/** Compared in its encoded form, so that the unused bits of the last character must be right too. */
function tokenMac(key: SigningKey, claim: string): string {
  const digest = createHmac('sha256', key.secret).update(TOKEN_DOMAIN).update(claim).digest();
  return encodeBytes(digest.subarray(0, TOKEN_MAC_BYTES));
}

function messageIdMac(key: SigningKey, claim: string): string {
  const digest = createHmac('sha256', key.secret).update(MESSAGE_ID_DOMAIN).update(claim).digest();
  return encodeBytes(digest.subarray(0, MESSAGE_ID_MAC_BYTES)).slice(0, MESSAGE_ID_MAC_CHARS);
}

function kindNumber(index: number): bigint {
  return BigInt((VERSION << 3) | index);
}

/** Past the end of every list of kinds when the version is not ours. */
function kindIndex(claim: string): number {
  return Number(decodeNumber(claim.slice(0, 1)));
}

function encodeNumber(value: bigint, chars: number): string {
  if (value < 0n || value >= 1n << BigInt(5 * chars)) throw new RangeError(`an id does not fit ${5 * chars} bits`);
  let text = '';
  for (let shift = 5 * (chars - 1); shift >= 0; shift -= 5) text += ALPHABET[Number((value >> BigInt(shift)) & 31n)];
  return text;
}

function decodeNumber(text: string): bigint {
  let value = 0n;
  for (const char of text) value = (value << 5n) | BigInt(ALPHABET.indexOf(char));
  return value;
}

function decodeId(text: string): Id {
  return decodeNumber(text).toString();
}

/** Unpadded base32, the last character filled up with zero bits. */
function encodeBytes(bytes: Uint8Array): string {
  const chars = Math.ceil((bytes.length * 8) / 5);
  const value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`) << BigInt(chars * 5 - bytes.length * 8);
  return encodeNumber(value, chars);
}
