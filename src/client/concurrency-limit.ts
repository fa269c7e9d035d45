/** Runs tasks, so many at a time, the others in the order they came. */
export class ConcurrencyLimit {
  readonly #max: number;
  readonly #queue: (() => void)[] = [];
  #running = 0;

  /** @param max How many tasks may run at once: 1 or more. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Runs `task` when its turn has come, and ends as it ends. */
  async run<Result>(task: () => Promise<Result>): Promise<Result> {
    if (this.#running >= this.#max) {
      // Whoever ends hands its place over, so that nobody who comes in between can take it.
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    } else {
      this.#running++;
    }
    try {
      return await task();
    } finally {
      const next = this.#queue.shift();
      if (next) next();
      else this.#running--;
    }
  }
}
