import type { DeskSlaPlan, SlaTarget } from '../desk-config.ts';
import type { Id, TicketPriority, TicketStatus } from '../ticket.ts';
import type { TicketEvent } from '../ticket-event.ts';

/**
 * What we owe a requester: an answer, or the end of the matter. It is owed whether or not a plan promises it by some time; with
 * a promise it is a clock.
 *
 * first response: from the first mail that waits for an answer, until an agent's public answer · next response: from the oldest
 * mail since that waits for one, a new cycle each time · resolution: from the first mail, until the ticket is resolved.
 */
export interface Obligation {
  target: SlaTarget;
  cycle: number;
  startedAt: Date;
  /** The version of the plan it is promised by; null while no plan ever promised it. */
  plan: DeskSlaPlan | null;
  /** The priority its promise is read at: the ticket's, but for a clock whose own escalation changed that. */
  priority: TicketPriority;
  /** When its promise was taken back: another plan or priority promises nothing. */
  withdrawnAt: Date | null;
  end: ObligationEnd | null;
  breach: Breach | null;
  /** Keys of the thresholds that fired. */
  crossed: ReadonlySet<string>;
}

/** `resting`: the ticket was resolved or closed. Of a response that is no end for good, only until somebody reopens it. */
export type ObligationEnd = { by: 'answer'; at: Date; articleId: Id } | { by: 'resting'; at: Date };

export interface Breach {
  /** When the promise was broken: at its deadline, or at the change that moved its deadline into the past. */
  at: Date;
  /** That change; null when time alone did it. */
  because: TicketEvent['kind'] | null;
}

/** How long a ticket stayed in a status. */
export interface Stay {
  status: TicketStatus;
  from: Date;
  /** The answer that put it there; what waits for an answer to a mail that never arrived does not wait. */
  byAnswer: Id | null;
  isVoid: boolean;
}
