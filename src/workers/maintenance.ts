import type { Knex } from 'knex';
import { indexPublishedArticles, PUBLISHED_AT_ONCE, publishEvents } from '../store/published-events.ts';

/**
 * What may come a little later: tickets wake that waited until now, events get their place in the published order, and their
 * articles become findable.
 */
export async function drainMaintenance(db: Knex, wakeTickets: () => Promise<number>): Promise<void> {
  await wakeTickets();
  while ((await publishEvents(db)) === PUBLISHED_AT_ONCE);
  while ((await indexPublishedArticles(db)) === PUBLISHED_AT_ONCE);
}
