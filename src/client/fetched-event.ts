import { ComplianceGuardError } from "../core/errors.ts";
import type { Actor, JsonObject } from "../core/event.ts";
import { readStoredEvent, type StoredEvent } from "../core/stored-event.ts";

/** A stored event as a platform answered with it, its fields of the types that the wire format gives them. */
export interface FetchedEvent extends StoredEvent {
  readonly eventId: string;
  readonly systemId: string;
  readonly occurredAtUtc: string;
  readonly modelId: string;
  readonly version: string;
  readonly decisionClassification: string;
  readonly inputReference: string;
  readonly outputReference: string;
  readonly metadataReference: string;
  readonly correlationId?: string;
  readonly idempotencyKey?: string;
  readonly humanOversight?: JsonObject;
  readonly systemState?: JsonObject;
  readonly actor?: Actor;
  readonly referenceData?: readonly JsonObject[];
  readonly dataSubjects?: readonly string[];
  readonly payloadCiphertext?: string;
  readonly payloadKeyId?: string;
  readonly payloadNonce?: string;
  readonly payloadAadHash?: string;
  readonly environmentId?: string;
  /** The event's place in its environment's chain. */
  readonly sequenceNumber?: number;
  readonly ingestedAtUtc?: string;
  readonly eventHash?: string;
  readonly receiptId?: string;
}

/**
 * Reads one event of a platform's answer, in either casing. A top-level null counts as absent; objects inside the event are
 * left as they are, and fields that the wire format does not know are kept.
 * @throws {ComplianceGuardError} `invalid_answer`, naming the field that is missing or of another type.
 */
export function readFetchedEvent(value: unknown): FetchedEvent {
  const event = storedEvent(value);
  for (const [name, isOfType] of Object.entries(required)) {
    if (!isOfType(event[name])) throw invalidEvent(`its ${name} is not ${isOfType.expected}`);
  }
  for (const [name, isOfType] of Object.entries(optional)) {
    if (event[name] !== undefined && !isOfType(event[name]))
      throw invalidEvent(`its ${name} is not ${isOfType.expected}`);
  }
  // Each field has just been checked.
  return event as FetchedEvent;
}

function storedEvent(value: unknown): StoredEvent {
  try {
    return readStoredEvent(value);
  } catch {
    throw invalidEvent("it is not an event, or shows a field twice and differently");
  }
}

interface TypeCheck {
  (value: unknown): boolean;
  readonly expected: string;
}

const check = (expected: string, isOfType: (value: unknown) => boolean): TypeCheck =>
  Object.assign((value: unknown) => isOfType(value), { expected });

const isObject = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): boolean => typeof value === "string";
const listOf = (isItem: (value: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.every(isItem);

const nonEmptyText = check("text", (value) => isText(value) && value !== "");
const text = check("text", isText);
const object = check("an object", isObject);
const wholeNumber = check("a whole number", (value) => Number.isSafeInteger(value) && Number(value) >= 0);

const required: Readonly<Record<string, TypeCheck>> = {
  eventId: nonEmptyText,
  systemId: nonEmptyText,
  occurredAtUtc: nonEmptyText,
  modelId: nonEmptyText,
  version: nonEmptyText,
  decisionClassification: nonEmptyText,
  inputReference: nonEmptyText,
  outputReference: nonEmptyText,
  metadataReference: nonEmptyText,
};

const optional: Readonly<Record<string, TypeCheck>> = {
  correlationId: text,
  idempotencyKey: text,
  humanOversight: object,
  systemState: object,
  actor: object,
  referenceData: check("a list of objects", listOf(isObject)),
  dataSubjects: check("a list of text", listOf(isText)),
  payloadCiphertext: text,
  payloadKeyId: text,
  payloadNonce: text,
  payloadAadHash: text,
  environmentId: text,
  sequenceNumber: wholeNumber,
  ingestedAtUtc: text,
  eventHash: text,
  receiptId: text,
};

function invalidEvent(trouble: string): ComplianceGuardError {
  return new ComplianceGuardError(
    "invalid_answer",
    `What answered is not the platform, or not all of it: ${trouble}. Check baseUrl and what stands between`,
  );
}
