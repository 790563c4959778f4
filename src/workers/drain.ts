/**
 * A worker's turn at its queue: does what is due until nothing is left. Asked again while at it, it goes on with the one drain
 * that is under way, so that a process never does the same work beside itself.
 */
export interface Drain {
  drain(): Promise<void>;
  /** Begins nothing more; resolves when what it is at is done. */
  stop(): Promise<void>;
}

/** Makes a worker of one pass over what is due; `stopping` tells the pass to begin nothing more. */
export function createDrain(pass: (stopping: AbortSignal) => Promise<void>): Drain {
  const stopping = new AbortController();
  let draining: Promise<void> | null = null;
  return {
    drain() {
      draining ??= pass(stopping.signal).finally(() => {
        draining = null;
      });
      return draining;
    },
    async stop() {
      stopping.abort();
      await draining?.catch(() => undefined);
    },
  };
}
