import { expect, test, vi } from 'vitest';
import { shareFor } from '../../src/web/share-for.ts';

test('all who ask while it loads get the one result', async () => {
  const load = vi.fn(async () => ({}));
  const read = shareFor(0, load);
  const [first, second] = await Promise.all([read(), read()]);
  expect(first).toBe(second);
  expect(load).toHaveBeenCalledTimes(1);
});

test('a result is shared for its time, and loaded anew after it', async () => {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const load = vi.fn(async () => now);
  const read = shareFor(1000, load);
  expect(await read()).toBe(0);
  now = 999;
  expect(await read()).toBe(0);
  now = 1000;
  expect(await read()).toBe(1000);
  vi.restoreAllMocks();
});

test('a failure reaches everybody who waited for it and is not kept', async () => {
  const load = vi.fn<() => Promise<string>>().mockRejectedValueOnce(new Error('away')).mockResolvedValueOnce('back');
  const read = shareFor(60_000, load);
  await Promise.all([expect(read()).rejects.toThrow('away'), expect(read()).rejects.toThrow('away')]);
  expect(await read()).toBe('back');
});
