import type { AttachmentStream, MailParser, MailParserOptions, MessageText } from 'mailparser';
import { type RawHeader, readHeader } from './header-reader.ts';
import { decodeOurselves, type PartCharset } from './part-charsets.ts';
import { openParser } from './part-nodes.ts';

/** More than this is kept of no attachment: what we read of one are reports and invites, which are short. */
const CONTENT_BYTES_MAX = 256 * 1024;

/** One node of the MIME tree: a multipart with children, or a leaf. */
export interface MimePart {
  contentType: string;
  charset: string | null;
  /** The charset was missing or wrong, and the text is the likeliest reading of it. */
  charsetGuessed: boolean;
  transferEncoding: string;
  /** Decoded, of a leaf that is shown as text; null for multiparts and attachments. */
  text: string | null;
  children: MimePart[];
  /** A multipart that names no boundary: its content is in no part (case 53). */
  boundaryMissing: boolean;
}

/** A leaf that is not shown as text. */
export interface AttachedPart {
  /** IMAP style: `1.2`; `1` when the whole mail is this part. */
  path: string;
  contentType: string;
  /** Decoded, as the sender wrote it. */
  fileName: string | null;
  /** Without brackets. */
  contentId: string | null;
  disposition: string | null;
  related: boolean;
  sizeBytes: number;
  /** Of the decoded content, lower-case hex. */
  sha256: string;
  /** The beginning of the decoded content, where something inside is read (`READ_CONTENT`); else null. */
  content: Buffer | null;
}

/** What is opened: reports about our own mail, and invites. Everything else is hashed, measured and let go. */
const READ_CONTENT = new Set([
  'message/delivery-status',
  'message/global-delivery-status',
  'message/disposition-notification',
  'message/feedback-report',
  'message/rfc822',
  'message/global',
  'message/global-headers',
  'text/rfc822-headers',
  'message/rfc822-headers',
  'text/calendar',
]);

/** A whole mail with all its files; larger ones are opened as far as this goes. */
const CONTAINER_BYTES_MAX = 32 * 1024 * 1024;

/** Outlook's container: by its type, or by the name that gateways leave of it. */
export function isTnef({ contentType, fileName }: Pick<AttachedPart, 'contentType' | 'fileName'>): boolean {
  return /^application\/(?:vnd\.)?ms-tnef$/i.test(contentType) || /^win(?:mail|dat)\d*\.dat$/i.test(fileName ?? '');
}

/** S/MIME's container of a mail that is signed, encrypted or both (RFC 8551 §3.2). */
export function isCms({ contentType, fileName }: Pick<AttachedPart, 'contentType' | 'fileName'>): boolean {
  return /^application\/(?:x-)?pkcs7-mime$/i.test(contentType) || /^smime\.p7m$/i.test(fileName ?? '');
}

/** How every raw mail is taken apart, so that a part has the same path each time. */
const MIME_OPTIONS: MailParserOptions = {
  skipHtmlToText: true,
  skipTextToHtml: true,
  skipImageLinks: true,
  keepDeliveryStatus: true,
  // A forwarded mail stays one attachment; what is inside it is not this mail (case 52).
  ignoreEmbedded: true,
  checksumAlgo: 'sha256',
  maxHeadSize: 1024 * 1024,
  maxChildNodes: 1000,
};

/** All that the structure hangs on; the parser spends a third of its time on the other fields, which are read elsewhere. */
const STRUCTURE_FIELDS = new Set(['content-type', 'content-transfer-encoding', 'content-disposition', 'content-id']);

/**
 * Takes a raw mail apart with mailparser, streaming: attachments are hashed as they pass and never held.
 * Rejects with what mailparser refuses (`EMAXLEN`: more than 1000 parts, or a part with a header over 1 MiB).
 */
export function readMime(raw: Uint8Array, header: RawHeader): Promise<MimeStructure> {
  return new Promise((resolve, reject) => {
    const parser = openParser(MIME_OPTIONS, raw);
    const attached: AttachedPart[] = [];
    const charsetOf = decodeOurselves(parser);
    parser.on('error', reject);
    parser.on('data', (event: AttachmentStream | MessageText) => {
      if (event.type === 'attachment') collect(event, (part) => attached.push(part), reject);
    });
    // The library joins all text parts into one string; whether a blank part stands beside a real one (IN-15), which
    // charsets were claimed and how deep the nesting goes is only in its tree, which its types keep to themselves.
    parser.on('end', () => resolve({ root: mimePart(Reflect.get(parser, 'tree'), charsetOf), attached }));
    feed(parser, raw, header);
  });
}

/** Hands each leaf that is not text to `take`, under the path that `readMime` names it by, and resolves when all were met. */
export function eachAttachment(raw: Uint8Array, take: (event: AttachmentStream) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const parser = openParser(MIME_OPTIONS, raw);
    parser.on('error', reject);
    parser.on('data', (event: AttachmentStream | MessageText) => {
      if (event.type !== 'attachment') return;
      event.content.on('error', reject);
      take(event);
    });
    parser.on('end', resolve);
    feed(parser, raw, readHeader(raw));
  });
}

function feed(parser: MailParser, raw: Uint8Array, header: RawHeader): void {
  parser.write(structureHeader(header));
  parser.end(raw.subarray(header.bodyStart));
}

export interface MimeStructure {
  /** Null when there is none to read. */
  root: MimePart | null;
  attached: AttachedPart[];
}

function structureHeader({ fields }: RawHeader): Buffer {
  const lines = fields
    .filter(({ name }) => STRUCTURE_FIELDS.has(name))
    .map(({ name, value }) => `${name}: ${name === 'content-type' ? withSemicolon(value) : value}\r\n`);
  return Buffer.from(`${lines.join('')}\r\n`);
}

/** `multipart/mixed boundary=x`: without the missing semicolon the whole structure is lost. */
function withSemicolon(value: string): string {
  return value.replace(/^([\w.+-]{1,80}\/[\w.+-]{1,80})\s+(?=[\w-]{1,40}\s?=)/, '$1; ');
}

function collect(event: AttachmentStream, keep: (part: AttachedPart) => void, fail: (error: Error) => void): void {
  const contentMax = contentBytesMax(event);
  const wanted = contentMax > 0;
  const chunks: Buffer[] = [];
  let wantedBytes = contentMax;
  event.content.on('error', fail);
  event.content.on('data', (chunk: Buffer) => {
    if (wantedBytes <= 0) return;
    chunks.push(chunk.subarray(0, wantedBytes));
    wantedBytes -= chunk.length;
  });
  event.content.on('end', () => {
    keep({
      path: event.partId ?? '1',
      contentType: event.contentType,
      fileName: event.filename ?? null,
      contentId: event.cid || null,
      disposition: event.contentDisposition ?? null,
      related: event.related ?? false,
      sizeBytes: event.size ?? 0,
      sha256: event.checksum ?? '',
      content: wanted ? Buffer.concat(chunks) : null,
    });
    event.release?.();
  });
}

function contentBytesMax({ contentType, filename }: AttachmentStream): number {
  const part = { contentType, fileName: filename ?? null };
  if (isTnef(part) || isCms(part)) return CONTAINER_BYTES_MAX;
  return READ_CONTENT.has(contentType) ? CONTENT_BYTES_MAX : 0;
}

/** Reads one node of mailparser's tree (3.14), believing nothing about its shape. */
function mimePart(node: unknown, charsetOf: (label: string) => PartCharset | null): MimePart | null {
  if (!isObject(node)) return null;
  const source = isObject(node.node) ? node.node : {};
  const contentType = textOf(node.contentType).toLowerCase();
  const charset = charsetOf(textOf(node.charset));
  const children = Array.isArray(node.children)
    ? node.children.map((child) => mimePart(child, charsetOf)).filter((child) => child !== null)
    : [];
  return {
    contentType,
    charset: charset === null ? textOf(node.charset) || null : charset.claimed,
    charsetGuessed: charset?.guessed ?? false,
    transferEncoding: textOf(source.encoding),
    text: typeof node.textContent === 'string' ? node.textContent : null,
    children,
    boundaryMissing: contentType.startsWith('multipart/') && !source._boundary,
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Parts one after the other, as if a sender had put them so. */
export function mixedPart(children: MimePart[]): MimePart {
  return {
    contentType: 'multipart/mixed',
    charset: null,
    charsetGuessed: false,
    transferEncoding: '',
    text: null,
    children,
    boundaryMissing: false,
  };
}

/** How many levels of multipart stand above the deepest part. */
export function mimeDepth(part: MimePart): number {
  let deepest = 0;
  for (const child of part.children) deepest = Math.max(deepest, 1 + mimeDepth(child));
  return deepest;
}
