/**
 * The mail inside an S/MIME container that is signed and not encrypted (RFC 8551 §3.5.2: `smime.p7m` with `smime-type=signed-data`).
 * Nobody verifies anything here; what was signed is only taken out so that it can be read.
 *
 * CMS (RFC 5652) in BER (X.690): ContentInfo holds SignedData, which holds EncapsulatedContentInfo, which holds the bytes as one octet
 * string or as a row of them. Every length is checked against what is left, and nothing is read deeper than that path.
 */
export type CmsContent = { kind: 'signed'; content: Buffer } | { kind: 'other' };

/** What a CMS container holds; null for bytes that are none. Signed data without content (a detached signature) is `other`. */
export function readCms(bytes: Buffer): CmsContent | null {
  const contentInfo = readElement(bytes, 0);
  if (contentInfo?.tag !== SEQUENCE) return null;
  const [type, explicit] = childrenOf(contentInfo, 2);
  if (type?.tag !== OBJECT_IDENTIFIER || !isCmsType(type.body)) return null;
  if (!type.body.equals(SIGNED_DATA)) return { kind: 'other' };
  const signedData = explicit === undefined ? null : readElement(explicit.body, 0);
  // Version, digest algorithms, and then the content.
  const encapsulated = signedData === null ? undefined : childrenOf(signedData, 3)[2];
  const wrapped = encapsulated === undefined ? undefined : childrenOf(encapsulated, 2)[1];
  const octets = wrapped === undefined ? null : readElement(wrapped.body, 0);
  const content = octets === null ? null : octetsOf(octets, 0);
  return content === null ? { kind: 'other' } : { kind: 'signed', content };
}

const SEQUENCE = 0x30;
const OBJECT_IDENTIFIER = 0x06;
const OCTET_STRING = 0x04;
const CONSTRUCTED = 0x20;

/** 1.2.840.113549.1.7 and 1.2.840.113549.1.9.16.1, under which all kinds of content stand. */
const PKCS7 = Buffer.from('2a864886f70d0107', 'hex');
const SMIME_TYPES = Buffer.from('2a864886f70d01091001', 'hex');
const SIGNED_DATA = Buffer.concat([PKCS7, Buffer.of(2)]);

function isCmsType(oid: Buffer): boolean {
  return [PKCS7, SMIME_TYPES].some((arc) => oid.subarray(0, arc.length).equals(arc));
}

interface Element {
  tag: number;
  /** Without tag and length; of one of indefinite length, up to its end mark. */
  body: Buffer;
  /** Where the next element starts. */
  end: number;
}

function readElement(bytes: Buffer, at: number): Element | null {
  const tag = bytes[at];
  const first = bytes[at + 1];
  // Tags above 30 do not stand on the way to the content.
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return null;
  const start = at + 2;
  if (first < 0x80) return element(bytes, tag, start, first);
  if (first === 0x80) return (tag & CONSTRUCTED) === 0 ? null : indefiniteElement(bytes, tag, start);
  const lengthBytes = first & 0x7f;
  if (lengthBytes > 4 || start + lengthBytes > bytes.length) return null;
  return element(bytes, tag, start + lengthBytes, bytes.readUIntBE(start, lengthBytes));
}

function element(bytes: Buffer, tag: number, start: number, length: number): Element | null {
  const end = start + length;
  return end > bytes.length ? null : { tag, body: bytes.subarray(start, end), end };
}

const DEPTH_MAX = 16;

/** Its end is known only by walking over what is inside. */
function indefiniteElement(bytes: Buffer, tag: number, start: number): Element | null {
  const end = endOfContents(bytes, start, 0);
  return end === null ? null : { tag, body: bytes.subarray(start, end), end: end + 2 };
}

/** Where the two zero bytes stand that end these contents. Walks each byte's header once, however deep it is nested. */
function endOfContents(bytes: Buffer, start: number, depth: number): number | null {
  if (depth > DEPTH_MAX) return null;
  let at = start;
  while (at + 1 < bytes.length) {
    if (bytes[at] === 0 && bytes[at + 1] === 0) return at;
    const isIndefinite = bytes[at + 1] === 0x80 && ((bytes[at] ?? 0) & CONSTRUCTED) !== 0;
    const next: number | null = isIndefinite
      ? endOfContents(bytes, at + 2, depth + 1)
      : (readElement(bytes, at)?.end ?? null);
    if (next === null) return null;
    at = isIndefinite ? next + 2 : next;
  }
  return null;
}

function childrenOf({ body }: Element, count: number): Element[] {
  const children: Element[] = [];
  for (let at = 0; children.length < count; ) {
    const child = readElement(body, at);
    if (child === null) break;
    children.push(child);
    at = child.end;
  }
  return children;
}

/** Programs that stream cut the content into octet strings inside one (X.690 §8.7.3). */
function octetsOf({ tag, body }: Element, depth: number): Buffer | null {
  if (tag === OCTET_STRING) return body;
  if (tag !== (OCTET_STRING | CONSTRUCTED) || depth > DEPTH_MAX) return null;
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const child = readElement(body, at);
    const piece = child === null ? null : octetsOf(child, depth + 1);
    if (child === null || piece === null) return null;
    pieces.push(piece);
    at = child.end;
  }
  return Buffer.concat(pieces);
}
