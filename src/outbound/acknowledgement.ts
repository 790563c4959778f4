import { catalogueFor } from './catalogue/catalogue.ts';
import { firstLines } from './first-lines.ts';
import { oneLine } from './header-values.ts';
import { renderMail } from './render.ts';
import { numberToken, ticketSubject } from './subject.ts';

export interface AcknowledgementInput {
  ticketNumber: string;
  /** Of the closed ticket that was answered; null for an ordinary opening. */
  followsNumber: string | null;
  /** In whose name we write: the department's or mailbox's. */
  deskName: string;
  /** Wanted languages, best first: the requester's, then the desk's. */
  languages: readonly (string | null)[];
  /**
   * What the sender wrote; null where none of it may be repeated. A stranger may have given a victim's address, and then
   * our mail would carry the stranger's words under our name (OUT-11).
   */
  original: { subject: string; text: string } | null;
}

export interface WrittenMail {
  /** BCP 47 of the language it ended up in. */
  language: string;
  subject: string;
  text: string;
  html: string;
}

/**
 * Tells a requester that the mail arrived: the number, what they wrote, what happens next, how to add something (R7); and, where
 * they answered a closed ticket, that this is a new one (R12).
 */
export function acknowledgement(input: AcknowledgementInput): WrittenMail {
  const { ticketNumber, followsNumber, deskName, languages, original } = input;
  const { language, direction, say } = catalogueFor(languages);
  const desk = oneLine(deskName);
  const subject =
    original === null
      ? `${say('acknowledgement.subject')} ${numberToken(ticketNumber)}`
      : ticketSubject(original.subject, ticketNumber);
  const { lines, moreCount } = firstLines(original?.text ?? '', RECOGNISABLE);

  const layout = renderMail('acknowledgement', {
    language,
    direction,
    title: subject,
    heading: say('acknowledgement.heading'),
    number: say('acknowledgement.number', { number: `#${ticketNumber}` }),
    follows: followsNumber === null ? null : say('acknowledgement.follows', { number: `#${followsNumber}` }),
    wrote: say('acknowledgement.wrote'),
    lines,
    more: moreCount === 0 ? null : say('acknowledgement.moreLines', { count: moreCount }),
    next: say('acknowledgement.next', { desk }),
    add: say('acknowledgement.add'),
    notYou: original === null ? say('acknowledgement.notYou') : null,
    footer: say('mail.automatic', { desk }),
  });
  return { language, subject, ...layout };
}

/** Enough of a text to recognise it by. */
const RECOGNISABLE = { linesMax: 8, charactersMax: 600 };
