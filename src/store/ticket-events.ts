import type { Knex } from 'knex';
import type { Id } from '../core/ticket.ts';

/** A ticket event that asks a worker to act, in the hands of one until its lease ends. */
export interface ClaimedEvent {
  ticketId: Id;
  seq: number;
  /** Including this one. */
  attempts: number;
  fencingToken: string;
}

const LEASE = '60 seconds';
const BACKOFF_STEP = '5 seconds';
const BACKOFF_MAX = '1 minute';

/** Takes up to `limit` due events of a queue for `holder`, longest due first. */
export async function claimDueEvents(
  db: Knex,
  claim: { queue: 'assignment' | 'sla'; holder: string; limit: number },
): Promise<ClaimedEvent[]> {
  const { rows } = await db.raw<{ rows: ClaimedEvent[] }>(
    `with due as (
       select ticket_id, seq from ticket_event
       where queue = ? and settled_at is null and coalesce(due_at, recorded_at) <= clock_timestamp()
         and (lease_until is null or lease_until < clock_timestamp())
       order by coalesce(due_at, recorded_at), ticket_id, seq limit ? for update skip locked
     ), claimed as (
       update ticket_event as event
       set lease_holder = ?, lease_until = clock_timestamp() + interval '${LEASE}',
           fencing_token = fencing_token + 1, attempts = attempts + 1
       from due where event.ticket_id = due.ticket_id and event.seq = due.seq
       returning event.*
     )
     select ticket_id as "ticketId", seq, attempts, fencing_token as "fencingToken" from claimed
     order by recorded_at, ticket_id, seq`,
    [claim.queue, claim.limit, claim.holder],
  );
  return rows;
}

/** Keeps the leases of events still being worked on. */
export async function renewEventLeases(db: Knex, events: ClaimedEvent[]): Promise<void> {
  await db.raw(
    `update ticket_event as event set lease_until = clock_timestamp() + interval '${LEASE}'
     from unnest(?::bigint[], ?::integer[], ?::bigint[]) as held (ticket_id, seq, fencing_token)
     where event.ticket_id = held.ticket_id and event.seq = held.seq and event.fencing_token = held.fencing_token
       and event.settled_at is null`,
    [
      events.map(({ ticketId }) => ticketId),
      events.map(({ seq }) => seq),
      events.map(({ fencingToken }) => fencingToken),
    ],
  );
}

/** Settles an event that changes nothing. Returns false when the lease was lost: then somebody else decides. */
export async function settleEvent(
  db: Knex,
  event: Pick<ClaimedEvent, 'ticketId' | 'seq' | 'fencingToken'>,
): Promise<boolean> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `update ticket_event set settled_at = clock_timestamp(), lease_holder = null, lease_until = null
     where ticket_id = ? and seq = ? and fencing_token = ? and settled_at is null returning seq`,
    [event.ticketId, event.seq, event.fencingToken],
  );
  return rows.length > 0;
}

/** An event that could not be acted on, and why. */
export interface PostponedEvent {
  event: ClaimedEvent;
  code: string;
  /** When it is worth another try at the latest; null where nothing is known to happen. */
  retryBy: Date | null;
}

/** Puts events off for a while, longer each time, with the reason. They are never given up. */
export async function postponeEvents(db: Knex, postponed: readonly PostponedEvent[]): Promise<void> {
  await db.raw(
    `update ticket_event as event
     set lease_holder = null, lease_until = null, last_error_code = given.code,
         due_at = least(given."retryBy",
           clock_timestamp() + least(attempts * interval '${BACKOFF_STEP}', interval '${BACKOFF_MAX}'))
     from jsonb_to_recordset(?::jsonb)
       as given ("ticketId" bigint, seq integer, "fencingToken" bigint, code text, "retryBy" timestamptz)
     where event.ticket_id = given."ticketId" and event.seq = given.seq and event.fencing_token = given."fencingToken"
       and settled_at is null`,
    [JSON.stringify(postponed.map(({ event, code, retryBy }) => ({ ...event, code, retryBy })))],
  );
}
