import type { WrittenMail } from './acknowledgement.ts';
import { type LetterInput, letter } from './agent-letter.ts';
import { catalogueFor } from './catalogue/catalogue.ts';
import { firstLines } from './first-lines.ts';
import { oneLine } from './header-values.ts';
import { mailtoLink } from './notification.ts';

export type OpenedTicket = LetterInput;

export interface OpenedForInput extends OpenedTicket {
  /** Whom the ticket is for, as the agent's mail says. */
  sender: { name: string; address: string };
  /** What is kept as theirs, without quotes and signature. */
  text: string;
  /** The agent wrote something above it, which is a note now. */
  isNoted: boolean;
  /** What the agent wrote there begins with a command; none was run. */
  hasCommands: boolean;
  /** Whether this agent may answer in the ticket's department. */
  mayAnswer: boolean;
  /** Where the agent's commands go. */
  actAddress: string;
}

const SHOWN = { linesMax: 40, charactersMax: 4_000 };

/** The receipt for a mail that an agent passed on: what was opened for whom, on whose word, and how to confirm it (AG-13). */
export function openedFor(input: OpenedForInput): WrittenMail {
  const catalogue = catalogueFor(input.languages);
  const { say } = catalogue;
  const number = `#${input.ticket.number}`;
  const address = oneLine(input.sender.address);
  const name = oneLine(input.sender.name) || address;
  const { lines, moreCount } = firstLines(input.text, SHOWN);
  const command = (word: string) => mailtoLink(input.actAddress, { subject: `/${word} ${number}`, body: `/${word}` });
  return letter(catalogue, input, {
    // An answer to this mail is sent on, as one to a notification is.
    boundary: input.mayAnswer ? say('notification.boundary') : null,
    heading: say('passedOn.heading', { number, name }),
    before: [say('passedOn.claim', { address })],
    quoteTitle: lines.length === 0 ? null : say('passedOn.text', { name }),
    lines,
    more: moreCount === 0 ? null : say('notification.moreLines', { count: moreCount }),
    after: [
      ...(input.isNoted ? [say('passedOn.noted')] : []),
      ...(input.hasCommands ? [say('passedOn.commands')] : []),
      ...(input.mayAnswer
        ? [say('passedOn.answer', { name }), say('passedOn.confirm', { name })]
        : [say('passedOn.others', { department: oneLine(input.ticket.departmentName) })]),
    ],
    actions: input.mayAnswer
      ? [
          { label: say('passedOn.confirmAction'), link: command('confirm') },
          { label: say('notification.take'), link: command('take') },
        ]
      : null,
  });
}

/** The same where no sender was found in what the agent passed on: the agent is the requester. */
export function openedForYou(input: OpenedTicket): WrittenMail {
  const catalogue = catalogueFor(input.languages);
  const { say } = catalogue;
  return letter(catalogue, input, {
    boundary: null,
    heading: say('passedOn.yours', { number: `#${input.ticket.number}` }),
    before: [say('passedOn.noSender')],
    quoteTitle: null,
    lines: [],
    more: null,
    after: [say('passedOn.again'), say('passedOn.add')],
    actions: null,
  });
}
