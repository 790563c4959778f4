import type { Knex } from 'knex';
import type { Desk } from '../core/desk-config.ts';
import { loadDesk, readConfigVersion } from '../store/desk-config.ts';

/** The desk's configuration as it stands now: read again when it was changed, asked for at most once a second. */
export type CurrentDesk = () => Promise<Desk>;

const CHECK_EVERY_MS = 1000;

export function createCurrentDesk(db: Knex): CurrentDesk {
  let desk: Desk | null = null;
  let checkedAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<Desk> | null = null;

  async function read(): Promise<Desk> {
    const version = await readConfigVersion(db);
    if (desk === null || version !== desk.configVersion) desk = await loadDesk(db);
    checkedAt = performance.now();
    return desk;
  }

  return () => {
    if (desk !== null && performance.now() - checkedAt < CHECK_EVERY_MS) return Promise.resolve(desk);
    reading ??= read().finally(() => {
      reading = null;
    });
    return reading;
  };
}
