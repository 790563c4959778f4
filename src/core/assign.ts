import type { AssignStrategy, DeskAssign } from './desk-config.ts';
import type { Id } from './ticket.ts';

/** An agent who may get a ticket, with all that the strategies weigh. The event keeps it, so it holds no name or text. */
export interface AssignCandidate {
  personId: Id;
  /** Their tickets that are ours to act on: new and open ones, in whatever department. */
  openCount: number;
  /** How many of those they take at most; null where nobody said. */
  capacity: number | null;
  /** When they last had their turn in this department: grows with every assignment; null for somebody who never had one. */
  lastTurn: number | null;
  /** Their latest ticket of the same requester; null without one. */
  lastTicketId: Id | null;
}

export type AssignDecision =
  | {
      outcome: 'assigned';
      personId: Id;
      /** The strategy that chose. */
      reason: ChoosingStrategy;
      /** Those before it, which found nobody. */
      insteadOf: ChoosingStrategy[];
    }
  /** Nobody is to get it by themselves: somebody takes it. */
  | { outcome: 'left-to-take' }
  /** Somebody should get it, and nobody can at the moment. */
  | { outcome: 'nobody-free' };

export type ChoosingStrategy = Exclude<AssignStrategy, 'manual'>;

/** Who gets a ticket: whom the strategy chooses, else whom its fallback does. */
export function decideAssignment(
  { strategy, fallback }: Pick<DeskAssign, 'strategy' | 'fallback'>,
  candidates: readonly AssignCandidate[],
): AssignDecision {
  const insteadOf: ChoosingStrategy[] = [];
  for (const reason of fallback === null ? [strategy] : [strategy, fallback]) {
    if (reason === 'manual') return { outcome: 'left-to-take' };
    const chosen = CHOOSE[reason](candidates);
    if (chosen !== null) return { outcome: 'assigned', personId: chosen.personId, reason, insteadOf };
    insteadOf.push(reason);
  }
  return { outcome: 'nobody-free' };
}

const CHOOSE: Record<ChoosingStrategy, (candidates: readonly AssignCandidate[]) => AssignCandidate | null> = {
  'round-robin': chooseInTurn,
  'least-loaded': chooseLeastLoaded,
  'previous-agent': choosePreviousAgent,
  // Tickets do not say yet what they ask for, so nobody is known to have the skill: the fallback decides.
  skills: () => null,
};

/** Whoever waited longest for a turn; those who never had one first. Each is as often asked as any other, busy or not. */
function chooseInTurn(candidates: readonly AssignCandidate[]): AssignCandidate | null {
  return first(candidates, byTurn);
}

/**
 * Whoever has the smallest part of their capacity in use, and some of it left. An agent without a stated capacity is never
 * full and weighs as much as the roomiest colleague.
 */
function chooseLeastLoaded(candidates: readonly AssignCandidate[]): AssignCandidate | null {
  const roomiest = Math.max(1, ...candidates.map(({ capacity }) => capacity ?? 1));
  const weight = ({ capacity }: AssignCandidate) => capacity ?? roomiest;
  const withRoom = candidates.filter(({ capacity, openCount }) => capacity === null || openCount < capacity);
  // a/b < c/d without rounding.
  return first(withRoom, (a, b) => a.openCount * weight(b) - b.openCount * weight(a) || byTurn(a, b));
}

/** Whoever last had a ticket of this requester. */
function choosePreviousAgent(candidates: readonly AssignCandidate[]): AssignCandidate | null {
  const known = candidates.filter(({ lastTicketId }) => lastTicketId !== null);
  return first(known, (a, b) => compareIds(b.lastTicketId ?? '0', a.lastTicketId ?? '0'));
}

function byTurn(a: AssignCandidate, b: AssignCandidate): number {
  return (a.lastTurn ?? 0) - (b.lastTurn ?? 0) || compareIds(a.personId, b.personId);
}

function compareIds(a: Id, b: Id): number {
  return Number(BigInt(a) - BigInt(b));
}

function first<Item>(items: readonly Item[], compare: (a: Item, b: Item) => number): Item | null {
  return items.reduce<Item | null>((best, item) => (best === null || compare(item, best) < 0 ? item : best), null);
}
