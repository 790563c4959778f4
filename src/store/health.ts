import type { Knex } from 'knex';
import { type AutomaticMailCounts, countAutomaticMail } from './automatic-volume.ts';
import { IS_ALARMED } from './clocks.ts';
import { listDueWork } from './due-work.ts';

/**
 * How the desk is, end to end, in numbers: what waits, for how long, and who last looked at it. Ages are seconds by the
 * database's clock, and null where there is nothing that could have one.
 */
export interface Health {
  inboundMails: StateHealth<'received' | 'quarantined'>[];
  /** All that were not simply delivered. */
  outboxMails: StateHealth<'queued' | 'sending' | 'deferred' | 'unknown' | 'rejected'>[];
  /** How often a relay's answer was cut off: each explains one possible duplicate. */
  unknownOutcomeCount: number;
  mailboxes: MailboxHealth[];
  queues: QueueHealth[];
  /** Committed events that have no place in the published order yet. */
  unpublishedEvents: Backlog;
  /** SLA clocks that ran out and whose breach is not recorded yet. */
  lateClocks: Backlog;
}

export interface Backlog {
  count: number;
  oldestSeconds: number | null;
}

export interface StateHealth<State extends string> extends Backlog {
  state: State;
  /** Of those somebody or something still has to deal with; null in a final state. */
  oldestSeconds: number | null;
}

export interface MailboxHealth {
  mailbox: string;
  /** Since all its folders were last polled to their end; since they were configured while one never was. */
  lastPollSeconds: number;
  gaps: Backlog;
  /** Stored mail whose flag, move or deletion on the server is still to be done. */
  aftermathDue: Backlog;
}

export type HealthQueue = 'intake' | 'assignment' | 'sla' | 'delivery' | 'maintenance';

export interface QueueHealth {
  queue: HealthQueue;
  /** Since a worker last woke; null when none ever did. */
  pulseSeconds: number | null;
  /** How long the oldest row has been due with nobody at it. */
  oldestDueSeconds: number | null;
  /** Rows in a worker's hands. */
  heldCount: number;
  /** Rows whose worker let its lease run out, and that nobody took up since. */
  expiredLeaseCount: number;
  /** Rows tried in vain that are due again later: no agent was free, the relay deferred, a mail failed. */
  putOffCount: number;
}

/** Two statements, on partial indexes of what is open: they cost the same however much a desk has settled. */
export async function readHealth(db: Knex): Promise<Health> {
  const [{ rows }, dueWork] = await Promise.all([db.raw<{ rows: [HealthRow] }>(HEALTH), listDueWork(db)]);
  const row = rows[0];
  const oldestDue = new Map<HealthQueue, number>(dueWork.map((due) => [due.queue, due.oldestSeconds]));
  if (row.unpublished_events.oldestSeconds !== null) oldestDue.set('maintenance', row.unpublished_events.oldestSeconds);
  return {
    inboundMails: everyState(['received', 'quarantined'], row.inbound),
    outboxMails: everyState(['queued', 'sending', 'deferred', 'unknown', 'rejected'], row.outbox),
    unknownOutcomeCount: row.unknown_outcomes,
    mailboxes: row.mailboxes,
    queues: row.queues.map((queue) => ({ ...queue, oldestDueSeconds: oldestDue.get(queue.queue) ?? null })),
    unpublishedEvents: row.unpublished_events,
    lateClocks: row.late_clocks,
  };
}

interface HealthRow {
  inbound: StateHealth<string>[];
  outbox: StateHealth<string>[];
  unknown_outcomes: number;
  mailboxes: MailboxHealth[];
  queues: Omit<QueueHealth, 'oldestDueSeconds'>[];
  unpublished_events: Backlog;
  late_clocks: Backlog;
}

/** States nothing is in get a zero. */
function everyState<State extends string>(states: State[], found: StateHealth<string>[]): StateHealth<State>[] {
  return states.map((state) => ({
    count: 0,
    oldestSeconds: null,
    ...found.find((row) => row.state === state),
    state,
  }));
}

const secondsSince = (instant: string) => `extract(epoch from clock_timestamp() - ${instant})::float8`;

/** A `Backlog` of the rows at hand, as JSON. */
const backlog = (instant: string, filter = '') =>
  `jsonb_build_object('count', count(*) ${filter}, 'oldestSeconds', ${secondsSince(`min(${instant}) ${filter}`)})`;

/** Conditions on what is open repeat those of the partial indexes, which would not be used otherwise. */
const HEALTH = `
  with inbound as (
    select state, count(*), ${secondsSince('min(recorded_at)')} as "oldestSeconds"
    from inbound_mail where state = 'received' group by state
    union all
    select state, count(*), ${secondsSince('min(recorded_at)')}
    from inbound_mail where state = 'quarantined' group by state
  ), outbox_open as (
    select state, count(*), ${secondsSince('min(recorded_at)')} as "oldestSeconds"
    from outbox where settled_at is null group by state
  ), outbox_failed as (
    select state, count(*) from outbox where settled_at is not null and state <> 'delivered' group by state
  ), outbox_states as (
    select state, coalesce(outbox_open.count, 0) + coalesce(outbox_failed.count, 0) as count, "oldestSeconds"
    from outbox_open full join outbox_failed using (state)
  ), ledger as (
    select folder.mailbox_id,
      ${backlog('row.recorded_at', `filter (where row.state = 'gap')`)} as gaps,
      ${backlog('row.recorded_at', `filter (where row.aftermath = 'due')`)} as aftermath_due
    from folder_uid as row join folder on folder.id = row.folder_id
    where row.state = 'gap' or row.aftermath = 'due' group by folder.mailbox_id
  ), mailbox_states as (
    select mailbox.key as mailbox, ${secondsSince('min(coalesce(polled.at, version.recorded_at))')} as "lastPollSeconds",
      coalesce(ledger.gaps, '${JSON.stringify({ count: 0, oldestSeconds: null })}') as gaps,
      coalesce(ledger.aftermath_due, '${JSON.stringify({ count: 0, oldestSeconds: null })}') as "aftermathDue"
    from config_object as mailbox
      join config_object_version as version on version.id = mailbox.current_version_id
      cross join lateral
        jsonb_array_elements_text(coalesce(version.spec #> '{imap,folders}', '["INBOX"]')) as configured (name)
      -- Over all UIDVALIDITYs: one that is new was not polled to its end yet, but the folder was.
      cross join lateral (
        select max(last_polled_at) as at from folder where mailbox_id = mailbox.id and name = configured.name
      ) as polled
      left join ledger on ledger.mailbox_id = mailbox.id
    where mailbox.kind = 'mailbox' and mailbox.archived_at is null
    group by mailbox.key, ledger.gaps, ledger.aftermath_due order by mailbox.key
  ), leased as (
    select 'intake' as queue, lease_until from inbound_mail where state = 'received' and lease_until is not null
    union all
    select queue, lease_until from ticket_event
    where queue is not null and settled_at is null and lease_until is not null
    union all
    select 'delivery', lease_until from outbox where settled_at is null and lease_until is not null
  ), put_off as (
    select 'intake' as queue from inbound_mail where state = 'received' and due_at > clock_timestamp()
    union all
    select queue from ticket_event where queue is not null and settled_at is null and due_at > clock_timestamp()
    union all
    select 'delivery' from outbox where settled_at is null and due_at > clock_timestamp()
  ), queue_states as (
    select queue, ${secondsSince('pulse.woken_at')} as "pulseSeconds",
      (select count(*) from leased where leased.queue = name.queue and lease_until >= clock_timestamp()) as "heldCount",
      (select count(*) from leased where leased.queue = name.queue and lease_until < clock_timestamp())
        as "expiredLeaseCount",
      (select count(*) from put_off where put_off.queue = name.queue) as "putOffCount"
    from unnest(array['intake', 'assignment', 'sla', 'delivery', 'maintenance']) as name (queue)
      left join queue_pulse as pulse using (queue)
  )
  select (select coalesce(jsonb_agg(to_jsonb(inbound)), '[]') from inbound) as inbound,
    (select coalesce(jsonb_agg(to_jsonb(outbox_states)), '[]') from outbox_states) as outbox,
    (select coalesce(sum(unknown_count), 0)::int from outbox where unknown_count > 0) as unknown_outcomes,
    (select coalesce(jsonb_agg(to_jsonb(mailbox_states)), '[]') from mailbox_states) as mailboxes,
    (select jsonb_agg(to_jsonb(queue_states)) from queue_states) as queues,
    (select ${backlog('recorded_at')} from ticket_event where position is null) as unpublished_events,
    (select ${backlog('next_at')} from ticket_clock as clock where ${IS_ALARMED}) as late_clocks`;

/** How much the desk has done: figures that need long counting and seldom change what anybody does. */
export interface Volume {
  settledCount: number;
  deliveredCount: number;
  automaticMail: AutomaticMailCounts;
}

/** Two statements that count whole primary keys and a week of automatic mail: some 0.3 s for 300,000 mails in and as many out. */
export async function readVolume(db: Knex): Promise<Volume> {
  const [{ rows }, automaticMail] = await Promise.all([
    db.raw<{ rows: [{ settled: number; delivered: number }] }>(VOLUME),
    countAutomaticMail(db),
  ]);
  return { settledCount: rows[0].settled, deliveredCount: rows[0].delivered, automaticMail };
}

/** The final state is what the others leave of the total: an index of the key is smaller than any of the states. */
const VOLUME = `
  select
    ((select count(*) from inbound_mail)
      - (select count(*) from inbound_mail where state = 'received')
      - (select count(*) from inbound_mail where state = 'quarantined'))::int as settled,
    ((select count(*) from outbox)
      - (select count(*) from outbox where settled_at is null)
      - (select count(*) from outbox where settled_at is not null and state <> 'delivered'))::int as delivered`;

/** Writes a blob and takes it back. Throws where the database is read-only, full, or not ours to write. */
export async function tryBlobWrite(db: Knex): Promise<void> {
  const transaction = await db.transaction();
  try {
    await transaction.raw(
      `insert into blob (sha256, size_bytes, content)
       select sha256(content), length(content), content from uuid_send(gen_random_uuid()) as content`,
    );
  } finally {
    await transaction.rollback();
  }
}
