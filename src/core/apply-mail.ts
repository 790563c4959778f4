import { type AcknowledgementDecision, decideAcknowledgement } from './acknowledge.ts';
import {
  automaticArticle,
  type HeldReason,
  hasOwnMessageId,
  heldArticle,
  joiningArticle,
  namesRequester,
  openingArticle,
} from './article-plan.ts';
import { openForSender } from './claimed-sender.ts';
import { companions, newcomers } from './companions.ts';
import { decideConfirmation } from './confirmation.ts';
import type { JudgedSender } from './identity.ts';
import type { Evidence } from './inbound-mail.ts';
import type {
  AppendEffect,
  ArticlePlan,
  ConfirmationEffect,
  MailEffect,
  MailEffectInput,
  OpenEffect,
  Refusal,
  RefusalReason,
} from './mail-effect.ts';
import { decideNotification, type NotificationDecision } from './notify.ts';
import { isOwnAddress } from './own-address.ts';
import { decideReturns } from './returned-mail.ts';
import { isPlainThanks } from './thanks.ts';
import type { ThreadTicket } from './thread.ts';
import { isResting, statusAfterRequesterAnswer, type TicketStatus } from './ticket.ts';

/**
 * What becomes of one mail: the last of the decisions, made of all the ones before it. Nothing is composed and no id is drawn
 * here; `desk/take-in-mail.ts` turns the answer into a `TicketChange`.
 *
 * In this order: a mail that had its effect · a bounce of one of our mails · an echo of our own mail · automatic mail, which
 * attaches quietly where it belongs, and else opens a ticket nobody is told of (a web form or a monitor writes so too), except
 * receipts, complaints and delivery reports, which are filed · a person's mail, by the right its sender has.
 */
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
