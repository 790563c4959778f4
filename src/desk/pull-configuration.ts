import type { Knex } from 'knex';
import { writeDeskFile } from '../core/desk-config-file.ts';
import { listConfigObjects } from '../store/config-objects.ts';

/** The configuration in force as a docket.yaml: applying it changes nothing, and pulling it again gives the same bytes. */
export async function pullConfiguration(db: Knex): Promise<string> {
  return writeDeskFile(await listConfigObjects(db));
}
