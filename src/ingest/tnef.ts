/**
 * Microsoft's TNEF ([MS-OXTNEF]): the `winmail.dat` that Exchange and Outlook send for a whole mail, which no other program opens.
 *
 * A stream is a signature and then attributes: level, id, length, data, checksum. An attachment begins with its rendering data; everything
 * of the attachment level up to the next one belongs to it. Names and, in newer mail, content are MAPI properties inside one attribute.
 * Read with every length checked against what is left; where it stops making sense, what was read until then counts.
 */
export interface TnefContent {
  attachments: TnefAttachment[];
  /** The message's own text, for mail whose other parts say nothing. */
  text: string | null;
  html: string | null;
}

export interface TnefAttachment {
  fileName: string | null;
  contentType: string | null;
  contentId: string | null;
  content: Buffer;
}

/** What a TNEF stream holds; null when it is none. */
export function readTnef(bytes: Buffer): TnefContent | null {
  if (bytes.length < HEADER_BYTES || bytes.readUInt32LE(0) !== SIGNATURE) return null;
  const reading: Reading = { attachments: [], text: null, html: null, charset: 'windows-1252' };
  for (const attribute of attributes(bytes)) {
    try {
      readAttribute(attribute, reading);
    } catch (error) {
      // A length that lies: this attribute is lost, the next one starts where its own header says.
      if (!(error instanceof RangeError)) throw error;
    }
  }
  const { attachments, text, html } = reading;
  return {
    attachments: attachments.filter(({ fileName, content }) => fileName !== null || content.length > 0),
    text,
    html,
  };
}

const SIGNATURE = 0x223e9f78;
const HEADER_BYTES = 6;
const ATTACHMENTS_MAX = 1000;

interface Reading extends TnefContent {
  /** Of 8-bit strings. */
  charset: string;
}

interface Attribute {
  id: number;
  data: Buffer;
}

function* attributes(bytes: Buffer): Generator<Attribute> {
  for (let at = HEADER_BYTES; at + 9 <= bytes.length; ) {
    const level = bytes[at];
    if (level !== MESSAGE_LEVEL && level !== ATTACHMENT_LEVEL) return;
    const id = bytes.readUInt32LE(at + 1);
    const length = bytes.readUInt32LE(at + 5);
    yield { id, data: bytes.subarray(at + 9, at + 9 + length) };
    at += 9 + length + CHECKSUM_BYTES;
  }
}

const MESSAGE_LEVEL = 1;
const ATTACHMENT_LEVEL = 2;
const CHECKSUM_BYTES = 2;

const OEM_CODEPAGE = 0x00069007;
const BODY = 0x0002800c;
const MESSAGE_PROPERTIES = 0x00069003;
const ATTACHMENT_RENDERING = 0x00069002;
const ATTACHMENT_TITLE = 0x00018010;
const ATTACHMENT_DATA = 0x0006800f;
const ATTACHMENT_PROPERTIES = 0x00069005;

function readAttribute({ id, data }: Attribute, reading: Reading): void {
  if (id === OEM_CODEPAGE) reading.charset = `windows-${data.readUInt32LE(0)}`;
  else if (id === BODY) reading.text ??= string8(data, reading.charset);
  else if (id === MESSAGE_PROPERTIES) readMessageProperties(data, reading);
  else if (id === ATTACHMENT_RENDERING) {
    if (reading.attachments.length < ATTACHMENTS_MAX) {
      reading.attachments.push({ fileName: null, contentType: null, contentId: null, content: Buffer.of() });
    }
  } else {
    const attachment = reading.attachments.at(-1);
    if (attachment === undefined) return;
    if (id === ATTACHMENT_TITLE) attachment.fileName ??= string8(data, reading.charset);
    else if (id === ATTACHMENT_DATA) attachment.content = data;
    else if (id === ATTACHMENT_PROPERTIES) readAttachmentProperties(data, attachment, reading.charset);
  }
}

const PR_BODY = 0x1000;
const PR_HTML = 0x1013;
const PR_ATTACH_DATA = 0x3701;
const PR_ATTACH_FILENAME = 0x3704;
const PR_ATTACH_LONG_FILENAME = 0x3707;
const PR_ATTACH_MIME_TAG = 0x370e;
const PR_ATTACH_CONTENT_ID = 0x3712;
const PR_DISPLAY_NAME = 0x3001;
const PR_INTERNET_CPID = 0x3fde;

function readMessageProperties(data: Buffer, reading: Reading): void {
  const found = properties(data);
  const text = found.get(PR_BODY);
  if (text !== undefined) reading.text = stringOf(text, reading.charset);
  const html = found.get(PR_HTML);
  const codepage = found.get(PR_INTERNET_CPID)?.value.readUInt32LE(0);
  if (html !== undefined)
    reading.html = stringOf(
      { ...html, type: html.type === BINARY ? STRING8 : html.type },
      htmlCharset(codepage, reading.charset),
    );
}

function htmlCharset(codepage: number | undefined, otherwise: string): string {
  if (codepage === undefined) return otherwise;
  return CODEPAGES[codepage] ?? `windows-${codepage}`;
}

/** The code pages that are not named `windows-…`. */
const CODEPAGES: Record<number, string> = {
  65001: 'utf-8',
  28591: 'iso-8859-1',
  28592: 'iso-8859-2',
  28595: 'iso-8859-5',
  28605: 'iso-8859-15',
  20866: 'koi8-r',
  21866: 'koi8-u',
  932: 'shift_jis',
  936: 'gbk',
  949: 'euc-kr',
  950: 'big5',
  50220: 'iso-2022-jp',
  20127: 'us-ascii',
  54936: 'gb18030',
};

function readAttachmentProperties(data: Buffer, attachment: TnefAttachment, charset: string): void {
  const found = properties(data);
  const said = (id: number) => {
    const property = found.get(id);
    return property === undefined ? null : stringOf(property, charset) || null;
  };
  attachment.fileName =
    said(PR_ATTACH_LONG_FILENAME) ?? attachment.fileName ?? said(PR_ATTACH_FILENAME) ?? said(PR_DISPLAY_NAME);
  attachment.contentType = said(PR_ATTACH_MIME_TAG);
  attachment.contentId = said(PR_ATTACH_CONTENT_ID)?.replace(/^<|>$/g, '') ?? null;
  const content = found.get(PR_ATTACH_DATA);
  // An object is a mail or a drawing behind the 16 bytes that name its interface.
  if (content !== undefined) attachment.content = content.type === OBJECT ? content.value.subarray(16) : content.value;
}

interface Property {
  type: number;
  value: Buffer;
}

const STRING8 = 0x001e;
const UNICODE = 0x001f;
const BINARY = 0x0102;
const OBJECT = 0x000d;
const SEVERAL = 0x1000;

/** Bytes of one value; shorter ones are padded to four. Types that are not here have a length of their own. */
const FIXED_BYTES: Partial<Record<number, number>> = {
  2: 4,
  3: 4,
  4: 4,
  5: 8,
  6: 8,
  7: 8,
  10: 4,
  11: 4,
  20: 8,
  64: 8,
  72: 16,
};

/** The first value of each property, by its id; named ones (id 0x8000 and up) are none of ours and passed over. */
function properties(data: Buffer): Map<number, Property> {
  const found = new Map<number, Property>();
  const count = data.readUInt32LE(0);
  let at = 4;
  for (let index = 0; index < count && at + 4 <= data.length; index++) {
    const type = data.readUInt16LE(at);
    const id = data.readUInt16LE(at + 2);
    at += 4;
    if (id >= 0x8000) at = afterName(data, at);
    const single = type & ~SEVERAL;
    const fixed = FIXED_BYTES[single];
    let values = 1;
    if (fixed === undefined || (type & SEVERAL) !== 0) {
      values = data.readUInt32LE(at);
      at += 4;
    }
    for (let value = 0; value < values; value++) {
      let length = fixed;
      if (length === undefined) {
        length = data.readUInt32LE(at);
        at += 4;
      }
      if (at + length > data.length) return found;
      if (id < 0x8000 && !found.has(id)) found.set(id, { type: single, value: data.subarray(at, at + length) });
      at += padded(length);
    }
  }
  return found;
}

/** A named property: 16 bytes of GUID, then a number, or a name with its length. */
function afterName(data: Buffer, at: number): number {
  const isNumber = data.readUInt32LE(at + 16) === 0;
  return isNumber ? at + 24 : at + 24 + padded(data.readUInt32LE(at + 20));
}

function padded(length: number): number {
  return Math.ceil(length / 4) * 4;
}

function stringOf({ type, value }: Property, charset: string): string {
  if (type === UNICODE) return value.toString('utf16le').split('\0', 1)[0] ?? '';
  return type === STRING8 ? string8(value, charset) : '';
}

function string8(bytes: Buffer, charset: string): string {
  const end = bytes.indexOf(0);
  const content = end === -1 ? bytes : bytes.subarray(0, end);
  try {
    return new TextDecoder(charset).decode(content);
  } catch {
    return new TextDecoder('windows-1252').decode(content);
  }
}
