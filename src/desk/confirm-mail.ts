import { mayAsk } from '../core/confirmation.ts';
import type { AgentPurpose } from '../core/identity.ts';
import type { ConfirmationEffect } from '../core/mail-effect.ts';
import { replyText } from '../core/reply-text.ts';
import type { Id } from '../core/ticket.ts';
import { bareUpdate, type ConfirmationChange } from '../core/ticket-change.ts';
import type { TicketEvent } from '../core/ticket-event.ts';
import { answeredConfirmation, mailToConfirm } from '../outbound/confirmation.ts';
import { countUnanswered } from '../store/confirmations.ts';
import { findTicketOutline, findTicketPlace } from '../store/tickets.ts';
import { composeAgentLetter } from './agent-letter.ts';
import type { ComposedEffect } from './mail-change.ts';
import { changeByMail, settles } from './mail-rows.ts';
import type { OutgoingMails } from './notification-mail.ts';
import type { ReadMail, TakeInDependencies } from './read-mail.ts';
import { warnAgent } from './warn-agent.ts';

/** Where a letter belongs. */
interface LetterTicket {
  id: Id;
  number: string;
  departmentId: Id;
  mailboxId: Id;
}

export interface AskedMails extends OutgoingMails {
  confirmation: ConfirmationChange | null;
}

/**
 * Asks an agent whether this mail is his: shows it, and says what it would do. After too many questions that he did not say
 * yes to, he is warned instead.
 */
export async function askToConfirm(
  deps: TakeInDependencies,
  read: ReadMail,
  ticket: LetterTicket,
  { personId, purpose }: { personId: Id; purpose: AgentPurpose },
): Promise<AskedMails> {
  const agent = read.desk.agents.find((one) => one.personId === personId);
  const outline = await findTicketOutline(deps.db, ticket.id);
  if (agent === undefined || outline === null) return { outbox: [], events: [], confirmation: null };
  if (!mayAsk(await countUnanswered(deps.db, personId, ticket.id))) {
    return { ...(await warnAgent(deps, read.desk, ticket, personId, 'unanswered')), confirmation: null };
  }
  const { inboundMailId } = read;
  const letter = await composeAgentLetter(deps, read.desk, {
    ticket,
    agent,
    purpose: 'confirmation',
    reason: 'to-confirm',
    replyPurpose: { confirms: inboundMailId },
    write: (languages, deskName, departmentName, { answer: replyAddress }) =>
      mailToConfirm({
        ticket: { number: ticket.number, subject: outline.subject, departmentName },
        deskName,
        languages,
        purpose,
        requesterName: outline.requester.name || outline.requester.address || '',
        text: replyText(read.mail),
        attachments: read.mail.attachments,
        replyAddress,
      }),
  });
  // Nobody to ask: then nobody can answer either.
  if (letter.outbox.length === 0) return { ...letter, confirmation: null };
  return {
    outbox: letter.outbox,
    events: [{ kind: 'confirmation.asked', inboundMailId, personId }, ...letter.events],
    confirmation: { change: 'asked', inboundMailId, personId },
  };
}

/** What an answer to the question does. Its own words go nowhere; its raw mail is kept, as every mail is. */
export async function composeConfirmation(
  deps: TakeInDependencies,
  read: ReadMail,
  effect: ConfirmationEffect,
): Promise<ComposedEffect> {
  const { asked, answer, claims } = effect;
  const ticket = await findTicketPlace(deps.db, asked.ticketId);
  if (ticket === null) return { outcome: 'again' };
  const told = await tellOfAnswer(deps, read, ticket, effect);
  const answered: TicketEvent = { kind: 'confirmation.answered', inboundMailId: asked.inboundMailId, answer };
  return {
    outcome: 'change',
    disposition: 'confirmation',
    change: {
      ...bareUpdate(ticket.id, ticket.version),
      ...changeByMail(read),
      actor: answer === 'unproven' ? { kind: 'system', personId: null } : { kind: 'agent', personId: claims.personId },
      confirmation: changeOf(read, effect),
      events: [answered, ...told.events],
      outbox: told.outbox,
      settles: settles(read, effect, 'confirmation', null),
    },
  };
}

function changeOf(read: ReadMail, { asked, answer }: ConfirmationEffect): ConfirmationChange | null {
  const { inboundMailId } = asked;
  switch (answer) {
    case 'confirmed':
      return { change: 'confirmed', inboundMailId, answerId: read.inboundMailId };
    case 'denied':
      return { change: 'denied', inboundMailId };
    case 'late':
    case 'settled':
      return asked.isTold ? null : { change: 'told', inboundMailId };
    case 'unproven':
      return null;
  }
}

/** What was confirmed speaks for itself. That an answer came too late is said once: two machines must not talk about it for ever. */
async function tellOfAnswer(
  deps: TakeInDependencies,
  { desk }: ReadMail,
  ticket: LetterTicket & { subject: string },
  { asked, answer, claims }: ConfirmationEffect,
): Promise<OutgoingMails> {
  if (answer === 'unproven') return warnAgent(deps, desk, ticket, claims.personId, claims.reason);
  const agent = desk.agents.find(({ personId }) => personId === asked.personId);
  if (answer === 'confirmed' || agent === undefined) return { outbox: [], events: [] };
  if (asked.isTold) {
    return { outbox: [], events: [{ kind: 'mail.suppressed', purpose: 'confirmation', reason: 'told-before' }] };
  }
  return composeAgentLetter(deps, desk, {
    ticket,
    agent,
    purpose: 'confirmation',
    reason: `confirmation-${answer}`,
    replyPurpose: 'note',
    write: (languages, deskName, departmentName) =>
      answeredConfirmation({
        ticket: { number: ticket.number, subject: ticket.subject, departmentName },
        deskName,
        languages,
        answer,
      }),
  });
}
