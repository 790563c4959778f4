import type { Transform } from 'node:stream';
import { MailParser } from 'mailparser';
import { base64FileDecoder, base64TextDecoder } from './base64.ts';

/** What mailparser's splitter knows of one part when it has read its header (mailsplit in mailparser 3.14). */
interface PartNode {
  parseHeaders: () => void;
  getDecoder: () => Transform;
  headers: unknown;
  parentNode: unknown;
  contentType: unknown;
  encoding: unknown;
  charset: unknown;
  multipart: unknown;
  disposition: unknown;
  filename: unknown;
  _boundary: unknown;
  _parsedContentType: unknown;
}

/**
 * mailparser, with some parts read as the RFCs and real mail want them:
 *
 * - in a digest a part that names no type is a mail (RFC 2046 §5.1.5);
 * - what names a type that is none is text (RFC 2045 §5.2);
 * - a part that names a multipart and below it the type of a leaf is that leaf: its first delimiter was lost between the two, and what
 *   stands before the next one would be hidden;
 * - a boundary may end in spaces, against RFC 2046 §5.1.1, where its delimiters do;
 * - what says base64 and is not stays readable.
 *
 * Hangs on two inner functions of mailparser 3.14; without them the library reads on as it did.
 */
export function openParser(options: ConstructorParameters<typeof MailParser>[0], raw: Uint8Array): MailParser {
  const parser = new MailParser(options);
  const splitter: unknown = Reflect.get(parser, 'splitter');
  if (!isObject(splitter) || typeof splitter.newNode !== 'function') return parser;
  const { newNode } = splitter;
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const watch = () => watchNode(splitter.node, bytes);
  watch();
  splitter.newNode = (parent: unknown) => {
    Reflect.apply(newNode, splitter, [parent]);
    watch();
  };
  return parser;
}

/** The splitter splits by what the node says as soon as its header is read: later is too late. */
function watchNode(node: unknown, raw: Buffer): void {
  if (!isPartNode(node)) return;
  const { parseHeaders } = node;
  node.parseHeaders = () => {
    if (isObject(node.headers)) return;
    Reflect.apply(parseHeaders, node, []);
    mendPart(node, raw);
  };
}

function mendPart(node: PartNode, raw: Buffer): void {
  const isFile = node.disposition === 'attachment' || (typeof node.filename === 'string' && node.filename !== '');
  if (isOfDigest(node.parentNode) && headerLines(node.headers, 'content-type').length === 0)
    node.contentType = 'message/rfc822';
  if (!CONTENT_TYPE.test(String(node.contentType)) && !isFile) node.contentType = 'text/plain';
  const leafType = typeBelowMultipart(node);
  if (leafType !== null) {
    node.contentType = /^[^\s;]+/.exec(leafType)?.[0].toLowerCase();
    node.charset = /;\s*charset="?([^\s";]+)/i.exec(leafType)?.[1] ?? false;
    node.multipart = false;
    node._boundary = false;
    return;
  }
  const boundary = spacedBoundary(node._parsedContentType);
  if (boundary !== null && raw.includes(`--${boundary}`)) node._boundary = Buffer.from(boundary);
  if (node.encoding === 'base64') {
    const isText = !isFile && /^text\/(?:plain|html)$/.test(String(node.contentType));
    node.getDecoder = isText ? base64TextDecoder : base64FileDecoder;
  }
}

const CONTENT_TYPE = /^[^\s/]+\/[^\s/]+$/;

function isOfDigest(parent: unknown): boolean {
  return isObject(parent) && parent.contentType === 'multipart/digest';
}

function typeBelowMultipart(node: PartNode): string | null {
  if (typeof node.multipart !== 'string' || !isObject(node.parentNode)) return null;
  const lines = headerLines(node.headers, 'content-type');
  const last = lines.at(-1)?.replace(/^[^:]*:\s*/, '') ?? '';
  return lines.length > 1 && /^text\//i.test(last) ? last : null;
}

function headerLines(headers: unknown, name: string): string[] {
  if (!isObject(headers) || typeof headers.get !== 'function') return [];
  const fields: unknown = Reflect.apply(headers.get, headers, [name]);
  return Array.isArray(fields) ? fields.map(String) : [];
}

function spacedBoundary(contentType: unknown): string | null {
  const params = isObject(contentType) && isObject(contentType.params) ? contentType.params : {};
  const { boundary } = params;
  return typeof boundary === 'string' && /^[ -~]{0,10000}[!-~] +$/.test(boundary) ? boundary : null;
}

function isPartNode(value: unknown): value is PartNode {
  return isObject(value) && typeof value.parseHeaders === 'function' && typeof value.getDecoder === 'function';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
