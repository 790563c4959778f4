/**
 * One spelling for each mail address we store: the local part in NFC as written, the domain in lower-case A-labels
 * (reliability.md IN-14). Null for what is not a single plain address: quoted local parts, controls, address literals.
 */
export function canonicalAddress(text: string): string | null {
  const at = text.lastIndexOf('@');
  const localPart = text.slice(0, at).normalize('NFC');
  const domain = text.slice(at + 1);
  if (at < 1 || !LOCAL_PART.test(localPart) || new TextEncoder().encode(localPart).length > 64) return null;
  if (!DOMAIN.test(domain) || !URL.canParse(`http://${domain}`)) return null;
  const { hostname } = new URL(`http://${domain}`);
  // "1.2.3" reads as an IPv4 address to a URL, and is no mail domain.
  if (!hostname.includes('.') || /^[\d.]+$/.test(hostname) || hostname.length > 253) return null;
  return `${localPart}@${hostname}`;
}

/** RFC 5321 §4.1.2 dot-string, with the letters of RFC 6531 §3.3. */
const LOCAL_PART = /^[\w!#$%&'*+\-/=?^`{|}~\p{L}\p{M}\p{N}]+(?:\.[\w!#$%&'*+\-/=?^`{|}~\p{L}\p{M}\p{N}]+)*$/u;
const DOMAIN = /^[\p{L}\p{M}\p{N}-]+(?:\.[\p{L}\p{M}\p{N}-]+)+$/u;
