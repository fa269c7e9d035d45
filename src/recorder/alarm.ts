/** With nothing left to wait for, the timer runs on for so long at most, for what comes next. */
const LINGERS_MS = 10_000;

/** Settings of an alarm. */
export interface AlarmOptions {
  /** The process stays alive while something waits. @default false */
  readonly keepsAlive?: boolean | undefined;
}

/**
 * Rings for each item that is not cleared within a delay, the same for all: so that one timer does for any number of them, and
 * for those that come and go many times a second it is seldom set.
 */
export class Alarm<Item> {
  readonly #delayMs: number;
  readonly #ring: (item: Item) => void;
  readonly #keepsAlive: boolean;
  /** When each is due, the earliest first. */
  readonly #dueAtMs = new Map<Item, number>();
  #timer: NodeJS.Timeout | undefined;

  /** @param ring Must not throw. */
  constructor(delayMs: number, ring: (item: Item) => void, { keepsAlive = false }: AlarmOptions = {}) {
    this.#delayMs = delayMs;
    this.#ring = ring;
    this.#keepsAlive = keepsAlive;
  }

  /** Rings for the item after the delay from now, unless it is cleared or set again before. */
  set(item: Item): void {
    this.#dueAtMs.delete(item);
    this.#dueAtMs.set(item, performance.now() + this.#delayMs);
    if (!this.#timer) this.#wait(this.#delayMs);
    else if (this.#dueAtMs.size === 1 && this.#keepsAlive) this.#timer.ref();
  }

  /** Does not ring for the item. */
  clear(item: Item): void {
    if (this.#dueAtMs.delete(item) && this.#dueAtMs.size === 0 && this.#keepsAlive) this.#timer?.unref();
  }

  /** Rings now for all that are set. */
  ringAll(): void {
    for (const item of [...this.#dueAtMs.keys()]) this.#ringFor(item);
  }

  #wait(delayMs: number): void {
    this.#timer = setTimeout(() => this.#ringDue(), Math.min(delayMs, LINGERS_MS));
    if (!this.#keepsAlive) this.#timer.unref();
  }

  #ringDue(): void {
    this.#timer = undefined;
    const nowMs = performance.now();
    // A timer may fire a fraction of a millisecond early.
    const isDue = (dueAtMs: number): boolean => dueAtMs <= nowMs + 1;
    const next = Array.from(this.#dueAtMs.values()).find((dueAtMs) => !isDue(dueAtMs));
    // Before anything rings: what rings may set others, which are due later than those that wait already.
    if (next !== undefined) this.#wait(next - nowMs);
    for (const [item, dueAtMs] of this.#dueAtMs) {
      if (!isDue(dueAtMs)) return;
      this.#ringFor(item);
    }
  }

  #ringFor(item: Item): void {
    this.clear(item);
    this.#ring(item);
  }
}
