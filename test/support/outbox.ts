import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import type { Id } from '../../src/core/ticket.ts';

/** A desk's rows that mail of the outbox refers to, as few as possible. */
export interface OutboxWorld {
  mailboxId: Id;
  departmentId: Id;
  personId: Id;
}

export async function createOutboxWorld(db: Knex): Promise<OutboxWorld> {
  const rows = await db('config_object')
    .insert([
      { kind: 'mailbox', key: 'support', position: 0 },
      { kind: 'department', key: 'general', position: 0 },
    ])
    .returning('id');
  const [person] = await db('person').insert({ name: 'Karen' }).returning('id');
  return { mailboxId: rows[0].id, departmentId: rows[1].id, personId: person.id };
}

/** A ticket of Karen's; returns its id. */
export async function openTicket(db: Knex, world: OutboxWorld): Promise<Id> {
  const { rows } = await db.raw<{ rows: [{ id: Id }] }>(
    `insert into ticket (number, version, subject, status, priority, mailbox_id, department_id, requester_id, occurred_at)
     values (nextval('ticket_number_seq')::text, 1, 'The app does not start', 'new', 'normal', ?, ?, ?, clock_timestamp())
     returning id`,
    [world.mailboxId, world.departmentId, world.personId],
  );
  return rows[0].id;
}

export interface MailToEnqueue {
  mailboxId: Id;
  ticketId?: Id | null;
  automatic?: boolean;
  recipientAddress?: string;
  body?: string;
  /** SQL for an instant; default now. */
  dueAt?: string;
  recordedAt?: string;
  expiresAt?: string;
}

let messageCount = 0;

/** Puts a mail into the outbox; returns its id. */
export async function enqueueMail(db: Knex, mail: MailToEnqueue): Promise<Id> {
  const body = Buffer.from(mail.body ?? 'Hello Karen\r\n');
  const sha256 = createHash('sha256').update(body).digest();
  messageCount += 1;
  const recipientAddress = mail.recipientAddress ?? 'karen@customer.test';
  const header = [
    'From: support@desk.test',
    `To: ${recipientAddress}`,
    `Subject: mail ${messageCount}`,
    `Message-ID: <o.${messageCount}@desk.test>`,
  ];
  await db.raw('insert into blob (sha256, size_bytes, content) values (?, ?, ?) on conflict do nothing', [
    sha256,
    body.length,
    body,
  ]);
  const { rows } = await db.raw<{ rows: [{ id: Id }] }>(
    `insert into outbox (purpose, automatic, ticket_id, mailbox_id, envelope_from, recipient_address, message_id, header,
       body_sha256, due_at, recorded_at, expires_at)
     values (?, ?, ?, ?, 'support@desk.test', ?, ?, ?, ?, ${mail.dueAt ?? "clock_timestamp() - interval '1 second'"},
       ${mail.recordedAt ?? 'clock_timestamp()'}, ${mail.expiresAt ?? "clock_timestamp() + interval '5 days'"})
     returning id`,
    [
      mail.automatic === false ? 'reply' : 'acknowledgement',
      mail.automatic ?? true,
      mail.ticketId ?? null,
      mail.mailboxId,
      recipientAddress,
      `o.${messageCount}@desk.test`,
      Buffer.from(`${header.join('\r\n')}\r\n\r\n`),
      sha256,
    ],
  );
  return rows[0].id;
}

/** The row as it stands in the database. */
export async function readOutboxRow(db: Knex, id: Id) {
  const [row] = await db('outbox').where({ id }).select();
  return row;
}
