import type { HeaderField, InboundMail } from '../core/inbound-mail.ts';
import { headerValues } from './header-reader.ts';
import { type AttachedPart, isCms, type MimePart } from './mime-parts.ts';
import type { OpenedStructure } from './open-signed.ts';

/**
 * Whether the mail, or a part of it that a list or gateway wrapped, is signed or encrypted by S/MIME or PGP (RFC 8551, RFC 3156, or PGP's
 * armour inside the text). A label only: nothing is verified, so nothing may rest on it. Of both the stronger one counts.
 */
export function readProtection(
  fields: HeaderField[],
  { root, attached, isSigned }: OpenedStructure,
  text: string,
): InboundMail['protection'] {
  const contentType = headerValues(fields, 'content-type')[0]?.toLowerCase() ?? '';
  if (contentType.startsWith('multipart/encrypted') || hasPart(root, 'multipart/encrypted')) return 'encrypted';
  // What is left unopened is encrypted, or a signature that came without what it signs.
  const sealed = attached.find(isCms);
  if (sealed !== undefined && !isSignature(sealed, contentType)) return 'encrypted';
  if (isSigned || sealed !== undefined) return 'signed';
  if (contentType.startsWith('multipart/signed') || hasPart(root, 'multipart/signed')) return 'signed';
  if (attached.some((part) => SIGNATURES.test(part.contentType))) return 'signed';
  if (text.includes('-----BEGIN PGP MESSAGE-----')) return 'encrypted';
  return text.includes('-----BEGIN PGP SIGNED MESSAGE-----') ? 'signed' : 'none';
}

function isSignature({ path, fileName }: AttachedPart, contentType: string): boolean {
  return (path === '1' && contentType.includes('signed-data')) || /\.p7s$/i.test(fileName ?? '');
}

const SIGNATURES = /^application\/(?:(?:x-)?pkcs7-signature|pgp-signature)$/;

function hasPart(part: MimePart | null, contentType: string): boolean {
  if (part === null) return false;
  return part.contentType === contentType || part.children.some((child) => hasPart(child, contentType));
}
