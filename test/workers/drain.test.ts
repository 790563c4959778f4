import { expect, test } from 'vitest';
import { createDrain } from '../../src/workers/drain.ts';

test('whoever asks during a drain waits for the one under way; the next one begins anew', async () => {
  let passes = 0;
  const worker = createDrain(async () => {
    passes += 1;
  });
  await Promise.all([worker.drain(), worker.drain()]);
  expect(passes).toBe(1);
  await worker.drain();
  expect(passes).toBe(2);
});

test('stopping tells the pass, waits for it, and is not disturbed by its failure', async () => {
  let end: () => void = () => undefined;
  const until = new Promise<void>((resolve) => {
    end = resolve;
  });
  let sawStop = false;
  const worker = createDrain(async (stopping) => {
    await until;
    sawStop = stopping.aborted;
    throw new Error('the database went away');
  });
  const drained = worker.drain().catch((error: Error) => error.message);
  const stopped = worker.stop();
  end();
  await stopped;
  expect(sawStop).toBe(true);
  expect(await drained).toBe('the database went away');
});
