import { isDeepStrictEqual } from "node:util";
import { ComplianceGuardError } from "./errors.ts";

/**
 * An event as a platform shows it, its top-level names in camelCase. The names are known, the values are the platform's word
 * and may be anything; what is null or missing is not there.
 */
export interface StoredEvent {
  readonly eventId?: unknown;
  readonly systemId?: unknown;
  readonly occurredAtUtc?: unknown;
  readonly modelId?: unknown;
  readonly version?: unknown;
  readonly decisionClassification?: unknown;
  readonly inputReference?: unknown;
  readonly outputReference?: unknown;
  readonly metadataReference?: unknown;
  readonly payloadCiphertext?: unknown;
  readonly payloadKeyId?: unknown;
  readonly payloadNonce?: unknown;
  readonly payloadAadHash?: unknown;
  readonly [field: string]: unknown;
}

/**
 * Reads an event as a platform shows it, in camelCase or snake_case, or as it stands in a body that was sent, with the
 * payload's fields in an object of their own. Only top-level names are rewritten; the objects inside are what they are.
 * @throws {ComplianceGuardError} `invalid_argument` where it is no object, or shows one field twice and differently: two readers
 * would see two events.
 */
export function readStoredEvent(event: unknown): StoredEvent {
  if (!isObject(event)) {
    throw new ComplianceGuardError(
      "invalid_argument",
      "the event must be an object, as getEvent or a JSON file gives it",
    );
  }
  const fields = new Map<string, unknown>();
  for (const [name, value] of Object.entries(event).flatMap(withFlatPayload)) {
    if (value === null || value === undefined) continue;
    if (fields.has(name) && !isDeepStrictEqual(fields.get(name), value)) {
      throw new ComplianceGuardError("invalid_argument", `the event shows ${name} twice, and differently`);
    }
    fields.set(name, value);
  }
  return Object.fromEntries(fields);
}

function withFlatPayload([name, value]: [string, unknown]): [string, unknown][] {
  if (name !== "payload" || !isObject(value)) return [[camelCase(name), value]];
  return Object.entries(value).map(([part, content]) => [camelCase(`payload_${part}`), content]);
}

function camelCase(name: string): string {
  return name.replaceAll(/(?<=[A-Za-z0-9])_([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
