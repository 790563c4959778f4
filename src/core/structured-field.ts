/** Longer than any honest one; what is longer is not worth the time of reading it. */
const FIELD_CHARS_MAX = 8_192;

/**
 * A structured header field without its comments, and with single spaces (RFC 5322 §3.2.2): comments nest, and neither a
 * bracket in quotes nor an escaped one counts. Null for what cannot be read with certainty: a comment or quoted string
 * without end, an escape outside both.
 */
export function withoutComments(value: string): string | null {
  if (value.length > FIELD_CHARS_MAX) return null;
  let plain = '';
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < value.length; at += 1) {
    const char = value.charAt(at);
    if (char === '\\') {
      if (depth === 0 && !quoted) return null;
      if (quoted) plain += value.slice(at, at + 2);
      at += 1;
    } else if (quoted) {
      quoted = char !== '"';
      plain += char;
    } else if (char === '(') {
      depth += 1;
      plain += ' ';
    } else if (char === ')') {
      if (depth === 0) return null;
      depth -= 1;
    } else if (depth === 0) {
      quoted = char === '"';
      plain += char;
    }
  }
  return depth === 0 && !quoted ? plain.replace(/\s+/g, ' ').trim() : null;
}

/** The pieces between semicolons that do not stand in quotes. */
export function splitAtSemicolons(field: string): string[] {
  const pieces = [''];
  for (const part of field.match(/"(?:[^"\\]|\\.)*"|;|[^";]+/g) ?? []) {
    if (part === ';') pieces.push('');
    else pieces.push((pieces.pop() ?? '') + part);
  }
  return pieces.map((piece) => piece.trim());
}
