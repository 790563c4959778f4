import type { HeaderField } from '../core/inbound-mail.ts';
import { decodeText } from './charset.ts';
import type { DefectList } from './defects.ts';
import { headerValues } from './header-reader.ts';
import type { MimePart } from './mime-parts.ts';
import { hasBrokenBase64 } from './transfer-encoding.ts';

/** RFC 2045 §6.1; the empty one is a part that names none. */
const TRANSFER_ENCODINGS = new Set(['', '7bit', '8bit', 'binary', 'quoted-printable', 'base64']);

/** What is wrong with the MIME structure, although something could be read of it. */
export function noteStructureDefects(
  root: MimePart,
  raw: Uint8Array,
  fields: HeaderField[],
  defects: DefectList,
): void {
  if (headerValues(fields, 'content-type').length > 1) defects.add('content-type-repeated', 'the first one was used');
  notePartDefects(root, defects);
  if (hasBase64(root) && hasBrokenBase64(raw)) defects.add('transfer-encoding-invalid', 'base64 with other characters');
}

function hasBase64(part: MimePart): boolean {
  return part.transferEncoding === 'base64' || part.children.some(hasBase64);
}

function notePartDefects(part: MimePart, defects: DefectList): void {
  if (part.boundaryMissing) defects.add('multipart-boundary-missing', 'a multipart without a boundary');
  if (!TRANSFER_ENCODINGS.has(part.transferEncoding)) {
    defects.add('transfer-encoding-invalid', 'an unknown Content-Transfer-Encoding');
  }
  if (part.text !== null) noteCharsetDefect(part, part.text, defects);
  for (const child of part.children) notePartDefects(child, defects);
}

/** A wrong name does no harm to plain ASCII, and half of all wrong names stand above nothing else. */
function noteCharsetDefect(
  { charset, charsetGuessed, contentType }: MimePart,
  text: string,
  defects: DefectList,
): void {
  if (charset === null) {
    if (charsetGuessed) defects.add('charset-unknown', 'text beyond ASCII without a charset');
  } else if (decodeText(new Uint8Array(), charset, contentType === 'text/plain') === null) {
    defects.add('charset-unknown', 'a charset we cannot decode');
  } else if (charsetGuessed || text.includes('\ufffd')) {
    defects.add('charset-unknown', 'text that is not in its charset');
  }
}
