import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";

/** A batch waits for company as long as some comes within so long of the last, and for so long at most. Milliseconds. */
const [PAUSE_MS, AT_MOST_MS] = [1, 10];

/**
 * Gathers items into batches: one batch is committed at a time, and what arrives meanwhile is the next one. Whoever was answered
 * together sends again one after another, so a batch waits for half as many as were under way at the last commit: the
 * others arrive while it is committed.
 */
export class GroupCommit<Item, Outcome> {
  readonly #commit: (items: readonly Item[]) => Promise<readonly Outcome[]>;
  #waiting: Waiting<Item, Outcome>[] = [];
  #running: Promise<void> | undefined;
  #enough = 1;

  /** @param commit Gives one outcome an item, in their order, or rejects for all of them. */
  constructor(commit: (items: readonly Item[]) => Promise<readonly Outcome[]>) {
    this.#commit = commit;
  }

  /** The item's own outcome, once its batch is committed. */
  add(item: Item): Promise<Outcome> {
    const outcome = Promise.withResolvers<Outcome>();
    this.#waiting.push({ item, outcome });
    this.#running ??= this.#run();
    return outcome.promise;
  }

  /** Resolves when nothing waits. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#gather();
      const batch = this.#waiting;
      this.#waiting = [];
      await this.#commitBatch(batch);
      this.#enough = Math.ceil((batch.length + this.#waiting.length) / 2);
    }
    this.#running = undefined;
  }

  async #gather(): Promise<void> {
    // What the same turn of the event loop brings goes together.
    await nextTurn();
    const startedAtMs = performance.now();
    let seen = 0;
    while (this.#waiting.length > seen && performance.now() - startedAtMs < AT_MOST_MS) {
      seen = this.#waiting.length;
      if (seen >= this.#enough) return;
      await sleep(PAUSE_MS);
    }
  }

  async #commitBatch(batch: readonly Waiting<Item, Outcome>[]): Promise<void> {
    try {
      const outcomes = await this.#commit(batch.map(({ item }) => item));
      for (const [index, { outcome }] of batch.entries()) outcome.resolve(outcomes[index] as Outcome);
    } catch (error) {
      for (const { outcome } of batch) outcome.reject(error);
    }
  }
}

interface Waiting<Item, Outcome> {
  readonly item: Item;
  readonly outcome: PromiseWithResolvers<Outcome>;
}
