import type { DeskSlaPlan, SlaTarget } from '../desk-config.ts';
import { durationMs } from '../duration.ts';
import { countedMs, instantAt, promisedMs } from './clock-time.ts';
import type { Obligation, Stay } from './obligation.ts';

/** When an escalation step is due in the life of a clock: after a share of what is promised, or so long after the breach. */
export type Threshold = { key: string; share: number } | { key: string; afterBreachMs: number };

/** Reads `50%`, `breach` or `breach + 2h`; null for anything else. The key is the text without spaces. */
export function readThreshold(text: string): Threshold | null {
  const key = text.replaceAll(' ', '');
  const share = /^([1-9]\d?|100)%$/.exec(text);
  if (share !== null) return { key, share: Number(share[1]) / 100 };
  const breach = /^breach(?: \+ ([\dhm]+))?$/.exec(text);
  const afterBreachMs = breach?.[1] === undefined ? 0 : durationMs(breach[1]);
  return breach === null || afterBreachMs === null ? null : { key, afterBreachMs };
}

/** The threshold at which a promise is broken. Every clock has it; a plan's steps may act on it. */
const BREACH = 'breach';

/** A threshold of a clock that has not fired, and when it does. */
export interface DueThreshold {
  target: SlaTarget;
  cycle: number;
  key: string;
  at: Date;
}

/** The steps of a plan that act on a target, by threshold, each once, with all that is to be done there. */
export function stepsOf({ escalations }: Pick<DeskSlaPlan, 'escalations'>, target: SlaTarget) {
  const steps = new Map<string, { threshold: Threshold; do: DeskSlaPlan['escalations'][number]['do'] }>();
  for (const escalation of escalations) {
    if (escalation.target !== 'any' && escalation.target !== target) continue;
    const { key } = escalation.threshold;
    const before = steps.get(key)?.do ?? [];
    steps.set(key, { threshold: escalation.threshold, do: [...before, ...escalation.do] });
  }
  return steps;
}

/**
 * What a clock will still fire, by time, if nothing else happens. While nothing is owed any more, a breach alone is: it is acted
 * on however late it was noticed, and a warning of what has been done by now would only puzzle.
 */
export function thresholdsAhead(obligation: Obligation, stays: readonly Stay[]): DueThreshold[] {
  const { target, cycle, plan, breach, crossed, end } = obligation;
  const promised = promisedMs(obligation);
  if (plan === null || (promised === null && breach === null)) return [];
  const ahead: DueThreshold[] = [];
  const add = (key: string, at: Date | null) => {
    if (at !== null) ahead.push({ target, cycle, key, at });
  };
  if (breach === null && end === null && promised !== null) add(BREACH, instantAt(obligation, stays, promised));
  for (const { threshold } of stepsOf(plan, target).values()) {
    const { key } = threshold;
    if (crossed.has(key)) continue;
    if (key === BREACH) {
      if (breach !== null) add(key, breach.at);
    } else if (end === null) {
      add(key, instantOf(obligation, stays, threshold));
    }
  }
  return ahead.toSorted((a, b) => a.at.getTime() - b.at.getTime());
}

function instantOf(obligation: Obligation, stays: readonly Stay[], threshold: Threshold): Date | null {
  const { breach } = obligation;
  const promised = promisedMs(obligation) ?? 0;
  if ('share' in threshold) return breach?.at ?? instantAt(obligation, stays, promised * threshold.share);
  if (breach === null) return null;
  return instantAt(obligation, stays, countedMs(obligation, stays, breach.at) + threshold.afterBreachMs);
}
