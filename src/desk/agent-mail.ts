import { type AnswerDoubt, decideAnswer, isReleasable } from '../core/answer.ts';
import type { InternalWords } from '../core/leak-guard.ts';
import type { AgentEffect, ArticlePlan } from '../core/mail-effect.ts';
import { may, type PermissionActor } from '../core/permission.ts';
import { replyText } from '../core/reply-text.ts';
import { mintMessageId, type SigningKeys } from '../core/reply-token.ts';
import type { Id, TicketStatus } from '../core/ticket.ts';
import type { NewArticle, TicketChange, UpdateTicket } from '../core/ticket-change.ts';
import type { TicketEvent } from '../core/ticket-event.ts';
import { heldAnswer } from '../outbound/agent-letter.ts';
import type { OutgoingAttachment } from '../outbound/compose.ts';
import { BOUNDARY_LINES } from '../outbound/notification.ts';
import { type EarlierArticle, findTicketOutline, listEarlierArticles, type TicketOutline } from '../store/tickets.ts';
import { voiceOf } from './addressed-mail.ts';
import { composeAgentLetter } from './agent-letter.ts';
import { readArticleFiles } from './article-files.ts';
import { confirmRequester } from './confirm-requester.ts';
import type { ComposedEffect } from './mail-change.ts';
import { articleAdded, changeByMail, planArticle, settles } from './mail-rows.ts';
import type { NamedSender } from './named-people.ts';
import type { ReadMail, TakeInDependencies, TakeInFacts } from './read-mail.ts';
import { composeReply, type ReplyRecipients, replyRecipients } from './reply-mail.ts';
import { warnAgent } from './warn-agent.ts';

export interface AgentAnswerOptions {
  /** The mail began with commands, which were cut off and are not run if it is held. */
  commandsLeftOut: boolean;
  /** Who gets copies from this very answer on, and who does not any more, as its commands say. */
  copies?: { addressId: Id; address: string; state: 'accepted' | 'removed' }[];
  /** What its commands decide about the ticket, which then is not for the answer to say. */
  status?: TicketStatus | undefined;
  departmentId?: Id | undefined;
}

/**
 * An agent's mail, by the address it was sent to: a public reply, or an internal note. What is not certain to be meant for
 * outside is held and shown to its author; what the agent may not do is kept and told.
 */
export async function composeAgentMail(
  deps: TakeInDependencies,
  read: ReadMail,
  facts: TakeInFacts,
  effect: AgentEffect,
  options: AgentAnswerOptions = { commandsLeftOut: false },
): Promise<ComposedEffect> {
  const author = authorOf(read, facts);
  const action = effect.purpose === 'reply' ? 'reply' : 'note';
  const ticket = { ...effect.ticket, collaboratorIds: [] };
  if (author === null || !may(actorOf(read, facts, effect.personId), action, ticket)) {
    return composeRefused(deps, read, effect, author);
  }
  return effect.purpose === 'reply'
    ? composeAnswer(deps, read, effect, author, options)
    : composeNote(deps, read, effect, author);
}

function authorOf({ sender }: ReadMail, { thread }: TakeInFacts): NamedSender | null {
  if (thread.sender === null || sender.address === null) return null;
  return { ...thread.sender, address: sender.address };
}

/** With the rights of this moment, not of when the token was given (AG-06). */
function actorOf({ desk }: ReadMail, { thread }: TakeInFacts, personId: Id): PermissionActor {
  const agent = desk.agents.find((one) => one.personId === personId);
  const disabled = agent === undefined || (thread.sender?.agent?.disabled ?? true);
  return { kind: 'agent', personId, role: agent?.role ?? 'agent', departmentIds: agent?.departmentIds ?? [], disabled };
}

async function composeRefused(
  deps: TakeInDependencies,
  read: ReadMail,
  effect: AgentEffect,
  author: NamedSender | null,
): Promise<ComposedEffect> {
  const article = await planArticle(deps, read, { ...NOTE, kind: 'inbound', state: 'held' }, author);
  const warning = await warnAgent(deps, read.desk, effect.ticket, effect.personId, 'permission');
  return agentChange(
    read,
    effect,
    article,
    {},
    {
      articles: [article],
      outbox: warning.outbox,
      events: [articleAdded(article, effect), ...warning.events],
    },
  );
}

const NOTE: ArticlePlan = { kind: 'note', visibility: 'internal', state: 'accepted', marks: [], hasAuthor: true };

async function composeNote(
  deps: TakeInDependencies,
  read: ReadMail,
  effect: AgentEffect,
  author: NamedSender,
): Promise<ComposedEffect> {
  const article = await planArticle(deps, read, NOTE, author);
  return agentChange(read, effect, article, {}, { articles: [article], events: [articleAdded(article, effect)] });
}

async function composeAnswer(
  deps: TakeInDependencies,
  read: ReadMail,
  effect: AgentEffect,
  author: NamedSender,
  options: AgentAnswerOptions,
): Promise<ComposedEffect> {
  const { db } = deps;
  const { mail } = read;
  const [found, earlier, attachments] = await Promise.all([
    findTicketOutline(db, effect.ticket.id),
    listEarlierArticles(db, effect.ticket.id),
    readArticleFiles(deps, read.rawSha256, mail.attachments),
  ]);
  if (found === null) return { outcome: 'again' };
  const outline = { ...found, collaborators: withCopies(found.collaborators, options.copies ?? []) };
  const recipients = replyRecipients(outline, read.own);
  const answer = decideAnswer(
    mail,
    attachments
      .filter(({ contentType }) => /^(?:text|message)\//.test(contentType))
      .map(({ content }) => String(content)),
    recipients.collaborators.length + (recipients.requester === null ? 0 : 1),
    internalWords(deps.keys, read, earlier),
  );
  const planned = await planArticle(deps, read, { ...NOTE, kind: 'reply', visibility: 'public' }, author);
  const { mailbox } = voiceOf(read.desk, effect.ticket);
  const article: NewArticle = {
    ...planned,
    // The raw mail keeps the rest: what anybody outside may ever see of it is this.
    text: answer.text,
    spans: answer.text === '' ? [] : [{ kind: 'reply', from: 0, to: answer.text.length }],
    messageId: mintMessageId(deps.keys, {
      kind: 'article',
      id: planned.id,
      domain: mailbox.address.replace(/^.*@/, ''),
    }),
  };
  return answer.doubts.length > 0
    ? composeHeld(deps, read, effect, article, outline, answer.doubts, options)
    : composeSent(deps, read, effect, article, { outline, earlier, attachments, recipients }, options);
}

function withCopies(
  collaborators: TicketOutline['collaborators'],
  copies: NonNullable<AgentAnswerOptions['copies']>,
): TicketOutline['collaborators'] {
  const kept = collaborators.filter(({ addressId }) => !copies.some((copy) => copy.addressId === addressId));
  const added = copies.filter(({ state }) => state === 'accepted');
  return [...kept, ...added.map(({ addressId, address }) => ({ name: '', addressId, address }))];
}

/** What no mail to a requester may hold, and what they know already. */
export function internalWords(keys: SigningKeys, { own }: ReadMail, earlier: readonly EarlierArticle[]): InternalWords {
  const of = (visibility: EarlierArticle['visibility']) =>
    earlier.filter((article) => article.visibility === visibility).map(replyText);
  return { boundaryLines: BOUNDARY_LINES, keys, own, notes: of('internal'), publicTexts: of('public') };
}

interface ReplyParts {
  outline: TicketOutline;
  earlier: EarlierArticle[];
  attachments: OutgoingAttachment[];
  recipients: ReplyRecipients;
}

async function composeSent(
  deps: TakeInDependencies,
  read: ReadMail,
  effect: AgentEffect,
  article: NewArticle,
  { outline, earlier, attachments, recipients }: ReplyParts,
  { status, departmentId = effect.ticket.departmentId }: AgentAnswerOptions,
): Promise<ComposedEffect> {
  // Of where the ticket is once the mail has had its effect: that department answers.
  const ticket = { ...effect.ticket, departmentId };
  const replied = await effectOfReply(deps, read, { ...effect, ticket }, outline);
  const mails = await composeReply(deps, read.desk, {
    ticket,
    outline,
    earlier,
    articleId: article.id,
    text: article.text,
    status: status ?? replied.set.status ?? ticket.status,
    attachments,
    recipients,
    reached: new Set([...read.mail.to, ...read.mail.cc].map(({ address }) => address)),
  });
  return agentChange(read, effect, article, replied.set, {
    articles: [{ ...article, subject: mails.subject }],
    articleMarks: replied.articleMarks,
    outbox: mails.outbox,
    events: [articleAdded(article, effect), ...replied.events, ...mails.events],
  });
}

/**
 * Who answers has the ticket if nobody has and they work where it is, and the ticket waits as its department says; but not where the
 * answer is older than what it would have to answer.
 */
export async function effectOfReply(
  deps: TakeInDependencies,
  read: ReadMail,
  { ticket, personId }: AgentEffect,
  { askedAt }: Pick<TicketOutline, 'askedAt'>,
) {
  const { department } = voiceOf(read.desk, ticket);
  const set: UpdateTicket['set'] = {};
  const events: TicketEvent[] = [];
  const agent = read.desk.agents.find((one) => one.personId === personId);
  const worksThere = agent?.role === 'admin' || agent?.departmentIds.includes(ticket.departmentId);
  if (ticket.assigneeId === null && worksThere) {
    set.assigneeId = personId;
    events.push({
      kind: 'ticket.assigned',
      from: null,
      to: personId,
      reason: 'replied',
      insteadOf: [],
      candidates: [],
    });
  }
  // A closed ticket stays closed: an answer to this reply opens one that follows it.
  const isOutrun = askedAt !== null && askedAt > read.occurredAt;
  const untouched = ticket.status === 'closed' || (isOutrun && ticket.status !== 'new');
  const afterReply = isOutrun ? 'open' : (department?.afterReply ?? 'pending');
  const status: TicketStatus = untouched ? ticket.status : afterReply;
  if (status !== ticket.status) {
    set.status = status;
    events.push({ kind: 'ticket.status-changed', from: ticket.status, to: status });
  }
  const confirmed = await confirmRequester(deps.db, ticket.id);
  return { set, events: [...events, ...confirmed.events], articleMarks: confirmed.articleMarks };
}

async function composeHeld(
  deps: TakeInDependencies,
  read: ReadMail,
  effect: AgentEffect,
  article: NewArticle,
  outline: TicketOutline,
  doubts: AnswerDoubt[],
  { commandsLeftOut }: AgentAnswerOptions,
): Promise<ComposedEffect> {
  const held: NewArticle = { ...article, state: 'held', marks: [...article.marks, 'doubtful'] };
  const agent = read.desk.agents.find(({ personId }) => personId === effect.personId);
  const requesterName = outline.requester.name || outline.requester.address || '';
  const letter =
    agent === undefined
      ? { outbox: [], events: [] }
      : await composeAgentLetter(deps, read.desk, {
          ticket: effect.ticket,
          agent,
          purpose: 'receipt',
          reason: 'held',
          replyPurpose: 'reply',
          replyToName: `${requesterName} [#${effect.ticket.number}]`,
          write: (languages, deskName, departmentName) =>
            heldAnswer({
              ticket: { number: effect.ticket.number, subject: outline.subject, departmentName },
              deskName,
              languages,
              requesterName,
              text: article.text,
              doubts,
              releasable: isReleasable(doubts),
              firstSeq: effect.ticket.version + 1,
              commandsLeftOut,
            }),
        });
  return agentChange(
    read,
    effect,
    held,
    {},
    {
      articles: [held],
      outbox: letter.outbox,
      events: [articleAdded(held, effect), ...letter.events],
    },
  );
}

/** A change that an agent's mail causes. */
export function agentChange(
  read: ReadMail,
  effect: AgentEffect,
  article: { id: Id },
  set: UpdateTicket['set'],
  rows: Pick<TicketChange, 'events'> & Partial<TicketChange>,
): ComposedEffect {
  return {
    outcome: 'change',
    disposition: 'appended',
    change: {
      ...changeByMail(read),
      actor: { kind: 'agent', personId: effect.personId },
      ticket: {
        action: 'update',
        id: effect.ticket.id,
        expectedVersion: effect.ticket.version,
        set,
        addTags: [],
        removeTags: [],
      },
      settles: settles(read, effect, 'appended', article.id),
      ...rows,
    },
  };
}
