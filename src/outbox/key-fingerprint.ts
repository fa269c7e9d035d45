import { createHmac, randomBytes } from "node:crypto";
import type { RecordStore } from "./record-store.ts";

const SALT = "key_salt";
const FINGERPRINT = "key_fingerprint";

/**
 * Notes in a data file which API key its events are meant for, as a salted HMAC: whoever adopts the file before any answer
 * has named its environment can tell another tenant's from its own. Belongs into a transaction.
 */
export function noteKey(store: RecordStore, apiKey: string): void {
  const salt = randomBytes(16).toString("hex");
  store.setSetting(SALT, salt);
  store.setSetting(FINGERPRINT, fingerprint(apiKey, salt));
}

/** Whether the file's events are meant for this key. */
export function isMeantFor(store: RecordStore, apiKey: string): boolean {
  const salt = store.setting(SALT);
  return salt !== undefined && store.setting(FINGERPRINT) === fingerprint(apiKey, salt);
}

function fingerprint(apiKey: string, salt: string): string {
  return createHmac("sha256", apiKey).update(`complianceguard/outbox/${salt}`).digest("hex").slice(0, 32);
}

/**
 * Sees that the note of the key is on the disk with the first record, in the same transaction: a process killed right after would
 * leave events that nobody may send. A key that is learnt later is noted then.
 */
export class KeyNote {
  readonly #store: RecordStore;
  #apiKey: string | undefined;
  #isOnDisk = false;

  /** @param apiKey Where it is known before the first record. */
  constructor(store: RecordStore, apiKey: string | undefined) {
    this.#store = store;
    this.#apiKey = apiKey;
    store.inEachTransaction(() => this.#write());
  }

  /** Notes the key now. Where the disk fails it goes with the next transaction. */
  learn(apiKey: string): void {
    if (this.#apiKey === apiKey) return;
    this.#apiKey = apiKey;
    this.#isOnDisk = false;
    try {
      this.#store.transaction(() => {});
    } catch {
      // Whoever writes next hears of such a disk.
    }
  }

  #write(): void {
    if (this.#isOnDisk || this.#apiKey === undefined) return;
    // One that stands there now is of a transaction before: this one may still be undone.
    this.#isOnDisk = isMeantFor(this.#store, this.#apiKey);
    if (!this.#isOnDisk) noteKey(this.#store, this.#apiKey);
  }
}
