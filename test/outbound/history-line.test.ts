import { describe, expect, test } from 'vitest';
import type { TicketEvent } from '../../src/core/ticket-event.ts';
import { catalogueFor } from '../../src/outbound/catalogue/catalogue.ts';
import { type HistoryNames, historyLine } from '../../src/outbound/history-line.ts';

const NAMES: HistoryNames = {
  zone: 'Europe/Berlin',
  agentName: (id) => (id === '50' ? 'John Smith' : id === '51' ? 'Jane\nDoe' : null),
  departmentName: (id) => `department ${id}`,
  planName: (id) => `plan ${id}`,
};

function line(event: TicketEvent, { actorId = null as string | null, language = 'en' } = {}): string {
  const recorded = { seq: 1, changeId: '1', actorId, recordedAt: new Date('2026-11-23T16:00:00Z'), event };
  return historyLine(NAMES, catalogueFor([language]), recorded).replace(/^Nov 23, 2026, 5:00\sPM – /, '');
}

const AT = '2026-11-24T08:00:00.000Z';
const assigned = { kind: 'ticket.assigned' as const, insteadOf: [], candidates: [] };
const article = { kind: 'article.added' as const, articleId: '1', awaitsAnswer: true, evidence: [] };
const breach = { slaPlanVersionId: '1', target: 'firstResponse', cycle: 1 } as const;

describe('a line of the history', () => {
  test.each<[TicketEvent, string]>([
    [
      {
        kind: 'ticket.opened',
        status: 'new',
        priority: 'high',
        departmentId: '7',
        slaPlanId: null,
        followsTicketId: null,
        assignment: 'manual',
      },
      'opened: new, high, in department 7',
    ],
    [{ ...article, articleKind: 'inbound', state: 'accepted' }, 'an email came in'],
    [{ ...article, articleKind: 'reply', state: 'held' }, 'an answer, held back'],
    [
      {
        ...article,
        articleKind: 'inbound',
        state: 'accepted',
        evidence: [
          { rule: 'reply-token', saw: 'x' },
          { rule: 'message-id', saw: 'y' },
          { rule: 'reply-token', saw: 'z' },
        ],
      },
      'an email came in (reply-token, message-id)',
    ],
    [{ kind: 'ticket.status-changed', from: 'open', to: 'on-hold' }, 'status: open → on hold'],
    [{ ...assigned, from: null, to: '51', reason: 'round-robin' }, 'agent: nobody → Jane Doe (round-robin)'],
    [{ ...assigned, from: '99', to: null, reason: 'given' }, 'agent: 99 → nobody (given)'],
    [{ kind: 'ticket.priority-changed', from: 'low', to: 'urgent' }, 'priority: low → urgent'],
    [
      { kind: 'ticket.department-changed', from: '7', to: '8', leavesNobody: false },
      'department: department 7 → department 8',
    ],
    [{ kind: 'ticket.sla-plan-changed', from: null, to: '3', reason: 'given' }, 'SLA plan: – → plan 3'],
    [{ kind: 'ticket.tags-changed', added: ['a'], removed: ['b', 'c'] }, 'tags: +a -b -c'],
    [{ kind: 'ticket.wake-set', from: null, to: AT }, 'wakes: Nov 24, 2026, 9:00 AM'],
    [{ kind: 'ticket.wake-set', from: AT, to: null }, 'wakes: by nothing but an email'],
    [{ kind: 'ticket.undone', changeId: '1' }, 'the change was taken back'],
    [{ kind: 'mail.enqueued', outboxId: '1', purpose: 'reply' }, 'email written: reply'],
    [{ kind: 'mail.suppressed', purpose: 'notice', reason: 'address-limit' }, 'no email: notice (address-limit)'],
    [
      {
        kind: 'mail.returned',
        outboxId: '1',
        outcome: 'failed',
        permanent: true,
        status: null,
        reason: null,
        lostAnswer: null,
      },
      'an email came back (failed)',
    ],
    [{ kind: 'mail.arrived', outboxId: '1', foundAnswer: null }, 'the lost email arrived after all'],
    [
      { kind: 'sla.started', slaPlanVersionId: '1', targets: ['firstResponse', 'resolution'] },
      'clocks started: First answer, Solution',
    ],
    [{ kind: 'sla.breached', ...breach, at: AT, because: null }, 'First answer: overdue since Nov 24, 2026, 9:00 AM'],
    [{ kind: 'sla.escalated', ...breach, threshold: '50%' }, 'First answer: the steps of 50% were taken'],
    // Without a sentence of its own.
    [{ kind: 'collaborator.accepted', addressId: '7' }, 'collaborator.accepted addressId=7'],
  ])('%j', (event, words) => {
    expect(line(event).replaceAll('\u202f', ' ')).toBe(words);
  });

  test('names the agent who did it, and nobody who is none', () => {
    const event: TicketEvent = { kind: 'ticket.priority-changed', from: 'low', to: 'high' };
    expect(line(event, { actorId: '50' })).toBe('John Smith: priority: low → high');
    expect(line(event, { actorId: '77' })).toBe('priority: low → high');
    expect(line(event, { actorId: '50', language: 'de' })).toBe(
      '23.11.2026, 17:00 – John Smith: Priorität: niedrig → hoch',
    );
  });
});
