import { standInFor } from './deputy.ts';
import type { AssignStrategy, DeskAgent, DeskAssign } from './desk-config.ts';
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
  /** Not at work at the moment. */
  away: boolean;
  deputyId: Id | null;
  /** How many of the skills that the department asks for they lack. */
  missingSkillCount: number;
  /** Whether they speak a language that the ticket can be answered in. */
  speaks: boolean;
}

export type AssignDecision =
  | {
      outcome: 'assigned';
      personId: Id;
      /** The strategy that chose. */
      reason: ChoosingStrategy;
      /** Those before it, which found nobody. */
      insteadOf: ChoosingStrategy[];
      /** Whom it chose in truth: they are away, and their deputy gets it. */
      deputyOf?: Id;
    }
  /** Nobody is to get it by themselves: somebody takes it. */
  | { outcome: 'left-to-take' }
  /** Somebody should get it, and nobody can at the moment. */
  | { outcome: 'nobody-free' };

export type ChoosingStrategy = Exclude<AssignStrategy, 'manual'>;

/**
 * Who gets a ticket: whom the strategy chooses, else whom its fallback does. Nobody who is away. Whoever it was just taken back
 * from gets it again only if nobody else can.
 */
export function decideAssignment(
  assign: Pick<DeskAssign, 'strategy' | 'fallback'>,
  candidates: readonly AssignCandidate[],
  takenFromId: Id | null = null,
): AssignDecision {
  const others = candidates.filter(({ personId }) => personId !== takenFromId);
  const decision = decideAmong(assign, others);
  return decision.outcome === 'nobody-free' && others.length < candidates.length
    ? decideAmong(assign, candidates)
    : decision;
}

function decideAmong(
  { strategy, fallback }: Pick<DeskAssign, 'strategy' | 'fallback'>,
  candidates: readonly AssignCandidate[],
): AssignDecision {
  const insteadOf: ChoosingStrategy[] = [];
  for (const reason of fallback === null ? [strategy] : [strategy, fallback]) {
    if (reason === 'manual') return { outcome: 'left-to-take' };
    const choice = CHOOSE[reason](candidates);
    if (choice !== null) {
      const { chosen, ...why } = choice;
      return { outcome: 'assigned', personId: chosen.personId, reason, insteadOf, ...why };
    }
    insteadOf.push(reason);
  }
  return { outcome: 'nobody-free' };
}

interface Choice extends Pick<Extract<AssignDecision, { outcome: 'assigned' }>, 'deputyOf'> {
  chosen: AssignCandidate;
}

const CHOOSE: Record<ChoosingStrategy, (candidates: readonly AssignCandidate[]) => Choice | null> = {
  'round-robin': (candidates) => choice(first(candidates.filter(isAtWork), byTurn)),
  'least-loaded': (candidates) => choice(leastLoaded(candidates.filter(isAtWork))),
  skills: (candidates) => choice(leastLoaded(candidates.filter((one) => isAtWork(one) && isSkilled(one)))),
  'previous-agent': choosePreviousAgent,
};

function choice(chosen: AssignCandidate | null): Choice | null {
  return chosen === null ? null : { chosen };
}

function isAtWork({ away }: AssignCandidate): boolean {
  return !away;
}

function isSkilled({ missingSkillCount, speaks }: AssignCandidate): boolean {
  return missingSkillCount === 0 && speaks;
}

/**
 * Whoever has the smallest part of their capacity in use, and some of it left. An agent without a stated capacity is never
 * full and weighs as much as the roomiest colleague.
 */
function leastLoaded(candidates: readonly AssignCandidate[]): AssignCandidate | null {
  const roomiest = Math.max(1, ...candidates.map(({ capacity }) => capacity ?? 1));
  const weight = ({ capacity }: AssignCandidate) => capacity ?? roomiest;
  const withRoom = candidates.filter(({ capacity, openCount }) => capacity === null || openCount < capacity);
  // a/b < c/d without rounding.
  return first(withRoom, (a, b) => a.openCount * weight(b) - b.openCount * weight(a) || byTurn(a, b));
}

/** Whoever last had a ticket of this requester, or who stands in for them; else whoever had one before. */
function choosePreviousAgent(candidates: readonly AssignCandidate[]): Choice | null {
  const known = candidates
    .filter(({ lastTicketId }) => lastTicketId !== null)
    .toSorted((a, b) => compareIds(b.lastTicketId ?? '0', a.lastTicketId ?? '0'));
  for (const previous of known) {
    if (!previous.away) return { chosen: previous };
    const deputy = standInFor(previous, candidates, isAtWork);
    if (deputy !== null) return { chosen: deputy, deputyOf: previous.personId };
  }
  return null;
}

/** Whoever waited longest for a turn; those who never had one first. Each is as often asked as any other, busy or not. */
function byTurn(a: AssignCandidate, b: AssignCandidate): number {
  return (a.lastTurn ?? 0) - (b.lastTurn ?? 0) || compareIds(a.personId, b.personId);
}

function compareIds(a: Id, b: Id): number {
  return Number(BigInt(a) - BigInt(b));
}

function first<Item>(items: readonly Item[], compare: (a: Item, b: Item) => number): Item | null {
  return items.reduce<Item | null>((best, item) => (best === null || compare(item, best) < 0 ? item : best), null);
}

/**
 * What of a department's wishes an agent lacks. Skills are words of the desk's own, whatever their case. The language is one of
 * those the department names, else the ticket's; an agent who says nothing of languages speaks the desk's.
 */
export function weighSkills(
  { skills, languages }: Pick<DeskAssign, 'skills' | 'languages'>,
  ticketLanguage: string | null,
  agent: Pick<DeskAgent, 'skills' | 'languages'>,
  deskLanguage: string,
): Pick<AssignCandidate, 'missingSkillCount' | 'speaks'> {
  const has = new Set(agent.skills.map((skill) => skill.toLowerCase()));
  const wanted = languages.length > 0 ? languages : ticketLanguage === null ? [] : [ticketLanguage];
  const spoken = agent.languages.length > 0 ? agent.languages : [deskLanguage];
  return {
    missingSkillCount: skills.filter((skill) => !has.has(skill.toLowerCase())).length,
    speaks: wanted.length === 0 || wanted.some((one) => spoken.some((other) => primary(one) === primary(other))),
  };
}

/** `de` of `de-CH`. */
function primary(language: string): string {
  return language.toLowerCase().split('-', 1)[0] ?? '';
}
