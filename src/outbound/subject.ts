import { oneLine } from './header-values.ts';

/** Reply and forward marks of mail programs in many languages, as they pile up at the start of a subject. */
const MARK =
  /^(?:re|aw|antw|antwort|sv|vs|ref|rif|r|res|resp|odp|ynt|vá|blz|fwd?|wg|tr|rv|enc|doorst|vb|vl|i|pd|回复|答复|转发|返信|転送|回覆|轉寄)(?:\[\d+\]|\(\d+\))?\s*[:：]\s*/iu;

/** Long enough for every honest subject, short enough for every reader's list. */
const CHARACTERS_MAX = 250;

/**
 * The subject of our answer: the sender's own words, one `Re:`, and the ticket number once, however long the thread has
 * grown (R19). `Re: [#1042] Mobile banking does not work`.
 */
export function ticketSubject(subject: string, ticketNumber: string): string {
  const token = numberToken(ticketNumber);
  let words = ownWords(subject, ticketNumber);
  const characters = [...words];
  if (characters.length > CHARACTERS_MAX) words = `${characters.slice(0, CHARACTERS_MAX).join('').trimEnd()}…`;
  return words === '' ? `Re: ${token}` : `Re: ${token} ${words}`;
}

/** What the sender called it: without this ticket's number, and without the marks of answers. */
export function ownWords(subject: string, ticketNumber: string): string {
  let words = oneLine(subject.replaceAll(numberToken(ticketNumber), ' '));
  while (MARK.test(words)) words = words.replace(MARK, '');
  return words;
}

/** How a ticket number stands in a subject. */
export function numberToken(ticketNumber: string): string {
  return `[#${ticketNumber}]`;
}
