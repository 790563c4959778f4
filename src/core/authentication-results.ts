import { splitAtSemicolons, withoutComments } from './structured-field.ts';

/** One Authentication-Results field, RFC 8601 §2.2. */
export interface AuthenticationResults {
  /** Who speaks, lower-case. */
  authservId: string;
  results: MethodResult[];
}

export interface MethodResult {
  /** `dmarc`, `dkim`, `spf`…, lower-case, without its version. */
  method: string;
  /** `pass`, `fail`, `none`…, lower-case. */
  result: string;
  /** `header.from`, `smtp.mailfrom`…: names in lower-case; a name given twice stands here twice. */
  properties: { name: string; value: string }[];
}

/**
 * Null for a field that does not name its speaker or cannot be read whole: what is half understood proves nothing.
 * Lenient only about properties without a ptype, which Microsoft 365 writes (`action=none`).
 */
export function parseAuthenticationResults(value: string): AuthenticationResults | null {
  const [head = '', ...segments] = splitAtSemicolons(withoutComments(value) ?? '');
  const speaker = /^(?:"((?:[^"\\]|\\.)+)"|([^\s"=]+))(?: \d+)?$/.exec(head);
  if (speaker === null) return null;
  const results: MethodResult[] = [];
  for (const segment of segments) {
    if (segment === '' || segment.toLowerCase() === 'none') continue;
    const result = readResult(segment);
    if (result === null) return null;
    results.push(result);
  }
  return { authservId: unescaped(speaker[1] ?? speaker[2]).toLowerCase(), results };
}

/** `method=result` and then `reason=…` and `ptype.property=…`, all of one shape. */
function readResult(segment: string): MethodResult | null {
  const pair = / ?([A-Za-z][\w-]*(?: ?\. ?[\w-]+)*)(?: ?\/ ?\d+)? ?= ?(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))/y;
  const pairs: { name: string; value: string }[] = [];
  while (pair.lastIndex < segment.length) {
    const match = pair.exec(segment);
    if (match === null) return null;
    pairs.push({ name: (match[1] ?? '').replaceAll(' ', '').toLowerCase(), value: unescaped(match[2] ?? match[3]) });
  }
  const [first, ...properties] = pairs;
  return first === undefined ? null : { method: first.name, result: first.value.toLowerCase(), properties };
}

function unescaped(quoted: string | undefined): string {
  return (quoted ?? '').replace(/\\(.)/g, '$1');
}
