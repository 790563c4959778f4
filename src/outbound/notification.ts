import type { NotificationReason } from '../core/notify.ts';
import type { ToldClock } from '../core/sla/clocks.ts';
import { isResting, type TicketPriority, type TicketStatus } from '../core/ticket.ts';
import type { WrittenMail } from './acknowledgement.ts';
import { type AlarmToTell, alarmLines, clockLines } from './alarm-lines.ts';
import { catalogueFor, LANGUAGES } from './catalogue/catalogue.ts';
import { firstLines } from './first-lines.ts';
import { oneLine } from './header-values.ts';
import { renderMail } from './render.ts';
import { ticketSubject } from './subject.ts';

export interface NotificationInput {
  ticket: {
    number: string;
    subject: string;
    status: TicketStatus;
    priority: TicketPriority;
    departmentName: string;
    clocks: readonly ToldClock[];
    /** Of the closed ticket it follows, if any. */
    followsNumber: string | null;
    /** Addresses that were in copy and get no answers until an agent lets them. */
    proposed: readonly string[];
  };
  /** In whose name requesters are written to. */
  deskName: string;
  /** Wanted languages, best first: the agent's, then the desk's. */
  languages: readonly (string | null)[];
  /** Who wrote what is told. */
  author: { name: string; address: string; certainty: SenderCertainty };
  /** Whom an answer goes to: the requester's name, and how many others. */
  answersTo: { name: string; othersCount: number };
  text: string;
  attachments: readonly { fileName: string; sizeBytes: number }[];
  /** Those of them that do not come along. */
  leftBehind: readonly { fileName: string; sizeBytes: number }[];
  whyLeft: WhyLeft;
  reason: NotificationReason;
  /** IANA, the agent's: for every time in the mail. */
  zone: string;
  /** What its clocks ask for; null where the mail is about what was written. */
  alarm: AlarmToTell | null;
  /** Addresses with the agent's own tokens; null where there is nothing to take. */
  addresses: { act: string; note: string };
  mayTake: boolean;
}

/** Why files do not come along: a mail server did not take the mail with them, or would not. */
export type WhyLeft = 'too-large' | 'refused';

/** `passedOn`: a colleague forwarded it, and is taken at their word. */
export type SenderCertainty = 'confirmed' | 'unconfirmed' | 'passedOn';

export interface WrittenNotification extends WrittenMail {
  fromName: string;
  replyToName: string;
}

/** More than this belongs into the ticket and not into a mail that some programs cut at 100 KB (R16). */
const TOLD = { linesMax: 1000, charactersMax: 40_000 };
/** Of a text that is several times as long in HTML. */
const TOLD_OF_SIGNS = { linesMax: 400, charactersMax: 16_000 };
const HTML_BYTES_MAX = 80_000;

function roomFor(text: string): typeof TOLD {
  const inHtml = text
    .slice(0, TOLD.charactersMax)
    .replace(/[&<>"'\n]/g, '&quot;')
    .replace(/ {2}/g, '&nbsp;');
  return Buffer.byteLength(inHtml) > HTML_BYTES_MAX ? TOLD_OF_SIGNS : TOLD;
}

/** Enough to know the ticket again: what was written has been told before. */
const RECALLED = { linesMax: 12, charactersMax: 1000 };

/** More of them at once are for `docket tickets show` to list. */
const PROPOSED_MAX = 10;

/** Whether it can stand in a command as one word. */
function isPlainAddress(address: string): boolean {
  return /^[^\s",]+$/.test(address);
}

/**
 * Tells an agent what a requester wrote, or what of it is due, and how to work on it from the mail program. The very first line is the boundary an
 * answer is cut at, the second says where an answer goes (A19).
 */
export function notification(input: NotificationInput): WrittenNotification {
  const { ticket, author } = input;
  const catalogue = catalogueFor(input.languages);
  const { language, direction, say } = catalogue;
  const number = `#${ticket.number}`;
  const deskName = oneLine(input.deskName);
  const department = oneLine(ticket.departmentName);
  const status = say(`status.${ticket.status}`);
  // Only a thank-you leaves a ticket at rest.
  const rests = isResting(ticket.status);
  const nameOr = (name: string) => oneLine(name) || say('notification.unknownName');
  const authorName = oneLine(author.name) || author.address || say('notification.unknownName');
  const subject = ticketSubject(ticket.subject, ticket.number);
  const { lines, moreCount } = firstLines(input.text, input.alarm === null ? roomFor(input.text) : RECALLED);
  const listed = (files: NotificationInput['attachments']) =>
    files.map(({ fileName, sizeBytes }) => `${oneLine(fileName)} (${sizeIn(language, sizeBytes)})`).join(', ');
  const proposed = ticket.proposed.filter(isPlainAddress).slice(0, PROPOSED_MAX);
  const attached = [
    ...(input.attachments.length === input.leftBehind.length
      ? []
      : [say('notification.attached', { files: listed(input.attachments) })]),
    ...(input.leftBehind.length === 0
      ? []
      : [say(`notification.left.${input.whyLeft}`, { files: listed(input.leftBehind) })]),
  ];

  const layout = renderMail('notification', {
    language,
    direction,
    title: subject,
    boundary: say('notification.boundary'),
    answer: say('notification.answer', {
      name: nameOr(input.answersTo.name),
      others: input.answersTo.othersCount,
    }),
    alarm: input.alarm === null ? null : alarmLines(catalogue, input.zone, input.alarm),
    wrote: say(lines.length === 0 ? 'notification.wroteNothing' : 'notification.wrote', { name: authorName }),
    lines,
    more: moreCount === 0 ? null : say('notification.moreLines', { count: moreCount }),
    attached: attached.length === 0 ? null : attached.join(' '),
    sender: say(`notification.${author.certainty}`, { address: author.address || '–' }),
    senderClass: author.certainty === 'confirmed' ? 'quiet' : 'warning',
    senderColour: author.certainty === 'confirmed' ? '#57606a' : '#9a4a00',
    ticket: [
      say('notification.ticket', { number, status, priority: say(`priority.${ticket.priority}`), department }),
      ...(ticket.followsNumber === null ? [] : [say('notification.follows', { number: `#${ticket.followsNumber}` })]),
      ...(rests ? [say('notification.thanks', { status })] : []),
    ].join(' '),
    clocks: clockLines(catalogue, input.zone, ticket.clocks).join(' '),
    proposed: proposed.length === 0 ? null : say('notification.proposed', { addresses: proposed.join(', ') }),
    why: say(`notification.why.${input.reason}`, { department }),
    actions: [
      ...(input.mayTake && !rests ? [{ label: say('notification.take'), link: commandLink(input, '/take') }] : []),
      rests
        ? { label: say('notification.reopen'), link: commandLink(input, '/reopen') }
        : { label: say('notification.resolve'), link: commandLink(input, '/resolve') },
      ...(proposed.length === 0
        ? []
        : [
            {
              label: say('notification.letIn'),
              link: commandLink(input, `/cc ${proposed.map((address) => `+${address}`).join(' ')}`),
            },
          ]),
      {
        label: say('notification.note'),
        link: mailtoLink(input.addresses.note, { subject: say('notification.noteTo', { number }) }),
      },
    ],
    footer: say('notification.footer', { desk: deskName }),
  });
  return {
    language,
    subject,
    fromName: input.alarm === null ? say('notification.from', { name: authorName, desk: deskName }) : deskName,
    replyToName: say('notification.replyTo', { name: nameOr(input.answersTo.name), number: `[${number}]` }),
    ...layout,
  };
}

/** The lines agents answer above, in every language: none of them may ever leave. */
export const BOUNDARY_LINES: readonly string[] = Object.values(LANGUAGES).map(
  (sentences) => sentences['notification.boundary'],
);

function commandLink({ addresses, ticket }: NotificationInput, command: string): string {
  return mailtoLink(addresses.act, { subject: `${command} #${ticket.number}`, body: command });
}

/** RFC 6068. The plus of the address is written as %2B: some mail programs read a bare one as a space. */
export function mailtoLink(address: string, fields: Record<string, string>): string {
  const at = address.lastIndexOf('@');
  const to = `${encodeURIComponent(address.slice(0, at))}@${address.slice(at + 1)}`;
  const query = Object.entries(fields).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `mailto:${to}?${query.join('&')}`;
}

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

/** `12 kB` as the language writes it. */
function sizeIn(language: string, sizeBytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, sizeBytes)) / 3)));
  const unit = UNITS[power] ?? 'byte';
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    maximumFractionDigits: 0,
  }).format(sizeBytes / 1000 ** power);
}
