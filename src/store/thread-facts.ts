import type { KnownSender } from '../core/identity.ts';
import type { SignedMessageId } from '../core/reply-token.ts';
import type { ThreadFacts, ThreadKeys, ThreadMatch, ThreadTicket } from '../core/thread.ts';
import type { Id } from '../core/ticket.ts';
import type { Query } from './facts.ts';

/**
 * Asks for everything the database knows about the keys of one mail: the sender, what each key leads to, and the tickets so
 * named with all they were merged into. Only what the mail has is asked for: planning the rest costs the server more than
 * the answer, and most mails that open a ticket name nothing at all.
 */
export function threadFactsQuery(senderAddress: string | null, keys: ThreadKeys): Query {
  const matches = matchQueries(keys);
  if (matches.length === 0 && keys.tokens.length === 0) {
    return { sql: `select (${SENDER}) as sender, null as matches, null as tickets`, bindings: [senderAddress] };
  }
  const found = matches.length === 0 ? NO_MATCH : matches.map(({ sql }) => sql).join('\n union all ');
  return {
    sql: `with recursive matches (key, kind, value, ticket_id, recipient_address_id, id) as (${found}), ${NAMED}
      select (${SENDER}) as sender, (${MATCHES}) as matches, (${TICKETS}) as tickets`,
    bindings: [
      ...matches.flatMap(({ bindings }) => bindings),
      keys.tokens.map(({ ticketId }) => ticketId),
      senderAddress,
    ],
  };
}

export interface ThreadFactsRow {
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

export function toThreadFacts({ sender, matches, tickets }: ThreadFactsRow): ThreadFacts {
  return { sender, tickets: tickets ?? [], matches: (matches ?? []).map(toMatch) };
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

function matchQueries(keys: ThreadKeys): Query[] {
  const idsOf = (kind: SignedMessageId['kind']) =>
    keys.signedIds.filter((one) => one.kind === kind).map(({ id }) => id);
  const foreignIds = keys.foreignIds.map(({ messageId }) => messageId);
  return [
    ...lookUp(
      idsOf('article'),
      `select 'signed-id', 'article', id::text, ticket_id, null::bigint, id from article where id = any(?::bigint[])`,
    ),
    ...lookUp(
      idsOf('outbox'),
      `select 'signed-id', 'outbox', id::text, ticket_id, recipient_address_id, id
       from outbox where id = any(?::bigint[]) and ticket_id is not null`,
    ),
    ...lookUp(
      idsOf('ticket'),
      `select 'signed-id', 'ticket', id::text, id, null::bigint, id from ticket where id = any(?::bigint[])`,
    ),
    ...lookUp(
      foreignIds,
      `select 'foreign-id', null, message_id, ticket_id, null::bigint, id
       from article where message_id = any(?::text[]) and state = 'accepted'`,
    ),
    ...lookUp(
      foreignIds,
      `select 'foreign-id', null, relay_message_id, ticket_id, null::bigint, id
       from outbox where relay_message_id = any(?::text[]) and ticket_id is not null`,
    ),
    ...lookUp(
      keys.ticketNumbers,
      `select 'number', null, number, id, null::bigint, id from ticket where number = any(?::text[])`,
    ),
    ...lookUp(
      keys.ticketNumbers,
      `select 'number', null, number, ticket_id, null::bigint, ticket_id from ticket_alias where number = any(?::text[])`,
    ),
    ...(keys.threadIndex === null
      ? []
      : [
          {
            sql: `(select 'thread-index', null, '', ticket_id, null::bigint, id from article
              where thread_index = decode(?, 'hex') order by recorded_at desc, id desc limit 1)`,
            bindings: [keys.threadIndex],
          },
        ]),
  ];
}

function lookUp(keys: string[], sql: string): Query[] {
  return keys.length === 0 ? [] : [{ sql, bindings: [keys] }];
}

/** Gives `matches` its types when only tokens name tickets. */
const NO_MATCH = `select ''::text, ''::text, ''::text, 0::bigint, 0::bigint, 0::bigint where false`;

/** Tickets named by a key or a token, and what they were merged into: ten steps at most. */
const NAMED = `named (ticket_id, depth) as (
    select ticket_id, 0 from matches
    union
    select unnest(?::bigint[]), 0
    union
    select ticket.merged_into_id, named.depth + 1
    from named join ticket on ticket.id = named.ticket_id
    where ticket.merged_into_id is not null and named.depth < 10
  )`;

/** Ids leave as text: a bigint in JSON would be read as a number. */
const SENDER = `
  select jsonb_build_object(
    'addressId', address.id::text, 'personId', person.id::text,
    'personAddressIds', (select jsonb_agg(id::text) from person_address where person_id = person.id),
    'agent', case when person.role is not null then
      jsonb_build_object('role', person.role, 'disabled', person.disabled_at is not null) end)
  from person_address as address join person on person.id = address.person_id where address.address = ?`;

const MATCHES = `
  select jsonb_agg(jsonb_build_object('key', key, 'kind', kind, 'value', value, 'ticketId', ticket_id::text,
    'recipientAddressId', recipient_address_id::text) order by id desc) from matches`;

const TICKETS = `
  select jsonb_agg(jsonb_build_object(
    'id', ticket.id::text, 'number', number, 'version', version, 'status', status, 'priority', priority,
    'departmentId', department_id::text, 'mailboxId', mailbox_id::text, 'slaPlanId', sla_plan_id::text,
    'assigneeId', assignee_id::text, 'mergedIntoId', merged_into_id::text, 'requesterId', requester_id::text,
    'requesterAddresses', coalesce((select jsonb_agg(address) from person_address
      where person_id = ticket.requester_id), '[]'),
    'collaborators', coalesce((select jsonb_agg(jsonb_build_object(
        'addressId', address_id::text, 'address', person_address.address, 'state', state))
      from ticket_collaborator join person_address on person_address.id = address_id
      where ticket_id = ticket.id), '[]')))
  from ticket where id in (select ticket_id from named)`;
