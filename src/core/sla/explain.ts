import type { SlaTarget } from '../desk-config.ts';
import { type ClockInterval, clockIntervals, countedMs, promisedMs } from './clock-time.ts';
import { clocksOf, type TicketClock } from './clocks.ts';
import type { Breach } from './obligation.ts';
import type { SlaState } from './sla-state.ts';
import { thresholdsAhead } from './thresholds.ts';

/** One clock with everything it counted and why: what `docket sla explain` says. */
export interface ClockExplanation extends TicketClock {
  planKey: string;
  /** What the times are counted in: `always`, or the key of a calendar. */
  calendar: string;
  priority: string;
  /** What the plan promises at this priority; null for nothing, any more. */
  promisedMs: number | null;
  countedMs: number;
  breach: Breach | null;
  /** From its start until now, or until it ended. */
  intervals: (Omit<ClockInterval, 'to'> & { to: Date; countedMs: number })[];
  /** Thresholds that fired, in no order, and those ahead, soonest first. */
  crossed: string[];
  ahead: { key: string; at: Date }[];
}

/** What is owed and not promised: no plan says by when. */
export interface UnpromisedObligation {
  target: SlaTarget;
  cycle: number;
  startedAt: Date;
}

export interface SlaExplanation {
  clocks: ClockExplanation[];
  unpromised: UnpromisedObligation[];
}

export function explainClocks(state: SlaState, now: Date): SlaExplanation {
  const { stays, obligations } = state;
  const clocks = clocksOf(state, now).map((clock): ClockExplanation => {
    const obligation = obligations.find(({ target, cycle }) => target === clock.target && cycle === clock.cycle);
    if (obligation?.plan == null) throw new Error('a clock without a plan');
    const until = clock.endedAt ?? now;
    const intervals = clockIntervals(obligation, stays).flatMap((interval) => {
      const to = interval.to === null || interval.to > until ? until : interval.to;
      if (to <= interval.from) return [];
      const before = countedMs(obligation, stays, interval.from);
      return [{ ...interval, to, countedMs: countedMs(obligation, stays, to) - before }];
    });
    return {
      ...clock,
      planKey: obligation.plan.key,
      calendar: obligation.plan.calendar,
      priority: obligation.priority,
      promisedMs: promisedMs(obligation),
      countedMs: countedMs(obligation, stays, until),
      breach: obligation.breach,
      intervals,
      crossed: [...obligation.crossed],
      ahead: thresholdsAhead(obligation, stays).map(({ key, at }) => ({ key, at })),
    };
  });
  const unpromised = obligations.flatMap(({ plan, end, target, cycle, startedAt }) =>
    plan === null && end === null ? [{ target, cycle, startedAt }] : [],
  );
  return { clocks, unpromised };
}
