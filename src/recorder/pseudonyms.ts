import { keylessThreadPseudonym, pseudonym } from "../core/pseudonym.ts";
import { isUuid } from "../core/uuid.ts";

/** How identifiers of persons and conversations go out in clear: as pseudonyms where there is a key, see {@link pseudonym}. */
export class Pseudonyms {
  readonly #key: Uint8Array | undefined;

  constructor(key: Uint8Array | undefined) {
    this.#key = key;
  }

  dataSubject(value: string): string {
    return this.#key ? pseudonym(value, "dataSubjects", this.#key) : value.toWellFormed();
  }

  reviewer(value: string): string {
    return this.#key ? pseudonym(value, "reviewerId", this.#key) : value.toWellFormed();
  }

  /** A thread id goes out as it is only where it is a UUID: chat bots use phone numbers. */
  thread(threadId: string, systemId: string): string {
    if (isUuid(threadId)) return threadId;
    return this.#key
      ? pseudonym(threadId, "threadId", this.#key)
      : keylessThreadPseudonym(threadId, systemId);
  }
}
