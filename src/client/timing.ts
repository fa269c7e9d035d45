import { setTimeout as sleep } from "node:timers/promises";

/** Time and chance, so that delays are exact in tests. */
export interface Timing {
  /** The wall clock in milliseconds since the epoch, as `Date.now` gives. */
  readonly clock: () => number;
  /** A number from 0 to 1, as `Math.random` gives. */
  readonly random: () => number;
  /** Resolves after `delayMs`; rejects when `signal` fires. */
  readonly wait: (delayMs: number, signal: AbortSignal) => Promise<void>;
}

/** The real ones. A waiting timer keeps the process alive: the record it waits to send would be lost otherwise. */
export const realTiming: Timing = {
  clock: Date.now,
  random: Math.random,
  wait: async (delayMs, signal) => {
    await sleep(delayMs, undefined, { signal });
  },
};
