import type { DeskSlaPlan, SlaTarget } from '../desk-config.ts';
import { isResting, type TicketPriority } from '../ticket.ts';
import type { Obligation, Stay } from './obligation.ts';
import { AROUND_THE_CLOCK, type ServiceTime, serviceTimeOf } from './service-time.ts';

/**
 * A piece of a clock's life, and whether it counts. `pending`, `on-hold`: the plan pauses it there · `pause-limit`: still there,
 * but longer than the plan lets it pause · `resting`: resolved or closed · `unanswered`: it seemed to wait, for an answer to a
 * mail that never arrived · `running`: all else.
 */
export interface ClockInterval {
  from: Date;
  /** Null: it goes on. */
  to: Date | null;
  counts: boolean;
  why: 'running' | 'pending' | 'on-hold' | 'pause-limit' | 'resting' | 'unanswered';
}

/**
 * The life of a clock from its start: every interval, without gaps, the last one open. Of a clock that ended, what came after
 * is left out, so that its deadline stays the one it was kept or broken by.
 */
export function clockIntervals(obligation: Obligation, stays: readonly Stay[]): ClockInterval[] {
  const { startedAt, end } = obligation;
  const known = end === null ? stays : stays.filter(({ from }, at) => at === 0 || from < end.at);
  const whole = known.flatMap((stay, at) => splitAtLimit(obligation, stay, known[at + 1]?.from ?? null));
  const lived = whole.filter(({ to }) => to === null || to > startedAt);
  return lived.map((interval, at) => (at === 0 ? { ...interval, from: startedAt } : interval));
}

function splitAtLimit({ target, plan }: Obligation, stay: Stay, to: Date | null): ClockInterval[] {
  const { status, from } = stay;
  if (to !== null && to <= from) return [];
  if (isResting(status)) return [{ from, to, counts: false, why: 'resting' }];
  if (status !== 'pending' && status !== 'on-hold') return [{ from, to, counts: true, why: 'running' }];
  const pause = plan?.pause[status];
  if (pause === undefined || !pause.targets.includes(target)) return [{ from, to, counts: true, why: 'running' }];
  if (stay.isVoid) return [{ from, to, counts: true, why: 'unanswered' }];
  const limit = pause.maxMs === null ? null : new Date(from.getTime() + pause.maxMs);
  if (limit === null || (to !== null && to <= limit)) return [{ from, to, counts: false, why: status }];
  return [
    { from, to: limit, counts: false, why: status },
    { from: limit, to, counts: true, why: 'pause-limit' },
  ];
}

/** When a clock will have counted `ms`; null while it stands still for nobody knows how long. */
export function instantAt(obligation: Obligation, stays: readonly Stay[], ms: number): Date | null {
  const time = timeOf(obligation);
  let left = ms;
  for (const { from, to, counts } of clockIntervals(obligation, stays)) {
    if (!counts) continue;
    const room = to === null ? Number.POSITIVE_INFINITY : time.between(from, to);
    if (left <= room) return time.after(from, left);
    left -= room;
  }
  return null;
}

/** How much a clock has counted until an instant, in milliseconds of its plan's service time. */
export function countedMs(obligation: Obligation, stays: readonly Stay[], until: Date): number {
  const time = timeOf(obligation);
  return clockIntervals(obligation, stays)
    .filter(({ counts, from }) => counts && from < until)
    .reduce((sum, { from, to }) => sum + time.between(from, to === null || to > until ? until : to), 0);
}

function timeOf({ plan }: Obligation): ServiceTime {
  return (plan && serviceTimeOf(plan)) ?? AROUND_THE_CLOCK;
}

/** What is promised at present; null for nothing. */
export function promisedMs({ plan, target, priority, withdrawnAt }: Obligation): number | null {
  return plan === null || withdrawnAt !== null ? null : promiseOf(plan, target, priority);
}

/** What a plan promises in service time that can be counted. */
export function promiseOf(plan: DeskSlaPlan, target: SlaTarget, priority: TicketPriority): number | null {
  return serviceTimeOf(plan) === null ? null : (plan.targetMs[target][priority] ?? null);
}

/** When the promise is or was due; null while none is made, or while it stands still for nobody knows how long. */
export function dueAt(obligation: Obligation, stays: readonly Stay[]): Date | null {
  const promised = promisedMs(obligation);
  return promised === null ? null : instantAt(obligation, stays, promised);
}
