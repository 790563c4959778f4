import type { ConfigSection } from './desk-config-diff.ts';
import { didYouMean, enumerate, isRecord } from './schema.ts';

export interface MeaningProblem {
  path: (string | number)[];
  message: string;
  /** The field's name is what is wrong, not its value. */
  atName?: boolean;
}

/** A place in the file: what stands there, whatever it is, and where to say that it is wrong. */
export class Spot {
  readonly value: unknown;
  readonly path: (string | number)[];
  readonly #problems: MeaningProblem[];

  constructor(value: unknown, path: (string | number)[], problems: MeaningProblem[]) {
    this.value = value;
    this.path = path;
    this.#problems = problems;
  }

  get text(): string | null {
    return typeof this.value === 'string' ? this.value : null;
  }

  get present(): boolean {
    return this.value !== undefined;
  }

  at(field: string | number): Spot {
    const container = this.value as Record<string | number, unknown>;
    const value = isRecord(this.value) || Array.isArray(this.value) ? container[field] : undefined;
    return new Spot(value, [...this.path, field], this.#problems);
  }

  /** The items of a list that stands in a field. */
  each(field: string | number): Spot[] {
    return this.at(field).items();
  }

  items(): Spot[] {
    return Array.isArray(this.value) ? this.value.map((_, index) => this.at(index)) : [];
  }

  /** The items of a list, or the one value that stands in its place. */
  values(): Spot[] {
    return Array.isArray(this.value) ? this.items() : this.present ? [this] : [];
  }

  fieldNames(): string[] {
    return isRecord(this.value) ? Object.keys(this.value) : [];
  }

  wrong(message: string): void {
    this.#problems.push({ path: this.path, message });
  }

  wrongName(message: string): void {
    this.#problems.push({ path: this.path, message, atName: true });
  }
}

/** How an object of each section is called in a message. */
export const OBJECT_WORDS: Record<ConfigSection, string> = {
  mailboxes: 'mailbox',
  departments: 'department',
  agents: 'agent',
  teams: 'team',
  topics: 'topic',
  calendars: 'calendar',
  slaPlans: 'SLA plan',
  rules: 'rule',
};

/**
 * Tells when what stands here is no key of that section and none of the words `besides`. Nothing is said about a section that is
 * not known.
 */
export function refer(file: Spot, spot: Spot, section: ConfigSection, besides: string[] = []): void {
  if (spot.text === null || !Array.isArray(file.at(section).value)) return;
  const keys = keysOf(file, section);
  if (keys.includes(spot.text) || besides.includes(spot.text)) return;
  const known =
    keys.length === 0 ? `; ${section} has none yet` : `; expected ${enumerate([...keys.slice(0, 8), ...besides])}`;
  spot.wrong(`no ${OBJECT_WORDS[section]} "${spot.text}"${didYouMean(spot.text, [...keys, ...besides]) || known}`);
}

function keysOf(file: Spot, section: ConfigSection): string[] {
  return file.each(section).flatMap((item) => item.at('key').text ?? []);
}

/** Tells of every text that stood in an earlier place already. */
export function refuseRepeated(
  spots: Spot[],
  message: (text: string, earlier: Spot) => string,
  same = (text: string): string | null => text,
): void {
  const seen = new Map<string, Spot>();
  for (const spot of spots) {
    const identity = spot.text === null ? null : same(spot.text);
    if (spot.text === null || identity === null) continue;
    const earlier = seen.get(identity);
    if (earlier === undefined) seen.set(identity, spot);
    else spot.wrong(message(spot.text, earlier));
  }
}
