import type { HeaderField, InboundMail } from '../core/inbound-mail.ts';
import { headerValues } from './header-reader.ts';
import type { AttachedPart, MimePart } from './mime-parts.ts';

/**
 * Whether the mail, or a part of it that a list or gateway wrapped, is signed or encrypted by S/MIME or PGP (RFC 8551, RFC 3156, or PGP's
 * armour inside the text). A label only: nothing is verified, so nothing may rest on it.
 */
export function readProtection(
  fields: HeaderField[],
  root: MimePart | null,
  attached: AttachedPart[],
  text: string,
): InboundMail['protection'] {
  const contentType = headerValues(fields, 'content-type')[0]?.toLowerCase() ?? '';
  if (contentType.startsWith('multipart/encrypted') || hasPart(root, 'multipart/encrypted')) return 'encrypted';
  if (contentType.startsWith('multipart/signed') || hasPart(root, 'multipart/signed')) return 'signed';
  const sealed = attached.find((part) => /^application\/(?:x-)?pkcs7-mime$/.test(part.contentType));
  if (sealed !== undefined) {
    return contentType.includes('signed-data') || /\.p7s$/i.test(sealed.fileName ?? '') ? 'signed' : 'encrypted';
  }
  if (attached.some((part) => SIGNATURES.test(part.contentType))) return 'signed';
  if (text.includes('-----BEGIN PGP MESSAGE-----')) return 'encrypted';
  return text.includes('-----BEGIN PGP SIGNED MESSAGE-----') ? 'signed' : 'none';
}

const SIGNATURES = /^application\/(?:(?:x-)?pkcs7-signature|pgp-signature)$/;

function hasPart(part: MimePart | null, contentType: string): boolean {
  if (part === null) return false;
  return part.contentType === contentType || part.children.some((child) => hasPart(child, contentType));
}
