import type { Knex } from 'knex';
import type { TextSpan } from '../core/inbound-mail.ts';
import type { ArticleKind, ArticleState, ArticleVisibility, Id, TicketPriority, TicketStatus } from '../core/ticket.ts';
import { MAIL_STATE, type OutboxMailState } from './outbox.ts';

/** Tickets for reading: as the command line shows them, and in words instead of ids. */
export interface ListedTicket {
  id: Id;
  number: string;
  subject: string;
  status: TicketStatus;
  priority: TicketPriority;
  /** Keys of the configuration. */
  department: string;
  mailbox: string;
  slaPlan: string | null;
  /** The agent's key; null while nobody has it. */
  assignee: string | null;
  /** Since when it waits for somebody to be free; null where it does not. */
  waitsForAgentSince: Date | null;
  /** Their address; null when the mail named none. */
  requester: string | null;
  requesterName: string;
  tags: string[];
  articleCount: number;
  /** When it happened in the world, and when it last changed. */
  createdAt: Date;
  updatedAt: Date;
}

export interface TicketFilter {
  statuses?: TicketStatus[];
  department?: string;
  /** An agent's key. */
  assignee?: string;
  requester?: string;
  /** Only those that wait for an agent. */
  waiting?: boolean;
}

export interface ShownTicket extends ListedTicket {
  version: number;
  language: string | null;
  /** Numbers of the tickets it follows and was merged into. */
  follows: string | null;
  mergedInto: string | null;
  collaborators: { address: string; state: string }[];
  articles: ShownArticle[];
  events: ShownEvent[];
  clocks: ShownClock[];
}

export interface ShownArticle {
  id: Id;
  kind: ArticleKind;
  visibility: ArticleVisibility;
  state: ArticleState;
  marks: string[];
  /** The author's address; null for what nobody in particular wrote. */
  from: string | null;
  fromName: string;
  subject: string;
  text: string;
  spans: TextSpan[];
  messageId: string | null;
  inboundMailId: Id | null;
  attachments: { fileName: string; contentType: string; sizeBytes: number; inline: boolean; partPath: string }[];
  createdAt: Date;
  /** The mails it made leave: itself to each recipient, or the acknowledgement of it. */
  deliveries: ShownDelivery[];
}

export interface ShownDelivery {
  id: Id;
  purpose: string;
  recipient: string;
  state: OutboxMailState;
  attempts: number;
  /** Each may explain one duplicate at the recipient. */
  unknownCount: number;
  lastAnswer: string | null;
  lastErrorCode: string | null;
  messageId: string;
  returned: boolean;
  /** What came back about it last; null when nothing did. */
  report: DeliveryReportShown | null;
  /** ISO 8601, UTC. */
  dueAt: string;
  settledAt: string | null;
}

/** A bounce, a delay or a complaint, by the class of its reason. */
export interface DeliveryReportShown {
  outcome: 'failed' | 'delayed' | 'complained';
  permanent: boolean;
  status: string | null;
  reason: string | null;
}

export interface ShownEvent {
  seq: number;
  kind: string;
  data: Record<string, unknown>;
  actor: string;
  cause: string;
  configVersion: Id | null;
  occurredAt: Date;
  recordedAt: Date;
}

export interface ShownClock {
  target: string;
  cycle: number;
  state: string;
  startedAt: Date;
  dueAt: Date | null;
  settledAt: Date | null;
  /** When nothing was owed any more. */
  endedAt: Date | null;
  /** When it next warns, breaks or escalates. */
  nextAt: Date | null;
}

const PAGE_SIZE = 500;

/** Since when the ticket `t` has asked for an agent, who was not free or not chosen yet. */
const WAITS_SINCE = `case when t.assignee_id is null then (select min(asking.recorded_at) from ticket_event as asking
  where asking.ticket_id = t.id and asking.queue = 'assignment' and asking.settled_at is null) end`;

/** Newest first, a page at a time, so that a long list needs little memory. */
export async function* listTickets(db: Knex, filter: TicketFilter, limit: number): AsyncGenerator<ListedTicket> {
  let before: Id | null = null;
  for (let left = limit; left > 0; ) {
    const rows: ListedTicket[] = await readPage(db, filter, before, Math.min(left, PAGE_SIZE));
    yield* rows;
    if (rows.length < PAGE_SIZE) return;
    before = rows.at(-1)?.id ?? null;
    left -= rows.length;
  }
}

async function readPage(db: Knex, filter: TicketFilter, before: Id | null, limit: number): Promise<ListedTicket[]> {
  const { rows } = await db.raw<{ rows: ListedTicket[] }>(
    `${SELECT_TICKET}
    where (:before::bigint is null or t.id < :before)
      and (:statuses::text[] is null or t.status = any(:statuses))
      and (:department::text is null or department.key = :department)
      and (:assignee::text is null or agent.key = :assignee)
      and (:requester::text is null or requester_address.address = :requester)
      and (not :waiting or ${WAITS_SINCE} is not null)
    order by t.id desc limit :limit`,
    {
      before,
      limit,
      statuses: filter.statuses ?? null,
      department: filter.department ?? null,
      assignee: filter.assignee ?? null,
      requester: filter.requester ?? null,
      waiting: filter.waiting ?? false,
    },
  );
  return rows;
}

/** A ticket by its number, or by one it had in an older system; null when there is none. */
export async function findShownTicket(db: Knex, number: string): Promise<ShownTicket | null> {
  const { rows } = await db.raw<{
    rows: (ListedTicket & Pick<ShownTicket, 'version' | 'language' | 'follows' | 'mergedInto'>)[];
  }>(
    `${SELECT_TICKET}
    where t.number = :number
      or t.id = (select ticket_id from ticket_alias where ticket_alias.number = :number)
    order by t.number = :number desc limit 1`,
    { number },
  );
  const ticket = rows[0];
  if (!ticket) return null;
  const [collaborators, articles, events, clocks] = await Promise.all([
    readRows<ShownTicket['collaborators'][number]>(db, COLLABORATORS, ticket.id),
    readRows<ShownArticle>(db, ARTICLES, ticket.id),
    readRows<ShownEvent>(db, EVENTS, ticket.id),
    readRows<ShownClock>(db, CLOCKS, ticket.id),
  ]);
  return { ...ticket, collaborators, articles, events, clocks };
}

/** The id of a ticket by its number, or by one it had in an older system; null when there is none. */
export async function findTicketId(db: Knex, number: string): Promise<Id | null> {
  const { rows } = await db.raw<{ rows: { id: Id }[] }>(
    `select id from ticket where number = :number
     union all select ticket_id from ticket_alias where ticket_alias.number = :number limit 1`,
    { number },
  );
  return rows[0]?.id ?? null;
}

async function readRows<Row>(db: Knex, statement: string, ticketId: Id): Promise<Row[]> {
  const { rows } = await db.raw<{ rows: Row[] }>(statement, { ticketId });
  return rows;
}

const SELECT_TICKET = `
  select t.id, t.number, t.subject, t.status, t.priority, department.key as department, mailbox.key as mailbox,
    plan.key as "slaPlan", agent.key as assignee, ${WAITS_SINCE} as "waitsForAgentSince",
    requester_address.address as requester,
    requester.name as "requesterName",
    array(select tag from ticket_tag where ticket_id = t.id order by tag) as tags,
    (select count(*)::int from article where ticket_id = t.id) as "articleCount",
    t.occurred_at as "createdAt", t.updated_at as "updatedAt", t.version, t.language,
    followed.number as follows, merged.number as "mergedInto"
  from ticket t
  join config_object department on department.id = t.department_id
  join config_object mailbox on mailbox.id = t.mailbox_id
  join person requester on requester.id = t.requester_id
  left join person_address requester_address on requester_address.id = t.requester_address_id
  left join config_object plan on plan.id = t.sla_plan_id
  left join person assignee on assignee.id = t.assignee_id
  left join config_object agent on agent.id = assignee.agent_object_id
  left join ticket followed on followed.id = t.follows_ticket_id
  left join ticket merged on merged.id = t.merged_into_id`;

const COLLABORATORS = `
  select a.address, c.state from ticket_collaborator c join person_address a on a.id = c.address_id
  where c.ticket_id = :ticketId order by a.address`;

/** An instant inside JSON, written as JavaScript writes it. */
const isoText = (instant: string) => `to_char(${instant} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const ARTICLES = `
  select a.id, a.kind, a.visibility, a.state, a.marks, author_address.address as "from",
    coalesce(author.name, '') as "fromName", a.subject, a.text, a.spans, a.message_id as "messageId",
    a.inbound_mail_id as "inboundMailId", a.occurred_at as "createdAt",
    coalesce((select jsonb_agg(jsonb_build_object('fileName', f.file_name, 'contentType', f.content_type,
        'sizeBytes', f.size_bytes, 'inline', f.inline, 'partPath', f.part_path) order by f.id)
      from attachment f where f.article_id = a.id), '[]') as attachments,
    coalesce((select jsonb_agg(jsonb_build_object('id', mail.id::text, 'purpose', mail.purpose, 'recipient', mail.recipient_address,
        'state', ${MAIL_STATE}, 'attempts', mail.attempts, 'unknownCount', mail.unknown_count, 'lastAnswer', mail.last_answer,
        'lastErrorCode', mail.last_error_code, 'messageId', mail.message_id, 'returned', mail.returned_at is not null,
        'report', (select jsonb_build_object('outcome', data->'outcome', 'permanent', data->'permanent', 'status', data->'status',
            'reason', data->'reason')
          from ticket_event as event
          where event.ticket_id = a.ticket_id and event.kind = 'mail.returned' and data->>'outboxId' = mail.id::text
          order by seq desc limit 1),
        'dueAt', ${isoText('mail.due_at')}, 'settledAt', ${isoText('mail.settled_at')}) order by mail.recorded_at, mail.id)
      from outbox as mail
      where mail.article_id = a.id or (mail.article_id is null and mail.ticket_id = a.ticket_id and mail.change_id = a.change_id)
    ), '[]') as deliveries
  from article a
  left join person author on author.id = a.author_id
  left join person_address author_address on author_address.id = a.author_address_id
  where a.ticket_id = :ticketId order by a.occurred_at, a.id`;

const EVENTS = `
  select e.seq, e.kind, e.data, c.actor_kind as actor, c.cause_kind as cause, c.config_version as "configVersion",
    e.occurred_at as "occurredAt", e.recorded_at as "recordedAt"
  from ticket_event e join ticket_change c on c.id = e.change_id
  where e.ticket_id = :ticketId order by e.seq`;

const CLOCKS = `
  select target, cycle, state, started_at as "startedAt", due_at as "dueAt", settled_at as "settledAt",
    ended_at as "endedAt", next_at as "nextAt"
  from ticket_clock where ticket_id = :ticketId order by target, cycle`;
