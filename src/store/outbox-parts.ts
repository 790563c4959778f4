import { createHash } from 'node:crypto';
import type { TicketChange } from '../core/ticket-change.ts';
import type { StatementPart } from './statement-part.ts';

export function outboxParts(change: TicketChange): StatementPart[] {
  if (change.outbox.length === 0) return [];
  const bodies = new Map<string, Uint8Array>();
  const rows = change.outbox.map((row) => {
    const sha256 = createHash('sha256').update(row.body).digest();
    bodies.set(sha256.toString('hex'), row.body);
    return { ...row, sha256 };
  });
  return [
    {
      name: 'bodies',
      sql: `insert into blob (sha256, size_bytes, content) values ${repeat('(?, ?, ?)', bodies.size)}
        on conflict do nothing`,
      bindings: [...bodies].flatMap(([sha256, body]) => [Buffer.from(sha256, 'hex'), body.length, Buffer.from(body)]),
    },
    {
      name: 'outbox_rows',
      sql: `insert into outbox
          (id, purpose, automatic, ticket_id, article_id, change_id, mailbox_id, envelope_from, recipient_address,
           recipient_address_id, message_id, header, body_sha256)
        values ${repeat('(?, ?, ?, ?, ?, (select id from change), ?, ?, ?, ?, ?, ?, ?)', rows.length)}`,
      bindings: rows.flatMap((row) => [
        row.id,
        row.purpose,
        row.automatic,
        change.ticket.id,
        row.articleId,
        row.mailboxId,
        row.envelopeFrom,
        row.recipientAddress,
        row.recipientAddressId,
        row.messageId,
        Buffer.from(row.header),
        row.sha256,
      ]),
    },
  ];
}

export function returnedParts(change: TicketChange): StatementPart[] {
  const parts: StatementPart[] = [];
  if (change.returned.length > 0) {
    parts.push({
      name: 'returned_rows',
      sql: 'update outbox set returned_at = clock_timestamp() where id = any(?::bigint[]) and returned_at is null',
      bindings: [change.returned],
    });
  }
  if (change.suppressions.length > 0) {
    parts.push({
      name: 'suppressed',
      sql: `update person_address set suppressed_at = clock_timestamp(), suppression_reason = given.reason
        from jsonb_to_recordset(?::jsonb) as given("addressId" bigint, reason text)
        where person_address.id = given."addressId" and suppressed_at is null`,
      bindings: [JSON.stringify(change.suppressions)],
    });
  }
  if (change.learnt !== null) {
    parts.push({
      name: 'learnt',
      sql: `update outbox set relay_message_id = ?
        where relay_message_id is null and id =
          (select id from outbox where ticket_id = ? and recipient_address_id = ?
           order by recorded_at desc, id desc limit 1)`,
      bindings: [change.learnt.messageId, change.ticket.id, change.learnt.addressId],
    });
  }
  return parts;
}

/** Automatic mails to known addresses: each must find its address's count as it was decided on. */
export function countedRows(change: TicketChange) {
  return change.outbox.filter((row) => row.automaticMailCount !== null);
}

/** See `NewOutboxRow.automaticMailCount`. */
export function capPart(change: TicketChange): StatementPart {
  const counted = countedRows(change).map((row) => ({ id: row.recipientAddressId, count: row.automaticMailCount }));
  return {
    name: 'counted',
    sql: `update person_address set automatic_mail_count = automatic_mail_count + 1
      from jsonb_to_recordset(?::jsonb) as given(id bigint, count integer)
      where person_address.id = given.id and automatic_mail_count = given.count returning person_address.id`,
    bindings: [JSON.stringify(counted)],
  };
}

function repeat(tuple: string, count: number): string {
  return Array.from({ length: count }, () => tuple).join(', ');
}
