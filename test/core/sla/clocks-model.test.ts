import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ClockChange, clocksOf, decideAlarm, type TicketClock } from '../../../src/core/sla/clocks.ts';
import { slaStateOf } from '../../../src/core/sla/sla-state.ts';
import { type Id, TICKET_PRIORITIES, TICKET_STATUSES } from '../../../src/core/ticket.ts';
import { HOUR, hours, SlaHistory, START, slaPlan, steps } from '../../support/sla-history.ts';

/** Whatever happens to a ticket: each step so many hours after the one before, as the database sees it. */
const step = fc.record({
  after: fc.integer({ min: 0, max: 30 }),
  /** How much earlier it happened than it was recorded. */
  late: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 12 }) }),
  what: fc.oneof(
    fc.record({ kind: fc.constantFrom('mail', 'note', 'alarm', 'alarm', 'lose', 'arrive') }),
    fc.record({ kind: fc.constantFrom('answer', 'to'), status: fc.constantFrom(...TICKET_STATUSES.slice(1)) }),
    fc.record({ kind: fc.constant('prioritise'), priority: fc.constantFrom(...TICKET_PRIORITIES) }),
    fc.record({ kind: fc.constant('under'), plan: fc.constantFrom('1', '2', null) }),
  ),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const PLANS = [
  slaPlan({ escalations: steps('any 50%', 'any 90%', 'any breach', 'resolution breach + 2h') }),
  slaPlan({
    id: '2',
    versionId: '21',
    targetMs: {
      firstResponse: { normal: 3 * HOUR },
      nextResponse: { low: HOUR, urgent: HOUR },
      resolution: { normal: 9 * HOUR },
    },
    pause: {
      pending: { targets: ['firstResponse', 'resolution'], maxMs: 20 * HOUR },
      'on-hold': { targets: [], maxMs: null },
    },
    escalations: steps('any 50%', 'resolution breach + 5h'),
  }),
];

interface Played {
  history: SlaHistory;
  /** As the rows of the database would be: each change writes those it changed. */
  rows: Map<string, TicketClock>;
  fired: string[];
}

function play(given: readonly Step[]): Played {
  const history = new SlaHistory(PLANS);
  const played: Played = { history, rows: new Map(), fired: [] };
  const written = ({ clocks }: ClockChange) => {
    for (const clock of clocks) played.rows.set(`${clock.target} ${clock.cycle}`, clock);
  };
  const answers: { id: Id; at: Date }[] = [];
  const lostOnes: { id: Id; at: Date }[] = [];
  written(history.open(START));
  let now = START.getTime();
  const alarm = () => {
    const { events } = decideAlarm(history.state, new Date(now));
    for (const event of events)
      if (event.kind === 'sla.escalated') played.fired.push(`${event.target} ${event.cycle} ${event.threshold}`);
    if (events.length > 0) written(history.change(new Date(now), ...events));
    return events.length;
  };
  for (const { after, late, what } of given) {
    now += after * HOUR;
    const at = new Date(Math.max(START.getTime(), now - late * HOUR));
    if (what.kind === 'alarm') alarm();
    else if (what.kind === 'mail' && history.status !== 'closed') written(history.mail(at));
    else if (what.kind === 'note') written(history.note(at));
    else if (what.kind === 'lose') {
      const lost = answers.pop();
      if (lost === undefined) continue;
      lostOnes.push(lost);
      written(history.lose(at, lost.id));
    } else if (what.kind === 'arrive') {
      const found = lostOnes.pop();
      if (found !== undefined) written(history.arrive(at, found.id, found.at));
    } else if ('priority' in what) written(history.prioritise(at, what.priority));
    else if ('plan' in what) written(history.under(at, what.plan));
    else if ('status' in what && what.kind === 'to') written(history.to(at, what.status));
    else if ('status' in what) {
      answers.push({ id: history.answer(at, what.status), at });
      written({ clocks: clocksOf(history.state), standing: [], events: [] });
    }
  }
  // A year later everything that time alone can do has been done, and one alarm is enough for it.
  now += 365 * 24 * HOUR;
  alarm();
  expect(alarm()).toBe(0);
  return played;
}

const RUNS = 300;

test('clocks kept change by change equal clocks rebuilt from the events, whatever happened in whatever order', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (given) => {
      const { history, rows } = play(given);
      const rebuilt = clocksOf(slaStateOf(history.facts, history.planAt));
      expect([...rows.values()].toSorted(byName)).toEqual(rebuilt.toSorted(byName));
    }),
    { numRuns: RUNS },
  );
});

test('every threshold fires exactly once: never twice, and none of a broken promise still owed is left out', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (given) => {
      const { history, fired } = play(given);
      expect(new Set(fired).size).toBe(fired.length);
      for (const clock of history.clocks()) {
        expect(clock.nextAt === null || clock.state === 'paused').toBe(true);
        if (clock.state !== 'breached' || clock.endedAt !== null) continue;
        const plan = PLANS.find(({ versionId }) => versionId === clock.slaPlanVersionId);
        const stands = history.status === 'pending' || history.status === 'on-hold';
        for (const { target, threshold } of plan?.escalations ?? []) {
          if ((target === 'any' || target === clock.target) && !(stands && threshold.key.includes('+')))
            expect(fired).toContain(`${clock.target} ${clock.cycle} ${threshold.key}`);
        }
      }
    }),
    { numRuns: RUNS },
  );
});

test('a deadline is where an hour-by-hour count of the time that counts puts it', () => {
  const quiet = fc.record({
    after: fc.integer({ min: 0, max: 30 }),
    status: fc.constantFrom('open', 'pending', 'on-hold', 'resolved'),
  });
  fc.assert(
    fc.property(fc.array(quiet, { maxLength: 12 }), (given) => {
      const history = new SlaHistory([slaPlan({ pause: WITHOUT_LIMIT })]);
      history.open(START);
      const statusAt = new Map<number, string>([[0, 'new']]);
      let hour = 0;
      for (const { after, status } of given) {
        hour += after;
        // Once it is broken nothing moves it any more.
        if (countedHours(statusAt, hour) > 40) return;
        history.to(hours(hour), status);
        statusAt.set(hour, status);
      }
      if (['resolved', 'pending', 'on-hold'].includes(history.status)) history.to(hours(hour), 'open');
      statusAt.set(hour, history.status);
      let due = 0;
      while (countedHours(statusAt, due) < 40) due += 1;
      const breach = history.clocks().find(({ target }) => target === 'resolution');
      expect(breach?.dueAt).toEqual(hours(due));
    }),
    { numRuns: RUNS },
  );
});

const WITHOUT_LIMIT = {
  pending: { targets: ['resolution' as const], maxMs: null },
  'on-hold': { targets: ['resolution' as const], maxMs: null },
};

/** Hours of new and open until an hour. */
function countedHours(statusAt: ReadonlyMap<number, string>, until: number): number {
  let status = 'new';
  let counted = 0;
  for (let hour = 0; hour < until; hour++) {
    status = statusAt.get(hour) ?? status;
    if (status === 'new' || status === 'open') counted += 1;
  }
  return counted;
}

function byName(a: TicketClock, b: TicketClock): number {
  return `${a.target} ${a.cycle}`.localeCompare(`${b.target} ${b.cycle}`);
}
