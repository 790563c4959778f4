import type { ConfigKind, ConfigObject, ConfigValue } from './desk-config-diff.ts';

/** How many other things lean on an object of the configuration: what changing or removing it touches. */
export interface TouchCount {
  what: 'open-ticket' | ConfigKind;
  count: number;
}

/** Fields by which objects of one kind name an object of another: one key, or a list of them. */
const REFERENCES: readonly { from: ConfigKind; field: string; to: ConfigKind }[] = [
  { from: 'mailbox', field: 'department', to: 'department' },
  { from: 'department', field: 'mailbox', to: 'mailbox' },
  { from: 'department', field: 'slaPlan', to: 'slaPlan' },
  { from: 'department', field: 'assign.team', to: 'team' },
  { from: 'agent', field: 'departments', to: 'department' },
  { from: 'agent', field: 'shift', to: 'calendar' },
  { from: 'agent', field: 'deputy', to: 'agent' },
  { from: 'team', field: 'agents', to: 'agent' },
  { from: 'topic', field: 'department', to: 'department' },
  { from: 'slaPlan', field: 'calendar', to: 'calendar' },
];

/** The stored objects that name this one, and for a team its agents, counted by kind. */
export function countReferences(stored: readonly ConfigObject[], kind: ConfigKind, key: string): TouchCount[] {
  const counts = new Map<ConfigKind, Set<string>>();
  const note = (of: ConfigKind, which: string) => counts.set(of, (counts.get(of) ?? new Set()).add(which));
  for (const { from, field, to } of REFERENCES) {
    for (const object of stored) {
      if (object.kind !== from) continue;
      const named = valuesAt(object.spec, field.split('.'));
      if (to === kind && named.includes(key)) note(from, object.key);
      if (from === 'team' && kind === 'team' && object.key === key) for (const agent of named) note(to, String(agent));
    }
  }
  return [...counts].map(([what, which]) => ({ what, count: which.size }));
}

function valuesAt(value: ConfigValue | undefined, [field, ...rest]: string[]): ConfigValue[] {
  if (field === undefined) return Array.isArray(value) ? value : value === undefined ? [] : [value];
  const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isGroup ? valuesAt(value[field], rest) : [];
}
