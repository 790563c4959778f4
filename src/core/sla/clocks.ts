import type { SlaTarget } from '../desk-config.ts';
import type { Id } from '../ticket.ts';
import type { TicketEvent } from '../ticket-event.ts';
import { clockIntervals, dueAt, promisedMs } from './clock-time.ts';
import type { Obligation, Stay } from './obligation.ts';
import { advanceSla, type PlanAt, type SlaFact, type SlaState } from './sla-state.ts';
import { thresholdsAhead } from './thresholds.ts';

/**
 * One promise on one ticket, being kept or broken: (ticket, target, cycle). It follows from recorded facts and a plan's
 * version alone (`SlaState`), so it can be computed anew at any time and comes out the same; the row is for finding and reading.
 */
export interface TicketClock {
  target: SlaTarget;
  /** From 1: a target that starts over is a clock of its own. */
  cycle: number;
  slaPlanVersionId: Id;
  state: ClockState;
  startedAt: Date;
  /** Of a paused clock the time at which its pause would end by the plan's limit and the rest run out; null without one. */
  dueAt: Date | null;
  /** When the promise was kept, broken or taken back; null while that is open. */
  settledAt: Date | null;
  /** When nothing was owed any more. A broken promise is still owed until then. */
  endedAt: Date | null;
  /** When it next asks for something: a warning, its breach, a step after that. Null for never. */
  nextAt: Date | null;
}

export type ClockState = 'running' | 'paused' | 'met' | 'breached' | 'cancelled';

/** The clocks of a ticket as they stand after its newest change, or at another time. */
export function clocksOf({ obligations, stays, at: changedAt }: SlaState, at = changedAt): TicketClock[] {
  return obligations.flatMap((obligation) => {
    const { target, cycle, startedAt, plan, breach, end, withdrawnAt } = obligation;
    if (plan === null) return [];
    const state = stateOf(obligation, stays, at);
    return [
      {
        target,
        cycle,
        slaPlanVersionId: plan.versionId,
        state,
        startedAt,
        dueAt: breach !== null && breach.because === null ? breach.at : dueAt(obligation, stays),
        settledAt: breach?.at ?? end?.at ?? withdrawnAt,
        endedAt: end?.at ?? null,
        nextAt: thresholdsAhead(obligation, stays)[0]?.at ?? null,
      },
    ];
  });
}

function stateOf(obligation: Obligation, stays: readonly Stay[], at: Date): ClockState {
  const { breach, end, target } = obligation;
  if (breach !== null) return 'breached';
  if (promisedMs(obligation) === null) return 'cancelled';
  if (end !== null) return end.by === 'answer' || target === 'resolution' ? 'met' : 'cancelled';
  const now = clockIntervals(obligation, stays).findLast(({ from }) => from <= at);
  return now?.counts === false ? 'paused' : 'running';
}

/** A clock as people are told of it. */
export type ToldClock = Pick<TicketClock, 'target' | 'state' | 'dueAt'>;

/** Those with something still owed, the soonest due first. */
export function clocksToTell(clocks: readonly TicketClock[]): ToldClock[] {
  return clocks
    .filter(({ endedAt, state }) => endedAt === null && state !== 'cancelled')
    .map(({ target, state, dueAt }) => ({ target, state, dueAt }))
    .toSorted((a, b) => (a.dueAt?.getTime() ?? Infinity) - (b.dueAt?.getTime() ?? Infinity));
}

/** What one more change does to a ticket's clocks: those that start or changed, and what its history says of them. */
export interface ClockChange {
  clocks: TicketClock[];
  /** All of them, as they stand then. */
  standing: TicketClock[];
  events: TicketEvent[];
}

export function decideClockChange(before: SlaState, fact: SlaFact, planAt: PlanAt): ClockChange {
  const after = advanceSla(before, fact, planAt);
  const then = new Map(clocksOf(before).map((clock) => [nameOf(clock), clock]));
  const clocks = clocksOf(after);
  const changed = clocks.filter((clock) => JSON.stringify(clock) !== JSON.stringify(then.get(nameOf(clock))));
  const told = new Set(fact.events.flatMap((event) => (event.kind === 'sla.breached' ? [nameOf(event)] : [])));
  return {
    clocks: changed,
    standing: clocks,
    events: [
      ...startedEvents(changed.filter((clock) => !then.has(nameOf(clock)))),
      ...changed.flatMap((clock): TicketEvent[] => {
        const { target, cycle, slaPlanVersionId } = clock;
        const earlier = then.get(nameOf(clock))?.state;
        if (clock.state === 'met' && earlier !== 'met') return [{ kind: 'sla.met', slaPlanVersionId, target, cycle }];
        const breach = breachOf(after, clock);
        if (breach === null || earlier === 'breached' || told.has(nameOf(clock))) return [];
        const { because } = breach;
        return [{ kind: 'sla.breached', slaPlanVersionId, target, cycle, at: breach.at.toISOString(), because }];
      }),
    ],
  };
}

function nameOf({ target, cycle }: Pick<Obligation, 'target' | 'cycle'>): string {
  return `${target} ${cycle}`;
}

function breachOf({ obligations }: SlaState, clock: TicketClock): Obligation['breach'] {
  return obligations.find((obligation) => nameOf(obligation) === nameOf(clock))?.breach ?? null;
}

/** The clocks that start together are said together. */
function startedEvents(started: readonly TicketClock[]): TicketEvent[] {
  const byVersion = Map.groupBy(started, ({ slaPlanVersionId }) => slaPlanVersionId);
  return [...byVersion].map(([slaPlanVersionId, clocks]) => ({
    kind: 'sla.started',
    slaPlanVersionId,
    targets: clocks.map(({ target }) => target),
  }));
}

/** A moment at which time alone asks for something: promises it broke by now, and thresholds it crossed. */
export interface ClockAlarm {
  /** For the ticket's history: `sla.breached` and `sla.escalated`. */
  events: TicketEvent[];
  /** The thresholds crossed, the first one due first. */
  crossed: AlarmedClock[];
}

/** A clock with the thresholds of it that fire now. */
export interface AlarmedClock {
  obligation: Obligation;
  clock: TicketClock;
  thresholds: string[];
}

/** Everything that is due on a ticket by now, together: after a long silence it is still one alarm. */
export function decideAlarm(state: SlaState, now: Date): ClockAlarm {
  const obligations = state.obligations.map((obligation): Obligation => {
    const due = obligation.end === null && obligation.breach === null ? dueAt(obligation, state.stays) : null;
    return due !== null && due <= now ? { ...obligation, breach: { at: due, because: null } } : obligation;
  });
  const after: SlaState = { ...state, obligations };
  const clocks = clocksOf(after, now);
  const events: TicketEvent[] = [];
  const crossed: AlarmedClock[] = [];
  for (const [at, obligation] of obligations.entries()) {
    const clock = clocks.find((one) => nameOf(one) === nameOf(obligation));
    if (clock === undefined) continue;
    const { target, cycle, slaPlanVersionId } = clock;
    const isNewlyBroken = obligation.breach !== null && state.obligations[at]?.breach === null;
    if (isNewlyBroken && obligation.breach !== null) {
      const { because } = obligation.breach;
      events.push({
        kind: 'sla.breached',
        slaPlanVersionId,
        target,
        cycle,
        at: obligation.breach.at.toISOString(),
        because,
      });
    }
    const thresholds = thresholdsAhead(obligation, state.stays).filter((one) => one.at <= now);
    for (const { key } of thresholds)
      events.push({ kind: 'sla.escalated', slaPlanVersionId, target, cycle, threshold: key });
    if (isNewlyBroken || thresholds.length > 0)
      crossed.push({ obligation, clock, thresholds: thresholds.map(({ key }) => key) });
  }
  return { events, crossed };
}
