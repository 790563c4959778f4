import { isResting, type TicketStatus } from '../core/ticket.ts';
import type { WrittenMail } from './acknowledgement.ts';
import { catalogueFor } from './catalogue/catalogue.ts';
import { oneLine } from './header-values.ts';
import { renderMail } from './render.ts';
import { ticketSubject } from './subject.ts';

export interface ReplyInput {
  ticketNumber: string;
  ticketSubject: string;
  deskName: string;
  /** Wanted languages, best first: the ticket's, then the desk's. */
  languages: readonly (string | null)[];
  /** What the agent wrote, and nothing else of their mail. */
  text: string;
  /** The ticket's with this answer: what answering it does depends on it. */
  status: TicketStatus;
}

/** An agent's answer as the requester reads it: the agent's words, and in whose name they were written. */
export function reply(input: ReplyInput): WrittenMail {
  const { status } = input;
  const { language, direction, say } = catalogueFor(input.languages);
  const subject = ticketSubject(input.ticketSubject, input.ticketNumber);
  const body = input.text
    .replace(/\r\n?/g, '\n')
    .replace(/^(?:[ \t]*\n)+/, '')
    .trimEnd();
  const layout = renderMail('reply', {
    language,
    direction,
    title: subject,
    body,
    lines: body.split('\n'),
    footer: say(isResting(status) ? `reply.${status}` : 'reply.footer', {
      desk: oneLine(input.deskName),
      number: `#${input.ticketNumber}`,
    }),
  });
  return { language, subject, ...layout };
}
