import type { InboundAttachment } from '../core/inbound-mail.ts';
import { cutText, hasBidiControl, oneLine } from './clean-text.ts';
import type { DefectList } from './defects.ts';
import { decodeWords } from './encoded-words.ts';
import { headerValues, readHeader } from './header-reader.ts';
import type { AttachedPart } from './mime-parts.ts';

const FILE_NAME_CHARACTERS_MAX = 180;
const EXTENSION_CHARACTERS_MAX = 20;

/** An attachment as the desk shows it; nothing in the mail chooses where or under which name anything is stored. */
export function inboundAttachment(part: AttachedPart, html: string | null, defects: DefectList): InboundAttachment {
  const written = part.fileName ?? '';
  const fileName = safeFileName(written) || unnamedFile(part);
  if (hasBidiControl(written)) defects.add('bidi-control', 'in an attachment name');
  if (part.fileName !== null && fileName !== written) {
    defects.add('attachment-name-changed', `part ${part.path}`);
  }
  const contentId = part.contentId === null ? null : oneLine(part.contentId).slice(0, 998);
  return {
    partPath: part.path,
    fileName,
    contentType: safeContentType(part.contentType),
    sizeBytes: part.sizeBytes,
    sha256: part.sha256,
    contentId,
    inline: contentId !== null && (part.related || part.disposition === 'inline' || showsPart(html, contentId)),
  };
}

/** No folders, controls or characters that some file system refuses, and not hidden; '' when nothing is left (case 60). */
function safeFileName(written: string): string {
  const base = oneLine(written).split(/[/\\]/).at(-1) ?? '';
  const safe = base
    .replace(/[<>:"|?*\ufffd]/g, '_')
    .replace(/^[.\s]+|[.\s]+$/g, '')
    .replace(/\s+/g, ' ');
  if (safe.length <= FILE_NAME_CHARACTERS_MAX) return safe;
  const dot = safe.lastIndexOf('.');
  const extension = dot > 0 && safe.length - dot <= EXTENSION_CHARACTERS_MAX ? safe.slice(dot) : '';
  return cutText(safe, FILE_NAME_CHARACTERS_MAX - extension.length) + extension;
}

const EXTENSIONS: Record<string, string> = {
  'application/pdf': '.pdf',
  'application/pgp-signature': '.asc',
  'application/pkcs7-mime': '.p7m',
  'application/pkcs7-signature': '.p7s',
  'image/gif': '.gif',
  'image/jpeg': '.jpg',
  'image/png': '.png',
  'message/delivery-status': '.txt',
  'message/rfc822': '.eml',
  'text/calendar': '.ics',
  'text/html': '.html',
  'text/plain': '.txt',
  'text/rfc822-headers': '.txt',
};

/** A mail is known by its subject; whatever else has no name, by its place in the mail. */
function unnamedFile(part: AttachedPart): string {
  if (part.contentType === 'message/rfc822' && part.content !== null) {
    const subject = decodeWords(headerValues(readHeader(part.content).fields, 'subject')[0] ?? '');
    const name = safeFileName(subject.replaceAll(/[/\\]/g, '_'));
    if (name !== '') return `${cutText(name, FILE_NAME_CHARACTERS_MAX - 4)}.eml`;
  }
  return `part-${part.path}${EXTENSIONS[part.contentType] ?? '.bin'}`;
}

function safeContentType(written: string): string {
  const contentType = written.toLowerCase();
  return /^[a-z0-9!#$&^_.+-]{1,80}\/[a-z0-9!#$&^_.+-]{1,120}$/.test(contentType)
    ? contentType
    : 'application/octet-stream';
}

function showsPart(html: string | null, contentId: string): boolean {
  return html?.includes(`cid:${contentId}`) ?? false;
}
