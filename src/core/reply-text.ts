import type { TextSpan } from './inbound-mail.ts';

/** What the author wrote anew: without the earlier mail it quotes and without the signature. */
export function replyText({ text, spans }: { text: string; spans: readonly TextSpan[] }): string {
  return spans
    .filter(({ kind }) => kind === 'reply')
    .map(({ from, to }) => text.slice(from, to))
    .join('');
}
