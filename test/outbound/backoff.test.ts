import { describe, expect, test } from 'vitest';
import { backoffMs, type EndedAttempt, nextAttemptInMs } from '../../src/outbound/backoff.ts';

const middle = () => 0.5;
const reply: EndedAttempt = {
  outcome: 'deferred',
  errorCode: 'RECIPIENT_REFUSED',
  automatic: false,
  attempts: 1,
  unknownCount: 0,
  leaseLostCount: 0,
};

describe('the back-off', () => {
  test('doubles from ten seconds to an hour', () => {
    const seconds = Array.from({ length: 10 }, (_, index) => backoffMs(index + 1, middle) / 1000);
    expect(seconds).toEqual([10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600]);
    expect(backoffMs(1_000, middle)).toBe(3_600_000);
  });

  test('varies by a fifth either way', () => {
    expect(backoffMs(1, () => 0)).toBe(8_000);
    expect(backoffMs(1, () => 0.999_999)).toBe(12_000);
  });

  test('makes some hundred and thirty attempts in five days', () => {
    let [elapsedMs, attempts] = [0, 1];
    for (; elapsedMs < 5 * 86_400_000; attempts += 1) elapsedMs += backoffMs(attempts, middle);
    expect(attempts).toBeGreaterThan(120);
    expect(attempts).toBeLessThan(140);
  });
});

describe('whether there is a next attempt', () => {
  test.each([
    ['delivered: no', { outcome: 'delivered' }, null],
    ['rejected: no', { outcome: 'rejected' }, null],
    ['deferred: after the back-off', { attempts: 3 }, 40_000],
    ['OUT-04 automatic mail after its first unknown outcome: yes', { outcome: 'unknown', automatic: true }, 10_000],
    ['OUT-04 automatic mail after its second: no', { outcome: 'unknown', automatic: true, unknownCount: 1 }, null],
    ['OUT-04 an agent’s reply after many: yes', { outcome: 'unknown', unknownCount: 9, attempts: 10 }, 3_600_000],
    ['stopped by ourselves: at once', { errorCode: 'STOPPED', attempts: 9 }, 0],
    ['left by a dead worker: at once', { errorCode: 'LEASE_LOST', leaseLostCount: 1 }, 0],
    ['left by a dead worker a third time: after the back-off', { errorCode: 'LEASE_LOST', leaseLostCount: 2 }, 10_000],
  ] satisfies [string, Partial<EndedAttempt>, number | null][])('%s', (_name, attempt, expected) => {
    expect(nextAttemptInMs({ ...reply, ...attempt }, middle)).toBe(expected);
  });
});
