import type { TicketStatus } from '../core/ticket.ts';
import type { UndeliveredHow, UndeliveredWhy } from '../core/undelivered.ts';
import type { WrittenMail } from './acknowledgement.ts';
import { type LetterInput, letter } from './agent-letter.ts';
import { catalogueFor } from './catalogue/catalogue.ts';
import { firstLines } from './first-lines.ts';
import { oneLine } from './header-values.ts';
import { mailtoLink } from './notification.ts';

export interface UndeliveredReplyInput extends LetterInput {
  ticket: LetterInput['ticket'] & { status: TicketStatus };
  how: UndeliveredHow;
  why: UndeliveredWhy;
  /** The words of a mail server, as they came. */
  said: string | null;
  addresses: readonly string[];
  /** Automatic mail to the address stops. */
  isSilenced: boolean;
  /** What did not arrive. */
  text: string;
  /** Where the agent's commands go. */
  actAddress: string;
}

const SAID_CHARACTERS_MAX = 300;
const SHOWN = { linesMax: 40, charactersMax: 4_000 };

/** Tells an agent that somebody did not get a reply: how we know, why, in whose words, and what can be done about it. */
export function undeliveredReply(input: UndeliveredReplyInput): WrittenMail {
  const { ticket, how, why } = input;
  const catalogue = catalogueFor(input.languages);
  const { say } = catalogue;
  const number = `#${ticket.number}`;
  const address = input.addresses.map(oneLine).join(', ');
  const said = oneLine(input.said ?? '').slice(0, SAID_CHARACTERS_MAX);
  const { lines, moreCount } = firstLines(input.text, SHOWN);
  // It waits for somebody who has nothing to answer.
  const rests = ticket.status !== 'new' && ticket.status !== 'open';
  return letter(catalogue, input, {
    boundary: null,
    heading: say(how === 'unknown' ? 'undelivered.headingUnknown' : 'undelivered.heading'),
    before: [
      say(`undelivered.${how}`, { number, address }),
      ...(how === 'unknown' ? [] : [say(`undelivered.why.${why}`)]),
      ...(said === '' ? [] : [say('undelivered.said', { words: said })]),
    ],
    quoteTitle: lines.length === 0 ? null : say('undelivered.text'),
    lines,
    more: moreCount === 0 ? null : say('notification.moreLines', { count: moreCount }),
    after: [
      say(how === 'unknown' ? 'undelivered.advice.unknown' : `undelivered.advice.${why}`),
      ...(input.isSilenced ? [say('undelivered.silenced')] : []),
      ...(rests ? [say('undelivered.rests', { status: say(`status.${ticket.status}`) })] : []),
      say('undelivered.note'),
    ],
    actions: rests
      ? [
          {
            label: say('undelivered.reopen'),
            link: mailtoLink(input.actAddress, { subject: `/reopen ${number}`, body: '/reopen' }),
          },
        ]
      : null,
  });
}
