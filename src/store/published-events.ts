import type { Knex } from 'knex';

/** Any number would do; this one is ours: there is one publisher at a time. */
const PUBLISHER_LOCK = 731_420_852;
/** A worker that moved this many looks again. */
export const PUBLISHED_AT_ONCE = 1000;

/**
 * Gives committed events their place in the one global order. Transactions commit in another order than they start, so
 * only a publisher that comes after the commit can promise readers that nothing appears behind their back.
 *
 * Returns how many were published; 0 also when another process is publishing.
 */
export async function publishEvents(db: Knex): Promise<number> {
  return db.transaction(async (trx) => {
    const { rows } = await trx.raw<{ rows: [{ locked: boolean }] }>('select pg_try_advisory_xact_lock(?) as locked', [
      PUBLISHER_LOCK,
    ]);
    if (!rows[0].locked) return 0;
    const { rowCount } = await trx.raw<{ rowCount: number }>(
      `with unpublished as (
         select ticket_id, seq,
           row_number() over (order by recorded_at, ticket_id, seq)
             + coalesce((select max(position) from ticket_event), 0) as position
         from ticket_event where position is null order by recorded_at, ticket_id, seq limit ?
       )
       update ticket_event as event set position = unpublished.position
       from unpublished where event.ticket_id = unpublished.ticket_id and event.seq = unpublished.seq`,
      [PUBLISHED_AT_ONCE],
    );
    return rowCount;
  });
}

/**
 * Makes newly published articles findable. A reader of the published order: it remembers how far it came, so that it
 * neither scans what it has seen nor misses what committed late. Returns how many events it passed.
 */
export async function indexPublishedArticles(db: Knex): Promise<number> {
  return db.transaction(async (trx) => {
    const { rows } = await trx.raw<{ rows: [{ passed: number }] }>(
      `with reader as (
         select position from event_reader where name = 'search' for update
       ), passed as (
         select event.position, event.kind, event.data from ticket_event as event, reader
         where event.position > reader.position order by event.position limit ?
       ), indexed as (
         insert into article_search (article_id, ticket_id, document)
         select article.id, article.ticket_id,
           to_tsvector('simple', article.subject || ' ' || left(article.text, 100000))
         from passed join article on article.id = (passed.data ->> 'articleId')::bigint
         where passed.kind = 'article.added'
         on conflict do nothing
       ), moved as (
         update event_reader set position = (select max(position) from passed)
         where name = 'search' and exists (select from passed)
       )
       select count(*)::int as passed from passed`,
      [PUBLISHED_AT_ONCE],
    );
    return rows[0].passed;
  });
}
