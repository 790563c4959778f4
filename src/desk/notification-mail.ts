import type { Knex } from 'knex';
import { standInFor } from '../core/deputy.ts';
import type { Desk, DeskAgent } from '../core/desk-config.ts';
import {
  agentsAlarmed,
  agentsToldOfWaiting,
  filesToTell,
  type NotificationReason,
  notifiedAgents,
} from '../core/notify.ts';
import { replyText } from '../core/reply-text.ts';
import type { SigningKeys } from '../core/reply-token.ts';
import type { ToldClock } from '../core/sla/clocks.ts';
import type { Id, TicketPriority, TicketStatus } from '../core/ticket.ts';
import type { ArticleMark, NewOutboxRow } from '../core/ticket-change.ts';
import type { TicketEvent } from '../core/ticket-event.ts';
import { errorCode } from '../errors.ts';
import type { AlarmToTell } from '../outbound/alarm-lines.ts';
import type { OutgoingAttachment } from '../outbound/compose.ts';
import { notification, type SenderCertainty, type WhyLeft } from '../outbound/notification.ts';
import type { IdPool } from '../store/ids.ts';
import { listReachableAgents, type ReachableAddress } from '../store/people.ts';
import { listTicketsToTell } from '../store/tickets.ts';
import { addressedMail, ticketThreadId, tokenAddress, type Voice, voiceOf } from './addressed-mail.ts';
import { type ArticleFile, type FileDependencies, readArticleFiles } from './article-files.ts';

export interface NotificationDependencies extends FileDependencies {
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
  /** Addresses that were in copy and get no answers until an agent lets them (TH-06). */
  proposed: readonly string[];
  /** Of the closed ticket it follows, if any. */
  followsNumber: string | null;
  clocks: readonly ToldClock[];
}

/** What they are told. */
export interface ToldArticle {
  author: { personId: Id | null; name: string; address: string; certainty: SenderCertainty };
  /** The new words, without quotes and signature. */
  text: string;
  attachments: readonly ToldFile[];
  /** Of the mail that they came with, if they came with one. */
  rawSha256: Buffer | null;
}

export interface ToldFile extends ArticleFile {
  sizeBytes: number;
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
): Promise<OutgoingMails> {
  const reachable = await reachableFor(deps.db, desk, ticket);
  return composeNotificationsTo(
    deps,
    desk,
    ticket,
    article,
    notifiedAgents(ticket, article.author.personId, reachable),
  );
}

/** Whoever may have to hear of this ticket: its assignee, who may stand in for them, its department. */
export function reachableFor(
  db: Knex,
  { agents }: Desk,
  { assigneeId, departmentId }: Pick<ToldTicket, 'assigneeId' | 'departmentId'>,
): Promise<ReachableAgent[]> {
  const assignee = agents.find(({ personId }) => personId === assigneeId);
  const concerned = agents.filter(
    (agent) =>
      agent === assignee ||
      agent.departmentIds.includes(departmentId) ||
      (assignee !== undefined && standInFor(assignee, agents, (deputy) => deputy === agent) !== null),
  );
  return reachableAgents(db, concerned);
}

/** Tells these agents what the ticket's clocks ask for, above what its requester wrote last. */
export async function composeAlarms(
  deps: NotificationDependencies,
  desk: Desk,
  ticket: ToldTicket,
  article: ToldArticle,
  personIds: readonly Id[],
  alarm: AlarmToTell,
): Promise<OutgoingMails> {
  const told = agentsAlarmed(ticket, personIds, await reachableAgents(deps.db, desk.agents));
  return composeNotificationsTo(deps, desk, ticket, article, told, { alarm });
}

export interface NotificationOptions {
  alarm?: AlarmToTell;
  /** A mail server did not take them: they are named only. */
  filesRefused?: boolean;
}

/** A mail to each of these agents. */
export async function composeNotificationsTo(
  deps: NotificationDependencies,
  desk: Desk,
  ticket: ToldTicket,
  article: ToldArticle,
  told: readonly { agent: ReachableAgent; reason: NotificationReason }[],
  { alarm, filesRefused = false }: NotificationOptions = {},
): Promise<OutgoingMails> {
  if (told.length === 0) {
    return { outbox: [], events: [{ kind: 'mail.suppressed', purpose: 'notification', reason: 'nobody-to-tell' }] };
  }
  const voice = voiceOf(desk, ticket);
  const { travelling, tooLarge } = filesToTell(article.attachments, told.length);
  const files = filesRefused
    ? { attached: [], leftBehind: article.attachments, whyLeft: 'refused' as const }
    : {
        attached: await readFilesIfThere(deps, article.rawSha256, travelling),
        leftBehind: tooLarge,
        whyLeft: 'too-large' as const,
      };
  const outbox: NewOutboxRow[] = [];
  for (const { agent, reason } of told) {
    const outboxId = await deps.ids.draw('outbox');
    outbox.push(
      notificationRow(deps, desk, voice, { ticket, article, alarm: alarm ?? null, files }, agent, reason, outboxId),
    );
  }
  return {
    outbox,
    events: outbox.map(({ id }) => ({ kind: 'mail.enqueued', outboxId: id, purpose: 'notification' })),
  };
}

/** All of them, or none: what cannot be taken out of an old mail any more is named, and keeps nobody from being told. */
async function readFilesIfThere(
  deps: FileDependencies,
  rawSha256: Buffer | null,
  files: readonly ArticleFile[],
): Promise<OutgoingAttachment[]> {
  if (rawSha256 === null) return [];
  try {
    return await readArticleFiles(deps, rawSha256, files);
  } catch (error) {
    if (errorCode(error) === 'PART_MISSING') return [];
    throw error;
  }
}

/** What a requester wrote last, as it is told when something else becomes of the ticket. */
export interface WordsToTell {
  ticket: Omit<ToldTicket, 'assigneeId'>;
  article: ToldArticle;
}

/** Of these tickets, by id, as of a change or now; machines' and old mail is not told. */
export async function listWordsToTell(
  db: Knex,
  desk: Desk,
  ticketIds: Id[],
  untilChangeId: Id | null = null,
): Promise<ReadonlyMap<Id, WordsToTell>> {
  const since = new Map([...desk.mailboxes, ...desk.archivedMailboxes].map(({ id, answerSince }) => [id, answerSince]));
  const words = new Map<Id, WordsToTell>();
  for (const { article, ...ticket } of await listTicketsToTell(db, ticketIds, untilChangeId)) {
    const { text, spans, attachments, rawSha256, marks, author, occurredAt } = article;
    if (occurredAt < (since.get(ticket.mailboxId) ?? NEVER)) continue;
    words.set(ticket.id, {
      ticket,
      article: {
        author: {
          ...author,
          certainty: certaintyOf(marks),
        },
        text: replyText({ text, spans }),
        attachments,
        rawSha256,
      },
    });
  }
  return words;
}

/** How certain it is who wrote an article, by its marks. */
function certaintyOf(marks: readonly ArticleMark[]): SenderCertainty {
  if (marks.includes('claimed-by-agent')) return 'passedOn';
  return marks.includes('unverified') ? 'unconfirmed' : 'confirmed';
}

/** Later than any mail: of a mailbox that nobody knows nothing is told. */
const NEVER = new Date(8.64e15);

/** Tells an agent of the ticket they are being given. */
export function composeAssignedNotification(
  deps: NotificationDependencies,
  desk: Desk,
  { ticket, article }: WordsToTell,
  assigneeId: Id,
  reachable: readonly ReachableAgent[],
): Promise<OutgoingMails> {
  const given = { ...ticket, assigneeId };
  const told = notifiedAgents(given, article.author.personId, reachable, 'assigned');
  return composeNotificationsTo(deps, desk, given, article, told);
}

/** Tells those who have to know that nobody was free to take a ticket, so that they find somebody. */
export function composeWaitingNotification(
  deps: NotificationDependencies,
  desk: Desk,
  { ticket, article }: WordsToTell,
  reachable: readonly ReachableAgent[],
): Promise<OutgoingMails> {
  const told = agentsToldOfWaiting(ticket.departmentId, reachable);
  return composeNotificationsTo(deps, desk, { ...ticket, assigneeId: null }, article, told);
}

/** An agent with the address by which they are told. */
export type ReachableAgent = ReachableAddress & DeskAgent;

/** Of these agents those whose address takes our mail. */
export async function reachableAgents(db: Knex, agents: readonly DeskAgent[]): Promise<ReachableAgent[]> {
  const reachable = await listReachableAgents(
    db,
    agents.flatMap(({ addresses }) => addresses.slice(0, 1)),
  );
  return agents.flatMap((agent) => {
    const address = reachable.find(({ personId }) => personId === agent.personId);
    return address === undefined ? [] : [{ ...agent, ...address }];
  });
}

/** All that one mail tells. */
interface Told {
  ticket: ToldTicket;
  article: ToldArticle;
  alarm: AlarmToTell | null;
  files: { attached: OutgoingAttachment[]; leftBehind: readonly ToldFile[]; whyLeft: WhyLeft };
}

function notificationRow(
  { keys, now }: NotificationDependencies,
  desk: Desk,
  voice: Voice,
  { ticket, article, alarm, files }: Told,
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
    leftBehind: files.leftBehind,
    whyLeft: files.whyLeft,
    reason,
    zone: agent.zone ?? desk.timezone,
    alarm,
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
      attachments: files.attached,
      date: now(),
      to: [{ name: agent.name, address: agent.address }],
      cc: [],
      inReplyTo: null,
      references: [ticketThreadId(keys, voice, ticket.id)],
      automatic: 'auto-generated',
      about: { ticketNumber: ticket.number, reason: alarm === null ? reason : 'deadline' },
    },
  });
}
