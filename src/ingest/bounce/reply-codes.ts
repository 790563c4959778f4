/** RFC 3463: the first `class.subject.detail` in the text that is no part of an IP address. */
export function enhancedStatus(text: string): string | null {
  return /(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?!\.?\d)/.exec(text)?.[0] ?? null;
}

/** The same where only a failure is meant: words are full of versions and of the other server's earlier `250 2.1.5 Ok`. */
export function failureStatus(text: string): string | null {
  return /(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?!\.?\d)/.exec(text)?.[0] ?? null;
}

/** RFC 5321 §4.2: the first code of a negative answer, such as `550` in `said: 550-5.1.1 no such user`. */
function replyCode(text: string): string | null {
  return /(?:^|[\s:<>"'([])([45][0-5]\d)(?=$|[\s\-\]>,.:)])(?![-.]\d{4})/m.exec(text)?.[1] ?? null;
}

/** What the text says about permanence: 5 for good, 4 for now, null when it names no code. The enhanced status is the exact one. */
export function failureClass(status: string | null, text: string): '4' | '5' | null {
  const digit = (status ?? replyCode(text) ?? '').slice(0, 1);
  return digit === '4' || digit === '5' ? digit : null;
}
