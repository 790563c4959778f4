/**
 * Calls `load` at most once in `ms`, for everybody who asks meanwhile: a page that anyone may request must not become a
 * way to keep the database busy. A failure is not kept.
 */
export function shareFor<Value>(ms: number, load: () => Promise<Value>): () => Promise<Value> {
  let shared: { value: Promise<Value>; until: number } | null = null;
  return () => {
    if (shared !== null && performance.now() < shared.until) return shared.value;
    // While it loads it is shared however long that takes.
    const loading = { value: load(), until: Number.POSITIVE_INFINITY };
    shared = loading;
    loading.value.then(
      () => {
        loading.until = performance.now() + ms;
      },
      () => {
        loading.until = 0;
      },
    );
    return loading.value;
  };
}
