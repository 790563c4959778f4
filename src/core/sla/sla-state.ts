import type { DeskSlaPlan, SlaTarget } from '../desk-config.ts';
import { type Id, isResting, type TicketPriority, type TicketStatus } from '../ticket.ts';
import type { LostAnswer, TicketEvent } from '../ticket-event.ts';
import { dueAt, promiseOf } from './clock-time.ts';
import type { Obligation, Stay } from './obligation.ts';

/** One recorded change of a ticket, as far as clocks ask: its events, when they happened, and the configuration that decided. */
export interface SlaFact {
  occurredAt: Date;
  configVersion: Id | null;
  events: readonly TicketEvent[];
}

/** The version of a plan that a configuration had; null for a plan it does not know. */
export type PlanAt = (slaPlanId: Id, configVersion: Id | null) => DeskSlaPlan | null;

/**
 * Everything about one ticket that its clocks follow from: a pure fold over its recorded changes, in the order they were
 * recorded, with the times at which they happened. No deadline is stored in it: each is computed anew from the start of what
 * is owed, the statuses since, and the plan's version, so nothing can be adjusted twice or forgotten.
 *
 * - Whatever the order of arrival, a kept promise counts as kept: an answer of 11:59 that is fetched at 12:05 takes back the
 *   breach recorded at 12:00.
 * - Resolved is a claim. It ends what is owed while it stands; reopened, the same obligations go on, with the time between not
 *   counted. A cycle of its own would give a desk that resolves too early more time than one that does not (docs/adr/0010).
 * - An answer ends what is owed for the questions before it. Written before a question and fetched after it, it leaves that one open.
 * - A rejected answer is none. What it ended is owed again from where it started, and a wait it began was no wait. When it arrives
 *   after all, it answers from then on what was asked before it was written.
 * - A promise keeps the version of the plan it was made by through changes of priority; another plan brings its current version.
 * - What an escalation changes does not re-time the clock that caused it, so that raising the priority cannot break the very
 *   promise that was warned of.
 */
export interface SlaState {
  status: TicketStatus;
  priority: TicketPriority;
  slaPlanId: Id | null;
  /** When the newest of them happened. */
  at: Date;
  /** Oldest first; the last one goes on. Empty before the ticket was opened. */
  stays: readonly Stay[];
  obligations: readonly Obligation[];
  /** Every mail that waited for an answer, oldest first. */
  questions: readonly Question[];
}

/** When it came, and the answer that it got. */
interface Question {
  at: Date;
  answeredBy: Id | null;
}

export const NO_SLA_STATE: SlaState = {
  at: new Date(0),
  status: 'new',
  priority: 'normal',
  slaPlanId: null,
  stays: [],
  obligations: [],
  questions: [],
};

/** Kinds of event that clocks follow from; all others may be left out of the facts. */
export const SLA_EVENTS: ReadonlySet<TicketEvent['kind']> = new Set([
  'ticket.opened',
  'article.added',
  'article.accepted',
  'ticket.status-changed',
  'ticket.priority-changed',
  'ticket.sla-plan-changed',
  'mail.unsettled',
  'mail.arrived',
  'mail.returned',
  'sla.started',
  'sla.breached',
  'sla.escalated',
]);

export function slaStateOf(facts: readonly SlaFact[], planAt: PlanAt): SlaState {
  return facts.reduce((state, fact) => advanceSla(state, fact, planAt), NO_SLA_STATE);
}

/** The state after one more change; the one before stays as it is. */
export function advanceSla(before: SlaState, fact: SlaFact, planAt: PlanAt): SlaState {
  const at = fact.occurredAt;
  let state = withBreachesUntil({ ...before, at }, at);
  const restsAfterwards = isResting(statusAfter(before, fact));
  const ownClocks = new Set(
    fact.events.flatMap((event) => (event.kind === 'sla.escalated' ? [`${event.target} ${event.cycle}`] : [])),
  );
  const answer = fact.events.find((event) => answers(event));
  const byAnswer = answer !== undefined && 'articleId' in answer ? answer.articleId : null;
  const followers = ({ target, cycle }: Obligation) => !ownClocks.has(`${target} ${cycle}`);
  const planNow = (slaPlanId: Id | null) => (slaPlanId === null ? null : planAt(slaPlanId, fact.configVersion));

  for (const event of fact.events) {
    switch (event.kind) {
      case 'ticket.opened':
        state = {
          ...state,
          status: event.status,
          priority: event.priority,
          slaPlanId: event.slaPlanId,
          stays: [{ status: event.status, from: at, byAnswer: null, isVoid: false }],
        };
        break;
      case 'article.added':
      case 'article.accepted':
        if (answers(event)) state = answered(state, at, event.articleId, planNow(state.slaPlanId));
        if (event.awaitsAnswer && !restsAfterwards) state = asked(state, at, planNow(state.slaPlanId));
        break;
      case 'sla.started':
        // Tickets from before mails said whether they wait for an answer have only this.
        if (state.obligations.length === 0 && !restsAfterwards) state = asked(state, at, planNow(state.slaPlanId));
        break;
      case 'ticket.status-changed':
        state = moved(state, event.to, at, byAnswer, planNow(state.slaPlanId));
        break;
      case 'ticket.priority-changed': {
        const plan = planNow(state.slaPlanId);
        state = eachOpen({ ...state, priority: event.to }, followers, (obligation) =>
          retimed(obligation, state.stays, plan && keptVersion(obligation, plan), event.to, at, event.kind),
        );
        break;
      }
      case 'ticket.sla-plan-changed': {
        const plan = planNow(event.to);
        const { priority } = state;
        state = eachOpen({ ...state, slaPlanId: event.to }, followers, (obligation) =>
          retimed(obligation, state.stays, plan, priority, at, event.kind),
        );
        break;
      }
      case 'mail.unsettled':
      case 'mail.returned':
        if (event.lostAnswer !== null && event.lostAnswer !== undefined)
          state = withoutAnswer(state, event.lostAnswer, at, event.kind);
        break;
      case 'mail.arrived':
        if (event.foundAnswer !== null) {
          const { articleId, writtenAt } = event.foundAnswer;
          state = answered(state, at, articleId, planNow(state.slaPlanId), new Date(writtenAt));
        }
        break;
      case 'sla.breached':
        state = eachClock(state, event, (obligation) => ({
          ...obligation,
          breach: obligation.breach ?? { at: new Date(event.at), because: event.because },
        }));
        break;
      case 'sla.escalated':
        state = eachClock(state, event, (obligation) => ({
          ...obligation,
          crossed: new Set([...obligation.crossed, event.threshold]),
        }));
        break;
    }
  }
  return state;
}

function statusAfter(state: SlaState, { events }: SlaFact): TicketStatus {
  let { status } = state;
  for (const event of events) {
    if (event.kind === 'ticket.opened') status = event.status;
    if (event.kind === 'ticket.status-changed') status = event.to;
  }
  return status;
}

/** A response: a public, accepted article by an agent, and nothing else (never an acknowledgement). */
function answers(event: TicketEvent): boolean {
  if (event.kind === 'article.added') return event.articleKind === 'reply' && event.state === 'accepted';
  return event.kind === 'article.accepted' && event.articleKind === 'reply';
}

/** Time alone breaks promises: those due before this change are broken when it comes. At the very instant it is still in time. */
function withBreachesUntil(state: SlaState, at: Date): SlaState {
  return {
    ...state,
    obligations: state.obligations.map((obligation) => brokenBefore(obligation, state.stays, at)),
  };
}

function brokenBefore(obligation: Obligation, stays: readonly Stay[], at: Date): Obligation {
  if (obligation.end !== null || obligation.breach !== null) return obligation;
  const due = dueAt(obligation, stays);
  return due !== null && due < at ? { ...obligation, breach: { at: due, because: null } } : obligation;
}

/** Somebody waits for an answer: it is owed from the oldest mail on that has none. */
function asked(before: SlaState, at: Date, plan: DeskSlaPlan | null): SlaState {
  const questions = [...before.questions, { at, answeredBy: null }].toSorted(
    (one, other) => one.at.getTime() - other.at.getTime(),
  );
  return owing({ ...before, questions }, at, plan);
}

function owing(state: SlaState, at: Date, plan: DeskSlaPlan | null): SlaState {
  const responses = state.obligations.filter(({ target }) => target !== 'resolution');
  const owed: Obligation[] = [];
  const owe = (target: SlaTarget) => {
    const cycle = state.obligations.filter((other) => other.target === target).length + 1;
    const isPromised = plan !== null && promiseOf(plan, target, state.priority) !== null;
    owed.push({
      target,
      cycle,
      startedAt: at,
      plan: isPromised ? plan : null,
      priority: state.priority,
      withdrawnAt: null,
      end: null,
      breach: null,
      crossed: new Set(),
    });
  };
  if (responses.every(({ end }) => end?.by === 'answer'))
    owe(responses.length === 0 ? 'firstResponse' : 'nextResponse');
  if (state.obligations.every(({ target }) => target !== 'resolution')) owe('resolution');
  return { ...state, obligations: [...state.obligations, ...owed] };
}

function answered(
  state: SlaState,
  at: Date,
  articleId: Id,
  plan: DeskSlaPlan | null,
  /** What was asked later, it does not answer. */
  writtenAt: Date = at,
): SlaState {
  const obligations = state.obligations.map(
    (obligation): Obligation =>
      obligation.target === 'resolution' || obligation.end?.by === 'answer' || obligation.startedAt > writtenAt
        ? obligation
        : { ...keptBy(obligation, at), end: { by: 'answer', at, articleId } },
  );
  const questions = state.questions.map((question) =>
    question.answeredBy === null && question.at <= writtenAt ? { ...question, answeredBy: articleId } : question,
  );
  const after = { ...state, obligations, questions };
  if (oldestOpen(after) !== null) return owingOldest(after, plan);
  const last = state.stays.at(-1);
  // The ticket stands where an answer that never arrived left it; from this one on it does wait.
  return last?.isVoid ? { ...after, stays: [...state.stays, waitingAgain(last, at, articleId)] } : after;
}

function oldestOpen({ questions }: SlaState): Date | null {
  return questions.find(({ answeredBy }) => answeredBy === null)?.at ?? null;
}

/** What no answer has answered is owed, unless the ticket rests: then when it is opened again. */
function owingOldest(state: SlaState, plan: DeskSlaPlan | null): SlaState {
  const oldest = oldestOpen(state);
  return oldest === null || isResting(state.status) ? state : owing(state, oldest, plan);
}

function waitingAgain({ status, from }: Stay, at: Date, byAnswer: Id): Stay {
  return { status, from: at < from ? from : at, byAnswer, isVoid: false };
}

/** What ended in time was kept, even if it was taken for broken meanwhile. */
function keptBy(obligation: Obligation, at: Date): Obligation {
  const { breach } = obligation;
  return breach !== null && at <= breach.at ? { ...obligation, breach: null } : obligation;
}

function moved(state: SlaState, to: TicketStatus, at: Date, byAnswer: Id | null, plan: DeskSlaPlan | null): SlaState {
  const wasResting = isResting(state.status);
  const lastFrom = state.stays.at(-1)?.from ?? at;
  // A change that happened before the one recorded last cannot make time run backwards.
  const from = at < lastFrom ? lastFrom : at;
  const stays = [...state.stays, { status: to, from, byAnswer, isVoid: false }];
  const obligations = state.obligations.map((obligation): Obligation => {
    if (isResting(to) && obligation.end === null) return { ...keptBy(obligation, at), end: { by: 'resting', at } };
    if (wasResting && !isResting(to) && obligation.end?.by === 'resting')
      return brokenByChange({ ...obligation, end: null }, stays, at, 'ticket.status-changed');
    return obligation;
  });
  const after = { ...state, status: to, stays, obligations };
  return wasResting ? owingOldest(after, plan) : after;
}

function keptVersion({ plan }: Obligation, current: DeskSlaPlan): DeskSlaPlan {
  return plan?.id === current.id ? plan : current;
}

/** A deadline moved into the past is broken by the change that moved it; one that was broken before stays broken as it was. */
function retimed(
  obligation: Obligation,
  stays: readonly Stay[],
  plan: DeskSlaPlan | null,
  priority: TicketPriority,
  at: Date,
  because: TicketEvent['kind'],
): Obligation {
  if (obligation.breach !== null) return obligation;
  const isPromised = plan !== null && promiseOf(plan, obligation.target, priority) !== null;
  if (!isPromised) return { ...obligation, priority, withdrawnAt: obligation.withdrawnAt ?? at };
  return brokenByChange({ ...obligation, priority, plan, withdrawnAt: null }, stays, at, because);
}

function brokenByChange(
  obligation: Obligation,
  stays: readonly Stay[],
  at: Date,
  because: TicketEvent['kind'],
): Obligation {
  if (obligation.end !== null || obligation.breach !== null) return obligation;
  const due = dueAt(obligation, stays);
  return due !== null && due <= at ? { ...obligation, breach: { at, because } } : obligation;
}

/** An answer turns out never to have arrived: unless another one followed, what it ended is owed as if it had not been. */
function withoutAnswer(
  state: SlaState,
  { articleId, laterAnswer }: LostAnswer,
  at: Date,
  because: TicketEvent['kind'],
): SlaState {
  const stays = state.stays.flatMap((stay, index) => {
    if (stay.byAnswer !== articleId) return [stay];
    const isVoid = { ...stay, isVoid: true };
    const until = state.stays[index + 1]?.from;
    const since = laterAnswer === null ? null : waitingAgain(stay, new Date(laterAnswer.at), laterAnswer.articleId);
    return since === null || (until !== undefined && until <= since.from) ? [isVoid] : [isVoid, since];
  });
  const obligations = state.obligations.map((obligation): Obligation => {
    if (obligation.end?.by === 'resting') return obligation;
    if (obligation.end === null) return brokenByChange(obligation, stays, at, because);
    if (obligation.end.articleId !== articleId) return obligation;
    const open: Obligation = { ...obligation, end: null };
    if (laterAnswer !== null) {
      const answeredAt = new Date(laterAnswer.at);
      const end = { by: 'answer', at: answeredAt, articleId: laterAnswer.articleId } as const;
      return { ...brokenBefore(open, stays, answeredAt), end };
    }
    // It was never answered in time, and that was so when it was due.
    return { ...brokenBefore(open, stays, at), end: isResting(state.status) ? { by: 'resting', at } : null };
  });
  const questions = state.questions.map((question) =>
    question.answeredBy === articleId ? { ...question, answeredBy: laterAnswer?.articleId ?? null } : question,
  );
  return { ...state, stays, obligations, questions };
}

/** Maps what is owed, or would be again if the ticket were reopened. */
function eachOpen(
  state: SlaState,
  concerns: (obligation: Obligation) => boolean,
  map: (obligation: Obligation) => Obligation,
): SlaState {
  return {
    ...state,
    obligations: state.obligations.map((obligation) =>
      obligation.end?.by !== 'answer' && concerns(obligation) ? map(obligation) : obligation,
    ),
  };
}

function eachClock(
  state: SlaState,
  clock: Pick<Obligation, 'target' | 'cycle'>,
  map: (obligation: Obligation) => Obligation,
): SlaState {
  return {
    ...state,
    obligations: state.obligations.map((obligation) =>
      obligation.target === clock.target && obligation.cycle === clock.cycle ? map(obligation) : obligation,
    ),
  };
}
