import type { Knex } from 'knex';
import type { Id } from '../core/ticket.ts';
import { changeConfiguration } from '../store/config-objects.ts';
import { type ConfigurationPlan, decidePlan, type PlanOptions } from './plan-configuration.ts';

export interface ApplyOptions extends PlanOptions {
  /** Who changes the configuration, for the record. */
  actor: string;
}

/** The plan that was carried out; `configVersion` is null when nothing had to change. */
export type AppliedConfiguration = ConfigurationPlan & { configVersion: Id | null };

/** Makes a docket.yaml the configuration in force: the whole file or nothing, and nothing when nothing would change. */
export async function applyConfiguration(db: Knex, text: string, options: ApplyOptions): Promise<AppliedConfiguration> {
  const { plan, configVersion } = await changeConfiguration(db, (stored) => {
    const plan = decidePlan(stored, text, options);
    const changed = plan.outcome === 'planned' && plan.changes.length > 0;
    return { plan, write: changed ? { actor: options.actor, changes: plan.changes, order: plan.order } : null };
  });
  return { ...plan, configVersion };
}
