import { TemporaryError } from '../errors.ts';

/** The result of `work`, or a `TemporaryError` after `ms`. The work itself goes on; nobody waits for it any more. */
export async function within<Value>(ms: number, work: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TemporaryError('NO_ANSWER', `no answer within ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
