import type { Knex } from 'knex';
import { standInFor } from '../core/deputy.ts';
import type { Desk, DeskAgent } from '../core/desk-config.ts';
import { type NotificationReason, notifiedAgents } from '../core/notify.ts';
import { replyText } from '../core/reply-text.ts';
import type { SigningKeys } from '../core/reply-token.ts';
import type { Id, TicketPriority, TicketStatus } from '../core/ticket.ts';
import type { NewOutboxRow } from '../core/ticket-change.ts';
import type { TicketEvent } from '../core/ticket-event.ts';
import { notification } from '../outbound/notification.ts';
import type { IdPool } from '../store/ids.ts';
import { listReachableAgents, type ReachableAddress } from '../store/people.ts';
import { findTicketToTell } from '../store/tickets.ts';
import { addressedMail, ticketThreadId, tokenAddress, type Voice, voiceOf } from './addressed-mail.ts';

export interface NotificationDependencies {
  db: Knex;
  ids: IdPool;
  keys: SigningKeys;
  now(): Date;
}

/** A ticket as agents are told of it: as it is once the change is written. */
export interface ToldTicket {
  id: Id;
  number: string;
  subject: string;
  status: TicketStatus;
  priority: TicketPriority;
  departmentId: Id;
  mailboxId: Id;
  assigneeId: Id | null;
  /** Whom an answer goes to. */
  requesterName: string;
  collaboratorCount: number;
  /** Of the closed ticket it follows, if any. */
  followsNumber: string | null;
}

/** What they are told. */
export interface ToldArticle {
  author: { personId: Id | null; name: string; address: string; authenticated: boolean };
  /** The new words, without quotes and signature. */
  text: string;
  attachments: readonly { fileName: string; sizeBytes: number }[];
}

/** The outbox rows of a change, and what the ticket's history says of them. */
export interface OutgoingMails {
  outbox: NewOutboxRow[];
  events: TicketEvent[];
}

/** Tells the assignee, or else the department, of what a requester wrote: a mail each, with addresses that work for them alone. */
export async function composeNotifications(
  deps: NotificationDependencies,
  desk: Desk,
  ticket: ToldTicket,
  article: ToldArticle,
  ofAssignee: 'assignee' | 'assigned' = 'assignee',
): Promise<OutgoingMails> {
  const reachable = await reachableAgents(deps.db, desk, ticket);
  const told = notifiedAgents(ticket, article.author.personId, reachable, ofAssignee);
  if (told.length === 0) {
    return { outbox: [], events: [{ kind: 'mail.suppressed', purpose: 'notification', reason: 'nobody-to-tell' }] };
  }
  const voice = voiceOf(desk, ticket);
  const outbox: NewOutboxRow[] = [];
  for (const { agent, reason } of told) {
    outbox.push(notificationRow(deps, desk, voice, ticket, article, agent, reason, await deps.ids.draw('outbox')));
  }
  return {
    outbox,
    events: outbox.map(({ id }) => ({ kind: 'mail.enqueued', outboxId: id, purpose: 'notification' })),
  };
}

/** Tells an agent of the ticket they are being given, with what its requester wrote last; machines' and old mail is not told. */
export async function composeAssignedNotification(
  deps: NotificationDependencies,
  desk: Desk,
  ticketId: Id,
  assigneeId: Id,
): Promise<OutgoingMails> {
  const ticket = await findTicketToTell(deps.db, ticketId);
  const mailbox = [...desk.mailboxes, ...desk.archivedMailboxes].find(({ id }) => id === ticket?.mailboxId);
  if (ticket === null || mailbox === undefined || ticket.article.occurredAt < mailbox.answerSince) {
    return { outbox: [], events: [] };
  }
  const { text, spans, attachments, marks, author } = ticket.article;
  const article = {
    author: { ...author, authenticated: !marks.includes('unverified') },
    text: replyText({ text, spans }),
    attachments,
  };
  return composeNotifications(deps, desk, { ...ticket, assigneeId }, article, 'assigned');
}

type ReachableAgent = ReachableAddress & DeskAgent;

async function reachableAgents(db: Knex, desk: Desk, ticket: ToldTicket): Promise<ReachableAgent[]> {
  const assignee = desk.agents.find(({ personId }) => personId === ticket.assigneeId);
  const concerned = desk.agents.filter(
    (agent) =>
      agent === assignee ||
      agent.departmentIds.includes(ticket.departmentId) ||
      (assignee !== undefined && standInFor(assignee, desk.agents, (deputy) => deputy === agent) !== null),
  );
  const reachable = await listReachableAgents(
    db,
    concerned.flatMap(({ addresses }) => addresses.slice(0, 1)),
  );
  return concerned.flatMap((agent) => {
    const address = reachable.find(({ personId }) => personId === agent.personId);
    return address === undefined ? [] : [{ ...agent, ...address }];
  });
}

function notificationRow(
  { keys, now }: NotificationDependencies,
  desk: Desk,
  voice: Voice,
  ticket: ToldTicket,
  article: ToldArticle,
  agent: ReachableAgent,
  reason: NotificationReason,
  outboxId: Id,
): NewOutboxRow {
  const addressing = { keys, voice, ticketId: ticket.id, recipient: agent };
  const { fromName, replyToName, ...written } = notification({
    ticket: { ...ticket, departmentName: voice.department?.name ?? voice.fromName },
    deskName: voice.fromName,
    languages: [...agent.languages, desk.language],
    author: article.author,
    answersTo: { name: ticket.requesterName, othersCount: ticket.collaboratorCount },
    text: article.text,
    attachments: article.attachments,
    reason,
    addresses: { act: tokenAddress(addressing, 'act'), note: tokenAddress(addressing, 'note') },
    mayTake: ticket.assigneeId !== agent.personId,
  });
  return addressedMail({
    ...addressing,
    outboxId,
    purpose: 'notification',
    fromName,
    replyToName,
    content: {
      ...written,
      date: now(),
      to: [{ name: agent.name, address: agent.address }],
      cc: [],
      inReplyTo: null,
      references: [ticketThreadId(keys, voice, ticket.id)],
      automatic: 'auto-generated',
      about: { ticketNumber: ticket.number, reason },
    },
  });
}
