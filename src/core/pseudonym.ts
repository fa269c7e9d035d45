import { createSecretKey, type KeyObject } from "node:crypto";
import { derivedKey, shortMac } from "./derived-key.ts";
import { sha256 } from "./digest.ts";
import { type KeyMaterial, payloadKey } from "./keys.ts";

/** The fields that go out as pseudonyms. The same value in two of them gives two pseudonyms. */
export type PseudonymField = "dataSubjects" | "reviewerId" | "threadId";

/**
 * The pseudonym of an identifier: `p1.` and 22 characters. The same value under the same key always gives the same, so that
 * a person's events can be found by whoever holds the key, and by nobody else.
 * @param key 32 bytes, the `pseudonymKey`, shared by machines that must agree; a KeyObject is the fastest.
 * @throws {ComplianceGuardError} `invalid_payload_key` where the key is not 32 bytes.
 */
export function pseudonym(value: string, field: PseudonymField, key: KeyMaterial): string {
  return `p1.${shortMac(fieldKey(payloadKey(key, "pseudonymKey"), field), value)}`;
}

/**
 * What a thread id goes out as where it is no UUID and there is no `pseudonymKey`: keeps a conversation's runs together
 * and hides a phone number from a glance, but from nobody who tries numbers, since the key is made of the public system id.
 */
export function keylessThreadPseudonym(threadId: string, systemId: string): string {
  return pseudonym(threadId, "threadId", createSecretKey(sha256(`complianceguard/thread/${systemId}`)));
}

const fieldKeys = new WeakMap<KeyObject, Map<PseudonymField, KeyObject>>();

function fieldKey(key: KeyObject, field: PseudonymField): KeyObject {
  const known = fieldKeys.get(key)?.get(field);
  if (known) return known;
  const derived = derivedKey(key, `complianceguard/pseudonym/v1/${field}`);
  fieldKeys.set(key, new Map(fieldKeys.get(key)).set(field, derived));
  return derived;
}
