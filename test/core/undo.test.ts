import { describe, expect, test } from 'vitest';
import type { TicketEvent } from '../../src/core/ticket-event.ts';
import { decideUndo, type RecordedEvent, undoneResults } from '../../src/core/undo.ts';

const NOW = new Date('2026-11-23T16:00:00Z');
const AGO = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);
const TICKET = {
  status: 'resolved' as const,
  priority: 'high' as const,
  departmentId: '101',
  slaPlanId: '301',
  assigneeId: '50',
  wakeAt: null,
  tags: ['a'],
};

function recorded(changeId: string, event: TicketEvent, actorId: string | null = '50', minutes = 5): RecordedEvent {
  return { seq: Number(changeId) * 10, changeId, actorId, recordedAt: AGO(minutes), event };
}
const resolved = (changeId: string, actorId = '50', minutes = 5) =>
  recorded(changeId, { kind: 'ticket.status-changed', from: 'open', to: 'resolved' }, actorId, minutes);
const decide = (events: RecordedEvent[], ticket: Partial<typeof TICKET> = {}, seq: number | null = null) =>
  decideUndo({ actorId: '50', seq, now: NOW, ticket: { ...TICKET, ...ticket }, events });

describe('decideUndo', () => {
  test('takes back everything the agent’s newest change set', () => {
    const assigned = { kind: 'ticket.assigned' as const, insteadOf: [], candidates: [] };
    const decision = decide([
      recorded('1', { kind: 'ticket.priority-changed', from: 'low', to: 'normal' }),
      recorded('2', { kind: 'ticket.department-changed', from: '100', to: '101', leavesNobody: false }),
      recorded('2', { kind: 'ticket.sla-plan-changed', from: '300', to: '301', reason: 'department' }),
      recorded('2', { ...assigned, from: '51', to: null, reason: 'given' }),
      recorded('2', { ...assigned, from: null, to: '50', reason: 'taken' }),
      recorded('2', { kind: 'ticket.priority-changed', from: 'normal', to: 'high' }),
      resolved('2'),
      recorded('2', { kind: 'ticket.wake-set', from: '2026-11-24T09:00:00.000Z', to: null }),
      recorded('2', { kind: 'ticket.tags-changed', added: ['a'], removed: ['b'] }),
      recorded('2', { kind: 'collaborator.accepted', addressId: '7' }),
      recorded('2', { kind: 'mail.enqueued', outboxId: '1', purpose: 'receipt' }),
      recorded('3', { kind: 'mail.unsettled', outboxId: '1', outcome: 'unknown', lostAnswer: null }, null),
    ]);
    expect(decision).toMatchObject({
      outcome: 'decided',
      undo: {
        changeId: '2',
        set: {
          status: 'open',
          wakeAt: new Date('2026-11-24T09:00:00Z'),
          priority: 'normal',
          departmentId: '100',
          slaPlanId: '300',
          assigneeId: '51',
        },
        addTags: ['b'],
        removeTags: ['a'],
        collaborators: [{ addressId: '7', state: 'removed' }],
      },
    });
    expect(decision).toMatchObject({
      undo: { events: expect.arrayContaining([{ kind: 'ticket.undone', changeId: '2' }]) },
    });
  });

  test.each<[string, TicketEvent['kind'][], 'collaborator.accepted' | 'collaborator.removed', string]>([
    ['who was proposed and accepted is proposed again', ['collaborator.proposed'], 'collaborator.accepted', 'proposed'],
    ['who was proposed and refused is proposed again', ['collaborator.proposed'], 'collaborator.removed', 'proposed'],
    ['who came with the first mail is back', ['collaborator.accepted'], 'collaborator.removed', 'accepted'],
    [
      'who was removed before is removed again',
      ['collaborator.accepted', 'collaborator.removed'],
      'collaborator.accepted',
      'removed',
    ],
    ['who was never there is gone', [], 'collaborator.accepted', 'removed'],
  ])('%s', (_rule, before, undone, state) => {
    const events = [...before, undone].map((kind, index) =>
      recorded(String(index + 1), { kind, addressId: '7' } as TicketEvent),
    );
    const another = recorded('0', { kind: 'collaborator.accepted', addressId: '8' });
    expect(decide([another, ...events])).toMatchObject({
      outcome: 'decided',
      undo: {
        collaborators: [{ addressId: '7', state }],
        events: [{ kind: `collaborator.${state}`, addressId: '7' }, { kind: 'ticket.undone' }],
      },
    });
  });

  test.each<[string, RecordedEvent[], string, Partial<typeof TICKET>]>([
    ['nothing was done', [], 'nothing', {}],
    ['somebody else did it', [resolved('1', '51')], 'nothing', {}],
    ['it was undone before', [resolved('1'), recorded('2', { kind: 'ticket.undone', changeId: '1' })], 'nothing', {}],
    ['it is half an hour ago', [resolved('1', '50', 31)], 'too-late', {}],
    ['the status changed since', [resolved('1')], 'changed-since', { status: 'closed' as 'resolved' }],
    [
      'one of the tags changed since',
      [
        recorded('1', { kind: 'ticket.tags-changed', added: ['a'], removed: [] }),
        recorded('2', { kind: 'ticket.tags-changed', added: [], removed: ['a'] }, '51'),
      ],
      'changed-since',
      {},
    ],
    [
      'somebody was given the ticket since it was moved',
      [
        recorded('1', { kind: 'ticket.department-changed', from: '100', to: '101', leavesNobody: true }),
        recorded(
          '2',
          { kind: 'ticket.assigned', from: null, to: '50', reason: 'round-robin', insteadOf: [], candidates: [] },
          null,
        ),
      ],
      'changed-since',
      {},
    ],
    [
      'a collaborator changed since',
      [
        recorded('1', { kind: 'collaborator.accepted', addressId: '7' }),
        recorded('2', { kind: 'collaborator.removed', addressId: '7' }, '51'),
      ],
      'changed-since',
      {},
    ],
  ])('refuses when %s', (_, events, reason, ticket) => {
    expect(decide(events, ticket)).toEqual({ outcome: 'refused', reason });
  });

  test('an undo cannot be undone; the change before it can', () => {
    const events = [
      recorded('1', { kind: 'ticket.priority-changed', from: 'normal', to: 'high' }),
      resolved('2'),
      recorded('3', { kind: 'ticket.status-changed', from: 'resolved', to: 'open' }),
      recorded('3', { kind: 'ticket.undone', changeId: '2' }),
    ];
    expect(decide(events)).toMatchObject({ outcome: 'decided', undo: { changeId: '1', set: { priority: 'normal' } } });
  });

  test('takes back the change that is named, and no other', () => {
    const events = [
      recorded('1', { kind: 'ticket.priority-changed', from: 'normal', to: 'high' }),
      resolved('2'),
      recorded('3', { kind: 'ticket.tags-changed', added: ['a'], removed: [] }, '51'),
    ];
    expect(decide(events, {}, 10)).toMatchObject({ outcome: 'decided', undo: { changeId: '1' } });
    expect(decide(events, {}, 30)).toEqual({ outcome: 'refused', reason: 'nothing' });
    expect(decide(events, {}, 11)).toEqual({ outcome: 'refused', reason: 'nothing' });
    const undone = recorded('4', { kind: 'ticket.undone', changeId: '2' });
    expect(decide([...events, undone], {}, 20)).toEqual({ outcome: 'refused', reason: 'undone-already' });
    expect(decide([...events, undone], {}, 40)).toEqual({ outcome: 'refused', reason: 'nothing' });
  });

  const HELD_UNTIL = '2026-11-25T09:00:00.000Z';
  test.each<[string, TicketEvent[], string | null]>([
    [
      'with the time it was to wake at',
      [
        { kind: 'ticket.status-changed', from: 'open', to: 'on-hold' },
        { kind: 'ticket.wake-set', from: null, to: HELD_UNTIL },
      ],
      HELD_UNTIL,
    ],
    ['without a time where it had none', [{ kind: 'ticket.status-changed', from: 'open', to: 'on-hold' }], null],
    [
      'without a time that an earlier change of status ended',
      [
        { kind: 'ticket.wake-set', from: null, to: HELD_UNTIL },
        { kind: 'ticket.status-changed', from: 'pending', to: 'open' },
        { kind: 'ticket.status-changed', from: 'open', to: 'on-hold' },
      ],
      null,
    ],
  ])('an answer to a ticket on hold is undone %s', (_, before, wakeAt) => {
    const events = before.map((event, index) => recorded(String(index + 1), event));
    const answered = recorded('9', { kind: 'ticket.status-changed', from: 'on-hold', to: 'resolved' });
    const decision = decide([...events, answered]);
    const set = { status: 'on-hold', wakeAt: wakeAt === null ? null : new Date(wakeAt) };
    expect(decision).toMatchObject({ outcome: 'decided', undo: { set } });
    const woken = wakeAt === null ? [] : [{ kind: 'ticket.wake-set', from: null, to: wakeAt }];
    const status = { kind: 'ticket.status-changed', from: 'resolved', to: 'on-hold' };
    expect(decision).toMatchObject({ undo: { events: [status, ...woken, { kind: 'ticket.undone' }] } });
  });

  test('records the time of a wait behind its status, so that it is found once more', () => {
    const waits = (from: 'open' | 'on-hold', to: 'on-hold' | 'pending'): TicketEvent => ({
      kind: 'ticket.status-changed',
      from,
      to,
    });
    const held = [
      recorded('1', waits('open', 'on-hold')),
      recorded('1', { kind: 'ticket.wake-set', from: null, to: HELD_UNTIL }),
    ];
    const pending = [
      recorded('2', waits('on-hold', 'pending')),
      recorded('2', { kind: 'ticket.wake-set', from: HELD_UNTIL, to: null }),
    ];
    const first = decide([...held, ...pending], { status: 'pending' as 'resolved' });
    if (first.outcome !== 'decided') throw new Error(first.reason);
    const undone = first.undo.events.map((event) => recorded('3', event));
    const answered = recorded('4', { kind: 'ticket.status-changed', from: 'on-hold', to: 'resolved' });
    expect(decide([...held, ...pending, ...undone, answered])).toMatchObject({
      undo: { changeId: '4', set: { status: 'on-hold', wakeAt: new Date(HELD_UNTIL) } },
    });
  });

  test('a named change is not undone once the same thing was set again, to the same value too', () => {
    const reopened = recorded('2', { kind: 'ticket.status-changed', from: 'resolved', to: 'open' }, null);
    const events = [resolved('1'), reopened, resolved('3')];
    expect(decide(events, {}, 10)).toEqual({ outcome: 'refused', reason: 'changed-since' });
    expect(decide(events, {}, 30)).toMatchObject({ outcome: 'decided', undo: { changeId: '3' } });
    const takenBack = [
      resolved('1'),
      recorded('2', { kind: 'ticket.priority-changed', from: 'high', to: 'low' }),
      recorded('3', { kind: 'ticket.priority-changed', from: 'low', to: 'high' }),
      recorded('3', { kind: 'ticket.undone', changeId: '2' }),
    ];
    const before = recorded('0', { kind: 'ticket.priority-changed', from: 'normal', to: 'high' });
    expect(decide([before, ...takenBack], {}, 0)).toMatchObject({ outcome: 'decided', undo: { changeId: '0' } });
  });

  test('gives back the SLA plan from before a move brought one and a line chose another', () => {
    const changed = { kind: 'ticket.sla-plan-changed' as const };
    const events = [
      recorded('1', { ...changed, from: '299', to: '300', reason: 'department' }),
      recorded('1', { ...changed, from: '300', to: '301', reason: 'given' }),
    ];
    expect(decide(events)).toMatchObject({ undo: { set: { slaPlanId: '299' } } });
    expect(decide(events, { slaPlanId: '302' })).toEqual({ outcome: 'refused', reason: 'changed-since' });
  });
});

test('undoneResults says where everything is that was taken back', () => {
  const nothing = { changeId: '1', set: {}, addTags: [], removeTags: [], collaborators: [], events: [] };
  expect(undoneResults(nothing, [])).toEqual([]);
  const until = new Date('2026-11-25T09:00:00Z');
  const everything = {
    ...nothing,
    set: { departmentId: '7', assigneeId: null, priority: 'low', slaPlanId: null, status: 'on-hold', wakeAt: until },
    addTags: ['b'],
    removeTags: ['a'],
    collaborators: [
      { addressId: '1', state: 'accepted' },
      { addressId: '2', state: 'proposed' },
    ],
  } as const;
  const known = [
    { addressId: '1', address: 'karl@customer.test' },
    { addressId: '2', address: 'kim@customer.test' },
  ];
  expect(
    undoneResults(
      { ...everything, addTags: ['b'], removeTags: ['a'], collaborators: [...everything.collaborators] },
      known,
    ),
  ).toEqual([
    { what: 'department', to: '7', unassigned: false },
    { what: 'assigned', to: null },
    { what: 'priority', to: 'low' },
    { what: 'no-plan' },
    { what: 'status', to: 'on-hold', until },
    { what: 'tags', added: ['b'], removed: ['a'] },
    { what: 'collaborators', added: ['karl@customer.test'], removed: ['kim@customer.test'] },
  ]);
});
