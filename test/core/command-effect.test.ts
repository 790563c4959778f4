import { describe, expect, test } from 'vitest';
import { type CommandDecision, type CommandEffectInput, decideCommands } from '../../src/core/command-effect.ts';
import { readCommands } from '../../src/core/commands.ts';
import { ownAddresses } from '../../src/core/own-address.ts';
import { inboundMail } from '../support/inbound-mail.ts';

const JOHN = { personId: '50', key: 'john', name: 'John', addresses: ['john@desk.test'], departmentIds: ['100'] };
const JANE = { personId: '51', key: 'jane', name: 'Jane', addresses: ['jane@desk.test'], departmentIds: ['101'] };
const AGENTS = [
  { ...JOHN, role: 'agent' as const },
  { ...JANE, role: 'agent' as const },
];
const TICKET: CommandEffectInput['ticket'] = {
  status: 'open',
  priority: 'normal',
  departmentId: '100',
  slaPlanId: '300',
  assigneeId: null,
  wakeAt: null,
  tags: ['vip'],
  requesterId: '10',
  requesterAddresses: ['karen@customer.test'],
  collaborators: [
    { address: 'karl@customer.test', state: 'accepted' },
    { address: 'new@customer.test', state: 'proposed' },
  ],
  isRequesterClaimed: false,
};
const NOW = new Date('2026-11-23T16:00:00Z');

interface Given {
  ticket?: Partial<CommandEffectInput['ticket']>;
  actor?: Partial<CommandEffectInput['actor']>;
}

function decide(text: string, { ticket, actor }: Given = {}): CommandDecision {
  const departments = [
    { id: '100', key: 'general', name: 'Support', slaPlanId: '300' },
    { id: '101', key: 'banking', name: 'Banking', slaPlanId: '301' },
  ];
  const slaPlans = [
    { id: '300', key: 'standard', name: 'Standard' },
    { id: '302', key: 'gold', name: 'Gold' },
  ];
  const context = { now: NOW, zone: 'UTC', agents: AGENTS, departments, slaPlans };
  const reading = readCommands(inboundMail({ text }), context);
  if (reading.outcome !== 'commands') throw new Error(`no commands: ${text}`);
  return decideCommands({
    commands: reading.commands,
    ticket: { ...TICKET, ...ticket },
    actor: { kind: 'agent', personId: '50', role: 'lead', departmentIds: ['100'], disabled: false, ...actor },
    agents: AGENTS,
    departments,
    own: ownAddresses([
      { address: 'support@desk.test', aliases: ['help@desk.test'], replyAddress: 'support+{token}@desk.test' },
    ]),
  });
}

function effectOf(text: string, given: Given = {}) {
  const decision = decide(text, given);
  if (decision.outcome !== 'decided') throw new Error(`refused: ${JSON.stringify(decision.refusals)}`);
  return decision.effect;
}

const ASSIGNED = { kind: 'ticket.assigned', insteadOf: [], candidates: [] };
const STATUS = { kind: 'ticket.status-changed' };

describe('a command changes the ticket and says so', () => {
  test.each<[string, Given, object, object[]]>([
    ['/take', {}, { assigneeId: '50' }, [{ ...ASSIGNED, from: null, to: '50', reason: 'taken' }]],
    [
      '/take',
      { ticket: { status: 'new', assigneeId: '51' } },
      { assigneeId: '50', status: 'open', wakeAt: null },
      [
        { ...ASSIGNED, from: '51', to: '50', reason: 'taken' },
        { ...STATUS, from: 'new', to: 'open' },
      ],
    ],
    [
      '/resolve\n/take',
      { ticket: { status: 'new' } },
      { assigneeId: '50', status: 'resolved', wakeAt: null },
      [
        { ...STATUS, from: 'new', to: 'resolved' },
        { ...ASSIGNED, from: null, to: '50', reason: 'taken' },
      ],
    ],
    [
      '/take\n/resolve',
      { ticket: { status: 'new' } },
      { assigneeId: '50', status: 'resolved', wakeAt: null },
      [
        { ...ASSIGNED, from: null, to: '50', reason: 'taken' },
        { ...STATUS, from: 'new', to: 'resolved' },
      ],
    ],
    [
      '/assign nobody',
      { ticket: { assigneeId: '50' }, actor: { role: 'agent' } },
      { assigneeId: null },
      [{ ...ASSIGNED, from: '50', to: null, reason: 'given' }],
    ],
    [
      '/assign jane\n/dept banking',
      {},
      { departmentId: '101', slaPlanId: '301', assigneeId: '51' },
      [
        { kind: 'ticket.department-changed', from: '100', to: '101', leavesNobody: false },
        { kind: 'ticket.sla-plan-changed', from: '300', to: '301', reason: 'department' },
        { ...ASSIGNED, from: null, to: '51', reason: 'given' },
      ],
    ],
    [
      '/dept banking',
      { ticket: { assigneeId: '50' } },
      { departmentId: '101', slaPlanId: '301', assigneeId: null },
      [
        { kind: 'ticket.department-changed', from: '100', to: '101', leavesNobody: true },
        { kind: 'ticket.sla-plan-changed', from: '300', to: '301', reason: 'department' },
        { ...ASSIGNED, from: '50', to: null, reason: 'given' },
      ],
    ],
    [
      '/dept banking',
      { ticket: { slaPlanId: '302' } },
      { departmentId: '101' },
      [{ kind: 'ticket.department-changed', from: '100', to: '101', leavesNobody: true }],
    ],
    [
      '/sla gold\n/dept banking',
      {},
      { departmentId: '101', slaPlanId: '302' },
      [
        { kind: 'ticket.department-changed', from: '100', to: '101', leavesNobody: true },
        { kind: 'ticket.sla-plan-changed', from: '300', to: '301', reason: 'department' },
        { kind: 'ticket.sla-plan-changed', from: '301', to: '302', reason: 'given' },
      ],
    ],
    [
      '/priority urgent',
      {},
      { priority: 'urgent' },
      [{ kind: 'ticket.priority-changed', from: 'normal', to: 'urgent' }],
    ],
    [
      '/hold 2h',
      {},
      { status: 'on-hold', wakeAt: new Date('2026-11-23T18:00:00Z') },
      [
        { ...STATUS, from: 'open', to: 'on-hold' },
        { kind: 'ticket.wake-set', from: null, to: '2026-11-23T18:00:00.000Z' },
      ],
    ],
    [
      '/pending',
      { ticket: { status: 'pending', wakeAt: new Date('2026-11-24T09:00:00Z') } },
      { status: 'pending', wakeAt: null },
      [{ kind: 'ticket.wake-set', from: '2026-11-24T09:00:00.000Z', to: null }],
    ],
    [
      '/reopen',
      { ticket: { status: 'closed' } },
      { status: 'open', wakeAt: null },
      [{ ...STATUS, from: 'closed', to: 'open' }],
    ],
    ['/tag +new -vip', {}, {}, [{ kind: 'ticket.tags-changed', added: ['new'], removed: ['vip'] }]],
  ])('%s', (text, given, set, events) => {
    expect(effectOf(text, given)).toMatchObject({ set, events });
    expect(Object.keys(effectOf(text, given).set).toSorted()).toEqual(Object.keys(set).toSorted());
  });

  test('tags and copies of several lines end where the last line puts them', () => {
    expect(effectOf('/tag +a -vip\n/tag -a +vip')).toMatchObject({ addTags: ['vip'], removeTags: ['a'] });
    expect(effectOf('/cc +max@x.test -karl@customer.test\n/cc -max@x.test +new@customer.test').collaborators).toEqual([
      { address: 'karl@customer.test', state: 'removed' },
      { address: 'new@customer.test', state: 'accepted' },
      { address: 'max@x.test', state: 'removed' },
    ]);
  });

  test('notes, questions and a preview are told apart', () => {
    expect(effectOf('/note she called\n/why\n/help\n/preview')).toMatchObject({
      notes: ['she called'],
      textIsNote: false,
      isPreview: true,
      asks: ['why', 'help'],
      set: {},
      events: [],
    });
    expect(effectOf('/note')).toMatchObject({ notes: [], textIsNote: true });
  });

  test.each<[string, Given]>([
    ['/take', { ticket: { assigneeId: '50' } }],
    ['/assign nobody', {}],
    ['/dept general', {}],
    ['/priority normal', {}],
    ['/sla standard', {}],
    ['/status open', {}],
    ['/tag +vip -other', {}],
    ['/cc +karl@customer.test', {}],
  ])('%s changes nothing where it is so already', (text, given) => {
    expect(effectOf(text, given)).toMatchObject({ set: {}, events: [], done: [{ result: { what: 'nothing' } }] });
  });
});

describe('/confirm', () => {
  const claimed = { isRequesterClaimed: true };
  test('vouches for the requester of a mail that was passed on, and changes nothing else', () => {
    expect(effectOf('/confirm', { ticket: claimed })).toMatchObject({
      confirmsRequester: true,
      done: [{ written: '/confirm', result: { what: 'confirmed' } }],
      set: {},
      events: [],
    });
  });

  test.each([
    ['where nobody claims', '/confirm', {}],
    ['under a preview it is only said', '/preview\n/confirm', claimed],
  ])('%s', (_name, text, ticket) => {
    const effect = effectOf(text, { ticket });
    expect([effect.isPreview, effect.confirmsRequester]).toEqual(text === '/confirm' ? [false, false] : [true, true]);
  });

  test('is only for those who may answer there', () => {
    expect(decide('/confirm', { ticket: claimed, actor: { departmentIds: [] } })).toMatchObject({ outcome: 'refused' });
  });
});

describe('a command that may not be is refused with its line and reason', () => {
  test.each<[string, Given, string]>([
    ['/take', { actor: { departmentIds: ['101'] } }, 'not-allowed'],
    ['/take', { actor: { disabled: true } }, 'not-allowed'],
    ['/priority high', { actor: { departmentIds: [] } }, 'not-allowed'],
    ['/sla gold', { actor: { departmentIds: [] } }, 'not-allowed'],
    ['/why', { actor: { departmentIds: [] } }, 'not-allowed'],
    ['/note x', { actor: { departmentIds: [] } }, 'not-allowed'],
    ['/assign john', { actor: { role: 'agent', personId: '51' } }, 'not-allowed'],
    ['/assign nobody', { actor: { role: 'agent' }, ticket: { assigneeId: '51' } }, 'not-allowed'],
    ['/assign jane', {}, 'agent-not-there'],
    ['/pending', { ticket: { status: 'closed' } }, 'not-from-here'],
    ['/hold 2h', { ticket: { status: 'resolved' } }, 'not-from-here'],
    ['/cc +help@desk.test', {}, 'own-address'],
    [`/cc +support+${'a'.repeat(45)}@desk.test`, {}, 'own-address'],
    ['/cc +jane@desk.test', {}, 'is-agent'],
    ['/cc +karen@customer.test', {}, 'is-requester'],
    ['/cc -max@x.test', {}, 'not-there'],
  ])('%s', (text, given, reason) => {
    expect(decide(`/tag +a\n${text}`, given)).toMatchObject({
      outcome: 'refused',
      refusals: expect.arrayContaining([{ line: 2, written: text, reason }]),
    });
  });

  test('a move into a department gives no right there in the same mail', () => {
    expect(decide('/dept general\n/take', { ticket: { departmentId: '101' } })).toMatchObject({ outcome: 'refused' });
  });
});
