import { describe, expect, test } from 'vitest';
import type { MailKind } from '../../src/core/inbound-mail.ts';
import { placeTicket } from '../../src/core/place.ts';

const mailbox = { departmentId: '100', answerSince: new Date('2026-11-01T00:00:00Z') };
const departments = [
  { id: '100', slaPlanId: '300' },
  { id: '101', slaPlanId: null },
];
const place = (kind: MailKind, occurredAt = '2026-11-02T09:00:00Z', departmentId = '100') =>
  placeTicket({ mailbox: { ...mailbox, departmentId }, departments, kind, occurredAt: new Date(occurredAt) });

describe('a new ticket', () => {
  test("is born in its mailbox's department, with normal priority and the department's SLA plan, and says why", () => {
    expect(place('person')).toEqual({
      departmentId: '100',
      priority: 'normal',
      slaPlanId: '300',
      tags: [],
      suppressions: [],
      trace: [
        { by: 'mailbox', set: 'department', value: '100' },
        { by: 'default', set: 'priority', value: 'normal' },
        { by: 'department', set: 'slaPlan', value: '300' },
      ],
    });
  });

  test('has no SLA plan where its department has none', () => {
    expect(place('person', undefined, '101').slaPlanId).toBeNull();
  });

  test.each<MailKind>(['auto-reply', 'bounce', 'loop'])('from %s mail is not acknowledged, told or clocked', (kind) => {
    const { suppressions, trace } = place(kind);
    expect(suppressions).toEqual(['acknowledgement', 'notifications', 'clocks']);
    expect(trace).toContainEqual({ by: 'mail-kind', set: 'suppression', value: 'clocks' });
  });

  test('from list mail is told to agents all the same: behind a mail group every request is list mail', () => {
    expect(place('list').suppressions).toEqual(['acknowledgement', 'clocks']);
  });

  test("from mail older than the mailbox's cut-off is not acknowledged, told or clocked (IN-20)", () => {
    expect(place('person', '2026-10-31T23:59:59Z').suppressions).toEqual([
      'acknowledgement',
      'notifications',
      'clocks',
    ]);
    expect(place('person', '2026-11-01T00:00:00Z').suppressions).toEqual([]);
  });
});
