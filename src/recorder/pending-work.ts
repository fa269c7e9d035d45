import { MAX_TIMEOUT_MS } from "../core/timer-limit.ts";

/** Events on their way to the sink: what `flush` waits for and what keeps a serverless function alive. */
export class PendingWork {
  readonly #work = new Set<Promise<unknown>>();
  readonly #waitUntil: ((work: Promise<unknown>) => void) | undefined;

  constructor(waitUntil: ((work: Promise<unknown>) => void) | undefined) {
    this.#waitUntil = waitUntil;
  }

  /** Counts `work` until it ends, well or not. */
  add(work: Promise<unknown>): void {
    const end = (): void => void this.#work.delete(ended);
    const ended = work.then(end, end);
    this.#work.add(ended);
    try {
      this.#waitUntil?.(ended);
    } catch {
      // Hosts throw when the request is over; the work goes on, and flush still waits for it.
    }
  }

  /** Waits until nothing is under way, also what is added meanwhile. Gives how many are left after `timeoutMs`. */
  async settled(timeoutMs: number | undefined): Promise<number> {
    if (timeoutMs === undefined) {
      while (this.#work.size > 0) await Promise.all(this.#work);
      return 0;
    }
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<"timeout">((resolve) => {
      timer = setTimeout(() => resolve("timeout"), Math.min(timeoutMs, MAX_TIMEOUT_MS));
    });
    while (this.#work.size > 0) {
      if ((await Promise.race([Promise.all(this.#work), timeout])) === "timeout") break;
    }
    clearTimeout(timer);
    return this.#work.size;
  }
}
