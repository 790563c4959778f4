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
  const { departments = [], agents = [], slaPlans = [] } = file;
  note(
    'closing resolved tickets by time',
    file.desk?.closeResolvedAfter === undefined ? [] : ['desk.closeResolvedAfter'],
  );
  note(
    'assignment',
    keysWhere(departments, ({ assign }) => assign !== undefined),
  );
  note(
    'newCc: accept',
    keysWhere(departments, ({ newCc }) => newCc === 'accept'),
  );
  note(
    'afterReply',
    keysWhere(departments, ({ afterReply }) => afterReply !== undefined),
  );
  note('skills, capacity, shifts and deputies', keysWhere(agents, hasWorkingConditions));
  note(
    'teams',
    keysWhere(file.teams ?? [], () => true),
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
    'SLA plans: targets, pauses and escalations',
    keysWhere(slaPlans, () => true),
  );
  note(
    'rules',
    keysWhere(file.rules ?? [], () => true),
  );
  return inactive;
}

type AgentItem = NonNullable<DeskConfigFile['agents']>[number];

function hasWorkingConditions({ skills, capacity, shift, deputy }: AgentItem): boolean {
  return [skills, capacity, shift, deputy].some((value) => value !== undefined);
}

function keysWhere<Item extends { key: string }>(items: Item[], holds: (item: Item) => boolean): string[] {
  return items.filter(holds).map(({ key }) => key);
}
