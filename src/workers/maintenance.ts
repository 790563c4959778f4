import type { Knex } from 'knex';
import { indexPublishedArticles, PUBLISHED_AT_ONCE, publishEvents } from '../store/published-events.ts';

/**
 * What may come a little later: tickets wake that waited until now and close that were resolved long enough, events get their
 * place in the published order, and their articles become findable.
 */
export async function drainMaintenance(db: Knex, changesByTime: readonly (() => Promise<number>)[]): Promise<void> {
  for (const changeTickets of changesByTime) await changeTickets();
  while ((await publishEvents(db)) === PUBLISHED_AT_ONCE);
  while ((await indexPublishedArticles(db)) === PUBLISHED_AT_ONCE);
}
