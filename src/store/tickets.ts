import type { Knex } from 'knex';
import type { TextSpan } from '../core/inbound-mail.ts';
import type { ToldClock } from '../core/sla/clocks.ts';
import type { ArticleKind, ArticleVisibility, Id, TicketPriority, TicketStatus } from '../core/ticket.ts';
import type { ArticleMark } from '../core/ticket-change.ts';

/** The version a change must be decided on; null for a ticket that is not there. */
export async function findTicketVersion(db: Knex, ticketId: Id): Promise<number | null> {
  const { rows } = await db.raw<{ rows: { version: number }[] }>('select version from ticket where id = ?', [ticketId]);
  return rows[0]?.version ?? null;
}

/** Where a ticket is, for a change that is decided by none of its facts. */
export interface TicketPlace {
  id: Id;
  number: string;
  version: number;
  subject: string;
  departmentId: Id;
  mailboxId: Id;
}

/** Null for a ticket that is not there. */
export async function findTicketPlace(db: Knex, ticketId: Id): Promise<TicketPlace | null> {
  const { rows } = await db.raw<{ rows: TicketPlace[] }>(
    `select id, number, version, subject, department_id as "departmentId", mailbox_id as "mailboxId"
     from ticket where id = ?`,
    [ticketId],
  );
  return rows[0] ?? null;
}

/** Of a row called `ticket`: when the newest mail came that waits for an answer. */
export const ASKED_AT = `(select max(occurred_at) from ticket_event where ticket_id = ticket.id
  and kind in ('article.added', 'article.accepted') and (data -> 'awaitsAnswer')::boolean)`;

/** What a mail about a ticket says of it and of the people in it. */
export interface TicketOutline {
  subject: string;
  language: string | null;
  requester: { name: string; addressId: Id | null; address: string | null };
  /** Accepted ones, in the order they came. */
  collaborators: { name: string; addressId: Id; address: string }[];
  /** When the newest mail came that waits for an answer; null where none ever did. */
  askedAt: Date | null;
}

/** Null for a ticket that is not there. */
export async function findTicketOutline(db: Knex, ticketId: Id): Promise<TicketOutline | null> {
  const { rows } = await db.raw<{ rows: TicketOutline[] }>(
    `select subject, ticket.language,
       jsonb_build_object('name', requester.name, 'addressId', address.id::text, 'address', address.address) as requester,
       coalesce((select jsonb_agg(jsonb_build_object('name', person.name, 'addressId', named.id::text,
           'address', named.address) order by collaborator.recorded_at, named.id)
         from ticket_collaborator as collaborator join person_address as named on named.id = address_id
           join person on person.id = named.person_id
         where ticket_id = ticket.id and state = 'accepted'), '[]') as collaborators,
       ${ASKED_AT} as "askedAt"
     from ticket join person as requester on requester.id = ticket.requester_id
       left join person_address as address on address.id = ticket.requester_address_id
     where ticket.id = ?`,
    [ticketId],
  );
  return rows[0] ?? null;
}

/** One article as far as an answer to its ticket asks for it. */
export interface EarlierArticle {
  kind: ArticleKind;
  visibility: ArticleVisibility;
  messageId: string | null;
  text: string;
  spans: TextSpan[];
}

/** The newest accepted articles of a ticket, oldest first. */
export async function listEarlierArticles(db: Knex, ticketId: Id): Promise<EarlierArticle[]> {
  const { rows } = await db.raw<{ rows: EarlierArticle[] }>(
    `select kind, visibility, "messageId", text, spans from (
       select id, recorded_at, kind, visibility, message_id as "messageId", text, spans
       from article where ticket_id = ? and state = 'accepted' order by recorded_at desc, id desc limit ?) as newest
     order by recorded_at, id`,
    [ticketId, EARLIER_ARTICLES_MAX],
  );
  return rows;
}

const EARLIER_ARTICLES_MAX = 200;

/** A reply that waits for its author to say that it may leave. */
export interface HeldReply {
  id: Id;
  text: string;
  rawSha256: Buffer;
  attachments: { partPath: string; fileName: string; contentType: string }[];
}

/**
 * One of this agent on this ticket: that of the change which begins with event `seq`, or else the newest, unless another reply of
 * theirs followed it.
 */
export async function findHeldReply(
  db: Knex,
  ticketId: Id,
  personId: Id,
  seq: number | null,
): Promise<HeldReply | null> {
  const { rows } = await db.raw<{ rows: HeldReply[] }>(
    `select article.id, article.text, mail.raw_sha256 as "rawSha256",
       coalesce((select jsonb_agg(jsonb_build_object('partPath', part_path, 'fileName', file_name,
           'contentType', content_type) order by id)
         from attachment where article_id = article.id), '[]') as attachments
     from article join inbound_mail as mail on mail.id = article.inbound_mail_id
     where article.ticket_id = ? and author_id = ? and article.kind = 'reply' and article.state = 'held'
       and case when ?::int is null then not exists (
         select from article as later
         where later.ticket_id = article.ticket_id and later.author_id = article.author_id and later.kind = 'reply'
           and later.state = 'accepted' and later.recorded_at > article.recorded_at)
       else article.change_id = (select change_id from ticket_event where ticket_id = article.ticket_id and seq = ?) end
     order by article.recorded_at desc, article.id desc limit 1`,
    [ticketId, personId, seq, seq],
  );
  return rows[0] ?? null;
}

/** A ticket with the newest of its requester's words that a person wrote. */
export interface TicketToTell {
  id: Id;
  number: string;
  subject: string;
  status: TicketStatus;
  priority: TicketPriority;
  departmentId: Id;
  mailboxId: Id;
  requesterName: string;
  collaboratorCount: number;
  /** Addresses. */
  proposed: string[];
  /** Of the ticket it follows. */
  followsNumber: string | null;
  /** With something still owed, the soonest due first. */
  clocks: ToldClock[];
  article: {
    occurredAt: Date;
    text: string;
    spans: TextSpan[];
    marks: ArticleMark[];
    author: { personId: Id | null; name: string; address: string };
    attachments: { partPath: string; fileName: string; contentType: string; sizeBytes: number }[];
    /** Of the mail that it came with, if it came with one. */
    rawSha256: Buffer | null;
  };
}

/** Of these tickets those in which somebody wrote something: of the others there is nothing to tell. */
export async function listTicketsToTell(
  db: Knex,
  ticketIds: Id[],
  /** Of what was written up to this change; null: up to now. */
  untilChangeId: Id | null = null,
): Promise<TicketToTell[]> {
  const { rows } = await db.raw<{ rows: (Omit<TicketToTell, 'article'> & TicketToTell['article'])[] }>(
    `select ticket.id, ticket.number, ticket.subject, status, priority, department_id as "departmentId",
       ticket.mailbox_id as "mailboxId", coalesce(nullif(requester.name, ''), requester_address.address, '') as "requesterName",
       (select count(*)::int from ticket_collaborator where ticket_id = ticket.id and state = 'accepted') as "collaboratorCount",
       array(select known.address from ticket_collaborator as one join person_address as known on known.id = one.address_id
         where one.ticket_id = ticket.id and one.state = 'proposed' order by one.recorded_at, known.id) as proposed,
       (select number from ticket as followed where followed.id = ticket.follows_ticket_id) as "followsNumber",
       coalesce((select jsonb_agg(jsonb_build_object('target', target, 'state', clock.state, 'dueAt', due_at) order by due_at)
         from ticket_clock as clock
         where clock.ticket_id = ticket.id and ended_at is null and clock.state <> 'cancelled'), '[]') as clocks,
       article.occurred_at as "occurredAt", text, spans, marks,
       jsonb_build_object('personId', author.id::text, 'name', coalesce(author.name, ''),
         'address', coalesce(author_address.address, '')) as author,
       coalesce((select jsonb_agg(jsonb_build_object('partPath', part_path, 'fileName', file_name,
           'contentType', content_type, 'sizeBytes', size_bytes) order by id)
         from attachment where article_id = article.id), '[]') as attachments,
       mail.raw_sha256 as "rawSha256"
     from ticket join person as requester on requester.id = ticket.requester_id
       left join person_address as requester_address on requester_address.id = ticket.requester_address_id
       cross join lateral (
         select * from article where ticket_id = ticket.id and kind = 'inbound' and state = 'accepted'
           and not 'automatic' = any(marks) and (?::bigint is null or change_id <= ?)
         order by recorded_at desc, id desc limit 1
       ) as article
       left join inbound_mail as mail on mail.id = article.inbound_mail_id
       left join person as author on author.id = author_id
       left join person_address as author_address on author_address.id = author_address_id
     where ticket.id = any(?::bigint[])`,
    [untilChangeId, untilChangeId, ticketIds],
  );
  return rows.map(({ occurredAt, text, spans, marks, author, attachments, rawSha256, clocks, ...ticket }) => ({
    ...ticket,
    clocks: clocks.map((clock) => ({ ...clock, dueAt: clock.dueAt === null ? null : new Date(clock.dueAt) })),
    article: { occurredAt, text, spans, marks, author, attachments, rawSha256 },
  }));
}
