import { withoutSubjectMarks } from '../core/subject-marks.ts';
import { oneLine } from './header-values.ts';

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
  return withoutSubjectMarks(oneLine(subject.replaceAll(numberToken(ticketNumber), ' ')));
}

/** How a ticket number stands in a subject. */
export function numberToken(ticketNumber: string): string {
  return `[#${ticketNumber}]`;
}
