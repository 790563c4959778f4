import type { DeskConfigFile } from './desk-config-schema.ts';

/**
 * What a docket.yaml asks for and this release only keeps: `docket config plan` says so, because a rule that is accepted and
 * does nothing looks like one that works. A line leaves this list together with the change that makes it true.
 */
export function listInactive(file: DeskConfigFile): string[] {
  const inactive: string[] = [];
  const note = (what: string, where: string[]) => {
    if (where.length > 0) inactive.push(`${what} (${where.join(', ')})`);
  };
  const { agents = [], slaPlans = [] } = file;
  note(
    'shifts',
    keysWhere(agents, ({ shift }) => shift !== undefined),
  );
  note(
    'topics of the portal',
    keysWhere(file.topics ?? [], () => true),
  );
  note(
    'calendars',
    keysWhere(file.calendars ?? [], () => true),
  );
  note(
    'clocks in business time',
    keysWhere(slaPlans, ({ calendar }) => calendar !== 'always'),
  );
  note('escalations that assign, or tell anybody but agents', keysWhere(slaPlans, hasIdleSteps));
  note(
    'rules',
    keysWhere(file.rules ?? [], () => true),
  );
  return inactive;
}

const STEPS = [
  'notify',
  'addTag',
  'removeTag',
  'setPriority',
  'raisePriority',
  'setDepartment',
  'setSlaPlan',
  'setStatus',
  'addNote',
];

function hasIdleSteps({ escalations = [] }: NonNullable<DeskConfigFile['slaPlans']>[number]): boolean {
  return escalations
    .flatMap((escalation) => escalation.do)
    .some(
      (action) =>
        Object.keys(action).some((name) => !STEPS.includes(name)) ||
        ('notify' in action && (action.notify === 'requester' || action.notify === 'collaborators')),
    );
}

function keysWhere<Item extends { key: string }>(items: Item[], holds: (item: Item) => boolean): string[] {
  return items.filter(holds).map(({ key }) => key);
}
