import type { OutgoingMail } from '../core/returned-mail.ts';
import type { ReturnedKeys } from '../core/thread.ts';
import type { Id } from '../core/ticket.ts';
import type { Query } from './facts.ts';

/** What is asked about one mail besides its thread. */
export interface MailQuestion {
  inboundMailId: Id;
  causeKey: string;
  messageId: string | null;
  senderAddress: string | null;
  /** Canonical addresses of everyone the mail names. */
  namedAddresses: string[];
  returned: ReturnedKeys;
}

/** What the database knows about it. */
export interface MailAnswer {
  duplicateOf: { inboundMailId: Id; ticketId: Id | null; articleId: Id | null } | null;
  isMessageIdReused: boolean;
  outgoing: OutgoingMail[];
  /** Of the named addresses and the sender's, those we have. */
  addresses: KnownAddress[];
  automaticLastHour: number;
  automaticLastDay: number;
  /** An agent of ours has answered the sender before. */
  isCorrespondent: boolean;
}

export interface KnownAddress {
  addressId: Id;
  personId: Id;
  address: string;
  isAgent: boolean;
  isSuppressed: boolean;
  automaticMailCount: number;
}

/** Asks for all facts of one mail that its thread does not hold. */
export function mailFactsQuery(question: MailQuestion): Query {
  const { senderAddress, returned } = question;
  const outgoing = outgoingQuery(returned);
  return {
    sql: `select ${OWN_FACTS}, (${outgoing.sql}) as outgoing, ${SENDER_FACTS}`,
    bindings: [
      question.causeKey,
      question.inboundMailId,
      question.messageId,
      question.inboundMailId,
      question.causeKey,
      ...outgoing.bindings,
      [...question.namedAddresses, ...(senderAddress === null ? [] : [senderAddress])],
      senderAddress,
      senderAddress,
    ],
  };
}

export interface MailAnswerRow {
  duplicate_of: MailAnswer['duplicateOf'];
  is_reused: boolean;
  outgoing: OutgoingMail[] | null;
  addresses: KnownAddress[] | null;
  automatic: { lastHour: number; lastDay: number };
  is_correspondent: boolean;
}

export function toMailAnswer(row: MailAnswerRow): MailAnswer {
  return {
    duplicateOf: row.duplicate_of,
    isMessageIdReused: row.is_reused,
    outgoing: row.outgoing ?? [],
    addresses: row.addresses ?? [],
    automaticLastHour: row.automatic.lastHour,
    automaticLastDay: row.automatic.lastDay,
    isCorrespondent: row.is_correspondent,
  };
}

/** The mail of ours that came back. Hardly any mail is about one, and planning for it would cost all of them. */
function outgoingQuery({ tokens, signedIds, foreignIds }: ReturnedKeys): Query {
  if (tokens.length === 0 && signedIds.length === 0 && foreignIds.length === 0) return { sql: 'null', bindings: [] };
  return {
    sql: `select jsonb_agg(jsonb_build_object('outboxId', id::text, 'ticketId', ticket_id::text,
       'articleId', article_id::text, 'recipientAddressId', recipient_address_id::text,
       'recipientAddress', recipient_address, 'relayMessageId', relay_message_id, 'purpose', purpose,
       'isReturned', returned_at is not null) order by recorded_at, id)
     from outbox where id in (
       select outbox.id from jsonb_to_recordset(?::jsonb) as token(ticket_id bigint, address_id bigint)
         join outbox on outbox.ticket_id = token.ticket_id and outbox.recipient_address_id = token.address_id
       union select unnest(?::bigint[])
       union select id from outbox where article_id = any(?::bigint[])
       union select id from outbox where relay_message_id = any(?::text[]))`,
    bindings: [
      JSON.stringify(tokens.map(({ ticketId, addressId }) => ({ ticket_id: ticketId, address_id: addressId }))),
      signedIds.filter(({ kind }) => kind === 'outbox').map(({ id }) => id),
      signedIds.filter(({ kind }) => kind === 'article').map(({ id }) => id),
      foreignIds,
    ],
  };
}

/** Has this mail, or its Message-ID, been here before? */
const OWN_FACTS = `
    (select jsonb_build_object('inboundMailId', id::text, 'ticketId', ticket_id::text, 'articleId', article_id::text)
     from inbound_mail where cause_key = ? and id <> ? and state = 'settled' order by id limit 1) as duplicate_of,
    exists (select from inbound_mail where message_id = ? and id <> ? and cause_key is distinct from ?
      and state = 'settled') as is_reused`;

/**
 * The mailbox that an address most likely leads to. Caps go by it: whoever bombs a victim through us could otherwise write
 * their address in any case and with any tag. Persons do not (TH-13). The index `outbox_automatic` holds the same.
 */
export const mailboxOf = (address: string) => `lower(regexp_replace(${address}, '\\+[^@]*@', '@'))`;

/** Who is named, and how much we have sent the sender. */
const SENDER_FACTS = `
    (select jsonb_agg(jsonb_build_object('addressId', address.id::text, 'personId', person_id::text, 'address', address,
       'isAgent', role is not null, 'isSuppressed', suppressed_at is not null,
       'automaticMailCount', automatic_mail_count))
     from person_address as address join person on person.id = address.person_id
     where address = any(?::text[])) as addresses,
    (select jsonb_build_object('lastDay', count(*),
       'lastHour', count(*) filter (where recorded_at > clock_timestamp() - interval '1 hour'))
     from outbox where automatic and purpose <> 'notification' and ${mailboxOf('recipient_address')} = ${mailboxOf('?')}
       and recorded_at > clock_timestamp() - interval '1 day') as automatic,
    exists (select from person_address as address
       join ticket on ticket.requester_id = address.person_id
       join article on article.ticket_id = ticket.id and article.kind = 'reply' and article.state = 'accepted'
     where address.address = ?) as is_correspondent`;
