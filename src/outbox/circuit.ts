import { retryDelay } from "../client/retry.ts";

/** So many failures in a row open the circuit: one event that always fails must not stop the others. */
const FAILURES_TO_OPEN = 4;

/**
 * How much may be under way to one host. Nothing is known at first, so one event goes alone; after an answer all may go.
 * After several failures in a row, or a refusal that concerns all, nothing goes until a growing random delay has passed, and
 * then one goes alone: ten thousand waiting events do not each probe a dead server.
 */
export class Circuit {
  readonly #concurrency: number;
  readonly #random: () => number;
  #isProven = false;
  #failures = 0;
  #openings = 0;
  #openUntilMs = 0;
  #paused: string | undefined;

  /** @param concurrency How much may be under way while all is well. */
  constructor(concurrency: number, random: () => number) {
    this.#concurrency = concurrency;
    this.#random = random;
  }

  /** Why delivery has stopped for now, where somebody has to do something. */
  get paused(): string | undefined {
    return this.#paused;
  }

  /** Whether the host has failed, and has answered no event since. */
  get isInDoubt(): boolean {
    return this.#openings > 0;
  }

  /** How many events may be under way at `nowMs`. */
  limit(nowMs: number): number {
    if (nowMs < this.#openUntilMs) return 0;
    return this.#isProven ? this.#concurrency : 1;
  }

  /** When to look again, in the time of `limit`; undefined where nothing is held back. */
  opensAtMs(nowMs: number): number | undefined {
    return nowMs < this.#openUntilMs ? this.#openUntilMs : undefined;
  }

  /** The host answered an event as it should, or refused that event alone. */
  succeeded(): void {
    this.#isProven = true;
    this.#failures = 0;
    this.#openings = 0;
    this.#openUntilMs = 0;
    this.#paused = undefined;
  }

  /** A try failed in a way that may pass. @param retryAfterMs What the platform asked for: it concerns all events. */
  failed(nowMs: number, retryAfterMs: number | undefined): void {
    this.#failures++;
    if (this.#isProven && this.#failures < FAILURES_TO_OPEN && retryAfterMs === undefined) return;
    this.#open(nowMs, retryAfterMs);
  }

  /** The platform refuses everything, e.g. a wrong key. Looked at again like a dead server: the key may be exchanged. */
  pause(nowMs: number, reason: string): void {
    this.#paused = reason;
    this.#open(nowMs, undefined);
  }

  /** Forgets delays and pauses: somebody asked to try now. */
  tryNow(): void {
    this.#openUntilMs = 0;
    this.#paused = undefined;
  }

  #open(nowMs: number, retryAfterMs: number | undefined): void {
    this.#isProven = false;
    // Those that were under way when it opened fail for the same reason: they are not further probes.
    if (nowMs >= this.#openUntilMs) this.#openings++;
    else if (retryAfterMs === undefined) return;
    const delayMs = retryDelay(Math.min(this.#openings - 1, 30), this.#random, retryAfterMs);
    this.#openUntilMs = Math.max(this.#openUntilMs, nowMs + delayMs);
  }
}
