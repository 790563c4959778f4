import type { AbsenceChange } from './absence.ts';
import type { Command } from './command-line.ts';
import type { WrittenCommand } from './commands.ts';
import type { DeskAgent, DeskDepartment } from './desk-config.ts';
import { isOwnAddress, type OwnAddresses } from './own-address.ts';
import { may, type PermissionActor, type TicketAction } from './permission.ts';
import { type Id, mayAgentMove, type TicketStatus } from './ticket.ts';
import {
  type DoneResult,
  type DraftEffect,
  type DraftedTicket,
  giveTo,
  type MoveContext,
  moveStatus,
  moveTo,
  NOTHING,
  noDraftEffect,
  setPlan,
  setPriority,
  setTags,
  type TicketDraft,
  worksIn,
} from './ticket-draft.ts';

/**
 * What an agent's commands do to a ticket: all of them, or nothing and the reasons. Each is judged by what is true now and by
 * what the ones before it left; the changes are listed as events, and in words' place as `done` for the receipt.
 */
export interface CommandEffectInput {
  commands: readonly WrittenCommand[];
  ticket: CommandedTicket;
  actor: Extract<PermissionActor, { kind: 'agent' }>;
  /** Those at work. */
  agents: readonly Pick<DeskAgent, 'personId' | 'role' | 'departmentIds' | 'addresses'>[];
  /** Archived ones too: the ticket may lie in one. */
  departments: readonly Pick<DeskDepartment, 'id' | 'slaPlanId'>[];
  own: OwnAddresses;
}

export interface CommandedTicket extends DraftedTicket {
  requesterId: Id;
  /** Canonical. */
  requesterAddresses: readonly string[];
  collaborators: readonly { address: string; state: 'proposed' | 'accepted' | 'removed' }[];
  /** Its requester is an agent's claim that nobody has confirmed. */
  isRequesterClaimed: boolean;
}

export type CommandDecision =
  | { outcome: 'refused'; refusals: CommandRefusal[] }
  | { outcome: 'decided'; effect: CommandEffect };

export interface CommandRefusal {
  line: number;
  written: string;
  reason:
    | 'not-allowed'
    | 'not-from-here'
    | 'agent-not-there'
    | 'own-address'
    | 'is-agent'
    | 'is-requester'
    | 'not-there';
}

export interface CommandEffect extends DraftEffect {
  /** By address: who is new gets an id when the change is composed, and an event then. */
  collaborators: { address: string; state: 'accepted' | 'removed' }[];
  done: CommandDone[];
  /** Words of `/note …`. */
  notes: string[];
  /** `/note`: the text below is for colleagues only. */
  textIsNote: boolean;
  /** What the agent says of being there. */
  absence: AbsenceChange | null;
  confirmsRequester: boolean;
  isPreview: boolean;
  asks: ('why' | 'help')[];
}

/** One line's outcome, for the receipt. */
export interface CommandDone {
  line: number;
  written: string;
  result: DoneResult;
}

export function decideCommands(input: CommandEffectInput): CommandDecision {
  const draft: Draft = {
    ticket: input.ticket,
    effect: {
      ...noDraftEffect(),
      collaborators: [],
      done: [],
      notes: [],
      textIsNote: false,
      absence: null,
      confirmsRequester: false,
      isPreview: false,
      asks: [],
    },
  };
  const refusals: CommandRefusal[] = [];
  for (const { command, line, written } of inOrder(input.commands)) {
    const result = carryOut(command, draft, input);
    if (result === null) continue;
    if (typeof result === 'string') refusals.push({ line, written, reason: result });
    else draft.effect.done.push({ line, written, result });
  }
  if (refusals.length > 0) return { outcome: 'refused', refusals: refusals.toSorted((a, b) => a.line - b.line) };
  draft.effect.done.sort((a, b) => a.line - b.line);
  return { outcome: 'decided', effect: draft.effect };
}

/** A ticket is moved before it is given: whoever gets it must work where it then lies. */
function inOrder(commands: readonly WrittenCommand[]): WrittenCommand[] {
  const isMove = ({ command }: WrittenCommand) => command.name === 'dept';
  return [...commands.filter(isMove), ...commands.filter((command) => !isMove(command))];
}

interface Draft extends TicketDraft {
  ticket: CommandedTicket;
  effect: CommandEffect;
}

/**
 * What is left of commands that are older than the newest question: the ticket does not wait, rest or end, because whoever wrote them had
 * not read it. In the order in which they were written the question would have opened it again.
 */
export function withoutOutrunStatus(decided: CommandEffect, from: TicketStatus): CommandEffect {
  const { status, wakeAt: _wakeAt, ...set } = decided.set;
  if (status === undefined || status === 'open') return decided;
  const events = decided.events.filter(({ kind }) => kind !== 'ticket.status-changed' && kind !== 'ticket.wake-set');
  const isNew = from === 'new';
  return {
    ...decided,
    set: isNew ? { ...set, status: 'open' } : set,
    events: isNew ? [...events, { kind: 'ticket.status-changed', from, to: 'open' }] : events,
    done: decided.done.map((one) => (one.result.what === 'status' ? { ...one, result: { what: 'stays-open' } } : one)),
  };
}

/** Null: nothing to say of it. */
type Outcome = DoneResult | CommandRefusal['reason'] | null;

function carryOut(command: Command, draft: Draft, input: CommandEffectInput): Outcome {
  const { effect } = draft;
  switch (command.name) {
    case 'take':
      return allowed(input, 'take') ?? take(draft, input);
    case 'assign':
      return assign(command.agentId, draft, input);
    case 'dept':
      return allowed(input, 'change-department') ?? moveTo(command.departmentId, draft, moveContext(input));
    case 'priority':
      return allowed(input, 'change-priority') ?? setPriority(command.priority, draft);
    case 'sla':
      return allowed(input, 'change-sla-plan') ?? setPlan(command.slaPlanId, draft);
    case 'status':
      return allowed(input, 'change-status') ?? setStatus(command.status, command.until, draft);
    case 'tag':
      return allowed(input, 'change-tags') ?? setTags(command, draft);
    case 'cc':
      return allowed(input, 'change-collaborators') ?? setCollaborators(command, draft, input);
    case 'note':
      if (command.text === null) effect.textIsNote = true;
      else effect.notes.push(command.text);
      return allowed(input, 'note') ?? { what: 'note' };
    case 'away':
      effect.absence = { is: 'away', agentId: input.actor.personId, from: null, until: command.until };
      return input.actor.disabled ? 'not-allowed' : { what: 'away', until: command.until };
    case 'back':
      effect.absence = { is: 'back', agentId: input.actor.personId, planned: false };
      return input.actor.disabled ? 'not-allowed' : { what: 'back' };
    case 'confirm':
      return allowed(input, 'reply') ?? confirm(draft);
    case 'preview':
      effect.isPreview = true;
      return null;
    case 'why':
    case 'help':
      if (!effect.asks.includes(command.name)) effect.asks.push(command.name);
      return allowed(input, 'read-internal');
    case 'undo':
    case 'send':
      // They stand alone, and are no change of this kind: core/undo.ts, and the release of what is held.
      return null;
  }
}

/** Asked of the ticket as it was: nobody gains a right by a line of the same mail. */
function allowed({ actor, ticket }: CommandEffectInput, action: TicketAction): 'not-allowed' | null {
  return may(actor, action, { ...ticket, collaboratorIds: [] }) ? null : 'not-allowed';
}

function moveContext({ agents, departments, commands }: CommandEffectInput): MoveContext {
  const isGiven = commands.some(({ command: { name } }) => name === 'take' || name === 'assign');
  return { agents, departments, isGiven };
}

function take(draft: Draft, { actor }: CommandEffectInput): Outcome {
  const isTheirs = draft.ticket.assigneeId === actor.personId;
  if (isTheirs && draft.ticket.status !== 'new') return NOTHING;
  if (!isTheirs) giveTo(draft, actor.personId, 'taken');
  // A claim ends `new`, unless the mail says itself where the ticket goes.
  if (draft.ticket.status === 'new' && draft.effect.set.status === undefined) moveStatus(draft, 'open', null);
  return { what: 'assigned', to: actor.personId };
}

function assign(agentId: Id | null, draft: Draft, input: CommandEffectInput): Outcome {
  const { actor, agents } = input;
  if (agentId === actor.personId) return allowed(input, 'take') ?? take(draft, input);
  const givesBack = agentId === null && input.ticket.assigneeId === actor.personId;
  const refused = allowed(input, givesBack ? 'take' : 'assign-others');
  if (refused !== null) return refused;
  if (agentId === draft.ticket.assigneeId) return NOTHING;
  const agent = agents.find(({ personId }) => personId === agentId);
  if (agentId !== null && !(agent && worksIn(agent, draft.ticket.departmentId))) return 'agent-not-there';
  giveTo(draft, agentId, 'given');
  return { what: 'assigned', to: agentId };
}

function setStatus(to: Exclude<TicketStatus, 'new'>, until: Date | null, draft: Draft): Outcome {
  const { ticket } = draft;
  if (!mayAgentMove(ticket.status, to)) return 'not-from-here';
  if (ticket.status === to && ticket.wakeAt?.getTime() === until?.getTime()) return NOTHING;
  moveStatus(draft, to, until);
  return { what: 'status', to, until };
}

function setCollaborators(
  { add, remove }: { add: string[]; remove: string[] },
  draft: Draft,
  input: CommandEffectInput,
) {
  const { ticket, effect } = draft;
  const stateOf = (address: string) => ticket.collaborators.find((one) => one.address === address)?.state ?? 'removed';
  for (const address of add) {
    if (isOwnAddress(input.own, address)) return 'own-address';
    if (input.agents.some(({ addresses }) => addresses.includes(address))) return 'is-agent';
    if (ticket.requesterAddresses.includes(address)) return 'is-requester';
  }
  if (remove.some((address) => stateOf(address) === 'removed')) return 'not-there';
  const added = add.filter((address) => stateOf(address) !== 'accepted');
  if (added.length + remove.length === 0) return NOTHING;
  const decided = [
    ...added.map((address) => ({ address, state: 'accepted' as const })),
    ...remove.map((address) => ({ address, state: 'removed' as const })),
  ];
  effect.collaborators = [...effect.collaborators.filter(({ address }) => !isIn(decided, address)), ...decided];
  draft.ticket = {
    ...ticket,
    collaborators: [...ticket.collaborators.filter(({ address }) => !isIn(decided, address)), ...decided],
  };
  return { what: 'collaborators' as const, added, removed: remove };
}

function confirm({ ticket, effect }: Draft): Outcome {
  if (!ticket.isRequesterClaimed || effect.confirmsRequester) return NOTHING;
  effect.confirmsRequester = true;
  return { what: 'confirmed' };
}

function isIn(list: readonly { address: string }[], address: string): boolean {
  return list.some((one) => one.address === address);
}
