import { describe, expect, test } from 'vitest';
import { may, type PermissionActor, type TicketAction } from '../../src/core/permission.ts';

const ticket = { departmentId: '100', requesterId: '10', collaboratorIds: ['30'] };
const agent = (role: 'agent' | 'lead' | 'admin', differs: Partial<Extract<PermissionActor, { kind: 'agent' }>> = {}) =>
  ({ kind: 'agent', personId: '50', role, departmentIds: ['100'], disabled: false, ...differs }) as const;

const EVERYONE_HERE: TicketAction[] = ['read-public', 'read-internal', 'reply', 'note', 'take', 'change-status'];
const LEADS_HERE: TicketAction[] = ['assign-others', 'change-requester', 'merge'];

describe('may', () => {
  test.each<[string, PermissionActor, TicketAction[], boolean]>([
    [
      'an agent works on tickets of their departments',
      agent('agent'),
      [...EVERYONE_HERE, 'accept-held', 'change-department'],
      true,
    ],
    ["an agent does not decide about others' work", agent('agent'), LEADS_HERE, false],
    [
      'an agent sees nothing of other departments',
      agent('agent', { departmentIds: ['101'] }),
      [...EVERYONE_HERE, ...LEADS_HERE],
      false,
    ],
    ['a lead decides in their departments', agent('lead'), [...EVERYONE_HERE, ...LEADS_HERE], true],
    [
      'a lead decides nothing elsewhere',
      agent('lead', { departmentIds: [] }),
      [...EVERYONE_HERE, ...LEADS_HERE],
      false,
    ],
    ['an admin may everywhere', agent('admin', { departmentIds: [] }), [...EVERYONE_HERE, ...LEADS_HERE], true],
    [
      'a disabled agent may nothing, whatever the role (AG-06, case 80)',
      agent('admin', { disabled: true }),
      [...EVERYONE_HERE, ...LEADS_HERE],
      false,
    ],
    ['nobody answers in the place of the requester', agent('admin'), ['answer-as-requester'], false],
    [
      "an agent's own request is theirs, wherever it lies",
      agent('agent', { personId: '10', departmentIds: [] }),
      ['read-public', 'answer-as-requester'],
      true,
    ],
    [
      "an agent's own request shows them nothing internal",
      agent('agent', { personId: '10', departmentIds: [] }),
      ['read-internal', 'note'],
      false,
    ],
    [
      'a requester reads and answers their ticket',
      { kind: 'requester', personId: '10' },
      ['read-public', 'answer-as-requester'],
      true,
    ],
    [
      'so does an accepted collaborator',
      { kind: 'requester', personId: '30' },
      ['read-public', 'answer-as-requester'],
      true,
    ],
    [
      'a requester does nothing else',
      { kind: 'requester', personId: '10' },
      ['read-internal', 'reply', 'note', 'change-status', 'merge'],
      false,
    ],
    ['a stranger does nothing', { kind: 'requester', personId: '40' }, ['read-public', 'answer-as-requester'], false],
    [
      'a rule does what a lead does',
      { kind: 'rule' },
      [...LEADS_HERE, 'change-department', 'change-priority', 'note'],
      true,
    ],
    ['a rule does not take tickets', { kind: 'rule' }, ['take', 'answer-as-requester'], false],
    ['the system may', { kind: 'system' }, ['change-status', 'merge'], true],
  ])('%s', (_, actor, actions, allowed) => {
    for (const action of actions) expect([action, may(actor, action, ticket)]).toEqual([action, allowed]);
  });
});
