import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import type { Id } from '../core/ticket.ts';
import type {
  OpenTicket,
  SettleInboundMail,
  SettleTicketEvent,
  TicketChange,
  UpdateTicket,
} from '../core/ticket-change.ts';
import { asksIfNobodyHasIt, leavesAgentLessToDo, workerQueue } from '../core/ticket-event.ts';
import { absenceParts } from './absences.ts';
import { confirmationParts } from './confirmations.ts';
import type { Query } from './facts.ts';
import { joinParts, type StatementPart } from './statement-part.ts';
import { wakeWaitingPart } from './waiting-for-agent.ts';

/** How many rows the decisive parts wrote: none means that somebody else was there first. */
export interface WrittenCounts {
  tickets: number;
  settled: number;
  counted: number;
  confirmations: number;
}

/**
 * A whole change as one statement of several `with` parts. It is checked as a whole at its end, so the parts may refer to
 * each other's rows. Its one row says what was met as decided.
 */
export function buildChangeStatement(change: TicketChange): { sql: string; bindings: Knex.RawBinding[] } {
  const parts = [
    changePart(change),
    change.ticket.action === 'open' ? openPart(change, change.ticket) : updatePart(change, change.ticket),
    ...tagParts(change.ticket),
    ...peopleParts(change),
    ...articleParts(change),
    ...eventParts(change),
    ...clockParts(change),
    ...thresholdParts(change),
    ...outboxParts(change),
    ...returnedParts(change),
    ...(change.absence === null ? [] : absenceParts(change.absence, change.actor.personId)),
    ...wakeParts(change),
    ...confirmationParts(change),
    capPart(change),
    settlePart(change),
  ];
  const confirmations = change.confirmation === null ? '1' : '(select count(*)::int from confirmation)';
  return joinParts(
    parts,
    `select (select count(*)::int from ticket_row) as tickets, (select count(*)::int from settled) as settled,
      (select count(*)::int from counted) as counted, ${confirmations} as confirmations`,
  );
}

/** As many as the next batch of assignments takes: with less to do an agent can take one ticket more, and seldom two. */
const WOKEN_BY_LESS_TO_DO = 50;

/** Somebody is back, or has less to do: those who wait for an agent are tried again. */
function wakeParts({ absence, events }: TicketChange): StatementPart[] {
  if (absence?.is === 'back') return [wakeWaitingPart()];
  return events.some(leavesAgentLessToDo) ? [wakeWaitingPart(WOKEN_BY_LESS_TO_DO)] : [];
}

function changePart(change: TicketChange): StatementPart {
  return {
    name: 'change',
    sql: `insert into ticket_change
        (ticket_id, cause_kind, cause_key, actor_kind, actor_id, config_version, occurred_at)
      values (?, ?, ?, ?, ?, ?, ?) returning id`,
    bindings: [
      change.ticket.id,
      change.cause.kind,
      change.cause.key,
      change.actor.kind,
      change.actor.personId,
      change.configVersion,
      change.occurredAt,
    ],
  };
}

function openPart(change: TicketChange, ticket: OpenTicket): StatementPart {
  return {
    name: 'ticket_row',
    sql: `insert into ticket
        (id, number, version, subject, status, priority, mailbox_id, department_id, sla_plan_id, requester_id,
         requester_address_id, assignee_id, language, follows_ticket_id, occurred_at)
      values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning id`,
    bindings: [
      ticket.id,
      ticket.number,
      change.events.length,
      ticket.subject,
      ticket.status,
      ticket.priority,
      ticket.mailboxId,
      ticket.departmentId,
      ticket.slaPlanId,
      ticket.requesterId,
      ticket.requesterAddressId,
      ticket.assigneeId,
      ticket.language,
      ticket.followsTicketId,
      change.occurredAt,
    ],
  };
}

const TICKET_COLUMNS = {
  status: 'status',
  priority: 'priority',
  departmentId: 'department_id',
  assigneeId: 'assignee_id',
  slaPlanId: 'sla_plan_id',
  requesterId: 'requester_id',
  requesterAddressId: 'requester_address_id',
  wakeAt: 'wake_at',
} as const satisfies Record<keyof UpdateTicket['set'], string>;

function updatePart(change: TicketChange, ticket: UpdateTicket): StatementPart {
  const set = ticket.set.status === undefined ? ticket.set : { wakeAt: null, ...ticket.set };
  const columns = Object.keys(set) as (keyof UpdateTicket['set'])[];
  const untouched = untouchedSince(change, set.assigneeId);
  return {
    name: 'ticket_row',
    sql: `update ticket
      set version = version + ?, updated_at = clock_timestamp()${resolvedAt(ticket.set.status)}${untouched.sql}
        ${columns.map((column) => `, ${TICKET_COLUMNS[column]} = ?`).join('')}
      where id = ? and version = ? returning id, assignee_id`,
    bindings: [
      change.events.length,
      ...untouched.bindings,
      ...columns.map((column) => set[column] ?? null),
      ticket.id,
      ticket.expectedVersion,
    ],
  };
}

/** Since when an agent has the ticket and did nothing with it: until any change of theirs. */
function untouchedSince({ actor }: TicketChange, assigneeId: Id | null | undefined): Query {
  if (assigneeId !== undefined) {
    const isGiven = assigneeId !== null && assigneeId !== actor.personId;
    return { sql: `, untouched_since = ${isGiven ? 'clock_timestamp()' : 'null'}`, bindings: [] };
  }
  if (actor.kind !== 'agent') return { sql: '', bindings: [] };
  return {
    sql: ', untouched_since = case when assignee_id = ? then null else untouched_since end',
    bindings: [actor.personId],
  };
}

/** Since when a ticket is resolved: known while it is. */
function resolvedAt(status: UpdateTicket['set']['status']): string {
  if (status === undefined) return '';
  return status === 'resolved'
    ? `, resolved_at = case when status = 'resolved' then resolved_at else clock_timestamp() end`
    : ', resolved_at = null';
}

function tagParts(ticket: OpenTicket | UpdateTicket): StatementPart[] {
  const [added, removed] = ticket.action === 'open' ? [ticket.tags, []] : [ticket.addTags, ticket.removeTags];
  const parts: StatementPart[] = [];
  if (added.length > 0) {
    parts.push({
      name: 'tags_added',
      sql: 'insert into ticket_tag (ticket_id, tag) select ?, unnest(?::text[]) on conflict do nothing',
      bindings: [ticket.id, added],
    });
  }
  if (removed.length > 0) {
    parts.push({
      name: 'tags_removed',
      sql: 'delete from ticket_tag where ticket_id = ? and tag = any(?::text[])',
      bindings: [ticket.id, removed],
    });
  }
  return parts;
}

function peopleParts(change: TicketChange): StatementPart[] {
  return [
    ...rowsPart('people', 'person', 'id bigint, name text, language text', change.people),
    ...rowsPart(
      'addresses',
      'person_address',
      'id bigint, person_id bigint, address text, automatic_mail_count integer',
      change.addresses.map(({ id, personId, address }) => ({
        id,
        person_id: personId,
        address,
        automatic_mail_count: change.outbox.filter((row) => row.automatic && row.recipientAddressId === id).length,
      })),
    ),
    ...collaboratorParts(change),
  ];
}

function collaboratorParts(change: TicketChange): StatementPart[] {
  const rows = (decided: boolean) =>
    change.collaborators
      .filter((collaborator) => (collaborator.decided ?? false) === decided)
      .map(({ addressId, state }) => ({ ticket_id: change.ticket.id, address_id: addressId, state }));
  const columns = 'ticket_id bigint, address_id bigint, state text';
  return [
    ...rowsPart('collaborators', 'ticket_collaborator', columns, rows(false), 'on conflict do nothing'),
    ...rowsPart(
      'collaborators_decided',
      'ticket_collaborator',
      columns,
      rows(true),
      'on conflict (ticket_id, address_id) do update set state = excluded.state',
    ),
  ];
}

function articleParts(change: TicketChange): StatementPart[] {
  const articles = change.articles.map((article) => ({
    id: article.id,
    ticket_id: change.ticket.id,
    kind: article.kind,
    visibility: article.visibility,
    state: article.state,
    marks: article.marks,
    author_id: article.authorId,
    author_address_id: article.authorAddressId,
    inbound_mail_id: article.inboundMailId,
    message_id: article.messageId,
    thread_index: article.threadIndex === null ? null : `\\x${article.threadIndex}`,
    subject: article.subject,
    text: article.text,
    spans: article.spans,
    language: article.language,
    occurred_at: change.occurredAt,
  }));
  const attachments = change.articles.flatMap((article) =>
    article.attachments.map((attachment) => ({
      article_id: article.id,
      part_path: attachment.partPath,
      file_name: attachment.fileName,
      content_type: attachment.contentType,
      size_bytes: attachment.sizeBytes,
      sha256: `\\x${attachment.sha256}`,
      content_id: attachment.contentId,
      inline: attachment.inline,
    })),
  );
  return [
    ...heldParts(change),
    ...markedParts(change),
    ...changeRowsPart(
      'articles',
      'article',
      `id bigint, ticket_id bigint, kind text, visibility text, state text, marks text[], author_id bigint,
       author_address_id bigint, inbound_mail_id bigint, message_id text, thread_index bytea, subject text, text text, spans jsonb,
       language text, occurred_at timestamptz`,
      articles,
    ),
    ...rowsPart(
      'attachments',
      'attachment',
      `article_id bigint, part_path text, file_name text, content_type text, size_bytes bigint, sha256 bytea,
       content_id text, inline boolean`,
      attachments,
    ),
  ];
}

/** What becomes of articles that were held. One that something else stands for may lie on a ticket merged into this one. */
function heldParts({ ticket, acceptedArticles, discardedArticles }: TicketChange): StatementPart[] {
  const parts: StatementPart[] = [];
  if (acceptedArticles.length > 0) {
    parts.push({
      name: 'articles_accepted',
      sql: `update article set state = 'accepted' where ticket_id = ? and id = any(?::bigint[]) and state = 'held'`,
      bindings: [ticket.id, acceptedArticles],
    });
  }
  if (discardedArticles.length > 0) {
    parts.push({
      name: 'articles_discarded',
      sql: `update article set state = 'discarded' where id = any(?::bigint[]) and state = 'held'`,
      bindings: [discardedArticles],
    });
  }
  return parts;
}

function markedParts({ ticket, articleMarks }: TicketChange): StatementPart[] {
  if (articleMarks.length === 0) return [];
  return [
    {
      name: 'articles_marked',
      sql: `update article set marks = array(
          select mark from unnest(marks || given.add) with ordinality as each (mark, place)
          where mark <> all(given.remove) group by mark order by min(place))
        from jsonb_to_recordset(?::jsonb) as given("articleId" bigint, add text[], remove text[])
        where article.id = given."articleId" and article.ticket_id = ?`,
      bindings: [JSON.stringify(articleMarks), ticket.id],
    },
  ];
}

function eventParts(change: TicketChange): StatementPart[] {
  const base = change.ticket.action === 'open' ? 0 : change.ticket.expectedVersion;
  // One agent is asked for once, however many of its events do.
  const asks = change.events.some((event) => workerQueue(event) === 'assignment');
  const asking = asks ? -1 : change.events.findIndex(asksIfNobodyHasIt);
  const events = change.events.map((event, index) => {
    const { kind, ...data } = event;
    return {
      ticket_id: change.ticket.id,
      seq: base + index + 1,
      kind,
      data,
      occurred_at: change.occurredAt,
      queue: workerQueue(event),
    };
  });
  const columns = 'ticket_id bigint, seq integer, kind text, data jsonb, occurred_at timestamptz, queue text';
  if (asking === -1) return changeRowsPart('events', 'ticket_event', columns, events);
  return [
    {
      name: 'events',
      sql: `insert into ticket_event (change_id, ticket_id, seq, kind, data, occurred_at, queue)
        select (select id from change), ticket_id, seq, kind, data, occurred_at,
          case when seq = ? and ${NOBODY_HAS_IT_OR_IS_ASKED_FOR} then 'assignment' else queue end
        from jsonb_to_recordset(?::jsonb) as given(${columns})`,
      bindings: [base + asking + 1, JSON.stringify(events)],
    },
  ];
}

/** After the change nobody has the ticket, and it does not wait for an agent already. */
const NOBODY_HAS_IT_OR_IS_ASKED_FOR = `exists (select from ticket_row where assignee_id is null)
  and not exists (select from ticket_event as asking where asking.ticket_id = given.ticket_id
    and asking.queue = 'assignment' and asking.settled_at is null)`;

function clockParts(change: TicketChange): StatementPart[] {
  return rowsPart(
    'clocks',
    'ticket_clock',
    `ticket_id bigint, target text, cycle integer, sla_plan_version_id bigint, state text, started_at timestamptz,
     due_at timestamptz, settled_at timestamptz, ended_at timestamptz, next_at timestamptz`,
    change.clocks.map((clock) => ({
      ticket_id: change.ticket.id,
      target: clock.target,
      cycle: clock.cycle,
      sla_plan_version_id: clock.slaPlanVersionId,
      state: clock.state,
      started_at: clock.startedAt,
      due_at: clock.dueAt,
      settled_at: clock.settledAt,
      ended_at: clock.endedAt,
      next_at: clock.nextAt,
    })),
    `on conflict (ticket_id, target, cycle) do update set sla_plan_version_id = excluded.sla_plan_version_id,
       state = excluded.state, due_at = excluded.due_at, settled_at = excluded.settled_at,
       ended_at = excluded.ended_at, next_at = excluded.next_at`,
  );
}

/** A threshold fires once a clock, whoever thinks that it is due: the row says so, and there can be only one. */
function thresholdParts({ ticket, events }: TicketChange): StatementPart[] {
  return changeRowsPart(
    'thresholds',
    'ticket_clock_threshold',
    'ticket_id bigint, target text, cycle integer, threshold text',
    events.flatMap((event) =>
      event.kind === 'sla.escalated'
        ? [{ ticket_id: ticket.id, target: event.target, cycle: event.cycle, threshold: event.threshold }]
        : [],
    ),
  );
}

function outboxParts(change: TicketChange): StatementPart[] {
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

function returnedParts(change: TicketChange): StatementPart[] {
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
function capPart(change: TicketChange): StatementPart {
  const counted = countedRows(change).map((row) => ({ id: row.recipientAddressId, count: row.automaticMailCount }));
  return {
    name: 'counted',
    sql: `update person_address set automatic_mail_count = automatic_mail_count + 1
      from jsonb_to_recordset(?::jsonb) as given(id bigint, count integer)
      where person_address.id = given.id and automatic_mail_count = given.count returning person_address.id`,
    bindings: [JSON.stringify(counted)],
  };
}

function settlePart(change: TicketChange): StatementPart {
  const settles = change.settles;
  if (settles === null) return { name: 'settled', sql: 'select 1', bindings: [] };
  return settles.row === 'inbound_mail'
    ? settleInboundMailPart(settles, change.ticket.id)
    : settleTicketEventPart(settles);
}

function settleInboundMailPart(settles: SettleInboundMail, ticketId: Id): StatementPart {
  return {
    name: 'settled',
    sql: `update inbound_mail
      set state = 'settled', disposition = ?, kind = ?, evidence = ?, cause_key = ?, ticket_id = ?, article_id = ?,
          settled_at = clock_timestamp(), lease_holder = null, lease_until = null
      where id = ? and fencing_token = ? and state <> 'settled' returning id`,
    bindings: [
      settles.disposition,
      settles.kind,
      JSON.stringify(settles.evidence),
      settles.causeKey,
      ticketId,
      settles.articleId,
      settles.id,
      settles.fencingToken,
    ],
  };
}

function settleTicketEventPart(settles: SettleTicketEvent): StatementPart {
  return {
    name: 'settled',
    sql: `update ticket_event set settled_at = clock_timestamp(), lease_holder = null, lease_until = null
      where ticket_id = ? and seq = ? and fencing_token = ? and settled_at is null returning seq`,
    bindings: [settles.ticketId, settles.seq, settles.fencingToken],
  };
}

/** Inserts rows given as JSON; `columns` names and types them. No part at all for no rows. */
function rowsPart(name: string, table: string, columns: string, rows: object[], conflict = ''): StatementPart[] {
  if (rows.length === 0) return [];
  const names = columnNames(columns);
  return [
    {
      name,
      sql: `insert into ${table} (${names}) select ${names} from jsonb_to_recordset(?::jsonb) as given(${columns}) ${conflict}`,
      bindings: [JSON.stringify(rows)],
    },
  ];
}

/** As `rowsPart`, for tables whose rows name the change that made them. */
function changeRowsPart(name: string, table: string, columns: string, rows: object[]): StatementPart[] {
  if (rows.length === 0) return [];
  const names = columnNames(columns);
  return [
    {
      name,
      sql: `insert into ${table} (change_id, ${names})
        select (select id from change), ${names} from jsonb_to_recordset(?::jsonb) as given(${columns})`,
      bindings: [JSON.stringify(rows)],
    },
  ];
}

function columnNames(columns: string): string {
  return columns
    .split(',')
    .map((column) => column.trim().split(' ')[0])
    .join(', ');
}

function repeat(tuple: string, count: number): string {
  return Array.from({ length: count }, () => tuple).join(', ');
}
