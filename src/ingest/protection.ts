import type { HeaderField, InboundMail } from '../core/inbound-mail.ts';
import { headerValues } from './header-reader.ts';

/** Whether the mail is signed or encrypted by S/MIME or PGP (RFC 8551, RFC 3156, or PGP's armour inside the text). */
export function readProtection(fields: HeaderField[], text: string): InboundMail['protection'] {
  const contentType = headerValues(fields, 'content-type')[0]?.toLowerCase() ?? '';
  if (contentType.startsWith('multipart/encrypted')) return 'encrypted';
  if (contentType.startsWith('multipart/signed')) return 'signed';
  if (/^application\/(?:x-)?pkcs7-mime/.test(contentType)) {
    return contentType.includes('signed-data') ? 'signed' : 'encrypted';
  }
  if (text.includes('-----BEGIN PGP MESSAGE-----')) return 'encrypted';
  return text.includes('-----BEGIN PGP SIGNED MESSAGE-----') ? 'signed' : 'none';
}
