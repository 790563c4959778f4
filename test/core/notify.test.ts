import { describe, expect, test } from 'vitest';
import {
  agentsAlarmed,
  decideNotification,
  filesToTell,
  notifiedAgents,
  type TellableAgent,
} from '../../src/core/notify.ts';

const agent = (personId: string, ...departmentIds: string[]): TellableAgent => ({
  personId,
  departmentIds,
  role: 'agent',
  deputyId: null,
  away: false,
});
const away = (absent: TellableAgent, deputyId: string | null = null) => ({ ...absent, away: true, deputyId });
const JOHN = agent('1', '10');
const JANE = agent('2', '10', '11');
const MARY = agent('3', '11');
const told = (assigneeId: string | null, authorId: string | null = null, agents = [JOHN, JANE, MARY]) =>
  notifiedAgents({ assigneeId, departmentId: '10' }, authorId, agents).map(({ agent, reason }) => [
    agent.personId,
    reason,
  ]);

describe('told of a requester’s words', () => {
  test('are the agents of the department while nobody has the ticket', () => {
    expect(told(null)).toEqual([
      ['1', 'department'],
      ['2', 'department'],
    ]);
  });

  test('is the assignee alone, wherever they work', () => {
    expect(told('3')).toEqual([['3', 'assignee']]);
  });

  test('is the department where the assignee cannot be reached', () => {
    expect(told('3', null, [JOHN, JANE])).toEqual([
      ['1', 'department'],
      ['2', 'department'],
    ]);
  });

  test('is never their author, and nobody in place of an assignee who wrote them', () => {
    expect(told(null, '1')).toEqual([['2', 'department']]);
    expect(told('1', '1')).toEqual([]);
  });
});

describe('alarmed', () => {
  const alarmed = (named: string[], agents = [JOHN, JANE, MARY]) =>
    agentsAlarmed({ assigneeId: '1', departmentId: '10' }, named, agents).map(({ agent, reason }) => [
      agent.personId,
      reason,
    ]);

  test('are those whom the plan names, each once', () => {
    expect(alarmed(['1', '3'])).toEqual([
      ['1', 'assignee'],
      ['3', 'plan'],
    ]);
    expect(alarmed(['2'])).toEqual([['2', 'plan']]);
  });

  test('is the deputy too of an assignee who is away, and nobody twice', () => {
    expect(alarmed(['1', '2'], [away(JOHN, '2'), JANE, MARY])).toEqual([
      ['1', 'assignee'],
      ['2', 'deputy'],
    ]);
    expect(alarmed(['1'], [away(JOHN), JANE, MARY])).toEqual([
      ['1', 'assignee'],
      ['2', 'assignee-away'],
    ]);
  });
});

describe('while somebody is away', () => {
  test('the department is told without them, and with them only if nobody else is there', () => {
    expect(told(null, null, [away(JOHN), JANE, MARY])).toEqual([['2', 'department']]);
    expect(told(null, null, [away(JOHN), away(JANE), MARY])).toEqual([
      ['1', 'department'],
      ['2', 'department'],
    ]);
  });

  test('an assignee is told, and their deputy too', () => {
    expect(told('1', null, [away(JOHN, '2'), JANE])).toEqual([
      ['1', 'assignee'],
      ['2', 'deputy'],
    ]);
  });

  test('the deputy of a deputy who is away stands in', () => {
    const KIM = agent('4', '10');
    expect(told('1', null, [away(JOHN, '2'), away(JANE, '4'), KIM])).toEqual([
      ['1', 'assignee'],
      ['4', 'deputy'],
    ]);
  });

  test.each<[string, TellableAgent[]]>([
    ['has no deputy', [away(JOHN), JANE]],
    ['has a deputy who may not act there', [away(JOHN, '3'), JANE, MARY]],
    ['has a deputy who cannot be reached', [away(JOHN, '9'), JANE]],
    ['is their deputy’s deputy', [away(JOHN, '4'), away(agent('4', '10'), '1'), JANE]],
  ])('the colleagues at work are told where the assignee %s', (_why, agents) => {
    expect(told('1', null, agents)).toEqual([
      ['1', 'assignee'],
      ['2', 'assignee-away'],
    ]);
  });

  test('an admin stands in wherever they work', () => {
    expect(told('1', null, [away(JOHN, '3'), JANE, { ...MARY, role: 'admin' }])).toEqual([
      ['1', 'assignee'],
      ['3', 'deputy'],
    ]);
  });
});

test('the breaker and the placement stop notifications, and say which it was', () => {
  expect(decideNotification([], false)).toEqual({ send: true });
  expect(decideNotification(['notifications'], true)).toEqual({ send: false, reason: 'suppressed' });
  expect(decideNotification(['acknowledgement'], true)).toEqual({ send: false, reason: 'volume-limit' });
});

test.each<[string, number[], number, number[]]>([
  ['all while there is room', [4e6, 6e6], 1, [4e6, 6e6]],
  ['a small one after one that is too large', [11e6, 1e6], 1, [1e6]],
  ['none that fits alone and not beside the others', [6e6, 6e6], 1, [6e6]],
  ['less of each where many are told', [4e6, 3e6], 10, [3e6]],
  ['none, where there are none', [], 3, []],
])('of a mail’s files come along: %s', (_rule, sizes, copies, travelling) => {
  const files = sizes.map((sizeBytes) => ({ sizeBytes }));
  const decided = filesToTell(files, copies);
  expect(decided.travelling.map(({ sizeBytes }) => sizeBytes)).toEqual(travelling);
  expect(decided.travelling.length + decided.tooLarge.length).toBe(files.length);
});
