import { type AcknowledgementDecision, type AcknowledgementFacts, decideAcknowledgement } from './acknowledge.ts';
import { openForSender, type PassedOn } from './claimed-sender.ts';
import { type AskedConfirmation, type ConfirmationAnswer, decideConfirmation } from './confirmation.ts';
import type { DeskAgent } from './desk-config.ts';
import type { AgentPurpose, JudgedSender, KnownSender, SenderRight } from './identity.ts';
import type { Evidence, InboundMail, MailAddress, MailDefectCode, MailKindVerdict } from './inbound-mail.ts';
import { isLookalike } from './lookalike.ts';
import { decideNotification, type NotificationDecision } from './notify.ts';
import { isOwnAddress, type OwnAddresses } from './own-address.ts';
import type { Placement } from './place.ts';
import { decideReturns, type OutgoingMail, type ReturnedMail } from './returned-mail.ts';
import { isPlainThanks } from './thanks.ts';
import type { ThreadDecision, ThreadKeys, ThreadSuggestion, ThreadTicket } from './thread.ts';
import {
  type ArticleKind,
  type ArticleState,
  type ArticleVisibility,
  type Id,
  isResting,
  statusAfterRequesterAnswer,
  type TicketStatus,
} from './ticket.ts';
import type { ArticleMark } from './ticket-change.ts';

/**
 * What becomes of one mail: the last of the decisions, made of all the ones before it. Nothing is composed and no id is drawn
 * here; `desk/take-in-mail.ts` turns the answer into a `TicketChange`.
 *
 * In this order: a mail that had its effect · a bounce of one of our mails · an echo of our own mail · automatic mail, which
 * attaches quietly where it belongs, and else opens a ticket nobody is told of (a web form or a monitor writes so too), except
 * receipts, complaints and delivery reports, which are filed · a person's mail, by the right its sender has.
 */
export interface MailEffectInput {
  mail: InboundMail;
  verdict: MailKindVerdict;
  sender: JudgedSender;
  keys: ThreadKeys;
  thread: ThreadDecision;
  /** Where the mail would open a ticket; what it suppresses holds for an answer as well. */
  placement: Placement;
  own: OwnAddresses;
  /** Of the department the ticket is in. */
  newCc: 'propose' | 'accept';
  /** INTERNALDATE, never later than now. */
  occurredAt: Date;
  /** The mailbox's cut-off. */
  answerSince: Date;
  /** `desk.acknowledge`. */
  acknowledges: boolean;
  /** Whom a thank-you may name: the agents, and the desk as it calls itself in mail. */
  deskNames: readonly string[];
  facts: MailFacts;
}

/** What only the store knows about this mail. */
export interface MailFacts {
  /** An inbound mail with the same cause key that was settled before. */
  duplicateOf: { inboundMailId: Id; ticketId: Id | null; articleId: Id | null } | null;
  /** Another mail, with another cause key, came with this Message-ID. */
  isMessageIdReused: boolean;
  /** Our outgoing mails that `keys.returned` names. */
  outgoing: OutgoingMail[];
  /** The sender, where they are an agent at work. */
  agent: Pick<DeskAgent, 'personId' | 'addresses'> | null;
  /** Addresses of agents among those the mail names, lower-case. */
  agentAddresses: ReadonlySet<string>;
  acknowledgement: AcknowledgementFacts;
  /** The sender as one who may answer a confirmation. */
  sender: KnownSender | null;
  /** What the token of `keys.confirmTokens` was given out for. */
  confirmation: AskedConfirmation | null;
}

export type MailEffect =
  | OpenEffect
  | AppendEffect
  | AgentEffect
  | ConfirmationEffect
  | DuplicateEffect
  | ReturnedEffect
  | FileEffect;

/** A new ticket; `follows` the closed one it answers, if any. */
export interface OpenEffect {
  effect: 'open' | 'follow-up';
  /** The closed ticket; null for an ordinary opening. */
  follows: Pick<ThreadTicket, 'id' | 'number'> | null;
  placement: Placement;
  status: TicketStatus;
  requester: 'sender' | 'unknown';
  /** What an agent passes on here: then its sender is the requester. Null for all other mail. */
  passedOn: PassedOn | null;
  startsClocks: boolean;
  article: ArticlePlan;
  collaborators: CollaboratorPlan[];
  suggestions: ThreadSuggestion[];
  acknowledgement: AcknowledgementDecision;
  notification: NotificationDecision;
  evidence: Evidence[];
}

export interface AppendEffect {
  effect: 'append';
  ticket: ThreadTicket;
  /** Null when it stays as it is. */
  status: { from: TicketStatus; to: TicketStatus } | null;
  article: ArticlePlan;
  /** Somebody waits for an answer to it, from when it came. */
  startsClocks: boolean;
  collaborators: CollaboratorPlan[];
  suggestions: ThreadSuggestion[];
  /** See `ThreadDecision.learnt`. */
  learnt: ThreadDecision['learnt'];
  /** Null where there is nothing that agents would have to be told of by mail. */
  notification: NotificationDecision | null;
  /** Whether the requester is told by machine that this answer reopened what was resolved; null where it did not. */
  reopening: AcknowledgementDecision | null;
  /** Why a mail in an agent's name, or to an agent's address, was not accepted: that agent is told. Null for all other mail. */
  refusal: Refusal | null;
  /** The agent who is asked whether it is theirs, and what it would be; null for all other mail. */
  asks: { personId: Id; purpose: AgentPurpose } | null;
  evidence: Evidence[];
}

export interface Refusal {
  reason: RefusalReason;
  /** Whose token it came by, where it does not name the agent as its sender. */
  tokenAddressId: Id | null;
}

/**
 * unconfirmed: nothing vouches for the sender · unanswered: the agent was asked about others in vain · token: not the agent's own
 * address · stranger: the agent's own address, and somebody else as sender · permission: not theirs to do.
 */
export type RefusalReason = 'unconfirmed' | 'unanswered' | 'token' | 'stranger' | 'permission';

/** An agent's mail with an agent's power: what it does, its own words decide. */
export interface AgentEffect {
  effect: 'agent';
  ticket: ThreadTicket;
  personId: Id;
  purpose: AgentPurpose;
  evidence: Evidence[];
}

/** An answer to the question whether another mail is the agent's; its text goes nowhere. */
export interface ConfirmationEffect {
  effect: 'confirmation';
  asked: AskedConfirmation;
  answer: ConfirmationAnswer;
  /** For `unproven`: whom the mail claims to be from, and why that is not believed. */
  claims: { personId: Id; reason: RefusalReason };
  evidence: Evidence[];
}

/** Had its effect before; recorded beside the first. */
export interface DuplicateEffect {
  effect: 'duplicate';
  of: NonNullable<MailFacts['duplicateOf']>;
  evidence: Evidence[];
}

/** Reports on mails we sent, all on one ticket. */
export interface ReturnedEffect {
  effect: 'returned';
  ticketId: Id | null;
  returns: ReturnedMail[];
  evidence: Evidence[];
}

/** Kept and listed, on no ticket. */
export interface FileEffect {
  effect: 'file';
  reason: 'own-echo' | 'read-receipt' | 'complaint' | 'delivery-report';
  evidence: Evidence[];
}

export interface ArticlePlan {
  kind: ArticleKind;
  visibility: ArticleVisibility;
  state: ArticleState;
  marks: ArticleMark[];
  /** Whether the sender is its author; false where there is nobody to name. */
  hasAuthor: boolean;
}

export interface CollaboratorPlan {
  address: string;
  name: string;
  state: 'proposed' | 'accepted';
}

export function decideMailEffect(input: MailEffectInput): MailEffect {
  const { verdict, thread, facts, keys, mail } = input;
  const evidence = [...verdict.evidence, ...input.sender.reasons, ...thread.evidence];
  if (facts.duplicateOf !== null) return { effect: 'duplicate', of: facts.duplicateOf, evidence };

  if (verdict.kind === 'bounce' || verdict.kind === 'delivery-report' || verdict.kind === 'complaint') {
    const returns = decideReturns(verdict.kind, mail.deliveryReports, keys.returned, facts.outgoing);
    if (returns.length > 0) return { effect: 'returned', ticketId: returns[0]?.ticketId ?? null, returns, evidence };
  }
  if (isOwnEcho(input)) return { effect: 'file', reason: 'own-echo', evidence };
  return isAnswerable(input) ? decidePersonsMail(input, evidence) : decideAutomaticMail(input, evidence);
}

/** Our own mail as we wrote it, back by a journal or a list. With another From it is somebody's own mail (IN-08). */
function isOwnEcho({ mail, own, keys }: MailEffectInput): boolean {
  return hasOwnMessageId(keys) && mail.from !== null && isOwnAddress(own, mail.from.address);
}

function hasOwnMessageId(keys: ThreadKeys): boolean {
  return keys.signedIds.some(({ place }) => place === 'message-id');
}

/**
 * A person's mail, or what comes over a list from somebody who takes part: desks behind a Google Group get all their mail as
 * list mail, and their requesters' answers must count.
 */
function isAnswerable({ verdict, thread: { right } }: MailEffectInput): boolean {
  const takesPart = right.right === 'join' || right.right === 'join-unverified';
  return verdict.kind === 'person' || (verdict.kind === 'list' && takesPart);
}

function decidePersonsMail(input: MailEffectInput, evidence: Evidence[]): MailEffect {
  const { thread } = input;
  const confirmation = confirmationAnswer(input, evidence);
  if (confirmation !== null) return confirmation;
  const { ticket, right } = thread;
  if (ticket === null || right.right === 'none')
    return openForSender(input, openTicket(input, null, evidence), () => mayAnswer(input, true));
  switch (right.right) {
    case 'held':
      return {
        ...appendArticle(input, ticket, heldArticle(input, right.reason), evidence),
        refusal: refusalOf(input, right.reason),
      };
    case 'to-confirm':
      return {
        ...appendArticle(input, ticket, heldArticle(input, 'agent-unproven'), evidence),
        asks: { personId: right.personId, purpose: right.purpose },
      };
    case 'agent':
      return { effect: 'agent', ticket, personId: right.personId, purpose: right.purpose, evidence };
    case 'join':
    case 'join-unverified':
      return decideAnswer(input, ticket, evidence);
  }
}

/**
 * A participant's answer: the ticket is ours to act on again, or another one is opened where it is closed. Only a thank-you leaves
 * one at rest that rests; agents are told of it all the same, should it have been more (R12).
 */
function decideAnswer(input: MailEffectInput, ticket: ThreadTicket, evidence: Evidence[]): MailEffect {
  const { mail, thread, deskNames } = input;
  const isThanks = isResting(ticket.status) && isPlainThanks(mail, deskNames);
  if (ticket.status === 'closed' && !isThanks) return openTicket(input, ticket, evidence);
  return {
    ...appendArticle(input, ticket, joiningArticle(input, isThanks ? ['thanks'] : []), evidence),
    startsClocks: !isThanks && !input.placement.suppressions.includes('clocks'),
    status:
      isThanks || ticket.status === 'closed'
        ? null
        : statusChange(ticket.status, statusAfterRequesterAnswer(ticket.status)),
    collaborators: newcomers(input, ticket),
    learnt: thread.learnt,
    notification: notification(input),
    reopening: ticket.status === 'resolved' && !isThanks ? mayAnswer(input, true) : null,
  };
}

function confirmationAnswer(input: MailEffectInput, evidence: Evidence[]): ConfirmationEffect | null {
  const { sender: known, confirmation: asked } = input.facts;
  const answer = asked === null ? null : decideConfirmation(input.mail, input.sender, known, asked);
  if (asked === null || answer === null || known === null) return null;
  const claims = { personId: known.personId, reason: unprovenReason(input.sender) };
  const token = { rule: 'confirm-token', saw: `for mail ${asked.inboundMailId}` };
  return { effect: 'confirmation', asked, answer, claims, evidence: [...evidence, token] };
}

/** Kept where colleagues see it and nobody outside does: it may be a code somebody fishes for (TH-12). */
function decideAutomaticMail(input: MailEffectInput, evidence: Evidence[]): MailEffect {
  const { kind } = input.verdict;
  const { ticket } = input.thread;
  if (ticket !== null) return appendArticle(input, ticket, automaticArticle(input), evidence);
  if (kind === 'read-receipt' || kind === 'complaint' || kind === 'delivery-report')
    return { effect: 'file', reason: kind, evidence };
  return openTicket(input, null, evidence);
}

function openTicket(input: MailEffectInput, follows: ThreadTicket | null, evidence: Evidence[]): OpenEffect {
  const { placement, thread } = input;
  const requester = namesRequester(input) ? 'sender' : 'unknown';
  const isPerson = isAnswerable(input);
  return {
    effect: follows === null ? 'open' : 'follow-up',
    follows,
    placement,
    status: 'new',
    requester,
    passedOn: null,
    startsClocks: requester === 'sender' && !placement.suppressions.includes('clocks'),
    article: isPerson ? openingArticle(input) : automaticArticle(input),
    collaborators: isPerson ? companions(input) : [],
    suggestions: thread.suggestions,
    acknowledgement: mayAnswer(input, input.acknowledges),
    notification: notification(input),
    evidence,
  };
}

function mayAnswer(input: MailEffectInput, isOn: boolean): AcknowledgementDecision {
  return decideAcknowledgement({
    mail: input.mail,
    kind: input.verdict.kind,
    sender: input.sender,
    own: input.own,
    occurredAt: input.occurredAt,
    answerSince: input.answerSince,
    isOn,
    isSuppressed: input.placement.suppressions.includes('acknowledgement'),
    facts: input.facts.acknowledgement,
  });
}

function notification({ placement, facts }: MailEffectInput): NotificationDecision {
  return decideNotification(placement.suppressions, facts.acknowledgement.isBreakerOpen);
}

function appendArticle(
  input: MailEffectInput,
  ticket: ThreadTicket,
  plan: ArticlePlan,
  evidence: Evidence[],
): AppendEffect {
  const { suggestions } = input.thread;
  return {
    effect: 'append',
    ticket,
    status: null,
    article: plan,
    startsClocks: false,
    collaborators: [],
    suggestions,
    learnt: null,
    notification: null,
    reopening: null,
    refusal: null,
    asks: null,
    evidence,
  };
}

/** Whom it is told that the mail was held: the agent it names, or the one whose address somebody else has. */
function refusalOf({ sender, keys }: MailEffectInput, held: HeldReason): Refusal | null {
  if (held === 'agent-unproven') return { reason: unprovenReason(sender), tokenAddressId: null };
  const [token] = keys.tokens;
  return token === undefined ? null : { reason: 'stranger', tokenAddressId: token.addressId };
}

function unprovenReason({ authenticated, silent, consistent }: JudgedSender): RefusalReason {
  return (authenticated || silent) && consistent ? 'token' : 'unconfirmed';
}

function statusChange(from: TicketStatus, to: TicketStatus): AppendEffect['status'] {
  return from === to ? null : { from, to };
}

function article(input: MailEffectInput, differs: Partial<ArticlePlan> = {}): ArticlePlan {
  const { marks = [], ...rest } = differs;
  return {
    kind: 'inbound',
    visibility: 'public',
    state: 'accepted',
    hasAuthor: namesRequester(input),
    marks: [...marks, ...marksOf(input)],
    ...rest,
  };
}

/** Anybody may write a first mail in somebody's name; who reads it sees whether somebody vouches for that. */
function openingArticle(input: MailEffectInput): ArticlePlan {
  return article(input, { marks: input.sender.authenticated || input.mail.from === null ? [] : ['unverified'] });
}

function joiningArticle(input: MailEffectInput, marks: ArticleMark[]): ArticlePlan {
  return article(input, {
    marks: input.thread.right.right === 'join-unverified' ? [...marks, 'unverified'] : marks,
  });
}

type HeldReason = Extract<SenderRight, { right: 'held' }>['reason'];

/** Seen by agents only until one accepts it. What claims to be an agent's is never on its way to the public. */
function heldArticle(input: MailEffectInput, reason: HeldReason): ArticlePlan {
  const visibility = reason === 'agent-unproven' ? 'internal' : 'public';
  const marks: ArticleMark[] = reason === 'agent-unproven' ? [] : ['third-party'];
  if (!input.sender.authenticated) marks.push('unverified');
  return article(input, { state: 'held', visibility, marks });
}

/** What a list brings as a first mail is a person's request all the same. */
function automaticArticle(input: MailEffectInput): ArticlePlan {
  const isRequest = input.verdict.kind === 'list' && input.thread.ticket === null;
  return article(input, {
    visibility: isRequest ? 'public' : 'internal',
    marks: input.verdict.kind === 'loop' ? ['automatic', 'own-echo'] : ['automatic'],
  });
}

/** Whether there is somebody to name and to answer: not we ourselves, and no mail system speaking for itself. */
function namesRequester({ sender, own, verdict: { kind } }: MailEffectInput): boolean {
  const speaksForItself = kind === 'bounce' || kind === 'delivery-report' || kind === 'complaint';
  return sender.address !== null && !speaksForItself && !isOwnAddress(own, sender.address);
}

function marksOf(input: MailEffectInput): ArticleMark[] {
  const { mail, facts, own, keys } = input;
  const has = (...codes: MailDefectCode[]) => mail.defects.some(({ code }) => codes.includes(code));
  const marks: [ArticleMark, boolean][] = [
    ['unknown-sender', mail.from === null],
    ['suspicious-sender', isLookalike(mail, own) || has('address-disagreement', 'address-changed-by-canonical-form')],
    ['message-id-reuse', facts.isMessageIdReused || hasOwnMessageId(keys)],
    ['over-limit', has('over-limit')],
    ['header-only', has('header-only', 'parser-refused')],
    ['size-mismatch', has('size-mismatch')],
  ];
  return marks.filter(([, applies]) => applies).map(([mark]) => mark);
}

/** More than this is a mailing, not a group of people who follow a request (bad-input case 49). */
const COMPANIONS_MAX = 20;

/** To and Cc of the opening mail: believed with its sender. */
function companions(input: MailEffectInput): CollaboratorPlan[] {
  const state = input.sender.authenticated ? 'accepted' : 'proposed';
  return othersNamed(input).map(({ address, name }) => ({ address, name, state }));
}

/** Whoever appears in a later mail and was never on the ticket; somebody removed stays removed (TH-06). */
function newcomers(input: MailEffectInput, ticket: ThreadTicket): CollaboratorPlan[] {
  const known = new Set([...ticket.requesterAddresses, ...ticket.collaborators.map(({ address }) => address)]);
  const state = input.newCc === 'accept' && input.thread.right.right === 'join' ? 'accepted' : 'proposed';
  return othersNamed(input)
    .filter(({ address }) => !known.has(address))
    .map(({ address, name }) => ({ address, name, state }));
}

/** The people in To and Cc besides the sender: never we ourselves, never an agent. */
function othersNamed({ mail, sender, own, facts }: MailEffectInput): MailAddress[] {
  if (mail.defects.some(({ code }) => code === 'over-limit')) return [];
  const others = new Map<string, MailAddress>();
  for (const named of [...mail.to, ...mail.cc]) {
    const { address } = named;
    if (address === sender.address || isOwnAddress(own, address)) continue;
    if (facts.agentAddresses.has(address.toLowerCase())) continue;
    if (!others.has(address)) others.set(address, named);
    if (others.size > COMPANIONS_MAX) return [];
  }
  return [...others.values()];
}
