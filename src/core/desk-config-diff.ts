import type { DeskConfigFile } from './desk-config-schema.ts';

/**
 * The desk's configuration as a flat, ordered list of named objects, as it is stored; and what one such list changes
 * about another.
 */
export interface ConfigObject {
  kind: ConfigKind;
  key: string;
  /** What the file says of it, without its key. */
  spec: ConfigValue;
}

export type ConfigValue = null | boolean | number | string | ConfigValue[] | { [field: string]: ConfigValue };

/** The sections of docket.yaml, in their order, with the kind of object each holds. */
export const CONFIG_SECTIONS = {
  mailboxes: 'mailbox',
  departments: 'department',
  agents: 'agent',
  teams: 'team',
  topics: 'topic',
  calendars: 'calendar',
  slaPlans: 'slaPlan',
  rules: 'rule',
} as const;
export type ConfigSection = keyof typeof CONFIG_SECTIONS;
export type ConfigKind = 'desk' | (typeof CONFIG_SECTIONS)[ConfigSection];

/** There is one desk, so its object needs no key of its own. */
const DESK_KEY = 'desk';

export type ConfigChange =
  | { action: 'add'; kind: ConfigKind; key: string; spec: ConfigValue }
  | { action: 'change'; kind: ConfigKind; key: string; spec: ConfigValue; fields: FieldChange[] }
  | { action: 'remove'; kind: ConfigKind; key: string }
  /** The objects of a kind act or show in another order. */
  | { action: 'reorder'; kind: ConfigKind; keys: string[] };

export interface FieldChange {
  /** `imap.port`, `aliases.0`. */
  field: string;
  from: ConfigValue | undefined;
  to: ConfigValue | undefined;
}

/** A file's sections as objects; a section that is missing in the file is not among `kinds`. */
export function configObjects(file: DeskConfigFile): { kinds: Set<ConfigKind>; objects: ConfigObject[] } {
  const kinds = new Set<ConfigKind>();
  const objects: ConfigObject[] = [];
  if (file.desk) {
    kinds.add('desk');
    objects.push({ kind: 'desk', key: DESK_KEY, spec: plainValue(file.desk) });
  }
  for (const [section, kind] of sections()) {
    const items = file[section];
    if (!items) continue;
    kinds.add(kind);
    for (const { key, ...spec } of items) objects.push({ kind, key, spec: plainValue(spec) });
  }
  return { kinds, objects };
}

/** Objects as the sections of a file, the way `docket config pull` writes them; empty sections are left out. */
export function configSections(objects: ConfigObject[]): Record<string, ConfigValue> {
  const file: Record<string, ConfigValue> = { version: 1 };
  for (const { kind, spec } of objects) if (kind === 'desk') file.desk = spec;
  for (const [section, kind] of sections()) {
    const items = objects.filter((object) => object.kind === kind);
    if (items.length > 0) file[section] = items.map(({ key, spec }) => ({ key, ...(isGroup(spec) ? spec : {}) }));
  }
  return file;
}

/** What has to be added, changed, removed and reordered to get from what is stored to what the file says. */
export function diffConfiguration(
  stored: ConfigObject[],
  { kinds, objects }: { kinds: Set<ConfigKind>; objects: ConfigObject[] },
): ConfigChange[] {
  const changes: ConfigChange[] = [];
  for (const kind of kinds) {
    const before = new Map(stored.filter((object) => object.kind === kind).map(({ key, spec }) => [key, spec]));
    const after = new Map(objects.filter((object) => object.kind === kind).map(({ key, spec }) => [key, spec]));
    for (const [key, spec] of after) {
      const old = before.get(key);
      if (old === undefined) changes.push({ action: 'add', kind, key, spec });
      else {
        const fields = diffFields('', old, spec);
        if (fields.length > 0) changes.push({ action: 'change', kind, key, spec, fields });
      }
    }
    for (const key of before.keys()) if (!after.has(key)) changes.push({ action: 'remove', kind, key });
    // Only the order of those that stay counts: an object added in front moves nobody.
    const staying = [...before.keys()].filter((key) => after.has(key));
    const keys = [...after.keys()].filter((key) => before.has(key));
    if (staying.some((key, index) => keys[index] !== key)) changes.push({ action: 'reorder', kind, keys });
  }
  return changes;
}

/** Every key of the kinds a file gives, in the file's order; what it does not name and is kept comes after. */
export function orderConfiguration(
  stored: ConfigObject[],
  { kinds, objects }: { kinds: Set<ConfigKind>; objects: ConfigObject[] },
): { kind: ConfigKind; keys: string[] }[] {
  return [...kinds].map((kind) => {
    const keysOf = (from: ConfigObject[]) => from.filter((object) => object.kind === kind).map(({ key }) => key);
    return { kind, keys: [...new Set([...keysOf(objects), ...keysOf(stored)])] };
  });
}

function diffFields(field: string, from: ConfigValue | undefined, to: ConfigValue | undefined): FieldChange[] {
  if (isGroup(from) && isGroup(to)) {
    const names = new Set([...Object.keys(from), ...Object.keys(to)]);
    return [...names].flatMap((name) => diffFields(field === '' ? name : `${field}.${name}`, from[name], to[name]));
  }
  return sameValue(from, to) ? [] : [{ field, from, to }];
}

/** Equality of configuration values; the order of an object's fields says nothing. */
function sameValue(a: ConfigValue | undefined, b: ConfigValue | undefined): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((value, index) => sameValue(value, b[index]));
  if (isGroup(a) && isGroup(b)) return diffFields('', a, b).length === 0;
  return a === b;
}

function isGroup(value: ConfigValue | undefined): value is { [field: string]: ConfigValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Without the fields that are present but undefined, which JSON does not know. */
function plainValue(value: object): ConfigValue {
  return JSON.parse(JSON.stringify(value));
}

function sections(): [ConfigSection, ConfigKind][] {
  return Object.entries(CONFIG_SECTIONS) as [ConfigSection, ConfigKind][];
}
