import type { InboundMail, MailDefectCode, TextCut } from './inbound-mail.ts';
import { findLeaks, type InternalWords, type LeakKind } from './leak-guard.ts';
import { replyText } from './reply-text.ts';

/**
 * unknown-quote: only our boundary line told where the quoted mail begins, so the words a mail program puts above a quote
 * may still be in the text · incomplete: not all of the mail could be read · no-text: there is nothing to send ·
 * nobody-to-answer: there is nobody to send it to.
 */
export type AnswerDoubt = LeakKind | 'unknown-quote' | 'incomplete' | 'no-text' | 'nobody-to-answer';

export interface Answer {
  /** Exactly what would leave. */
  text: string;
  /** Empty: it may leave. */
  doubts: AnswerDoubt[];
}

/** After these the text may not be all there is, or not what its author wrote. */
const INCOMPLETE: ReadonlySet<MailDefectCode> = new Set([
  'header-only',
  'over-limit',
  'parser-refused',
  'size-mismatch',
  'multipart-boundary-missing',
]);

/**
 * What an agent's mail to a reply address would send, and what speaks against sending it (design.md §10: outbound doubt keeps
 * the mail). Attached text is looked through as well: a notification passed on carries tokens.
 */
export function decideAnswer(
  mail: InboundMail,
  attachedTexts: readonly string[],
  recipientCount: number,
  internal: InternalWords,
): Answer {
  const text = replyText(mail);
  const doubts = new Set<AnswerDoubt>(findLeaks({ text, cuts: quoteCuts(mail) }, internal).map(({ kind }) => kind));
  for (const attached of attachedTexts)
    for (const { kind } of findLeaks({ text: attached, cuts: [] }, internal)) if (kind !== 'command') doubts.add(kind);
  if (mail.cuts.some(({ rule }) => rule === 'boundary-line')) doubts.add('unknown-quote');
  if (mail.protection === 'encrypted' || mail.defects.some(({ code }) => INCOMPLETE.has(code)))
    doubts.add('incomplete');
  if (text.trim() === '' && mail.attachments.length === 0) doubts.add('no-text');
  if (recipientCount === 0) doubts.add('nobody-to-answer');
  return { text, doubts: [...doubts] };
}

/** A signature that was cut off in doubt gives nothing away. */
function quoteCuts({ cuts, spans }: InboundMail): TextCut[] {
  const quotes = new Set(spans.filter(({ kind }) => kind === 'quoted').map(({ from }) => from));
  return cuts.filter(({ from }) => quotes.has(from));
}

/** Whether an agent may have it sent all the same. A token never leaves, and there must be something and somebody. */
export function isReleasable(doubts: readonly AnswerDoubt[]): boolean {
  return !doubts.some((doubt) => NEVER_SENT.has(doubt));
}

const NEVER_SENT: ReadonlySet<AnswerDoubt> = new Set(['token', 'no-text', 'nobody-to-answer']);
