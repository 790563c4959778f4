import type { JudgedSender, KnownSender } from './identity.ts';
import type { InboundMail } from './inbound-mail.ts';
import { replyText } from './reply-text.ts';
import type { Id } from './ticket.ts';

/**
 * The one-time confirmation of an agent's mail (design.md §6).
 *
 * A mail comes in with an agent's own token, and no mail system says anything for or against its sender. It is kept, and the agent
 * is asked, at the address in the configuration, never at the one in From. The question carries a token for that one mail. Whoever
 * answers it reads the agent's mailbox, which is as much as a mail server could vouch for; so the mail is taken in once more, as
 * authenticated, with the rights and the ticket of that moment. One answer counts, within 15 minutes.
 */
export interface AskedConfirmation {
  /** The mail it is about. */
  inboundMailId: Id;
  ticketId: Id;
  /** Who was asked. */
  personId: Id;
  /** What came of it; null while it is open. */
  outcome: 'confirmed' | 'denied' | null;
  /** By the time at which the answer was received. */
  isExpired: boolean;
  /** That it was too late, or answered before, has been said once. */
  isTold: boolean;
}

/**
 * confirmed: the mail is taken in as authenticated · denied: the agent says it was not him · late, settled: told so, nothing is
 * done · unproven: not an answer of the agent who was asked; he is warned.
 */
export type ConfirmationAnswer = 'confirmed' | 'denied' | 'late' | 'settled' | 'unproven';

/** Null where nobody who works here answers: then the mail is what it would be without the token. */
export function decideConfirmation(
  mail: InboundMail,
  sender: JudgedSender,
  known: KnownSender | null,
  asked: AskedConfirmation,
): ConfirmationAnswer | null {
  if (!known?.agent) return null;
  const isTheirs = known.personId === asked.personId && !known.agent.disabled;
  if (!isTheirs || !sender.consistent || !(sender.authenticated || sender.silent)) return 'unproven';
  if (asked.outcome !== null) return 'settled';
  if (asked.isExpired) return 'late';
  return saysNo(replyText(mail)) ? 'denied' : 'confirmed';
}

/** Any answer confirms; a person who writes "No, that was not me" must not confirm by it. Only the first line counts. */
function saysNo(text: string): boolean {
  const [firstLine = ''] = text.trim().split('\n');
  return NO.test(firstLine);
}

const NO = new RegExp(
  `(?<![\\p{L}\\p{N}])(?:${[
    'no|nope|not|never|stop|cancel|deny|denied|reject|wrong|fake|forged|spam|phishing|(?:did|was|do|is)n.?t',
    'nein|nicht|nie|niemals|kein|keine|stopp|abbrechen|ablehnen|falsch|gef\u00e4lscht',
  ].join('|')})(?![\\p{L}\\p{N}])`,
  'iu',
);

/** Questions of the last day that nobody answered with yes. */
export interface UnansweredCounts {
  onTicket: number;
  inAll: number;
}

/**
 * Whether the agent is asked about one more mail. Whoever got hold of a token can make us ask, so the questions that he does not
 * say yes to are few; the ones he answers cost nothing.
 */
export function mayAsk({ onTicket, inAll }: UnansweredCounts): boolean {
  return onTicket < UNANSWERED_ON_TICKET_MAX && inAll < UNANSWERED_MAX;
}

const UNANSWERED_ON_TICKET_MAX = 3;
const UNANSWERED_MAX = 10;
