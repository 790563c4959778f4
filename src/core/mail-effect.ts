import type { AcknowledgementDecision, AcknowledgementFacts } from './acknowledge.ts';
import type { PassedOn } from './claimed-sender.ts';
import type { AskedConfirmation, ConfirmationAnswer } from './confirmation.ts';
import type { DeskAgent } from './desk-config.ts';
import type { AgentPurpose, JudgedSender, KnownSender } from './identity.ts';
import type { Evidence, InboundMail, MailKindVerdict } from './inbound-mail.ts';
import type { NotificationDecision } from './notify.ts';
import type { OwnAddresses } from './own-address.ts';
import type { Placement } from './place.ts';
import type { OutgoingMail, ReturnedMail } from './returned-mail.ts';
import type { ThreadDecision, ThreadKeys, ThreadSuggestion, ThreadTicket } from './thread.ts';
import type { ArticleKind, ArticleState, ArticleVisibility, Id, TicketStatus } from './ticket.ts';
import type { ArticleMark } from './ticket-change.ts';

/** What it takes to decide what becomes of one mail: the mail, the decisions before this one, and what the store knows. */
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
