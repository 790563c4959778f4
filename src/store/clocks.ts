import type { Knex } from 'knex';
import type { DeskSlaPlan } from '../core/desk-config.ts';
import type { SlaPlanSpec } from '../core/desk-config-schema.ts';
import type { TicketClock } from '../core/sla/clocks.ts';
import { SLA_EVENTS, type SlaFact } from '../core/sla/sla-state.ts';
import type { Id } from '../core/ticket.ts';
import type { FoundAnswer, LostAnswer, TicketEvent } from '../core/ticket-event.ts';
import { slaPlanOf } from './desk-config.ts';
import { prepared } from './prepared.ts';

/** What the clocks of a ticket follow from, with the version of the ticket it was read at and the database's time. */
export interface SlaFacts {
  ticketVersion: number;
  now: Date;
  facts: SlaFact[];
  /** Every version of every plan the ticket was under, newest first, with the configuration it came with. */
  plans: { slaPlanId: Id; configVersion: Id; plan: DeskSlaPlan }[];
}

/** Null for a ticket that is not there. */
export async function findSlaFacts(db: Knex, ticketId: Id): Promise<SlaFacts | null> {
  const { rows } = await prepared<{ rows: SlaFactsRow[] }>(db, SLA_FACTS, [[...SLA_EVENTS], ticketId]);
  const row = rows[0];
  if (row === undefined) return null;
  return {
    ticketVersion: row.version,
    now: row.now,
    facts: row.facts.map((fact) => ({ ...fact, occurredAt: new Date(fact.occurredAt) })),
    plans: row.plans.map(({ id, key, versionId, configVersion, spec }) => ({
      slaPlanId: id,
      configVersion,
      plan: slaPlanOf({ id, key, versionId, spec }),
    })),
  };
}

interface SlaFactsRow {
  version: number;
  now: Date;
  facts: { occurredAt: string; configVersion: Id | null; events: TicketEvent[] }[];
  plans: { id: Id; key: string; versionId: Id; configVersion: Id; spec: SlaPlanSpec }[];
}

const SLA_FACTS = `
  select version, clock_timestamp()::timestamptz(3) as now,
    coalesce((select jsonb_agg(jsonb_build_object('occurredAt', occurred_at, 'configVersion', config_version::text,
        'events', events) order by seq)
      from (
        select change.occurred_at, change.config_version, min(seq) as seq,
          jsonb_agg(data - 'evidence' || jsonb_build_object('kind', kind) order by seq) as events
        from ticket_event as event join ticket_change as change on change.id = event.change_id
        where event.ticket_id = ticket.id and kind = any(?::text[]) group by change.id
      ) as fact), '[]') as facts,
    coalesce((select jsonb_agg(jsonb_build_object('id', plan.id::text, 'key', plan.key, 'versionId', version.id::text,
        'configVersion', version.change_id::text, 'spec', version.spec) order by version.id desc)
      from config_object as plan join config_object_version as version on version.object_id = plan.id
      where plan.id in (
        select coalesce(data ->> 'slaPlanId', data ->> 'to')::bigint from ticket_event
        where ticket_id = ticket.id and kind in ('ticket.opened', 'ticket.sla-plan-changed'))), '[]') as plans
  from ticket where id = ?`;

/**
 * Whether a row called `clock` asks for something by now. By the database's time, as it was when the statement began: that
 * is never early, and lets the index be used.
 */
export const IS_ALARMED = 'clock.next_at <= now()';

/** Tickets with a clock that asks for something, the longest due first. */
export async function listAlarmedTickets(db: Knex, limit: number): Promise<Id[]> {
  const { rows } = await db.raw<{ rows: { ticketId: Id }[] }>(
    `select clock.ticket_id as "ticketId" from ticket_clock as clock where ${IS_ALARMED}
     group by clock.ticket_id order by min(clock.next_at) limit ?`,
    [limit],
  );
  return rows.map(({ ticketId }) => ticketId);
}

/** How many milliseconds from now clocks ask for something, within a horizon; each moment once, soonest first. */
export async function listAlarmsAhead(
  db: Knex,
  horizonMs: number,
  limit: number,
): Promise<{ at: Date; inMs: number }[]> {
  const { rows } = await db.raw<{ rows: { at: Date; inMs: number }[] }>(
    `select distinct next_at as at, extract(epoch from next_at - now())::float8 * 1000 as "inMs" from ticket_clock
     where next_at > now() and next_at <= now() + ? * interval '1 millisecond' order by next_at limit ?`,
    [horizonMs, limit],
  );
  return rows;
}

/**
 * Sets the alarms of a ticket's rows to what its facts say, unless it changed since they were read. Only where a row and the
 * facts disagree: the rows are for finding, the facts decide.
 */
export async function correctAlarms(
  db: Knex,
  ticketId: Id,
  ticketVersion: number,
  clocks: readonly TicketClock[],
): Promise<void> {
  await db.raw(
    `with held as (select id from ticket where id = ? and version = ? for update)
     update ticket_clock as clock set next_at = given."nextAt"
     from held left join jsonb_to_recordset(?::jsonb) as given(target text, cycle integer, "nextAt" timestamptz) on true
     where clock.ticket_id = held.id and clock.next_at is not null
       and (given.target is null or (given.target = clock.target and given.cycle = clock.cycle))`,
    [ticketId, ticketVersion, JSON.stringify(clocks.map(({ target, cycle, nextAt }) => ({ target, cycle, nextAt })))],
  );
}

/** What a mail of ours was, as far as its not arriving, or arriving after all, matters. */
export interface UndeliveredMail {
  ticketId: Id;
  ticketVersion: number;
  now: Date;
  /** Null unless it was an agent's answer on its way to the requester. */
  lostAnswer: LostAnswer | null;
  /** The same answer, if the ticket says that it was lost. */
  foundAnswer: FoundAnswer | null;
}

/** Null for one that is on no ticket. */
export async function findUndeliveredMail(db: Knex, outboxId: Id): Promise<UndeliveredMail | null> {
  const { rows } = await db.raw<{ rows: UndeliveredMail[] }>(
    `select ticket.id as "ticketId", ticket.version as "ticketVersion", clock_timestamp()::timestamptz(3) as now,
       case when mail.purpose = 'reply' and mail.recipient_address_id = ticket.requester_address_id then
         jsonb_build_object('articleId', mail.article_id::text, 'laterAnswer', (
           select jsonb_build_object('articleId', later.id::text, 'at', later.occurred_at) from article as later
           where later.ticket_id = ticket.id and later.kind = 'reply'
             and (later.recorded_at, later.id) > (select recorded_at, id from article where id = mail.article_id)
             and later.state = 'accepted' and not exists (
               select from outbox as lost where lost.article_id = later.id and lost.recipient_address_id = mail.recipient_address_id
                 and (lost.returned_at is not null or (lost.settled_at is not null and lost.state in ('rejected', 'deferred'))))
           order by later.recorded_at, later.id limit 1))
       end as "lostAnswer",
       (select jsonb_build_object('articleId', article.id::text, 'writtenAt', coalesce(
           (select max(occurred_at) from ticket_event where ticket_id = ticket.id and kind = 'article.accepted'
             and data ->> 'articleId' = article.id::text), article.occurred_at))
         from article where article.id = mail.article_id and exists (
           select from ticket_event where ticket_id = ticket.id and kind in ('mail.unsettled', 'mail.returned')
             and data ->> 'outboxId' = mail.id::text and jsonb_typeof(data -> 'lostAnswer') = 'object')
       ) as "foundAnswer"
     from outbox as mail join ticket on ticket.id = mail.ticket_id where mail.id = ?`,
    [outboxId],
  );
  return rows[0] ?? null;
}
