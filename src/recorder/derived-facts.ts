import type { WrittenEvent } from "./event-writer.ts";

/**
 * The facts with derived ids that were recorded here, so that one that is seen again (an approval still in the history, by
 * two pieces of an integration) is neither sent nor counted twice. Bounded: the oldest are forgotten first.
 */
export class DerivedFacts {
  readonly #written = new Map<string, Promise<WrittenEvent>>();
  readonly #capacity: number;

  constructor(capacity = 10_000) {
    this.#capacity = capacity;
  }

  /** What `write` gives, called once for each id; again after it failed. */
  once(eventId: string, write: () => Promise<WrittenEvent>): Promise<WrittenEvent> {
    const known = this.#written.get(eventId);
    if (known) return known;
    const written = write();
    this.#written.set(eventId, written);
    written.catch(() => this.#written.delete(eventId));
    const [oldest] = this.#written.keys();
    if (this.#written.size > this.#capacity && oldest !== undefined) this.#written.delete(oldest);
    return written;
  }
}
