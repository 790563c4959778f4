import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addDays, dayIn, instantIn, isDay } from '../../src/core/zoned-time.ts';

describe('instantIn', () => {
  test.each<[string, string, [number, number, number], number, string]>([
    ['winter', 'Europe/Berlin', [2026, 12, 1], 9 * 60, '2026-12-01T08:00:00.000Z'],
    ['summer', 'Europe/Berlin', [2026, 7, 1], 9 * 60, '2026-07-01T07:00:00.000Z'],
    ['the hour that is left out in spring', 'Europe/Berlin', [2026, 3, 29], 150, '2026-03-29T01:30:00.000Z'],
    ['the hour that comes twice in autumn', 'Europe/Berlin', [2026, 10, 25], 150, '2026-10-25T00:30:00.000Z'],
    ['after it', 'Europe/Berlin', [2026, 10, 25], 180, '2026-10-25T02:00:00.000Z'],
    ['New York in spring', 'America/New_York', [2026, 3, 8], 150, '2026-03-08T07:30:00.000Z'],
    ['a zone of half hours', 'Asia/Kolkata', [2026, 11, 24], 9 * 60, '2026-11-24T03:30:00.000Z'],
    ['a zone that changes by half an hour', 'Australia/Lord_Howe', [2026, 10, 4], 9 * 60, '2026-10-03T22:00:00.000Z'],
    ['the far side of the date line', 'Pacific/Kiritimati', [2026, 1, 1], 0, '2025-12-31T10:00:00.000Z'],
  ])('%s', (_, zone, [year, month, day], minute, expected) => {
    expect(instantIn(zone, { year, month, day }, minute).toISOString()).toBe(expected);
  });

  test('is what the zone’s clocks show, but for the hour they leave out', () => {
    const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe');
    const instants = fc.date({ min: new Date('2000-01-01'), max: new Date('2040-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(zones, instants, (zone, at) => {
        const day = dayIn(zone, at);
        const noon = instantIn(zone, day, 12 * 60);
        expect(dayIn(zone, noon)).toEqual(day);
        expect(Math.abs(noon.getTime() - at.getTime())).toBeLessThanOrEqual(13 * 3_600_000);
      }),
    );
  });
});

test('days roll over months, years and the leap day', () => {
  expect(addDays({ year: 2026, month: 12, day: 31 }, 1)).toEqual({ year: 2027, month: 1, day: 1 });
  expect(addDays({ year: 2028, month: 2, day: 28 }, 1)).toEqual({ year: 2028, month: 2, day: 29 });
  expect([isDay({ year: 2026, month: 2, day: 29 }), isDay({ year: 2028, month: 2, day: 29 })]).toEqual([false, true]);
});
