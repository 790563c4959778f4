import type { AnswerDoubt } from '../core/answer.ts';
import type { RefusalReason } from '../core/mail-effect.ts';
import type { WrittenMail } from './acknowledgement.ts';
import { type Catalogue, catalogueFor } from './catalogue/catalogue.ts';
import { firstLines } from './first-lines.ts';
import { oneLine } from './header-values.ts';
import { mailtoLink } from './notification.ts';
import { renderMail } from './render.ts';
import { ticketSubject } from './subject.ts';

/** What every letter to an agent says of its ticket. */
export interface LetterInput {
  ticket: { number: string; subject: string; departmentName: string };
  deskName: string;
  /** Wanted languages, best first: the agent's, then the desk's. */
  languages: readonly (string | null)[];
}

export interface HeldAnswerInput extends LetterInput {
  /** Whom it would go to. */
  requesterName: string;
  /** Exactly what would be sent. */
  text: string;
  doubts: readonly AnswerDoubt[];
  /** Whether `/send` lets it go as it is. */
  releasable: boolean;
  /** The number in the ticket's history that the change which held it begins with. */
  firstSeq: number;
  /** It began with commands, which were not run. */
  commandsLeftOut: boolean;
}

/** Tells an agent that an answer was kept, why, and shows what would be sent (design.md §10). */
export function heldAnswer(input: HeldAnswerInput): WrittenMail {
  const catalogue = catalogueFor(input.languages);
  const { say } = catalogue;
  const { lines, moreCount } = firstLines(input.text, { linesMax: 400, charactersMax: 16_000 });
  return letter(catalogue, input, {
    // An answer to this mail is sent on like one to a notification, and is cut at the same line.
    boundary: say('notification.boundary'),
    heading: say('held.heading'),
    before: [say('held.why'), ...input.doubts.map((doubt) => `• ${say(`held.doubt.${doubt}`)}`)],
    quoteTitle:
      lines.length === 0
        ? null
        : say('held.wouldSend', { name: oneLine(input.requesterName) || say('notification.unknownName') }),
    lines,
    more: moreCount === 0 ? null : say('notification.moreLines', { count: moreCount }),
    after: [
      ...(input.releasable ? [say('held.send', { command: `/send ${input.firstSeq}` })] : []),
      say('held.anew'),
      ...(input.commandsLeftOut ? [say('held.commands')] : []),
    ],
    actions: null,
  });
}

/**
 * Tells an agent that a mail in their name was not believed (AG-01, case 78) or was not theirs to send (AG-06), or that somebody
 * else wrote to the address they were given.
 */
export function refusedMail(input: LetterInput & { reason: RefusalReason }): WrittenMail {
  const catalogue = catalogueFor(input.languages);
  const { say } = catalogue;
  const number = `#${input.ticket.number}`;
  const isStranger = input.reason === 'stranger';
  return letter(catalogue, input, {
    boundary: null,
    heading: say(isStranger ? 'refused.headingElse' : 'refused.heading'),
    before: [
      say(isStranger ? 'refused.whatElse' : 'refused.what', { number }),
      say(`refused.${input.reason}`, { department: oneLine(input.ticket.departmentName) }),
    ],
    quoteTitle: null,
    lines: [],
    more: null,
    after: afterRefusal(input.reason).map((sentence) => say(sentence)),
    actions: null,
  });
}

/** Tells an agent that a ticket they were given and did nothing with is not theirs any more. */
export function claimExpired(input: LetterInput & { actAddress: string }): WrittenMail {
  const catalogue = catalogueFor(input.languages);
  const { say } = catalogue;
  const named = { number: `#${input.ticket.number}`, department: oneLine(input.ticket.departmentName) };
  return letter(catalogue, input, {
    boundary: null,
    heading: say('claimExpired.heading'),
    before: [say('claimExpired.what', named)],
    quoteTitle: null,
    lines: [],
    more: null,
    after: [say('claimExpired.take')],
    actions: [
      {
        label: say('notification.take'),
        link: mailtoLink(input.actAddress, { subject: `/take ${named.number}`, body: '/take' }),
      },
    ],
  });
}

function afterRefusal(reason: RefusalReason) {
  if (reason === 'permission') return [];
  if (reason === 'stranger') return ['refused.passedOn', 'refused.notPassedOn'] as const;
  return ['refused.you', 'refused.notYou'] as const;
}

/** The sentences of a letter, from its top to its foot. */
export interface LetterContent {
  boundary: string | null;
  heading: string;
  before: string[];
  quoteTitle: string | null;
  lines: string[];
  more: string | null;
  after: string[];
  /** One-tap links; null for none. */
  actions: { label: string; link: string }[] | null;
}

/** Lays out a letter to an agent. */
export function letter(
  { language, direction, say }: Catalogue,
  input: LetterInput,
  content: LetterContent,
): WrittenMail {
  const subject = ticketSubject(input.ticket.subject, input.ticket.number);
  const footer = say('notification.footer', { desk: oneLine(input.deskName) });
  return { language, subject, ...renderMail('letter', { language, direction, title: subject, footer, ...content }) };
}
