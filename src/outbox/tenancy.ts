import type { IngestResult } from "../client/answers.ts";
import { isMeantFor } from "./key-fingerprint.ts";
import type { RecordStore } from "./record-store.ts";

const ENVIRONMENT = "environment_id";

/**
 * Keeps tenants apart: which environment a file's events belong to, and whether the key of this process is known to lead there.
 * The first answer to an event of a file pins its environment.
 */
export class Tenancy {
  #ownEnvironment: string | undefined;

  /**
   * Whether the events of an adopted file may be sent with this key.
   * @param acceptsOtherKey Somebody says that both keys are one tenant's: believed where no answer has said otherwise.
   */
  admits(store: RecordStore, apiKey: string | undefined, acceptsOtherKey: boolean): boolean {
    const pin = pinOf(store);
    if (pin !== undefined && this.#ownEnvironment !== undefined) return pin === this.#ownEnvironment;
    if (pin === undefined && acceptsOtherKey) return true;
    return apiKey !== undefined && isMeantFor(store, apiKey);
  }

  /** Whether an answer to an event of this store comes from the environment that is pinned, or pins it. */
  isOwnAnswer(store: RecordStore, { environmentId }: IngestResult): boolean {
    const pin = pinOf(store);
    if (pin !== undefined && pin !== environmentId) return false;
    this.#ownEnvironment ??= environmentId;
    return this.#ownEnvironment === environmentId;
  }

  /** Writes the pin; belongs into the transaction that keeps the answer. */
  pin(store: RecordStore, { environmentId }: IngestResult): void {
    if (pinOf(store) === undefined) store.setSetting(ENVIRONMENT, environmentId);
  }

  /** Whether an answer has named the environment of this file's events. */
  isPinned(store: RecordStore): boolean {
    return pinOf(store) !== undefined;
  }

  /** The environment of this process's key, once an answer has named it. */
  get environment(): string | undefined {
    return this.#ownEnvironment;
  }
}

function pinOf(store: RecordStore): string | undefined {
  return store.setting(ENVIRONMENT);
}
