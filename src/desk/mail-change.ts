import type { AcknowledgementDecision } from '../core/acknowledge.ts';
import type { CollaboratorState } from '../core/identity.ts';
import type { AppendEffect, ArticlePlan, MailEffect, OpenEffect, Refusal } from '../core/mail-effect.ts';
import type { NotificationDecision } from '../core/notify.ts';
import { replyText } from '../core/reply-text.ts';
import { clocksToTell, type ToldClock } from '../core/sla/clocks.ts';
import type { Id } from '../core/ticket.ts';
import type { Actor, MailDisposition, NewOutboxRow, OpenTicket, TicketChange } from '../core/ticket-change.ts';
import type { TicketEvent } from '../core/ticket-event.ts';
import { isSendableAddress } from '../outbound/header-values.ts';
import { ownWords } from '../outbound/subject.ts';
import type { SlaFacts } from '../store/clocks.ts';
import type { SettledWithoutTicket } from '../store/inbound-mail.ts';
import { findAgentAt } from '../store/people.ts';
import { findTicketOutline } from '../store/tickets.ts';
import { composeAcknowledgement } from './acknowledgement-mail.ts';
import { voiceOf } from './addressed-mail.ts';
import { composeAgentMail } from './agent-mail.ts';
import { type AskedMails, askToConfirm, composeConfirmation } from './confirm-mail.ts';
import { articleAdded, changeByMail, planArticle, settles } from './mail-rows.ts';
import { composeReturned } from './mark-returned.ts';
import { type NamedSender, namePeople, unknownRequester } from './named-people.ts';
import { composeNotifications, type OutgoingMails, type ToldTicket } from './notification-mail.ts';
import { originalOf, withForwarder } from './open-for-sender.ts';
import type { ReadMail, TakeInDependencies, TakeInFacts } from './read-mail.ts';
import { composeCommandMail } from './run-command-mail.ts';
import { composeStatusNotice } from './status-notice.ts';
import { clocksAfter, clocksAtOpening, factsFor } from './ticket-clocks.ts';
import { warnAgent } from './warn-agent.ts';

export type ComposedEffect =
  /** `sla`: what the ticket's clocks follow from, where it had to be read. */
  | { outcome: 'change'; disposition: MailDisposition; change: TicketChange; sla?: SlaFacts | null }
  | { outcome: 'without-ticket'; settled: SettledWithoutTicket }
  /** What was decided on is gone. */
  | { outcome: 'again' };

/**
 * Turns the decision about a mail into the change to write: draws the ids, names the people, composes what leaves. The
 * last step before the transaction, and the last that may take time.
 */
export async function composeMailChange(
  deps: TakeInDependencies,
  read: ReadMail,
  facts: TakeInFacts,
  effect: MailEffect,
): Promise<ComposedEffect> {
  const composed = await composeEffect(deps, read, facts, effect);
  return read.confirmed === null ? composed : inPlaceOf(read.confirmed.articleId, composed);
}

/** What a confirmed mail does takes the place of the article in which it was held. */
function inPlaceOf(articleId: Id | null, composed: ComposedEffect): ComposedEffect {
  if (composed.outcome !== 'change' || articleId === null) return composed;
  const { change } = composed;
  return {
    ...composed,
    change: {
      ...change,
      discardedArticles: [articleId],
      events: [...change.events, { kind: 'article.discarded', articleId }],
    },
  };
}

async function composeEffect(
  deps: TakeInDependencies,
  read: ReadMail,
  facts: TakeInFacts,
  effect: MailEffect,
): Promise<ComposedEffect> {
  switch (effect.effect) {
    case 'duplicate':
      return withoutTicket(read, effect, { disposition: 'duplicate', duplicateOf: effect.of });
    case 'file':
      return withoutTicket(read, effect, { disposition: 'filed' });
    case 'returned': {
      const { ticketId, returns } = effect;
      const returned = returns.map(({ outboxId }) => outboxId);
      return ticketId === null
        ? withoutTicket(read, effect, { disposition: 'returned', returned })
        : composeReturned(deps, read, facts, { ...effect, ticketId });
    }
    case 'confirmation':
      return composeConfirmation(deps, read, effect);
    case 'append':
      return composeAppend(deps, read, facts, effect);
    case 'open':
    case 'follow-up': {
      const { passedOn } = effect;
      return passedOn === null
        ? composeOpen(deps, read, facts, effect)
        : withForwarder(
            deps,
            read,
            facts,
            { ...effect, passedOn },
            await composeOpen(deps, originalOf(read, passedOn), facts, effect),
          );
    }
    case 'agent':
      return (await composeCommandMail(deps, read, facts, effect)) ?? composeAgentMail(deps, read, facts, effect);
  }
}

function withoutTicket(
  read: ReadMail,
  { evidence }: MailEffect,
  settled: Pick<SettledWithoutTicket, 'disposition'> & Partial<SettledWithoutTicket>,
): ComposedEffect {
  return {
    outcome: 'without-ticket',
    settled: {
      id: read.inboundMailId,
      fencingToken: read.fencingToken,
      kind: read.verdict.kind,
      evidence,
      causeKey: read.causeKey,
      duplicateOf: null,
      returned: [],
      ...settled,
    },
  };
}

async function composeAppend(
  deps: TakeInDependencies,
  read: ReadMail,
  facts: TakeInFacts,
  effect: AppendEffect,
): Promise<ComposedEffect> {
  const people = await namePeople(deps, read, facts, effect.article.hasAuthor, effect.collaborators);
  const article = await planArticle(deps, read, effect.article, people.sender);
  const ticket = updateOf(
    effect.ticket.id,
    effect.ticket.version,
    effect.status === null ? {} : { status: effect.status.to },
  );
  const happened: TicketEvent[] = [
    articleAdded(article, effect, effect.startsClocks),
    ...(effect.status === null ? [] : [{ kind: 'ticket.status-changed' as const, ...effect.status }]),
  ];
  // Whoever is told of the answer is told until when the next one is due.
  const inTime = { ...changeByMail(read), ticket, events: happened };
  const sla = await factsFor(deps.db, read.desk, inTime);
  const clocks = await clocksAfter(deps.db, read.desk, inTime, sla);
  if (clocks === 'stale') return { outcome: 'again' };
  const told = await tellOfAppended(deps, read, effect, people.sender, clocksToTell(clocks.standing));
  const reopened = await tellOfReopening(deps, read, effect);
  return {
    outcome: 'change',
    disposition: 'appended',
    sla,
    change: {
      ...changeByMail(read),
      actor: actorOf(effect.article, facts, people.sender),
      ticket,
      ...people.rows,
      articles: [article],
      events: [...happened, ...suggested(effect), ...people.events, ...reopened.events, ...told.events],
      outbox: [...reopened.outbox, ...told.outbox],
      confirmation: told.confirmation,
      learnt:
        effect.learnt === null ? null : { messageId: effect.learnt.messageId, addressId: effect.learnt.addressId },
      settles: settles(read, effect, 'appended', article.id),
    },
  };
}

/** An agent is asked about a mail in his name, or warned of it; of all others agents are told. */
async function tellOfAppended(
  deps: TakeInDependencies,
  read: ReadMail,
  effect: AppendEffect,
  sender: NamedSender | null,
  clocks: readonly ToldClock[],
): Promise<AskedMails> {
  if (effect.asks !== null) return askToConfirm(deps, read, effect.ticket, effect.asks);
  const told =
    effect.refusal === null
      ? await tellOfAnswer(deps, read, effect, sender, clocks)
      : await tellOfRefusal(deps, read, effect.ticket, effect.refusal, sender);
  return { ...told, confirmation: null };
}

async function tellOfRefusal(
  deps: TakeInDependencies,
  { desk }: ReadMail,
  ticket: AppendEffect['ticket'],
  { reason, tokenAddressId }: Refusal,
  sender: NamedSender | null,
): Promise<OutgoingMails> {
  const personId = tokenAddressId === null ? sender?.personId : await findAgentAt(deps.db, tokenAddressId);
  return personId ? warnAgent(deps, desk, ticket, personId, reason) : NOBODY_TOLD;
}

/** Agents hear of an answer by what the ticket says of itself; one that is gone meanwhile is decided on again anyway. */
async function tellOfAnswer(
  deps: TakeInDependencies,
  read: ReadMail,
  { ticket, status, notification, collaborators }: AppendEffect,
  sender: NamedSender | null,
  clocks: readonly ToldClock[],
): Promise<OutgoingMails> {
  const outline = notification === null ? null : await findTicketOutline(deps.db, ticket.id);
  if (outline === null) return NOBODY_TOLD;
  return tellAgents(deps, read, notification, sender?.personId ?? null, {
    ...ticket,
    subject: outline.subject,
    status: status?.to ?? ticket.status,
    requesterName: outline.requester.name || outline.requester.address || '',
    collaboratorCount: outline.collaborators.length,
    proposed: proposedAmong([...ticket.collaborators, ...collaborators]),
    followsNumber: null,
    clocks,
  });
}

function proposedAmong(collaborators: readonly { address: string; state: CollaboratorState }[]): string[] {
  return collaborators.filter(({ state }) => state === 'proposed').map(({ address }) => address);
}

/** The requester hears what an answer to a resolved ticket did, unless its mail is none to answer by machine. */
function tellOfReopening(
  deps: TakeInDependencies,
  { desk, mail }: ReadMail,
  { ticket, reopening }: AppendEffect,
): Promise<OutgoingMails> {
  if (reopening?.send) return composeStatusNotice(deps, desk, ticket, 'reopened', mail.messageId);
  return Promise.resolve(
    reopening === null
      ? NOBODY_TOLD
      : { outbox: [], events: [{ kind: 'mail.suppressed', purpose: 'notice', reason: reopening.reason }] },
  );
}

const NOBODY_TOLD: OutgoingMails = { outbox: [], events: [] };

/** Tells agents of the mail, where it was decided to; that it was not is in the ticket's history. */
async function tellAgents(
  deps: TakeInDependencies,
  { desk, mail, sender, rawSha256 }: ReadMail,
  decision: NotificationDecision | null,
  authorId: Id | null,
  ticket: ToldTicket,
  isPassedOn = false,
): Promise<OutgoingMails> {
  if (decision === null) return NOBODY_TOLD;
  if (!decision.send) {
    return { outbox: [], events: [{ kind: 'mail.suppressed', purpose: 'notification', reason: decision.reason }] };
  }
  return composeNotifications(deps, desk, ticket, {
    author: {
      personId: authorId,
      name: sender.name,
      address: sender.address ?? '',
      certainty: isPassedOn ? 'passedOn' : sender.authenticated ? 'confirmed' : 'unconfirmed',
    },
    text: replyText(mail),
    attachments: mail.attachments,
    rawSha256,
  });
}

/**
 * Whose doing an article is: a machine's mail is nobody's, an agent's is his, all else the requester's side. What is held in an agent's
 * name is not his: anybody may have written it, and then he has not touched the ticket.
 */
function actorOf({ marks, state }: ArticlePlan, facts: TakeInFacts, sender: NamedSender | null): Actor {
  if (marks.includes('automatic')) return { kind: 'system', personId: null };
  const isAgent = sender !== null && facts.thread.sender?.agent != null;
  if (isAgent && state === 'held') return { kind: 'system', personId: null };
  return { kind: isAgent ? 'agent' : 'requester', personId: sender?.personId ?? null };
}

async function composeOpen(
  deps: TakeInDependencies,
  read: ReadMail,
  facts: TakeInFacts,
  effect: OpenEffect,
): Promise<ComposedEffect> {
  const { placement } = effect;
  const disposition = effect.effect === 'open' ? 'opened' : 'followed-up';
  const people = await namePeople(deps, read, facts, effect.requester === 'sender', effect.collaborators);
  const requester = people.sender ?? (await unknownRequester(deps, people.rows.people, read));
  const article = await planArticle(deps, read, effect.article, people.sender);
  const ticket = { id: await deps.ids.draw('ticket'), number: await deps.ids.drawTicketNumber() };
  // A new number beside the old one in every subject would only confuse.
  const subject = effect.follows === null ? read.mail.subject : ownWords(read.mail.subject, effect.follows.number);
  const acknowledged = await acknowledge(deps, read, facts, effect, { ...ticket, subject }, people.sender);
  const assignment = departmentOf(read, placement.departmentId)?.assign.strategy ?? 'manual';
  const opened: OpenTicket = {
    action: 'open',
    ...ticket,
    subject,
    status: effect.status,
    priority: placement.priority,
    mailboxId: read.mailbox.id,
    departmentId: placement.departmentId,
    requesterId: requester.personId,
    requesterAddressId: requester.addressId,
    assigneeId: null,
    slaPlanId: placement.slaPlanId,
    language: read.mail.language,
    tags: placement.tags,
    followsTicketId: effect.follows?.id ?? null,
  };
  const happened: TicketEvent[] = [
    {
      kind: 'ticket.opened',
      status: opened.status,
      priority: opened.priority,
      departmentId: opened.departmentId,
      slaPlanId: opened.slaPlanId,
      followsTicketId: opened.followsTicketId,
      assignment,
    },
    articleAdded(article, effect, effect.startsClocks),
  ];
  const clocks = clocksAtOpening(read.desk, { ...changeByMail(read), ticket: opened, events: happened });
  // Where tickets are given out, whoever gets this one is told then.
  const told =
    assignment === 'manual'
      ? await tellAgents(
          deps,
          read,
          effect.notification,
          effect.passedOn?.agentId ?? people.sender?.personId ?? null,
          {
            ...opened,
            requesterName: read.sender.name || read.sender.address || '',
            collaboratorCount: people.rows.collaborators.filter(({ state }) => state === 'accepted').length,
            proposed: proposedAmong(effect.collaborators),
            followsNumber: effect.follows?.number ?? null,
            clocks: clocksToTell(clocks.standing),
          },
          effect.passedOn !== null,
        )
      : NOBODY_TOLD;
  return {
    outcome: 'change',
    disposition,
    change: {
      ...changeByMail(read),
      actor: { kind: 'requester', personId: requester.personId },
      ticket: opened,
      ...people.rows,
      articles: [article],
      events: [...happened, ...suggested(effect), ...people.events, acknowledged.event, ...told.events],
      outbox: [...acknowledged.outbox, ...told.outbox],
      settles: settles(read, effect, disposition, article.id),
    },
  };
}

/** Sends what was decided, unless no relay could take the address; either way the ticket's history says so. */
async function acknowledge(
  deps: TakeInDependencies,
  read: ReadMail,
  facts: TakeInFacts,
  effect: OpenEffect,
  ticket: { id: Id; number: string; subject: string },
  sender: NamedSender | null,
): Promise<{ outbox: NewOutboxRow[]; event: TicketEvent }> {
  const decision: AcknowledgementDecision | { send: false; reason: 'address-unusable' } =
    effect.acknowledgement.send && !isSendableAddress(sender?.address ?? '')
      ? { send: false, reason: 'address-unusable' }
      : effect.acknowledgement;
  if (!decision.send || sender === null) {
    const reason = decision.send ? 'no-sender' : decision.reason;
    return { outbox: [], event: { kind: 'mail.suppressed', purpose: 'acknowledgement', reason } };
  }
  const { desk } = read;
  const known = facts.mail.addresses.find(({ addressId }) => addressId === sender.addressId);
  const row = composeAcknowledgement({
    desk,
    voice: voiceOf(desk, { departmentId: effect.placement.departmentId, mailboxId: read.mailbox.id }),
    keys: deps.keys,
    outboxId: await deps.ids.draw('outbox'),
    ticket: { ...ticket, followsNumber: effect.follows?.number ?? null },
    recipient: {
      name: read.sender.name,
      address: sender.address,
      addressId: sender.addressId,
      automaticMailCount: known?.automaticMailCount ?? null,
    },
    mail: read.mail,
    withText: decision.withText,
    date: deps.now(),
  });
  return { outbox: [row], event: { kind: 'mail.enqueued', outboxId: row.id, purpose: 'acknowledgement' } };
}

function suggested({ suggestions }: OpenEffect | AppendEffect): TicketEvent[] {
  return suggestions.map(({ ticketId, evidence }) => ({ kind: 'ticket.suggested', ticketId, evidence }));
}

function updateOf(id: Id, expectedVersion: number, set: { status?: AppendEffect['ticket']['status'] }) {
  return { action: 'update' as const, id, expectedVersion, set, addTags: [], removeTags: [] };
}

function departmentOf({ desk }: ReadMail, departmentId: Id) {
  return [...desk.departments, ...desk.archivedDepartments].find(({ id }) => id === departmentId);
}
