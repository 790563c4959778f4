import { describe, expect, test } from 'vitest';
import { type AssignCandidate, type AssignDecision, decideAssignment, weighSkills } from '../../src/core/assign.ts';
import type { DeskAssign } from '../../src/core/desk-config.ts';

type Settings = Pick<DeskAssign, 'strategy' | 'fallback'>;

/** An agent with nothing to do who never had a turn, but for what the case says. */
const agent = (personId: string, differs: Partial<AssignCandidate> = {}): AssignCandidate => ({
  personId,
  openCount: 0,
  capacity: null,
  lastTurn: null,
  lastTicketId: null,
  away: false,
  deputyId: null,
  missingSkillCount: 0,
  speaks: true,
  ...differs,
});
const settings = (strategy: Settings['strategy'], fallback: Settings['fallback'] = null): Settings => ({
  strategy,
  fallback,
});
const assigned = (
  personId: string,
  reason: Exclude<Settings['strategy'], 'manual'>,
  insteadOf: Exclude<Settings['strategy'], 'manual'>[] = [],
  differs: { deputyOf?: string } = {},
): AssignDecision => ({ outcome: 'assigned', personId, reason, insteadOf, ...differs });

const CASES: [rule: string, settings: Settings, candidates: AssignCandidate[], decision: AssignDecision][] = [
  [
    'round-robin: whoever had their turn longest ago',
    settings('round-robin'),
    [agent('1', { lastTurn: 12 }), agent('2', { lastTurn: 7 }), agent('3', { lastTurn: 30 })],
    assigned('2', 'round-robin'),
  ],
  [
    'round-robin: somebody who never had a turn comes first',
    settings('round-robin'),
    [agent('1', { lastTurn: 1 }), agent('2')],
    assigned('2', 'round-robin'),
  ],
  [
    'round-robin: of newcomers the one who was here first, by number and not by letter',
    settings('round-robin'),
    [agent('10'), agent('9')],
    assigned('9', 'round-robin'),
  ],
  [
    'round-robin: a turn is a turn, however much somebody has to do',
    settings('round-robin'),
    [agent('1', { openCount: 50, capacity: 10, lastTurn: 1 }), agent('2', { lastTurn: 2 })],
    assigned('1', 'round-robin'),
  ],
  [
    'least-loaded: whoever has the fewest open tickets',
    settings('least-loaded'),
    [agent('1', { openCount: 4 }), agent('2', { openCount: 3 }), agent('3', { openCount: 9 })],
    assigned('2', 'least-loaded'),
  ],
  [
    'least-loaded: tickets weigh less on whoever takes more of them',
    settings('least-loaded'),
    [agent('1', { openCount: 3, capacity: 5 }), agent('2', { openCount: 8, capacity: 20 })],
    assigned('2', 'least-loaded'),
  ],
  [
    'least-loaded: without a stated capacity an agent weighs as much as the roomiest one',
    settings('least-loaded'),
    [
      agent('1', { openCount: 5 }),
      agent('2', { openCount: 4, capacity: 20 }),
      agent('3', { openCount: 3, capacity: 4 }),
    ],
    assigned('2', 'least-loaded'),
  ],
  [
    'least-loaded: of equally loaded agents the one whose turn is longest ago',
    settings('least-loaded'),
    [agent('1', { openCount: 2, lastTurn: 8 }), agent('2', { openCount: 2, lastTurn: 3 })],
    assigned('2', 'least-loaded'),
  ],
  [
    'least-loaded: a full agent gets none, even the only one',
    settings('least-loaded'),
    [agent('1', { openCount: 20, capacity: 20 })],
    { outcome: 'nobody-free' },
  ],
  [
    'least-loaded: with everybody full the fallback decides, and the history says for whom',
    settings('least-loaded', 'round-robin'),
    [agent('1', { openCount: 5, capacity: 5, lastTurn: 9 }), agent('2', { openCount: 6, capacity: 5, lastTurn: 2 })],
    assigned('2', 'round-robin', ['least-loaded']),
  ],
  [
    'previous-agent: whoever had the latest ticket of this requester',
    settings('previous-agent'),
    [agent('1', { lastTicketId: '99' }), agent('2', { lastTicketId: '100' }), agent('3')],
    assigned('2', 'previous-agent'),
  ],
  [
    'previous-agent: of a new requester, whom the fallback chooses',
    settings('previous-agent', 'least-loaded'),
    [agent('1', { openCount: 2 }), agent('2', { openCount: 1 })],
    assigned('2', 'least-loaded', ['previous-agent']),
  ],
  [
    'skills: of those who have them all and speak the language, the least loaded',
    settings('skills'),
    [
      agent('1', { missingSkillCount: 1 }),
      agent('2', { speaks: false }),
      agent('3', { openCount: 4 }),
      agent('4', { openCount: 3 }),
    ],
    assigned('4', 'skills'),
  ],
  [
    'skills: with all of these full nobody is free',
    settings('skills'),
    [agent('1', { missingSkillCount: 1 }), agent('2', { openCount: 5, capacity: 5 })],
    { outcome: 'nobody-free' },
  ],
  [
    'skills: with nobody who has them, whom the fallback chooses',
    settings('skills', 'round-robin'),
    [agent('1', { lastTurn: 2, speaks: false }), agent('2', { lastTurn: 1, missingSkillCount: 2 })],
    assigned('2', 'round-robin', ['skills']),
  ],
  [
    'away: nobody who is away, whatever the strategy',
    settings('least-loaded', 'round-robin'),
    [agent('1', { away: true }), agent('2', { openCount: 9, capacity: 9 })],
    assigned('2', 'round-robin', ['least-loaded']),
  ],
  [
    'away: with everybody away nobody is free',
    settings('round-robin', 'previous-agent'),
    [agent('1', { away: true, lastTicketId: '7' }), agent('2', { away: true })],
    { outcome: 'nobody-free' },
  ],
  [
    'previous-agent: while they are away, their deputy, or the deputy’s',
    settings('previous-agent'),
    [
      agent('1', { away: true, deputyId: '2', lastTicketId: '7' }),
      agent('2', { away: true, deputyId: '3' }),
      agent('3'),
      agent('4', { lastTicketId: '6' }),
    ],
    assigned('3', 'previous-agent', [], { deputyOf: '1' }),
  ],
  [
    'previous-agent: away and without a deputy at work, whoever had one before',
    settings('previous-agent'),
    [
      agent('1', { away: true, deputyId: '2', lastTicketId: '7' }),
      agent('2', { away: true, deputyId: '1' }),
      agent('3', { lastTicketId: '6' }),
    ],
    assigned('3', 'previous-agent'),
  ],
  ['manual: nobody is chosen', settings('manual'), [agent('1')], { outcome: 'left-to-take' }],
  [
    'a manual fallback leaves the ticket',
    settings('skills', 'manual'),
    [agent('1', { speaks: false })],
    { outcome: 'left-to-take' },
  ],
  ['without any candidate nobody is free', settings('round-robin', 'least-loaded'), [], { outcome: 'nobody-free' }],
];

describe('who gets a ticket', () => {
  test.each(CASES)('%s', (_rule, given, candidates, decision) => {
    expect(decideAssignment(given, candidates)).toEqual(decision);
    expect(decideAssignment(given, candidates.toReversed())).toEqual(decision);
  });
});

describe('a ticket that was taken back from an agent', () => {
  test('goes to somebody else, were it by the fallback', () => {
    expect(decideAssignment(settings('round-robin'), [agent('1'), agent('2', { lastTurn: 9 })], '1')).toEqual(
      assigned('2', 'round-robin'),
    );
    expect(
      decideAssignment(
        settings('least-loaded', 'round-robin'),
        [agent('1'), agent('2', { openCount: 3, capacity: 3 })],
        '1',
      ),
    ).toEqual(assigned('2', 'round-robin', ['least-loaded']));
  });

  test('goes to them again where nobody else is free', () => {
    expect(decideAssignment(settings('round-robin'), [agent('1'), agent('2', { away: true })], '1')).toEqual(
      assigned('1', 'round-robin'),
    );
  });

  test('is left to be taken where the fallback says so', () => {
    expect(decideAssignment(settings('least-loaded', 'manual'), [agent('1')], '1')).toEqual({
      outcome: 'left-to-take',
    });
  });
});

describe('skills and languages', () => {
  const weigh = (
    assign: Partial<Parameters<typeof weighSkills>[0]>,
    given: { ticket?: string | null; agent?: Partial<Parameters<typeof weighSkills>[2]> } = {},
  ) => {
    const { ticket = null, agent = {} } = given;
    return weighSkills({ skills: [], languages: [], ...assign }, ticket, { skills: [], languages: [], ...agent }, 'en');
  };

  test('all skills are asked for, in any case', () => {
    const agent = { skills: ['Mobile', 'cards'] };
    expect(weigh({ skills: ['mobile', 'Cards'] }, { agent }).missingSkillCount).toBe(0);
    expect(weigh({ skills: ['mobile', 'loans', 'tax'] }, { agent }).missingSkillCount).toBe(2);
  });

  test.each<[string, string[], string | null, string[], boolean]>([
    ['one of the languages named', ['fr', 'de'], 'es', ['en', 'de-CH'], true],
    ['none of the languages named', ['fr'], 'en', ['en'], false],
    ['the ticket’s where none is named', [], 'de-AT', ['de'], true],
    ['not the ticket’s', [], 'de', ['en'], false],
    ['anything, where the ticket’s is not known', [], null, ['en'], true],
    ['the desk’s, who says nothing of languages', [], 'en-GB', [], true],
    ['only the desk’s, who says nothing of languages', [], 'de', [], false],
  ])('an agent speaks %s', (_what, languages, ticket, spoken, speaks) => {
    expect(weigh({ languages }, { ticket, agent: { languages: spoken } }).speaks).toBe(speaks);
  });
});

test.each(['round-robin', 'least-loaded'] as const)(
  '%s gives as many to each, within one, at every moment',
  (strategy) => {
    const agents = ['1', '2', '3'].map((personId) => agent(personId));
    for (let turn = 1; turn <= 200; turn++) {
      const decision = decideAssignment(settings(strategy), agents);
      const chosen = agents.find(({ personId }) => decision.outcome === 'assigned' && personId === decision.personId);
      if (chosen === undefined) throw new Error('nobody was chosen');
      chosen.openCount += 1;
      chosen.lastTurn = turn;
      const counts = agents.map(({ openCount }) => openCount);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    }
  },
);
