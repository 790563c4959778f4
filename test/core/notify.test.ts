import { describe, expect, test } from 'vitest';
import { decideNotification, notifiedAgents } from '../../src/core/notify.ts';

const agent = (personId: string, ...departmentIds: string[]) => ({ personId, departmentIds });
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

test('the breaker and the placement stop notifications, and say which it was', () => {
  expect(decideNotification([], false)).toEqual({ send: true });
  expect(decideNotification(['notifications'], true)).toEqual({ send: false, reason: 'suppressed' });
  expect(decideNotification(['acknowledgement'], true)).toEqual({ send: false, reason: 'volume-limit' });
});
