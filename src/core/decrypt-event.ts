import { decryptionKey, isKeyProvider, type KeyMaterial, type KeyProvider, payloadKey } from "./keys.ts";
import { type OpenedPayload, openPayload, readPayload } from "./payload.ts";
import { readStoredEvent } from "./stored-event.ts";

/** The recorded content of an event. What was absent or null is `{}`. */
export interface DecryptedPayload {
  readonly input: unknown;
  readonly output: unknown;
  readonly metadata: unknown;
}

/**
 * The recorded content of a stored event, decrypted here with a key the platform never sees, and checked: it belongs to this
 * event, nobody changed it, and it is what the event's references are the hashes of. Values are those of `JSON.parse`: an integer
 * beyond 2^53 loses digits, {@link openEvent} keeps them.
 * @param event As `getEvent` or a JSON file gives it, in either casing, or a body as it was sent.
 * @param key 32 bytes, their text, a KeyObject, or a provider to ask for the event's key id.
 * @throws {ComplianceGuardError} `incomplete_envelope`, naming the missing fields; `invalid_payload_key`; `aad_mismatch`, the
 * payload was bound to another event; `decryption_failed`, another key or changed bytes; `invalid_json`; `reference_mismatch`;
 * `key_unavailable`, the provider failed.
 * @throws {KeyErasedError} The provider has no such key (any more).
 */
export async function decryptEvent(event: object, key: KeyMaterial | KeyProvider): Promise<DecryptedPayload> {
  return payloadValues(await openEvent(event, key));
}

/**
 * Like {@link decryptEvent}, but gives each component as the canonical JSON text that was hashed, to the last digit.
 * @throws {ComplianceGuardError} As {@link decryptEvent} does.
 */
export async function openEvent(event: object, key: KeyMaterial | KeyProvider): Promise<OpenedPayload> {
  const stored = readStoredEvent(event);
  const { keyId } = readPayload(stored);
  return openPayload(stored, isKeyProvider(key) ? await decryptionKey(key, keyId) : payloadKey(key, "key"));
}

/** The values of an opened payload, as `JSON.parse` reads them. */
export function payloadValues(opened: OpenedPayload): DecryptedPayload {
  return {
    input: JSON.parse(opened.input),
    output: JSON.parse(opened.output),
    metadata: JSON.parse(opened.metadata),
  };
}
