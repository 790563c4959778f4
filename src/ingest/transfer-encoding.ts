const OUTSIDE_BASE64 = /[^A-Za-z0-9+/=\s]/;

/**
 * Whether a base64 part of the raw mail holds characters that base64 does not have (RFC 2045 §6.8: decoders ignore them,
 * so the parser says nothing and what comes out may be anything). Looked for in the raw bytes, in one pass.
 */
export function hasBrokenBase64(raw: Uint8Array): boolean {
  const text = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('latin1');
  const field = /^content-transfer-encoding:[ \t]*base64\b/gim;
  // On from the end of each part: every byte is looked at once, however many fields there are.
  while (field.test(text)) {
    const content = bodyAfter(text, field.lastIndex);
    const boundary = text.indexOf('\n--', content - 1);
    const end = boundary === -1 ? text.length : boundary;
    if (OUTSIDE_BASE64.test(text.slice(content, end))) return true;
    field.lastIndex = Math.max(content, end);
  }
  return false;
}

function bodyAfter(text: string, field: number): number {
  const empty = /\n\r?\n/g;
  empty.lastIndex = field;
  return empty.test(text) ? empty.lastIndex : text.length;
}
