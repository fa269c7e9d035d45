import type { KeyObject } from "node:crypto";
import { type KeyMaterial, payloadKey } from "../core/keys.ts";
import { keylessThreadPseudonym, pseudonym } from "../core/pseudonym.ts";
import { isUuid } from "../core/uuid.ts";

/** How identifiers of persons and conversations go out in clear: as pseudonyms where there is a key, see {@link pseudonym}. */
export class Pseudonyms {
  readonly #key: KeyObject | undefined;

  /** @throws {ComplianceGuardError} `invalid_payload_key` where the key is not 32 bytes. */
  constructor(key: KeyMaterial | undefined) {
    this.#key = key === undefined ? undefined : payloadKey(key, "pseudonymKey");
  }

  dataSubject(value: string): string {
    return this.#key ? pseudonym(value, "dataSubjects", this.#key) : value.toWellFormed();
  }

  reviewer(value: string): string {
    return this.#key ? pseudonym(value, "reviewerId", this.#key) : value.toWellFormed();
  }

  /** Without a key a thread id goes out as it is only where it is a UUID: chat bots use phone numbers. */
  thread(threadId: string, systemId: string): string {
    if (this.#key) return pseudonym(threadId, "threadId", this.#key);
    return isUuid(threadId) ? threadId : keylessThreadPseudonym(threadId, systemId);
  }
}
