import { expect, test } from 'vitest';
import { untilWritten } from '../../src/desk/until-written.ts';

test('a change is decided again as often as its ticket changed in between, and then written', async () => {
  const outcomes = ['stale', 'stale', 'applied', 'stale'] as const;
  let decided = 0;
  expect(await untilWritten(async () => outcomes[decided++] ?? 'stale')).toBe('applied');
  expect(decided).toBe(3);
});

test('a change that never gets to be written gives way', async () => {
  let decided = 0;
  const written = untilWritten(async () => {
    decided += 1;
    return 'stale';
  });
  await expect(written).rejects.toMatchObject({ code: 'TICKET_CONTENDED' });
  expect(decided).toBe(10);
});
