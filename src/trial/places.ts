import { join, resolve } from 'node:path';

export const REPOSITORY = resolve(import.meta.dirname, '../..');

/** Everything a start remembers, of this clone: `data/`, or where `DOCKET_DATA` says. */
export function dataDirectory(environment: NodeJS.ProcessEnv): string {
  const chosen = environment.DOCKET_DATA;
  return chosen === undefined || chosen === '' ? join(REPOSITORY, 'data') : resolve(chosen);
}

/** Programs fetched from Debian: no state, and the same for every start, tour and test of this clone. */
export const PACKAGES_DIRECTORY = join(REPOSITORY, 'data/packages');
