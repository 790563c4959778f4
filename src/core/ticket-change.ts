import type { AbsenceChange } from './absence.ts';
import type { Evidence, MailKind, TextSpan } from './inbound-mail.ts';
import type { TicketClock } from './sla/clocks.ts';
import type { ArticleKind, ArticleState, ArticleVisibility, Id, TicketPriority, TicketStatus } from './ticket.ts';
import type { TicketEvent } from './ticket-event.ts';

/**
 * One change to one ticket, fully decided and composed: what `store/apply-ticket-change.ts` writes in one short
 * transaction. Ids are drawn beforehand, so nothing in here waits for the database to name it.
 */
export interface TicketChange {
  cause: Cause;
  actor: Actor;
  /** When it happened in the world; the database adds when it was recorded. */
  occurredAt: Date;
  /** The configuration that decided: `config_change.id`. */
  configVersion: Id | null;
  ticket: OpenTicket | UpdateTicket;
  /** People and addresses met for the first time. */
  people: NewPerson[];
  addresses: NewPersonAddress[];
  collaborators: NewCollaborator[];
  articles: NewArticle[];
  /** Held ones that somebody accepts: from now on they count. */
  acceptedArticles: Id[];
  /** Held ones that something else has taken the place of. */
  discardedArticles: Id[];
  /** What agents see at a glance of articles that are there already. */
  articleMarks: ArticleMarkChange[];
  events: TicketEvent[];
  /** Clocks that start or changed, each as it stands from now on. */
  clocks: TicketClock[];
  outbox: NewOutboxRow[];
  /** Outgoing mail that came back. */
  returned: Id[];
  /** Addresses that get no more automatic mail, and why. */
  suppressions: { addressId: Id; reason: string }[];
  /** What the actor says of their own being there. */
  absence: AbsenceChange | null;
  /** What this change asks an agent about a mail, or what an agent's answer to that means; null for hardly any change. */
  confirmation: ConfirmationChange | null;
  /** The id under which a relay delivered our latest mail to this address, learnt from an answer to it. */
  learnt: { messageId: string; addressId: Id } | null;
  /** The hand-off row this change settles in the same transaction; null when nobody handed it over. */
  settles: SettleInboundMail | SettleTicketEvent | null;
}

/** A change to a ticket with nothing in it but what it sets: most changes add one or two things to this. */
export function bareUpdate(
  id: Id,
  expectedVersion: number,
  set: UpdateTicket['set'] = {},
): Omit<TicketChange, 'cause' | 'actor' | 'occurredAt' | 'configVersion'> {
  return {
    ticket: { action: 'update', id, expectedVersion, set, addTags: [], removeTags: [] },
    people: [],
    addresses: [],
    collaborators: [],
    articles: [],
    acceptedArticles: [],
    discardedArticles: [],
    confirmation: null,
    articleMarks: [],
    events: [],
    clocks: [],
    outbox: [],
    returned: [],
    suppressions: [],
    absence: null,
    learnt: null,
    settles: null,
  };
}

/** What made a change happen, with a key that makes it happen once (unique in SQL). */
export interface Cause {
  kind: 'mail' | 'api' | 'command' | 'rule' | 'timer' | 'import';
  key: string;
}

export interface Actor {
  kind: 'requester' | 'agent' | 'rule' | 'system';
  personId: Id | null;
}

export interface OpenTicket {
  action: 'open';
  id: Id;
  number: string;
  subject: string;
  status: TicketStatus;
  priority: TicketPriority;
  mailboxId: Id;
  departmentId: Id;
  requesterId: Id;
  requesterAddressId: Id | null;
  assigneeId: Id | null;
  slaPlanId: Id | null;
  language: string | null;
  tags: string[];
  /** The closed ticket this one follows up. */
  followsTicketId: Id | null;
}

export interface UpdateTicket {
  action: 'update';
  id: Id;
  /** The version everything was decided on; another one in the database means: decide again. */
  expectedVersion: number;
  /** Only what changes. */
  set: Partial<{
    status: TicketStatus;
    priority: TicketPriority;
    departmentId: Id;
    assigneeId: Id | null;
    slaPlanId: Id | null;
    requesterId: Id;
    requesterAddressId: Id | null;
    /** When it wakes from waiting; it belongs to its status and ends with it. */
    wakeAt: Date | null;
  }>;
  addTags: string[];
  removeTags: string[];
}

export interface NewPerson {
  id: Id;
  name: string;
  language: string | null;
}

export interface NewPersonAddress {
  id: Id;
  personId: Id;
  /** Canonical, see `MailAddress.address`. */
  address: string;
}

export interface NewCollaborator {
  addressId: Id;
  state: 'proposed' | 'accepted' | 'removed';
  /** An agent says so, whatever was said before; without it, what stands stays: somebody removed is not back by a mail. */
  decided?: true;
}

export interface NewArticle {
  id: Id;
  kind: ArticleKind;
  visibility: ArticleVisibility;
  state: ArticleState;
  /** Why it is held, or how it differs from an ordinary one. */
  marks: ArticleMark[];
  authorId: Id | null;
  authorAddressId: Id | null;
  inboundMailId: Id | null;
  /** Without brackets: the sender's for an inbound article, ours for what we write. */
  messageId: string | null;
  /** See `ThreadKeys.threadIndex`. */
  threadIndex: string | null;
  subject: string;
  text: string;
  spans: TextSpan[];
  language: string | null;
  attachments: NewAttachment[];
}

export const ARTICLE_MARKS = [
  'unverified',
  'third-party',
  'automatic',
  'message-id-reuse',
  'over-limit',
  'header-only',
  'size-mismatch',
  'unknown-sender',
  'suspicious-sender',
  'own-echo',
  'doubtful',
  'thanks',
  'returned',
  'claimed-by-agent',
] as const;
/** Something an agent should know about an article at a glance. */
export type ArticleMark = (typeof ARTICLE_MARKS)[number];

export interface ArticleMarkChange {
  articleId: Id;
  add: ArticleMark[];
  remove: ArticleMark[];
}

export interface NewAttachment {
  partPath: string;
  fileName: string;
  contentType: string;
  sizeBytes: number;
  /** Lower-case hex, of the decoded content. */
  sha256: string;
  contentId: string | null;
  inline: boolean;
}

export type OutboxPurpose =
  | 'acknowledgement'
  | 'reply'
  | 'notification'
  | 'receipt'
  | 'confirmation'
  | 'warning'
  | 'notice';

/** One mail to one recipient, with the exact bytes every attempt sends (design.md §9). */
export interface NewOutboxRow {
  id: Id;
  purpose: OutboxPurpose;
  /** Sent by no person's hand: RFC 3834 manners, caps, and at most one repeat after an unknown outcome. */
  automatic: boolean;
  articleId: Id | null;
  mailboxId: Id;
  /** RFC 5321 reverse-path; '' is the null sender. */
  envelopeFrom: string;
  recipientAddress: string;
  recipientAddressId: Id | null;
  /**
   * For automatic mail to a known address: how many it ever got when the caps were judged. Somebody else's mail in between
   * makes the change stale, so that a thousand tickets at once cannot slip past a cap of three (OUT-13).
   */
  automaticMailCount: number | null;
  /** Without brackets. */
  messageId: string;
  /** The header section including the empty line that ends it, CRLF. */
  header: Uint8Array;
  /** The body, CRLF; rows of one article share it as one blob. */
  body: Uint8Array;
}

/** asked: the agent is asked · confirmed: the mail is due again · told: it was said that the answer came too late. */
export type ConfirmationChange =
  | { change: 'asked'; inboundMailId: Id; personId: Id }
  | { change: 'confirmed'; inboundMailId: Id; answerId: Id }
  | { change: 'denied' | 'told'; inboundMailId: Id };

export interface SettleInboundMail {
  row: 'inbound_mail';
  id: Id;
  fencingToken: string;
  /** Of the mail, which is the cause of its first change; what a confirmation lets it do later has a cause of its own. */
  causeKey: string;
  disposition: MailDisposition;
  kind: MailKind;
  articleId: Id | null;
  evidence: Evidence[];
}

export interface SettleTicketEvent {
  row: 'ticket_event';
  ticketId: Id;
  seq: number;
  fencingToken: string;
}

export const MAIL_DISPOSITIONS = [
  /** Opened a ticket. */
  'opened',
  /** Joined a ticket as an article. */
  'appended',
  /** Opened a ticket linked to the closed one it answered. */
  'followed-up',
  /** An agent's commands: done or refused, as the receipt says; text beside them is an article. */
  'commanded',
  /** An agent's answer to the question whether another mail is his. */
  'confirmation',
  /** The same mail had its effect before (another mailbox, another delivery). */
  'duplicate',
  /** Marked the outgoing mail it reports on. */
  'returned',
  /** Automatic mail that belongs to no ticket: kept, listed, answered by nobody. */
  'filed',
] as const;
/** What became of a mail that was taken in. A mail at rest for a fault is `quarantined` instead, a state of its row. */
export type MailDisposition = (typeof MAIL_DISPOSITIONS)[number];
