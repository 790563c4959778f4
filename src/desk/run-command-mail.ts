import {
  type CommandEffect,
  type CommandRefusal,
  decideCommands,
  withoutOutrunStatus,
} from '../core/command-effect.ts';
import { type CommandReading, readCommands, type WrittenCommand } from '../core/commands.ts';
import type { InboundMail } from '../core/inbound-mail.ts';
import type { AgentEffect } from '../core/mail-effect.ts';
import { may, type PermissionActor } from '../core/permission.ts';
import { replyText } from '../core/reply-text.ts';
import type { Id } from '../core/ticket.ts';
import type { NewArticle, TicketChange } from '../core/ticket-change.ts';
import type { TicketEvent } from '../core/ticket-event.ts';
import type { ReceiptContent, TextFate } from '../outbound/receipt.ts';
import { findAddresses, findCommandedTicket, listRecordedEvents } from '../store/commanded-ticket.ts';
import { composeAgentMail } from './agent-mail.ts';
import { bareChange, type CommandMail, NO_NOTICE, noticeOf, onlyReceipt } from './command-mail.ts';
import { acknowledgeConfirmed, confirmRequester } from './confirm-requester.ts';
import type { ComposedEffect } from './mail-change.ts';
import { articleAdded, planArticle, settles } from './mail-rows.ts';
import type { ReadMail, TakeInDependencies, TakeInFacts } from './read-mail.ts';
import { composeReceipt } from './receipt-mail.ts';
import { releaseHeld } from './release-held.ts';
import { undoChange } from './undo-change.ts';

/**
 * Carries out the commands at the top of an agent's mail: one change with everything in it, the text below them as an answer or
 * a note, and a receipt; or nothing at all and a mail that says why, naming the line (AG-09, AG-10). Null for a mail that
 * commands nothing.
 */
export async function composeCommandMail(
  deps: TakeInDependencies,
  read: ReadMail,
  facts: TakeInFacts,
  effect: AgentEffect,
): Promise<ComposedEffect | null> {
  const agent = read.desk.agents.find(({ personId }) => personId === effect.personId);
  if (agent === undefined || !speaksOfCommands(effect, readFor(read, read.desk.timezone))) return null;
  const ticket = await findCommandedTicket(deps.db, effect.ticket.id, effect.personId);
  if (ticket === null) return { outcome: 'again' };
  const zone = ticket.zone ?? read.desk.timezone;
  const mail: CommandMail = { deps, read, facts, effect, agent, ticket, zone };

  const reading = readFor(read, zone);
  switch (reading.outcome) {
    case 'none':
      return hasWords(read.mail) ? run(mail, [], 0) : null;
    case 'errors': {
      const errors = reading.errors.map((error) => ({ ...error, written: lineOf(read.mail, error.line) }));
      return refuse(mail, 'errors', { kind: 'errors', errors });
    }
    case 'doubt': {
      const written = reading.line === null ? '' : lineOf(read.mail, reading.line);
      return refuse(mail, 'doubt', { kind: 'doubt', reason: reading.reason, line: reading.line, written });
    }
    case 'commands':
      return run(mail, reading.commands, reading.textFrom);
  }
}

function readFor({ desk, mail, occurredAt }: ReadMail, zone: string): CommandReading {
  return readCommands(mail, {
    now: occurredAt,
    zone,
    agents: desk.agents,
    departments: desk.departments,
    slaPlans: desk.slaPlans,
  });
}

/**
 * An ordinary answer with a command in the middle is kept back as every answer in doubt, for its author to look at. Words without any
 * command, at the address for actions, are a note; whoever sent them there may think otherwise, and is told.
 */
function speaksOfCommands({ purpose }: AgentEffect, reading: CommandReading): boolean {
  if (purpose === 'act') return true;
  if (reading.outcome === 'doubt' && reading.reason === 'further-down') return purpose !== 'reply';
  return reading.outcome !== 'none';
}

async function run(mail: CommandMail, commands: WrittenCommand[], textFrom: number): Promise<ComposedEffect> {
  const { read, ticket, effect, facts } = mail;
  const actor = actorOf(mail);
  const [only] = commands;
  if (only?.command.name === 'undo' || only?.command.name === 'send') {
    const { name, seq } = only.command;
    const mayDo = may(actor, name === 'undo' ? 'change-status' : 'reply', { ...ticket, collaboratorIds: [] });
    if (!mayDo) return refuseLines(mail, [{ line: only.line, written: only.written, reason: 'not-allowed' }]);
    return name === 'undo' ? undoChange(mail, seq) : releaseHeld(mail, seq);
  }
  const decision = decideCommands({
    commands,
    ticket,
    actor,
    agents: read.desk.agents,
    departments: [...read.desk.departments, ...read.desk.archivedDepartments],
    own: read.own,
  });
  if (decision.outcome === 'refused') return refuseLines(mail, decision.refusals);

  const isOutrun = ticket.askedAt !== null && ticket.askedAt > read.occurredAt;
  const decided = isOutrun ? withoutOutrunStatus(decision.effect, ticket.status) : decision.effect;
  const below: ReadMail = { ...read, mail: startingAt(read.mail, textFrom) };
  const fate = fateOf(mail, decided, below.mail);
  if (decided.isPreview) return preview(mail, decided, below.mail, fate);
  const people = await nameCollaborators(mail, decided.collaborators);
  if (fate !== 'sent' && fate !== 'noted') return changeOf(mail, decided, people, null, fate);

  const decidesStatus = decided === decision.effect && commands.some(({ command: { name } }) => name === 'status');
  const purpose = fate === 'sent' ? 'reply' : 'note';
  const answer = await composeAgentMail(
    mail.deps,
    below,
    facts,
    { ...effect, purpose },
    {
      commandsLeftOut: true,
      copies: people.copies,
      status: decidesStatus ? decided.set.status : undefined,
      departmentId: decided.set.departmentId,
    },
  );
  if (answer.outcome !== 'change') return answer;
  // Kept back, or refused: its letter says so, and the commands wait with it.
  if (!answer.change.articles.some(({ state }) => state === 'accepted')) return answer;
  return changeOf(mail, decided, people, { change: answer.change, decidesStatus }, fate);
}

/** With the rights of this moment (AG-06). */
function actorOf({ facts, agent }: CommandMail): Extract<PermissionActor, { kind: 'agent' }> {
  const known = facts.thread.sender?.agent;
  const { personId, departmentIds } = agent;
  return { kind: 'agent', personId, role: known?.role ?? 'agent', departmentIds, disabled: known?.disabled ?? true };
}

/**
 * What becomes of the words below the commands. Below a one-tap action there is what a mail program writes under every mail; with
 * questions alone they go no further than a note, and so do words at the address for actions with no command at all.
 */
function fateOf({ effect }: CommandMail, decided: CommandEffect, below: InboundMail): TextFate {
  if (!hasWords(below)) return null;
  const isAction = effect.purpose === 'act' && (decided.done.length > 0 || decided.asks.length > 0);
  if (isAction && !decided.textIsNote) return 'ignored';
  const onlyAsks = decided.done.length === 0 && !decided.isPreview;
  return decided.textIsNote || effect.purpose !== 'reply' || onlyAsks ? 'noted' : 'sent';
}

function hasWords(mail: InboundMail): boolean {
  return replyText(mail).trim() !== '' || mail.attachments.some(({ inline }) => !inline);
}

/** The mail without what stands before: the commands are not part of what anybody else reads. */
function startingAt(mail: InboundMail, from: number): InboundMail {
  const moved = <Range extends { from: number; to: number }>(ranges: Range[]): Range[] =>
    ranges
      .filter(({ to }) => to > from)
      .map((range) => ({ ...range, from: Math.max(range.from, from) - from, to: range.to - from }));
  return { ...mail, text: mail.text.slice(from), html: null, spans: moved(mail.spans), cuts: moved(mail.cuts) };
}

function lineOf({ text }: InboundMail, line: number): string {
  return text.split('\n')[line - 1]?.trim() ?? '';
}

interface Answer {
  change: TicketChange;
  /** Whether a command says where the ticket goes, or the answer does. */
  decidesStatus: boolean;
}

async function changeOf(
  mail: CommandMail,
  decided: CommandEffect,
  people: NamedCollaborators,
  answer: Answer | null,
  fate: TextFate,
): Promise<ComposedEffect> {
  const { read, effect } = mail;
  const notes = await Promise.all(decided.notes.map((words) => noteOf(mail, words)));
  const why = decided.asks.includes('why') ? await listRecordedEvents(mail.deps.db, effect.ticket.id) : null;
  const asks = { help: decided.asks.includes('help'), why };
  const base = bareChange(mail);
  const { set, events } = joined(decided, answer);
  // An answer tells the requester more than a notice would.
  const notice = fate === 'sent' ? NO_NOTICE : await noticeOf(mail, set, decided.confirmsRequester);
  const receipt = await composeReceipt(mail, {
    kind: 'done',
    done: decided.done,
    text: fate,
    notice: notice.fate,
    asks,
  });
  const confirmed =
    decided.confirmsRequester && fate !== 'sent' ? await confirmByCommand(mail, decided.set) : NOTHING_CONFIRMED;
  const articles = [...(answer?.change.articles ?? []), ...notes];
  return {
    outcome: 'change',
    disposition: 'commanded',
    change: {
      ...base,
      ...(answer === null ? {} : withoutDecisions(answer.change)),
      cause: base.cause,
      ticket: {
        action: 'update',
        id: effect.ticket.id,
        expectedVersion: effect.ticket.version,
        set,
        addTags: decided.addTags,
        removeTags: decided.removeTags,
      },
      people: [...(answer?.change.people ?? []), ...people.people],
      addresses: [...(answer?.change.addresses ?? []), ...people.addresses],
      collaborators: [
        ...(answer?.change.collaborators ?? []),
        ...people.copies.map(({ addressId, state }) => ({ addressId, state, decided: true as const })),
      ],
      articles,
      absence: decided.absence,
      articleMarks: [...(answer?.change.articleMarks ?? []), ...confirmed.articleMarks],
      events: [
        ...events,
        ...confirmed.events,
        ...people.events,
        ...notes.map((note) => articleAdded(note, effect)),
        ...notice.events,
        receipt.event,
      ],
      outbox: [...(answer?.change.outbox ?? []), ...confirmed.outbox, ...notice.outbox, receipt.row],
      settles: settles(read, effect, 'commanded', articles[0]?.id ?? null),
    },
  };
}

const NOTHING_CONFIRMED: Awaited<ReturnType<typeof confirmByCommand>> = { articleMarks: [], events: [], outbox: [] };

/** Without an answer the requester hears by the acknowledgement that waited for this. */
async function confirmByCommand({ deps, read, effect, ticket }: CommandMail, set: CommandEffect['set']) {
  const departmentId = set.departmentId ?? ticket.departmentId;
  const { articleMarks, events } = await confirmRequester(deps.db, effect.ticket.id);
  const told = await acknowledgeConfirmed(deps, read.desk, { ...ticket, id: effect.ticket.id, departmentId });
  return { articleMarks, events: [...events, ...told.events], outbox: told.outbox };
}

function withoutDecisions({ ticket: _ticket, events: _events, ...rest }: TicketChange) {
  return rest;
}

/** Where a command and the answer decide the same, the command does; a claim alone leaves the status to the answer. */
function joined(decided: CommandEffect, answer: Answer | null): Pick<CommandEffect, 'set' | 'events'> {
  if (answer === null || answer.change.ticket.action !== 'update') return decided;
  const { set: answered } = answer.change.ticket;
  const statusGivesWay = !answer.decidesStatus && answered.status !== undefined;
  const ofStatus = (event: TicketEvent) => event.kind === 'ticket.status-changed' || event.kind === 'ticket.wake-set';
  const mine = decided.events.filter((event) => !(statusGivesWay && ofStatus(event)));
  const theirs = answer.change.events.filter(
    (event) =>
      !(answer.decidesStatus && ofStatus(event)) &&
      !(decided.set.assigneeId !== undefined && event.kind === 'ticket.assigned'),
  );
  const { status, wakeAt, ...rest } = decided.set;
  const commanded = statusGivesWay ? rest : decided.set;
  const { status: _status, wakeAt: _wakeAt, ...answeredRest } = answered;
  return { set: { ...(answer.decidesStatus ? answeredRest : answered), ...commanded }, events: [...theirs, ...mine] };
}

interface NamedCollaborators extends Pick<TicketChange, 'people' | 'addresses' | 'events'> {
  copies: { addressId: Id; address: string; state: 'accepted' | 'removed' }[];
}

/** Collaborators by id; who was never met becomes a person. */
async function nameCollaborators(
  { deps: { db, ids } }: CommandMail,
  decided: CommandEffect['collaborators'],
): Promise<NamedCollaborators> {
  const rows: NamedCollaborators = { people: [], addresses: [], copies: [], events: [] };
  const known = await findAddresses(
    db,
    decided.map(({ address }) => address),
  );
  for (const { address, state } of decided) {
    let addressId = known.find((one) => one.address === address)?.addressId;
    if (addressId === undefined) {
      const personId = await ids.draw('person');
      addressId = await ids.draw('person_address');
      rows.people.push({ id: personId, name: '', language: null });
      rows.addresses.push({ id: addressId, personId, address });
    }
    rows.copies.push({ addressId, address, state });
    rows.events.push({ kind: `collaborator.${state}`, addressId });
  }
  return rows;
}

/** The words of a `/note` line as a note: an article of its own beside what else the mail says. */
async function noteOf({ deps, read, facts, effect }: CommandMail, words: string): Promise<NewArticle> {
  return {
    id: await deps.ids.draw('article'),
    kind: 'note',
    visibility: 'internal',
    state: 'accepted',
    marks: [],
    authorId: effect.personId,
    authorAddressId: facts.thread.sender?.addressId ?? null,
    inboundMailId: read.inboundMailId,
    messageId: null,
    threadIndex: null,
    subject: read.mail.subject,
    text: words,
    spans: [{ kind: 'reply', from: 0, to: words.length }],
    language: null,
    attachments: [],
  };
}

async function preview(
  mail: CommandMail,
  decided: CommandEffect,
  below: InboundMail,
  fate: TextFate,
): Promise<ComposedEffect> {
  const words = replyText(below);
  return onlyReceipt(mail, {
    kind: 'preview',
    done: decided.done,
    text: fate === 'sent' || fate === 'noted' ? { fate, words } : null,
    asks: { help: decided.asks.includes('help'), why: null },
  });
}

function refuseLines(mail: CommandMail, refusals: CommandRefusal[]): Promise<ComposedEffect> {
  return refuse(mail, 'not-allowed', { kind: 'refused', refusals });
}

/** Nothing is done; the mail stays on the ticket, held, so that no word of it is lost. */
async function refuse(
  mail: CommandMail,
  reason: Extract<TicketEvent, { kind: 'commands.refused' }>['reason'],
  about: ReceiptContent,
): Promise<ComposedEffect> {
  const { deps, read, facts, effect } = mail;
  const sender = facts.thread.sender;
  const article = await planArticle(
    deps,
    read,
    { kind: 'note', visibility: 'internal', state: 'held', marks: [], hasAuthor: true },
    sender === null ? null : { ...sender, address: read.sender.address ?? '' },
  );
  const refused: TicketEvent = { kind: 'commands.refused', inboundMailId: read.inboundMailId, reason };
  return onlyReceipt(mail, about, { article, events: [articleAdded(article, effect), refused] });
}
