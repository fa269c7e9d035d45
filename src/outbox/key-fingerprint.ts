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

/** Notes the key in a transaction of its own. @returns False where the disk failed: to be tried again. */
export function isKeyNoted(store: RecordStore, apiKey: string): boolean {
  try {
    store.transaction(() => noteKey(store, apiKey));
    return true;
  } catch {
    return false;
  }
}
