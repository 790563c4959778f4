import type { DeskSlaPlan, SlaTarget } from './desk-config.ts';
import type { Id, TicketPriority } from './ticket.ts';

/**
 * One promise on one ticket, being kept or broken: (ticket, target, cycle). It follows from recorded facts and a plan's
 * version alone, so it can be computed anew at any time and comes out the same.
 */
export interface TicketClock {
  target: SlaTarget;
  /** From 1: a target that starts over is a clock of its own. */
  cycle: number;
  slaPlanVersionId: Id;
  state: ClockState;
  startedAt: Date;
  /** Null while it is paused. */
  dueAt: Date | null;
  /** When the promise was kept, or when it was broken; null while that is open. */
  settledAt: Date | null;
}

export type ClockState = 'running' | 'paused' | 'met' | 'breached' | 'cancelled';

/** An opened ticket owes a first response and a resolution; the next response is owed once the requester writes again. */
const TARGETS_AT_OPENING = ['firstResponse', 'resolution'] as const satisfies SlaTarget[];

/**
 * The clocks a ticket is born with: one for each target its plan promises for its priority. A plan in business time starts
 * none, because counting its hours around the clock would promise something else.
 */
export function clocksAtOpening(
  plan: DeskSlaPlan,
  { openedAt, priority }: { openedAt: Date; priority: TicketPriority },
): TicketClock[] {
  if (plan.calendar !== 'always') return [];
  return TARGETS_AT_OPENING.flatMap((target): TicketClock[] => {
    const promisedMs = plan.targetMs[target][priority];
    if (promisedMs === undefined) return [];
    return [
      {
        target,
        cycle: 1,
        slaPlanVersionId: plan.versionId,
        state: 'running',
        startedAt: openedAt,
        dueAt: new Date(openedAt.getTime() + promisedMs),
        settledAt: null,
      },
    ];
  });
}

/**
 * The promises an agent's public reply keeps. One that was due before it stays as it is: it is broken, and whoever looks for
 * overdue clocks records it so.
 */
export function clocksMetByReply(clocks: readonly TicketClock[], repliedAt: Date): TicketClock[] {
  return clocks
    .filter(({ target, dueAt }) => target !== 'resolution' && (dueAt === null || repliedAt <= dueAt))
    .map((clock) => ({ ...clock, state: 'met', settledAt: repliedAt }));
}

/** A clock that ran out: the promise was broken when it was due, whenever that is noticed. */
export function breachedClock(clock: TicketClock): TicketClock {
  return { ...clock, state: 'breached', settledAt: clock.dueAt };
}
