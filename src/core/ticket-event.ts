import type { AssignCandidate, ChoosingStrategy } from './assign.ts';
import type { ConfirmationAnswer } from './confirmation.ts';
import type { AssignStrategy, SlaTarget } from './desk-config.ts';
import type { Evidence } from './inbound-mail.ts';
import type { ArticleKind, ArticleState, Id, TicketPriority, TicketStatus } from './ticket.ts';
import type { OutboxPurpose } from './ticket-change.ts';

/**
 * Every fact we record about a ticket, in the past tense. Ids, enumerations and numbers only: an event outlives the
 * erasure of the people it is about (design.md §3).
 */
export type TicketEvent =
  | {
      kind: 'ticket.opened';
      status: TicketStatus;
      priority: TicketPriority;
      departmentId: Id;
      slaPlanId: Id | null;
      followsTicketId: Id | null;
      /** How it finds its agent. */
      assignment: AssignStrategy;
    }
  | {
      kind: 'article.added';
      articleId: Id;
      articleKind: ArticleKind;
      state: ArticleState;
      /** Somebody on the requester's side waits for an answer to it. */
      awaitsAnswer: boolean;
      /** How the mail found this ticket. */
      evidence: Evidence[];
    }
  | { kind: 'article.accepted'; articleId: Id; articleKind: ArticleKind; awaitsAnswer: boolean }
  /** Something else has taken its place. */
  | { kind: 'article.discarded'; articleId: Id }
  /** An agent was asked whether the mail is theirs, because no mail system says so. */
  | { kind: 'confirmation.asked'; inboundMailId: Id; personId: Id }
  /** What the answer was. */
  | { kind: 'confirmation.answered'; inboundMailId: Id; answer: ConfirmationAnswer }
  | { kind: 'ticket.status-changed'; from: TicketStatus; to: TicketStatus }
  | {
      kind: 'ticket.assigned';
      from: Id | null;
      to: Id | null;
      reason: AssignReason;
      /** The strategies before it, which found nobody. */
      insteadOf: ChoosingStrategy[];
      /** Everybody it could have been, and what was weighed. */
      candidates: AssignCandidate[];
      /** The strategy chose this agent, who is away: `to` is their deputy. */
      deputyOf?: Id;
    }
  /** Nobody was free for the event `seq` in the time that the department set; who was told, the mails say. */
  | { kind: 'assignment.escalated'; departmentId: Id; seq: number }
  | { kind: 'ticket.priority-changed'; from: TicketPriority; to: TicketPriority }
  /** `leavesNobody`: whoever had it does not work there, so that it needs an agent again. */
  | { kind: 'ticket.department-changed'; from: Id; to: Id; leavesNobody: boolean }
  | { kind: 'ticket.sla-plan-changed'; from: Id | null; to: Id | null; reason: SlaPlanReason }
  /** Tags are words of the desk's own, not of its requesters. */
  | { kind: 'ticket.tags-changed'; added: string[]; removed: string[] }
  /** When a waiting ticket wakes by itself; ISO 8601, null for never. */
  | { kind: 'ticket.wake-set'; from: string | null; to: string | null }
  /** The state changes of an earlier change of the same agent were taken back. */
  | { kind: 'ticket.undone'; changeId: Id }
  /** An agent's mail had commands that could not be carried out: nothing was done. */
  | { kind: 'commands.refused'; inboundMailId: Id; reason: 'errors' | 'doubt' | 'not-allowed' }
  | { kind: 'ticket.suggested'; ticketId: Id; evidence: Evidence[] }
  | { kind: 'collaborator.proposed'; addressId: Id }
  | { kind: 'collaborator.accepted'; addressId: Id }
  | { kind: 'collaborator.removed'; addressId: Id }
  /** An agent vouched for the requester of a mail that an agent had passed on. */
  | { kind: 'requester.confirmed' }
  | { kind: 'mail.enqueued'; outboxId: Id; purpose: OutboxPurpose }
  | { kind: 'mail.suppressed'; purpose: OutboxPurpose; reason: string }
  | {
      kind: 'mail.returned';
      outboxId: Id;
      outcome: 'failed' | 'delayed' | 'complained';
      permanent: boolean;
      status: string | null;
      reason: string | null;
      lostAnswer: LostAnswer | null;
    }
  | {
      kind: 'mail.unsettled';
      outboxId: Id;
      outcome: 'rejected' | 'unknown' | 'expired';
      lostAnswer: LostAnswer | null;
    }
  /** Tried again by an operator, a mail arrived that was told to be lost. */
  | { kind: 'mail.arrived'; outboxId: Id; foundAnswer: FoundAnswer | null }
  /** The next cycle of each target, from when this change happened, by the ticket's priority then. */
  | { kind: 'sla.started'; slaPlanVersionId: Id; targets: SlaTarget[] }
  | { kind: 'sla.met'; slaPlanVersionId: Id; target: SlaTarget; cycle: number }
  | {
      kind: 'sla.breached';
      slaPlanVersionId: Id;
      target: SlaTarget;
      cycle: number;
      /** When it was broken, however late that is noticed; ISO 8601. */
      at: string;
      /** The kind of event that moved the deadline into the past; null where time alone broke the promise. */
      because: TicketEvent['kind'] | null;
    }
  /** A threshold of a clock was crossed, and the steps of its plan were taken: what they changed stands beside it. */
  | { kind: 'sla.escalated'; slaPlanVersionId: Id; target: SlaTarget; cycle: number; threshold: string };

/** An agent's answer that never reached the requester, and the next one that did; null for none. */
export interface LostAnswer {
  articleId: Id;
  laterAnswer: { articleId: Id; at: string } | null;
}

/** An agent's answer that was lost, and when it was written or let go (ISO 8601): what was asked since, it does not answer. */
export interface FoundAnswer {
  articleId: Id;
  writtenAt: string;
}

/** Somebody or a rule chose it, or it came with the department, or a change was taken back. */
export type SlaPlanReason = 'given' | 'department' | 'undone';

/**
 * What a strategy gave, or a person: took it, was given it, claimed it by answering, took back a change; or what time took back
 * from an agent who did nothing with it.
 */
export type AssignReason = ChoosingStrategy | 'taken' | 'given' | 'replied' | 'undone' | 'expired';

/** The queue whose worker must act on an event; null when being recorded is all it asks for. */
export function workerQueue(event: TicketEvent): 'assignment' | 'sla' | null {
  if (event.kind === 'ticket.opened') return event.assignment === 'manual' ? null : 'assignment';
  return event.kind === 'ticket.department-changed' && event.leavesNobody ? 'assignment' : null;
}

/** Whether the ticket needs an agent after it, if nobody has it then: it was given back, or is ours to act on again. */
export function asksIfNobodyHasIt(event: TicketEvent): boolean {
  if (event.kind === 'ticket.assigned') return event.to === null;
  return event.kind === 'ticket.status-changed' && event.to === 'open' && event.from !== 'new';
}

/** Whether an agent may have one ticket less to act on after it. */
export function leavesAgentLessToDo(event: TicketEvent): boolean {
  if (event.kind === 'ticket.assigned') return event.from !== null;
  return event.kind === 'ticket.status-changed' && isToDo(event.from) && !isToDo(event.to);
}

function isToDo(status: TicketStatus): boolean {
  return status === 'new' || status === 'open';
}
