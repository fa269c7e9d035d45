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

/** Time and chance as an option. */
export interface TimingOptions {
  /** The wall clock in milliseconds since the epoch. @default Date.now */
  readonly clock?: Timing["clock"] | undefined;
  /** A number from 0 to 1. @default Math.random */
  readonly random?: Timing["random"] | undefined;
  /** Resolves after so many milliseconds, rejects when the signal fires. @default a timer */
  readonly wait?: Timing["wait"] | undefined;
}

/** The options, the real ones where none are given. */
export function timingOf({ clock, random, wait }: TimingOptions): Timing {
  return {
    clock: clock ?? realTiming.clock,
    random: random ?? realTiming.random,
    wait: wait ?? realTiming.wait,
  };
}

/** The real ones. A waiting timer keeps the process alive: the record it waits to send would be lost otherwise. */
const realTiming: Timing = {
  clock: Date.now,
  random: Math.random,
  wait: async (delayMs, signal) => {
    await sleep(delayMs, undefined, { signal });
  },
};
