import type { Knex } from 'knex';
import type { TextSpan } from '../core/inbound-mail.ts';
import type { Id, TicketStatus } from '../core/ticket.ts';

/** A public reply of which a mail did not arrive, with the ticket its agents are told about. */
export interface UndeliveredReply {
  recipientAddresses: string[];
  text: string;
  spans: TextSpan[];
  /** Of the newest of these mails: what the relay said last, and our code for it. */
  lastAnswer: string | null;
  lastErrorCode: string | null;
  ticket: {
    id: Id;
    number: string;
    subject: string;
    status: TicketStatus;
    departmentId: Id;
    mailboxId: Id;
    assigneeId: Id | null;
  };
}

/** Null where these mails carried no reply: acknowledgements, notices and what agents are sent. */
export async function findUndeliveredReply(db: Knex, outboxIds: Id[]): Promise<UndeliveredReply | null> {
  const { rows } = await db.raw<{ rows: UndeliveredReply[] }>(
    `select array_agg(mail.recipient_address order by mail.recorded_at, mail.id) as "recipientAddresses", article.text, article.spans,
       (array_agg(mail.last_answer order by mail.recorded_at desc, mail.id desc))[1] as "lastAnswer",
       (array_agg(mail.last_error_code order by mail.recorded_at desc, mail.id desc))[1] as "lastErrorCode",
       jsonb_build_object('id', ticket.id::text, 'number', number, 'subject', ticket.subject, 'status', status,
         'departmentId', department_id::text, 'mailboxId', ticket.mailbox_id::text, 'assigneeId', assignee_id::text) as ticket
     from outbox as mail join article on article.id = mail.article_id join ticket on ticket.id = mail.ticket_id
     where mail.id = any(?::bigint[]) and mail.purpose = 'reply'
     group by article.id, ticket.id order by article.recorded_at desc, article.id desc limit 1`,
    [outboxIds],
  );
  return rows[0] ?? null;
}

/** A notification with files that an agent did not get. */
export interface RefusedNotification {
  ticketId: Id;
  /** That wrote it: it told of nothing that came later. */
  changeId: Id;
  assigneeId: Id | null;
  /** The agent's. */
  personId: Id;
  /** What the relay said last, and our code for it. */
  lastAnswer: string | null;
  lastErrorCode: string | null;
}

/** Null for any other mail: files make a mail of several parts a mixed one. */
export async function findRefusedNotification(db: Knex, outboxId: Id): Promise<RefusedNotification | null> {
  const { rows } = await db.raw<{ rows: RefusedNotification[] }>(
    `select ticket.id as "ticketId", mail.change_id as "changeId", ticket.assignee_id as "assigneeId", address.person_id as "personId",
       mail.last_answer as "lastAnswer", mail.last_error_code as "lastErrorCode"
     from outbox as mail join ticket on ticket.id = mail.ticket_id
       join person_address as address on address.id = mail.recipient_address_id
     where mail.id = ? and mail.purpose = 'notification' and position('multipart/mixed'::bytea in mail.header) > 0`,
    [outboxId],
  );
  return rows[0] ?? null;
}
