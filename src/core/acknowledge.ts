import type { JudgedSender } from './identity.ts';
import type { InboundMail, MailKind } from './inbound-mail.ts';
import { isOwnAddress, type OwnAddresses } from './own-address.ts';

/**
 * May we answer this mail by machine, and with whose words (RFC 3834, design.md §9)?
 *
 * Everything here guards one of two people: the one whose address somebody else wrote into From, and the one at the other end
 * of a loop. An acknowledgement goes to From, never to Reply-To (OUT-09), and only when a mail opens a ticket, so there is at
 * most one a ticket. It repeats the sender's own words only to a sender we know to be the author: to anyone else it would
 * carry an attacker's text under our name (OUT-11).
 */
export interface AcknowledgementInput {
  mail: InboundMail;
  kind: MailKind;
  sender: JudgedSender;
  own: OwnAddresses;
  occurredAt: Date;
  /** Older mail is not answered: the mailbox's cut-off. */
  answerSince: Date;
  /** `desk.acknowledge`. */
  isOn: boolean;
  /** An intake rule or the placement said not to. */
  isSuppressed: boolean;
  facts: AcknowledgementFacts;
}

export interface AcknowledgementFacts {
  /**
   * One of our agents has answered this person before. That mail came from it before would not do: anybody can send a first one
   * in somebody's name.
   */
  isKnown: boolean;
  /** Automatic mail to this address is off: it bounced, complained, or somebody asked. */
  isAddressSuppressed: boolean;
  /** Automatic mail of every kind that we enqueued to this address. */
  automaticLastHour: number;
  automaticLastDay: number;
  /** See `judgeAutomaticVolume`. */
  isBreakerOpen: boolean;
}

export type AcknowledgementDecision = { send: true; withText: boolean } | { send: false; reason: NoAcknowledgement };

export type NoAcknowledgement =
  | 'turned-off'
  | 'suppressed'
  | 'old-mail'
  | 'no-sender'
  | 'own-address'
  | 'automatic-mail'
  | 'null-return-path'
  | 'return-path-differs'
  | 'no-reply-address'
  | 'address-suppressed'
  | 'address-limit'
  | 'volume-limit'
  | 'claimed-by-agent'
  | 'told-by-receipt';

/**
 * Automatic mails to one address, whatever caused them. Two an hour stop a loop with a machine that hides being one after its
 * second mail (bad-input case 39, OUT-15) and stay under the three a victim may get (OUT-13).
 */
const LIMITS = {
  authenticated: { hour: 2, day: 10 },
  known: { hour: 2, day: 3 },
  firstContact: { hour: 1, day: 1 },
} as const;

export function decideAcknowledgement(input: AcknowledgementInput): AcknowledgementDecision {
  const reason = reasonAgainst(input);
  return reason === null ? { send: true, withText: input.sender.authenticated } : { send: false, reason };
}

function reasonAgainst(input: AcknowledgementInput): NoAcknowledgement | null {
  const { mail, sender, facts } = input;
  if (!input.isOn) return 'turned-off';
  if (input.occurredAt < input.answerSince) return 'old-mail';
  if (input.kind !== 'person' || hasMachineMarks(mail)) return 'automatic-mail';
  if (sender.address === null) return 'no-sender';
  if (isOwnAddress(input.own, sender.address)) return 'own-address';
  if (mail.returnPath === '') return 'null-return-path';
  if (isNoReplyAddress(sender.address)) return 'no-reply-address';
  if (!sender.authenticated && mail.returnPath !== null && !isSameMailbox(mail.returnPath, sender.address))
    return 'return-path-differs';
  if (input.isSuppressed) return 'suppressed';
  if (facts.isAddressSuppressed) return 'address-suppressed';
  if (isOverLimit(sender, facts)) return 'address-limit';
  return facts.isBreakerOpen ? 'volume-limit' : null;
}

function isOverLimit(sender: JudgedSender, facts: AcknowledgementFacts): boolean {
  return isOverAddressLimit(sender.authenticated ? 'authenticated' : facts.isKnown ? 'known' : 'firstContact', facts);
}

/** Whether an address has had all the automatic mail it may get for now, by how sure we are that it wants any. */
export function isOverAddressLimit(
  trust: keyof typeof LIMITS,
  counts: { automaticLastHour: number; automaticLastDay: number },
): boolean {
  return counts.automaticLastHour >= LIMITS[trust].hour || counts.automaticLastDay >= LIMITS[trust].day;
}

/**
 * Headers by which senders ask not to be answered by machine, looked at again here: the kind says what a mail is, and a person's
 * mail may ask so too (RFC 3834 §2, RFC 2369, RFC 2919, MS-OXCMAIL §2.2.3.2.14).
 */
function hasMachineMarks(mail: InboundMail): boolean {
  return mail.headers.some(({ name, value }) => {
    const said = value.trim().toLowerCase();
    switch (name) {
      case 'auto-submitted':
        return !/^no\b/.test(said);
      case 'precedence':
        return /^(bulk|list|junk|auto_reply)\b/.test(said);
      case 'x-auto-response-suppress':
        return /\b(all|oof|autoreply)\b/.test(said);
      case 'x-loop':
        return true;
      default:
        return name.startsWith('list-');
    }
  });
}

/** Local parts that stand for a machine or a list (RFC 3834 §2). */
export function isNoReplyAddress(address: string): boolean {
  const localPart = address.slice(0, address.lastIndexOf('@')).toLowerCase();
  return (
    /^(no[-_.]?reply|do[-_.]?not[-_.]?reply|mailer-daemon|listserv|majordomo|bounces?)(?![a-z])/.test(localPart) ||
    /^owner-|-(request|owner|bounces?)$/.test(localPart)
  );
}

/** Equal but for case and for the tag that BATV puts before the sender's local part (`prvs=1234abcdef=karen@…`). */
function isSameMailbox(returnPath: string, from: string): boolean {
  return returnPath.toLowerCase().replace(/^prvs=[0-9a-z]+=/, '') === from.toLowerCase();
}

/**
 * A desk may always send this many automatic mails an hour: a quiet one has no meaningful median, and the day when everybody
 * writes at once is the day when everybody wants to know that they were heard.
 */
const AUTOMATIC_HOUR_FLOOR = 500;
const BREAKER_FACTOR = 5;

export interface AutomaticVolume {
  isBreakerOpen: boolean;
  hourCount: number;
  hourLimit: number;
}

/**
 * The breaker against volume that runs away (OUT-14): open while the last hour holds more than five times the median hour of
 * the seven days before it. `hourlyCounts` are those days' whole hours; hours without mail may be left out.
 */
export function judgeAutomaticVolume(lastHourCount: number, hourlyCounts: readonly number[]): AutomaticVolume {
  const hours = 7 * 24;
  const counts = [...hourlyCounts, ...Array<number>(Math.max(0, hours - hourlyCounts.length)).fill(0)];
  counts.sort((one, other) => one - other);
  const middle = counts.length / 2;
  const median = ((counts[Math.ceil(middle) - 1] ?? 0) + (counts[Math.floor(middle)] ?? 0)) / 2;
  const hourLimit = Math.max(AUTOMATIC_HOUR_FLOOR, BREAKER_FACTOR * median);
  return { isBreakerOpen: lastHourCount > hourLimit, hourCount: lastHourCount, hourLimit };
}
