/** How long a run is open before its start record is written. */
const AFTER_MS = 5;

/** A run that may need a start record. */
export interface StartedRun {
  /** Hands the start record to the sink. */
  begin(): void;
}

/**
 * Writes the start record of every run that is still open {@link AFTER_MS} after it started, 5 ms. A run that ends sooner has
 * its event instead, which says more: two commits for it would make every quick tool and cached answer wait twice.
 */
export class StartRecords {
  /** When each is due, in the order they started. */
  readonly #due = new Map<StartedRun, number>();
  #timer: NodeJS.Timeout | undefined;

  /** The run has started. */
  add(run: StartedRun): void {
    this.#due.set(run, performance.now() + AFTER_MS);
    // It keeps the process alive: a call that is under way when everything else has ended is recorded too.
    this.#timer ??= setTimeout(() => this.#writeDue(), AFTER_MS);
  }

  /** The run has ended: what is known of it is more than its start. */
  remove(run: StartedRun): void {
    this.#due.delete(run);
    if (this.#due.size === 0) this.#stop();
  }

  /** Writes those that are not written yet, now. */
  writeAll(): void {
    this.#stop();
    const runs = [...this.#due.keys()];
    this.#due.clear();
    for (const run of runs) run.begin();
  }

  #writeDue(): void {
    this.#timer = undefined;
    const nowMs = performance.now();
    for (const [run, dueAtMs] of this.#due) {
      // A timer may fire a fraction of a millisecond early.
      if (dueAtMs > nowMs + 1) {
        this.#timer = setTimeout(() => this.#writeDue(), dueAtMs - nowMs);
        return;
      }
      this.#due.delete(run);
      run.begin();
    }
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
