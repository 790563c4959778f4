import type { InboundMail } from '../core/inbound-mail.ts';
import { readAttachedMail, readAttachedReports } from './attached-mail.ts';
import { inboundAttachment } from './attachments.ts';
import { type MailBody, readBody, readRawBody } from './body.ts';
import { readInvites } from './calendar.ts';
import { isBlank } from './clean-text.ts';
import { DefectList } from './defects.ts';
import { readDeliveryReports } from './delivery-report.ts';
import { HEADER_BYTES_HARD_MAX, type RawHeader, readHeader } from './header-reader.ts';
import { readMailHeader } from './mail-header.ts';
import { type MimePart, type MimeStructure, mimeDepth, readMime } from './mime-parts.ts';
import { openSigned } from './open-signed.ts';
import { openTnef } from './open-tnef.ts';
import { readProtection } from './protection.ts';
import { noteStructureDefects } from './structure-defects.ts';
import { trimReply } from './trim/trim.ts';

/** Deeper nesting than this is flagged (IN-10). */
const MIME_DEPTH_MAX = 100;

/**
 * Raw bytes as an InboundMail, with what was odd about them as defects. Never throws: what the parser library refuses
 * is read by our own header reader, with the raw body as its text (IN-12). A function of the bytes alone.
 *
 * Runs in the calling thread without limits on time or memory; `createMailParser` is the one with limits.
 */
export async function parseMail(raw: Uint8Array): Promise<InboundMail> {
  return understand(raw, readStructure);
}

/**
 * Header and raw body only, for a mail whose structure has defeated every attempt: an operator opens it as a plain ticket.
 */
export async function parseHeaderOnly(raw: Uint8Array): Promise<InboundMail> {
  return understand(raw, async (_raw, _header, defects) => {
    defects.add('header-only', 'asked for as a plain ticket');
    return NO_STRUCTURE;
  });
}

type ReadStructure = (raw: Uint8Array, header: RawHeader, defects: DefectList) => Promise<MimeStructure>;

const NO_STRUCTURE: MimeStructure = { root: null, attached: [] };

async function understand(raw: Uint8Array, structureOf: ReadStructure): Promise<InboundMail> {
  const defects = new DefectList();
  const rawHeader = readHeader(raw);
  if (raw.length === 0) defects.add('empty', 'no bytes');
  const header = readMailHeader(rawHeader, defects);
  const signed = await openSigned(await structureOf(raw, rawHeader, defects));
  const { root, attached } = openTnef(signed);

  const body = readableBody(raw, rawHeader.bodyStart, root);
  if (root !== null) noteStructureDefects(root, raw, rawHeader.fields, defects);
  noteBodyDefects(body, defects);

  const trimmed = trimReply(body.text, header.subject, body.marks);
  const reports = readDeliveryReports(attached, header, body.text);
  const attachments = attached.map((part) => inboundAttachment(part, body.html, defects));
  return {
    ...header,
    text: body.text,
    html: body.html,
    ...trimmed,
    forwarded: trimmed.forwarded ?? (await readAttachedMail(attached)),
    attachments,
    deliveryReports: reports.length > 0 ? reports : await readAttachedReports(attached, header),
    calendar: readInvites(attached),
    protection: readProtection(rawHeader.fields, { root, attached, isSigned: signed.isSigned }, body.text),
    defects: defects.list(),
  };
}

async function readStructure(raw: Uint8Array, header: RawHeader, defects: DefectList): Promise<MimeStructure> {
  if (header.bodyStart > HEADER_BYTES_HARD_MAX) {
    defects.add('header-only', 'header block over 1 MiB');
    return NO_STRUCTURE;
  }
  try {
    const structure = await readMime(raw, header);
    if (structure.root !== null && mimeDepth(structure.root) > MIME_DEPTH_MAX) {
      defects.add('over-limit', `parts nested deeper than ${MIME_DEPTH_MAX}`);
    }
    return structure;
  } catch (error) {
    // The words of any other error may quote the mail.
    if (isOverLimit(error)) defects.add('over-limit', error.message);
    else defects.add('parser-refused', 'the MIME structure could not be read');
    defects.add('header-only', 'read without its MIME structure');
    return NO_STRUCTURE;
  }
}

function isOverLimit(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'EMAXLEN';
}

/** Where the structure yields nothing to read although a multipart promised parts, the raw body is better (case 53). */
function readableBody(raw: Uint8Array, bodyStart: number, root: MimePart | null): MailBody {
  if (root === null) return readRawBody(raw.subarray(bodyStart));
  const body = readBody(root);
  return isBlank(body.text) && hasEmptyMultipart(root) ? readRawBody(raw.subarray(bodyStart)) : body;
}

function hasEmptyMultipart(part: MimePart): boolean {
  if (part.contentType.startsWith('multipart/') && part.children.length === 0) return true;
  return part.children.some(hasEmptyMultipart);
}

function noteBodyDefects(body: MailBody, defects: DefectList): void {
  if (body.cut) defects.add('over-limit', 'the text is longer than 1 MiB or the HTML than 4 MiB');
  if (body.hadNul) defects.add('nul-bytes', 'NUL in the body');
  if (body.fromHtml) defects.add('text-from-html', 'the text was read from the HTML part');
}
