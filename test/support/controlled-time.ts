/** Time that passes only when told to, for waits that are long; short ones stay real. */
export interface ControlledTime {
  /** Lets so many milliseconds pass: what is due by then fires, in its order. */
  pass(ms: number): void;
}

interface LongTimer {
  dueMs: number;
  readonly ms: number;
  readonly fire: () => void;
}

/**
 * Takes the place of this process's `setTimeout`, `Date.now` and `performance.now`, for timers of at least `fromMs`: for programs that run outside of the
 * test runner, whose fake timers are not to be had there.
 */
export function controlTime({ fromMs }: { readonly fromMs: number }): ControlledTime {
  const realSetTimeout = globalThis.setTimeout;
  const realClearTimeout = globalThis.clearTimeout;
  const realNow = Date.now;
  const realPerformanceNow = performance.now.bind(performance);
  const timers = new Map<object, LongTimer>();
  let passedMs = 0;
  Date.now = () => realNow() + passedMs;
  performance.now = () => realPerformanceNow() + passedMs;
  globalThis.setTimeout = ((fire: (...given: unknown[]) => void, ms = 0, ...given: unknown[]) => {
    if (ms < fromMs) return realSetTimeout(fire, ms, ...given);
    const handle = {
      unref: () => handle,
      ref: () => handle,
      hasRef: () => false,
      refresh: () => {
        const timer = timers.get(handle);
        if (timer) timer.dueMs = passedMs + ms;
        return handle;
      },
    };
    timers.set(handle, { dueMs: passedMs + ms, ms, fire: () => fire(...given) });
    return handle;
  }) as unknown as typeof setTimeout;
  globalThis.clearTimeout = ((handle: NodeJS.Timeout | undefined) => {
    if (!handle || !timers.delete(handle)) realClearTimeout(handle);
  }) as typeof clearTimeout;
  return {
    pass(ms) {
      passedMs += ms;
      const due = [...timers].filter(([, { dueMs }]) => dueMs <= passedMs);
      for (const [handle, { fire }] of due.sort(([, a], [, b]) => a.dueMs - b.dueMs)) {
        if (timers.delete(handle)) fire();
      }
    },
  };
}
