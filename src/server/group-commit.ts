/**
 * Gathers items into batches: one batch is committed at a time, and what arrives meanwhile is the next one. Nothing waits
 * for a batch to fill.
 */
export class GroupCommit<Item, Outcome> {
  readonly #commit: (items: readonly Item[]) => Promise<readonly Outcome[]>;
  #waiting: Waiting<Item, Outcome>[] = [];
  #running: Promise<void> | undefined;

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
      // What the same turn of the event loop brings goes together.
      await new Promise(setImmediate);
      const batch = this.#waiting;
      this.#waiting = [];
      await this.#commitBatch(batch);
    }
    this.#running = undefined;
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
