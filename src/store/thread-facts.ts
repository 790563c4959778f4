import type { Knex } from 'knex';
import type { KnownSender } from '../core/identity.ts';
import type { SignedMessageId } from '../core/reply-token.ts';
import type { ThreadFacts, ThreadKeys, ThreadMatch, ThreadTicket } from '../core/thread.ts';
import type { Id } from '../core/ticket.ts';

/**
 * Everything the database knows about the keys of one mail, in one statement: the sender, what each key leads to, and the
 * tickets so named with all they were merged into.
 */
export async function findThreadFacts(db: Knex, senderAddress: string | null, keys: ThreadKeys): Promise<ThreadFacts> {
  const idsOf = (kind: SignedMessageId['kind']) =>
    keys.signedIds.filter((one) => one.kind === kind).map(({ id }) => id);
  const { rows } = await db.raw<{ rows: [FactsRow] }>(FACTS, [
    senderAddress,
    idsOf('article'),
    idsOf('outbox'),
    keys.foreignIds.map(({ messageId }) => messageId),
    keys.foreignIds.map(({ messageId }) => messageId),
    keys.ticketNumbers,
    keys.ticketNumbers,
    keys.threadIndex,
    keys.tokens.map(({ ticketId }) => ticketId),
  ]);
  const { sender, matches, tickets } = rows[0];
  return {
    sender,
    tickets: tickets ?? [],
    matches: (matches ?? []).map(toMatch),
  };
}

interface FactsRow {
  sender: KnownSender | null;
  matches: MatchRow[] | null;
  tickets: ThreadTicket[] | null;
}

interface MatchRow {
  key: ThreadMatch['key'];
  kind: SignedMessageId['kind'] | null;
  value: string;
  ticketId: Id;
  recipientAddressId: Id | null;
}

function toMatch({ key, kind, value, ticketId, recipientAddressId }: MatchRow): ThreadMatch {
  switch (key) {
    case 'signed-id':
      return { key, id: { kind: kind ?? 'article', id: value }, ticketId, recipientAddressId };
    case 'foreign-id':
      return { key, messageId: value, ticketId };
    case 'number':
      return { key, number: value, ticketId };
    case 'thread-index':
      return { key, ticketId };
  }
}

/** Ids leave as text: a bigint in JSON would be read as a number. A merge chain is followed ten steps at most. */
const FACTS = `
  with recursive sender as (
    select address.id, address.person_id, person.role, person.disabled_at
    from person_address as address join person on person.id = address.person_id
    where address.address = ?
  ), matches as (
    select 'signed-id' as key, 'article' as kind, id::text as value, ticket_id, null::bigint as recipient_address_id, id
    from article where id = any(?::bigint[])
    union all
    select 'signed-id', 'outbox', id::text, ticket_id, recipient_address_id, id
    from outbox where id = any(?::bigint[]) and ticket_id is not null
    union all
    select 'foreign-id', null, message_id, ticket_id, null, id
    from article where message_id = any(?::text[]) and state = 'accepted'
    union all
    select 'foreign-id', null, relay_message_id, ticket_id, null, id
    from outbox where relay_message_id = any(?::text[]) and ticket_id is not null
    union all
    select 'number', null, number, id, null, id from ticket where number = any(?::text[])
    union all
    select 'number', null, number, ticket_id, null, ticket_id from ticket_alias where number = any(?::text[])
    union all
    (select 'thread-index', null, '', ticket_id, null, id from article
     where thread_index = decode(?, 'hex') order by id desc limit 1)
  ), named (ticket_id, depth) as (
    select ticket_id, 0 from matches
    union
    select unnest(?::bigint[]), 0
    union
    select ticket.merged_into_id, named.depth + 1
    from named join ticket on ticket.id = named.ticket_id
    where ticket.merged_into_id is not null and named.depth < 10
  )
  select
    (select jsonb_build_object(
       'addressId', sender.id::text, 'personId', sender.person_id::text,
       'personAddressIds', (select jsonb_agg(id::text) from person_address where person_id = sender.person_id),
       'agent', case when sender.role is not null then
         jsonb_build_object('role', sender.role, 'disabled', sender.disabled_at is not null) end)
     from sender) as sender,
    (select jsonb_agg(jsonb_build_object('key', key, 'kind', kind, 'value', value, 'ticketId', ticket_id::text,
       'recipientAddressId', recipient_address_id::text) order by id desc) from matches) as matches,
    (select jsonb_agg(jsonb_build_object(
       'id', ticket.id::text, 'number', number, 'version', version, 'status', status, 'priority', priority,
       'departmentId', department_id::text, 'mailboxId', mailbox_id::text, 'slaPlanId', sla_plan_id::text,
       'assigneeId', assignee_id::text, 'mergedIntoId', merged_into_id::text, 'requesterId', requester_id::text,
       'requesterAddresses', coalesce((select jsonb_agg(address) from person_address
         where person_id = ticket.requester_id), '[]'),
       'collaborators', coalesce((select jsonb_agg(jsonb_build_object(
           'addressId', address_id::text, 'address', person_address.address, 'state', state))
         from ticket_collaborator join person_address on person_address.id = address_id
         where ticket_id = ticket.id), '[]')))
     from ticket where id in (select ticket_id from named)) as tickets`;
