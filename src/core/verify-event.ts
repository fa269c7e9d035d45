import { type ComparedPlace, compareValues } from "./compare-values.ts";
import { type DecryptedPayload, openEvent, payloadValues } from "./decrypt-event.ts";
import type { EventFields, JsonObject } from "./event.ts";
import type { KeyMaterial, KeyProvider } from "./keys.ts";
import { readStoredEvent } from "./stored-event.ts";
import { sameInstant } from "./timestamp.ts";

/** A clear field that the platform shows otherwise than it was sent; undefined where it is not there. */
export interface FieldDifference {
  /** A dotted path, e.g. `systemState.performance.latency_ms`. */
  readonly field: string;
  readonly sealed: unknown;
  readonly shown: unknown;
}

/** What the customer's key says of an event that a platform shows. Every field shown is in one of the three lists. */
export interface VerifiedEvent {
  readonly plaintext: DecryptedPayload;
  /** Fields that are as they were sent: the key says so. */
  readonly authenticated: readonly string[];
  /** Fields that are not, or are missing, or were added. */
  readonly differs: readonly FieldDifference[];
  /** Fields for which there is only the platform's word. Without a sealed copy of the clear fields that is most of them. */
  readonly unauthenticated: readonly string[];
}

/**
 * Tells which of the clear fields a platform shows are as they were sent. The payload's key authenticates its content, the three
 * references, and eventId, systemId and occurredAtUtc, which the payload is bound to; of the other clear fields a recorder seals
 * a copy (`metadata.complianceguard.event`), which is compared by value: null as absent, timestamps by instant. Integers
 * beyond 2^53 have lost digits on both sides before they are compared.
 * @param event As `getEvent` or a JSON file gives it, in either casing, or a body as it was sent.
 * @param key As for {@link decryptEvent}.
 * @throws {ComplianceGuardError} As {@link decryptEvent} does: a payload that does not open, or is not what the references
 * say, is refused as a whole.
 */
export async function verifyEvent(event: object, key: KeyMaterial | KeyProvider): Promise<VerifiedEvent> {
  const shown = readStoredEvent(event);
  const plaintext = payloadValues(await openEvent(shown, key));
  const copy = sealedCopyOf(plaintext.metadata);
  const comparedNames = Object.keys({ ...shown, ...copy }).filter((name) => isCompared(name, copy));
  const places = comparedNames.flatMap((name) =>
    compareField(name, memberOf(copy, name), memberOf(shown, name)),
  );
  const others = Object.keys(shown).filter((name) => !isCompared(name, copy));
  return {
    plaintext,
    authenticated: [
      ...others.filter((name) => BOUND.has(name)),
      ...places.filter(({ isSame }) => isSame).map(({ path }) => path),
    ],
    differs: places
      .filter(({ isSame }) => !isSame)
      .map(({ path, sealed, shown }) => ({ field: path, sealed, shown })),
    unauthenticated: others.filter((name) => !BOUND.has(name)),
  };
}

/** What opening the payload has authenticated already: bound by AAD, by hash or by tag. Not the key id, which is in none. */
const BOUND: ReadonlySet<string> = new Set([
  "eventId",
  "systemId",
  "occurredAtUtc",
  "inputReference",
  "outputReference",
  "metadataReference",
  "payloadCiphertext",
  "payloadNonce",
  "payloadAadHash",
]);

/** Fields that a copy would hold had they been sent: where it does not, whoever shows them has added them. */
const ONLY_IN_COPY: ReadonlySet<string> = new Set<keyof EventFields>([
  "modelId",
  "version",
  "decisionClassification",
  "correlationId",
  "idempotencyKey",
  "humanOversight",
  "referenceData",
  "systemState",
  "dataSubjects",
  "actor",
]);

function isCompared(name: string, copy: JsonObject | undefined): boolean {
  if (copy === undefined) return false;
  return Object.hasOwn(copy, name) || ONLY_IN_COPY.has(name);
}

/** The recorder's copy of the clear fields, without those that are null; undefined where none was sealed. */
function sealedCopyOf(metadata: unknown): JsonObject | undefined {
  const copy = memberOf(memberOf(metadata, "complianceguard"), "event");
  if (typeof copy !== "object" || copy === null || Array.isArray(copy)) return undefined;
  return Object.fromEntries(Object.entries(copy).filter(([, value]) => value !== null));
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as JsonObject)[name]
    : undefined;
}

function compareField(name: string, sealed: unknown, shown: unknown): ComparedPlace[] {
  if (typeof sealed !== "string" || typeof shown !== "string") return compareValues(name, sealed, shown);
  return [{ path: name, isSame: sameText(name, sealed, shown), sealed, shown }];
}

/** A correlation id that looks like a timestamp is still a text: only what is known to be reprinted is compared loosely. */
function sameText(name: string, sealed: string, shown: string): boolean {
  if (name === "occurredAtUtc") return sameInstant(sealed, shown);
  if (name === "eventId") return sealed.toLowerCase() === shown.toLowerCase();
  return sealed === shown;
}
