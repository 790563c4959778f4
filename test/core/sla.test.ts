import { describe, expect, test } from 'vitest';
import type { DeskSlaPlan } from '../../src/core/desk-config.ts';
import { breachedClock, clocksAtOpening } from '../../src/core/sla.ts';
import type { TicketPriority } from '../../src/core/ticket.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const plan = (differs: Partial<DeskSlaPlan> = {}): DeskSlaPlan => ({
  id: '1',
  versionId: '11',
  key: 'standard',
  name: 'Standard',
  calendar: 'always',
  targetMs: {
    firstResponse: { low: 16 * HOUR, normal: 8 * HOUR, high: 2 * HOUR, urgent: 30 * MINUTE },
    nextResponse: { normal: 12 * HOUR },
    resolution: { normal: 40 * HOUR, urgent: 8 * HOUR },
  },
  ...differs,
});
const openedAt = new Date('2026-11-23T10:00:00.250Z');

/** What started, as `target due`. */
function started(given: DeskSlaPlan, priority: TicketPriority, at = openedAt): string[] {
  return clocksAtOpening(given, { openedAt: at, priority }).map(
    ({ target, dueAt }) => `${target} ${dueAt?.toISOString()}`,
  );
}

describe('the clocks a ticket is born with', () => {
  test.each<[rule: string, DeskSlaPlan, TicketPriority, string[]]>([
    [
      'one for the first response and one for the resolution, counted from the mail’s arrival',
      plan(),
      'normal',
      ['firstResponse 2026-11-23T18:00:00.250Z', 'resolution 2026-11-25T02:00:00.250Z'],
    ],
    [
      'by priority',
      plan(),
      'urgent',
      ['firstResponse 2026-11-23T10:30:00.250Z', 'resolution 2026-11-23T18:00:00.250Z'],
    ],
    ['none for what the plan does not promise', plan(), 'low', ['firstResponse 2026-11-24T02:00:00.250Z']],
    [
      'none at all under a plan without promises',
      plan({ targetMs: { firstResponse: {}, nextResponse: {}, resolution: {} } }),
      'high',
      [],
    ],
    ['none in business time: an hour of it is not an hour', plan({ calendar: 'office' }), 'normal', []],
  ])('%s', (_rule, given, priority, clocks) => {
    expect(started(given, priority)).toEqual(clocks);
  });

  test.each<[night: string, opened: string, due: string]>([
    ['into summer', '2026-03-28T20:00:00.000Z', '2026-03-29T04:00:00.000Z'],
    ['out of summer', '2026-10-24T20:00:00.000Z', '2026-10-25T04:00:00.000Z'],
  ])('count real hours through the night %s', (_night, opened, due) => {
    expect(started(plan(), 'normal', new Date(opened))[0]).toBe(`firstResponse ${due}`);
  });

  test('name the version of the plan that promised, and run', () => {
    expect(clocksAtOpening(plan(), { openedAt, priority: 'low' })).toEqual([
      {
        target: 'firstResponse',
        cycle: 1,
        slaPlanVersionId: '11',
        state: 'running',
        startedAt: openedAt,
        dueAt: new Date('2026-11-24T02:00:00.250Z'),
        settledAt: null,
      },
    ]);
  });

  test('come out the same whenever they are computed', () => {
    const opening = { openedAt, priority: 'normal' as const };
    expect(clocksAtOpening(plan(), opening)).toEqual(clocksAtOpening(plan(), opening));
  });
});

test('a broken promise was broken when it was due', () => {
  for (const clock of clocksAtOpening(plan(), { openedAt, priority: 'normal' })) {
    expect(breachedClock(clock)).toEqual({ ...clock, state: 'breached', settledAt: clock.dueAt });
  }
});
