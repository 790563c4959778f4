import { isOverAddressLimit } from './acknowledge.ts';
import { isResting, type TicketStatus } from './ticket.ts';

/** What a requester is told of a ticket's status; every other change of it is ours alone. */
export type StatusNotice = 'resolved' | 'reopened';

/** What a change of status means to the requester; null for what is none of their business. */
export function statusNoticeOf(from: TicketStatus, to: TicketStatus): StatusNotice | null {
  if (to === 'resolved' && !isResting(from)) return 'resolved';
  return isResting(from) && !isResting(to) ? 'reopened' : null;
}

export interface StatusNoticeFacts {
  /** There is an address that a relay can take, and it is not our own. */
  isReachable: boolean;
  /** Automatic mail to it is off. */
  isSuppressed: boolean;
  /** Somebody vouched for the requester, or an agent has answered. */
  isTrusted: boolean;
  automaticLastHour: number;
  automaticLastDay: number;
  isBreakerOpen: boolean;
}

export type StatusNoticeDecision = { send: true } | { send: false; reason: WhyNoNotice };

export type WhyNoNotice =
  | 'no-address'
  | 'address-suppressed'
  | 'unverified-requester'
  | 'address-limit'
  | 'volume-limit';

/**
 * Whether the requester is told by machine that an agent resolved or reopened the ticket. Its subject stands in that mail, so
 * it never goes to somebody whose address a stranger may have given (OUT-11).
 */
export function decideStatusNotice(facts: StatusNoticeFacts): StatusNoticeDecision {
  if (!facts.isReachable) return { send: false, reason: 'no-address' };
  if (facts.isSuppressed) return { send: false, reason: 'address-suppressed' };
  if (!facts.isTrusted) return { send: false, reason: 'unverified-requester' };
  if (isOverAddressLimit('authenticated', facts)) return { send: false, reason: 'address-limit' };
  return facts.isBreakerOpen ? { send: false, reason: 'volume-limit' } : { send: true };
}
