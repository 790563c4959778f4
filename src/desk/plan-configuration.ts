import type { Knex } from 'knex';
import {
  type ConfigChange,
  type ConfigKind,
  type ConfigObject,
  configObjects,
  diffConfiguration,
  orderConfiguration,
} from '../core/desk-config-diff.ts';
import { type FileProblem, readDeskFile } from '../core/desk-config-file.ts';
import { listInactive } from '../core/desk-config-inactive.ts';
import { countReferences, type TouchCount } from '../core/desk-config-touched.ts';
import { type ConfigOrder, listConfigObjects } from '../store/config-objects.ts';
import { countOpenTickets } from '../store/open-ticket-counts.ts';

export interface PlanOptions {
  /** Also archive what the file's sections no longer name. */
  prune: boolean;
}

export type ConfigurationPlan = { outcome: 'faulty'; problems: FileProblem[] } | SoundPlan;

export interface SoundPlan {
  outcome: 'planned';
  /** What apply would do now. */
  changes: ConfigChange[];
  /** What the file no longer names, left alone without `prune`. */
  keeps: RemovedObject[];
  /** What is accepted and stored, and does nothing in this release. */
  inactive: string[];
  /** The order of everything the file has a section for. */
  order: ConfigOrder[];
}

type RemovedObject = Extract<ConfigChange, { action: 'remove' }>;

/** An object that would be changed or removed, and what that touches. */
export interface TouchedObject {
  kind: ConfigKind;
  key: string;
  touches: TouchCount[];
}

/**
 * What a docket.yaml would change about the configuration in force, and how much leans on what it would change; writes nothing.
 */
export async function planConfiguration(
  db: Knex,
  text: string,
  options: PlanOptions,
): Promise<ConfigurationPlan & { touched: TouchedObject[] }> {
  const [stored, openTickets] = await Promise.all([listConfigObjects(db), countOpenTickets(db)]);
  const plan = decidePlan(stored, text, options);
  if (plan.outcome === 'faulty') return { ...plan, touched: [] };
  const touched = [...plan.changes, ...plan.keeps].flatMap((change) => {
    if (change.action !== 'change' && change.action !== 'remove') return [];
    const { kind, key } = change;
    const count = openTickets.find((one) => one.kind === kind && one.key === key)?.count ?? 0;
    const tickets: TouchCount[] = count === 0 ? [] : [{ what: 'open-ticket', count }];
    return [{ kind, key, touches: [...tickets, ...countReferences(stored, kind, key)] }];
  });
  return { ...plan, touched };
}

/** The same over what is in force, for whoever holds it still while acting on the plan. */
export function decidePlan(stored: ConfigObject[], text: string, { prune }: PlanOptions): ConfigurationPlan {
  const read = readDeskFile(text, { stored, prune });
  if (read.outcome === 'faulty') return read;
  const given = configObjects(read.file);
  const differences = diffConfiguration(stored, given);
  return {
    outcome: 'planned',
    changes: differences.filter(({ action }) => prune || action !== 'remove'),
    keeps: prune ? [] : differences.filter((change) => change.action === 'remove'),
    inactive: listInactive(read.file),
    order: orderConfiguration(stored, given),
  };
}
