import type { TextCut, TextSpan } from './inbound-mail.ts';

/**
 * What the author wrote anew: without the earlier mail it quotes and without the signature. A closing formula with its name
 * is still the author's own words, where the cuts tell it from the rest of the signature.
 */
export function replyText(mail: { text: string; spans: readonly TextSpan[]; cuts?: readonly TextCut[] }): string {
  const closings = new Set(mail.cuts?.filter(({ rule }) => rule === 'sign-off').map(({ from }) => from));
  return mail.spans
    .filter(({ kind, from }) => kind === 'reply' || closings.has(from))
    .map(({ from, to }) => mail.text.slice(from, to))
    .join('');
}
