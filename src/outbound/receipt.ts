import type { CommandDone, CommandRefusal } from '../core/command-effect.ts';
import type { CommandDoubt, CommandError } from '../core/commands.ts';
import type { WhyNoNotice } from '../core/status-notice.ts';
import type { Id, TicketStatus } from '../core/ticket.ts';
import type { DoneResult } from '../core/ticket-draft.ts';
import type { RecordedEvent, UndoDecision, UndoneResult } from '../core/undo.ts';
import type { WrittenMail } from './acknowledgement.ts';
import { type Catalogue, catalogueFor } from './catalogue/catalogue.ts';
import { oneLine } from './header-values.ts';
import { historyLine } from './history-line.ts';
import { mailtoLink } from './notification.ts';
import { renderMail } from './render.ts';
import { ticketSubject } from './subject.ts';
import { timeIn } from './times.ts';

export interface ReceiptInput {
  ticket: { number: string; subject: string; status: TicketStatus };
  deskName: string;
  /** Wanted languages, best first: the agent's, then the desk's. */
  languages: readonly (string | null)[];
  /** IANA, the agent's: for every time in the mail. */
  zone: string;
  agentId: Id;
  /** Null for whoever is no agent. */
  agentName(id: Id): string | null;
  departmentName(id: Id): string;
  planName(id: Id): string;
  /** The number in the ticket's history that the change told of begins with. */
  firstSeq: number;
  /** Where the agent's next commands go. */
  actAddress: string;
  about: ReceiptContent;
}

export type ReceiptContent =
  | { kind: 'done'; done: CommandDone[]; text: TextFate; notice: NoticeFate; asks: Asked }
  /** `text` is what would be sent or kept. */
  | { kind: 'preview'; done: CommandDone[]; text: { fate: 'sent' | 'noted'; words: string } | null; asks: Asked }
  | { kind: 'errors'; errors: (CommandError & { written: string })[] }
  | { kind: 'refused'; refusals: CommandRefusal[] }
  | { kind: 'doubt'; reason: CommandDoubt; line: number | null; written: string }
  | { kind: 'undone'; results: UndoneResult[]; notice: NoticeFate }
  | { kind: 'released' }
  | { kind: 'not-undone'; reason: Extract<UndoDecision, { outcome: 'refused' }>['reason'] }
  | { kind: 'nothing-held' };

/** What became of the text below the commands; null where there was none. */
export type TextFate = 'sent' | 'noted' | 'ignored' | null;

/** Whether the requester was told of the new status by machine, or why not; null where there was nothing to tell. */
export type NoticeFate = 'sent' | WhyNoNotice | 'acknowledged' | null;

/** What the agent asked to be told. */
export interface Asked {
  help: boolean;
  /** Null when not asked why. */
  why: readonly RecordedEvent[] | null;
}

/** Answers every mail with commands: what happened, or why nothing did, and how to take it back (AG-09, AG-10). */
export function receipt(input: ReceiptInput): WrittenMail {
  const catalogue = catalogueFor(input.languages);
  const { language, direction, say } = catalogue;
  const subject = ticketSubject(input.ticket.subject, input.ticket.number);
  const content = contentOf(input, catalogue);
  const layout = renderMail('receipt', {
    language,
    direction,
    title: subject,
    boundary: say('notification.boundary'),
    heading: say(`receipt.${content.heading}`, { number: `#${input.ticket.number}` }),
    items: content.items ?? [],
    paragraphs: content.paragraphs ?? [],
    list: content.list ?? [],
    quoted: content.quoted ?? [],
    action: content.canUndo
      ? {
          label: say('receipt.undoAction'),
          link: mailtoLink(input.actAddress, {
            subject: `/undo #${input.ticket.number}`,
            body: `/undo ${input.firstSeq}`,
          }),
        }
      : null,
    footer: say('receipt.footer', { desk: oneLine(input.deskName) }),
  });
  return { language, subject, ...layout };
}

interface Content {
  heading: 'done' | 'preview' | 'refused' | 'undone' | 'released' | 'asked';
  items?: { written: string; says: string }[];
  paragraphs?: string[];
  list?: string[];
  /** The words a preview is about. */
  quoted?: string[];
  canUndo?: boolean;
}

function contentOf(input: ReceiptInput, catalogue: Catalogue): Content {
  const { say } = catalogue;
  const { about } = input;
  const refused = (...paragraphs: string[]): Content => ({ heading: 'refused', paragraphs });
  switch (about.kind) {
    case 'done':
      return doneContent(input, catalogue, about);
    case 'preview':
      return {
        heading: 'preview',
        items: about.done.map((one) => doneItem(input, catalogue, one)),
        paragraphs:
          about.text === null
            ? []
            : [say(about.text.fate === 'sent' ? 'receipt.textWouldLeave' : 'receipt.textWouldBeNoted')],
        quoted: about.text?.words.trimEnd().split('\n') ?? [],
        list: askedLines(input, catalogue, about.asks),
      };
    case 'errors':
      return {
        ...refused(say('receipt.again')),
        items: about.errors.map((error) => ({ written: oneLine(error.written), says: errorSays(catalogue, error) })),
      };
    case 'refused': {
      const status = say(`status.${input.ticket.status}`);
      const isOnlyRights = about.refusals.every(({ reason }) => reason === 'not-allowed');
      return {
        ...refused(say(isOnlyRights ? 'receipt.askSomebody' : 'receipt.again')),
        items: about.refusals.map(({ line, written, reason }) => ({
          written: oneLine(written),
          says: say('receipt.line', { line, what: say(`receipt.refusal.${reason}`, { status }) }),
        })),
      };
    }
    case 'doubt': {
      const what = say(`receipt.doubt.${about.reason}`);
      const isAboutLine = about.reason !== 'html-only' && about.reason !== 'parts-differ';
      const says = isAboutLine && about.line !== null ? say('receipt.line', { line: about.line, what }) : what;
      return about.written === ''
        ? refused(says)
        : { ...refused(), items: [{ written: oneLine(about.written), says }] };
    }
    case 'undone':
      return {
        heading: 'undone',
        paragraphs: [
          ...about.results.map((one) => resultSays(input, catalogue, one)),
          ...noticeSays(catalogue, about.notice),
          say('receipt.undoNoMail'),
        ],
      };
    case 'released':
      return { heading: 'released' };
    case 'not-undone':
      return refused(say(`receipt.notUndone.${about.reason}`));
    case 'nothing-held':
      return refused(say('receipt.nothingHeld'));
  }
}

function doneContent(
  input: ReceiptInput,
  catalogue: Catalogue,
  { done, text, notice, asks }: Extract<ReceiptContent, { kind: 'done' }>,
): Content {
  const { say } = catalogue;
  const canUndo = done.some(({ result: { what } }) => CAN_BE_UNDONE[what]);
  const paragraphs: string[] = [];
  if (text === 'sent') paragraphs.push(say('receipt.textSent'));
  if (text === 'noted') paragraphs.push(say('receipt.textNoted'));
  if (text === 'ignored') paragraphs.push(say('receipt.textIgnored'));
  paragraphs.push(...noticeSays(catalogue, notice));
  if (canUndo) paragraphs.push(say('receipt.undo'));
  if (canUndo && text === 'sent') paragraphs.push(say('receipt.undoNoMail'));
  return {
    heading: done.length > 0 || text === 'sent' || text === 'noted' ? 'done' : 'asked',
    items: done.map((one) => doneItem(input, catalogue, one)),
    paragraphs,
    list: askedLines(input, catalogue, asks),
    canUndo,
  };
}

function noticeSays({ say }: Catalogue, notice: NoticeFate): string[] {
  if (notice === null) return [];
  if (notice === 'sent') return [say('receipt.notice.sent')];
  return [say('receipt.notice.none', { why: say(`receipt.notice.${notice}`) })];
}

/** Notes stay, a confirmed address has been written to, and whoever is away says themselves that they are back. */
const CAN_BE_UNDONE: Readonly<Record<DoneResult['what'], boolean>> = {
  assigned: true,
  department: true,
  priority: true,
  plan: true,
  status: true,
  'stays-open': false,
  tags: true,
  collaborators: true,
  note: false,
  confirmed: false,
  away: false,
  back: false,
  nothing: false,
};

function doneItem(input: ReceiptInput, catalogue: Catalogue, { written, result }: CommandDone) {
  return { written: oneLine(written), says: resultSays(input, catalogue, result) };
}

function resultSays(input: ReceiptInput, { say, language }: Catalogue, result: UndoneResult): string {
  switch (result.what) {
    case 'assigned':
      if (result.to === null) return say('receipt.assigned.nobody');
      if (result.to === input.agentId) return say('receipt.assigned.you');
      return say('receipt.assigned.other', { name: oneLine(input.agentName(result.to) ?? result.to) });
    case 'department': {
      const name = oneLine(input.departmentName(result.to));
      return say(result.unassigned ? 'receipt.department.unassigned' : 'receipt.department', { name });
    }
    case 'priority':
      return say('receipt.priority', { priority: say(`priority.${result.to}`) });
    case 'no-plan':
      return say('receipt.plan.none');
    case 'plan':
      return say('receipt.plan', { name: oneLine(input.planName(result.to)) });
    case 'status': {
      const status = say(`status.${result.to}`);
      if (result.until === null) return say('receipt.status', { status });
      return say('receipt.status.until', { status, until: timeIn(language, input.zone, result.until) });
    }
    case 'stays-open':
      return say('receipt.staysOpen');
    case 'tags':
      return say('receipt.tags', { changes: signed(result) });
    case 'collaborators':
      return say('receipt.collaborators', { changes: signed(result) });
    case 'note':
      return say('receipt.note');
    case 'away':
      if (result.until === null) return say('receipt.away');
      return say('receipt.away.until', { until: timeIn(language, input.zone, result.until) });
    case 'back':
      return say('receipt.back');
    case 'confirmed':
      return say('receipt.confirmed');
    case 'nothing':
      return say('receipt.nothing');
  }
}

function signed({ added, removed }: { added: string[]; removed: string[] }): string {
  return [...added.map((one) => `+${one}`), ...removed.map((one) => `-${one}`)].join(' ');
}

function errorSays({ say }: Catalogue, error: CommandError): string {
  const { line, column, code, suggestion, allowed } = error;
  const what = [
    say(`receipt.error.${code}`, { word: oneLine(error.word) }),
    ...(suggestion === null ? [] : [say('receipt.didYouMean', { suggestion })]),
    ...(allowed.length === 0 ? [] : [say('receipt.allowed', { allowed: allowed.join(', ') })]),
  ].join(' ');
  return say('receipt.place', { line, column, what });
}

const HELP = {
  take: '/take',
  assign: '/assign WHO',
  dept: '/dept NAME',
  priority: '/priority P',
  sla: '/sla PLAN',
  status: '/status S',
  pending: '/pending [TIME]',
  hold: '/hold [TIME]',
  resolve: '/resolve',
  close: '/close',
  reopen: '/reopen',
  tag: '/tag +a -b',
  cc: '/cc +address -address',
  confirm: '/confirm',
  note: '/note [TEXT]',
  away: '/away [TIME]',
  back: '/back',
  preview: '/preview',
  undo: '/undo [NUMBER]',
  send: '/send [NUMBER]',
  why: '/why',
  help: '/help',
} as const;

function askedLines(input: ReceiptInput, catalogue: Catalogue, { help, why }: Asked): string[] {
  const { say } = catalogue;
  const words = Object.keys(HELP) as (keyof typeof HELP)[];
  return [
    ...(help ? [say('receipt.help'), ...words.map((word) => `${HELP[word]} – ${say(`receipt.help.${word}`)}`)] : []),
    ...(why === null
      ? []
      : [say('receipt.why', { zone: input.zone }), ...why.map((event) => historyLine(input, catalogue, event))]),
  ];
}
