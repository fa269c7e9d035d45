/** Time as the recorder needs it: an option, so that vectors and latencies are exact in tests. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds of a monotonic clock, with fraction. */
  monotonic(): number;
}

/** The system's clocks. */
export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };
