import { domainToASCII } from 'node:url';

/**
 * An address that an operator may give a mailbox or an agent, in the one spelling we store: the local part in NFC as
 * written, the domain in lower-case A-labels (reliability.md IN-14). Null for anything else.
 *
 * Narrower than what mail may carry (`ingest/address.ts`): no quoted local parts, no address literals, no bare host names.
 */
export function configuredAddress(text: string): string | null {
  const at = text.lastIndexOf('@');
  const localPart = text.slice(0, at).normalize('NFC');
  const domain = domainToASCII(text.slice(at + 1));
  // URL parsing drops line ends and tabs without a word.
  if (/[\s\p{C}]/u.test(text)) return null;
  if (at < 1 || !LOCAL_PART.test(localPart) || new TextEncoder().encode(localPart).length > 64) return null;
  // "1.2.3" reads as an IPv4 address, and is no mail domain.
  if (!DOMAIN.test(domain) || domain.length > 253 || /^[\d.]+$/.test(domain)) return null;
  return `${localPart}@${domain}`;
}

/** RFC 5321 §4.1.2 dot-string, with the letters of RFC 6531 §3.3. */
const LOCAL_PART = /^[\w!#$%&'*+\-/=?^`{|}~\p{L}\p{M}\p{N}]+(?:\.[\w!#$%&'*+\-/=?^`{|}~\p{L}\p{M}\p{N}]+)*$/u;
const DOMAIN = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/;
