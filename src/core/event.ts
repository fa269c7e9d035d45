import { type Component, type ComponentUse, encodeComponent } from "./component.ts";
import { ComplianceGuardError } from "./errors.ts";
import type { Payload } from "./payload.ts";
import { isTimestamp } from "./timestamp.ts";
import { isUuid } from "./uuid.ts";

/** A JSON object of the caller's, forwarded unchanged. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Who or what acted. Any further field is forwarded as it is. */
export interface Actor {
  /** E.g. `model`, `tool`, `retriever`, `agent`, `chain`, `human`, `reviewer` (of unknown identity), `policy`, `recorder`. */
  readonly type?: string | undefined;
  readonly name?: string | undefined;
  readonly [field: string]: unknown;
}

/** Every field of an event that the platform sees in clear. */
export interface EventFields {
  /** A UUID. Keep it in lower case: platforms print it so, and it is bound into the payload. */
  readonly eventId: string;
  /** Chosen by the customer and registered with the platform, e.g. `cv-screening-prod`. */
  readonly systemId: string;
  /** RFC 3339, sent and bound into the payload exactly as given. `shortestTimestamp` gives the form no platform reprints. */
  readonly occurredAtUtc: string;
  readonly modelId: string;
  /** The version of the system that decided. */
  readonly version: string;
  /** The platform knows `automated_decision` and `not_classified`; other text is allowed. */
  readonly decisionClassification: string;
  readonly correlationId?: string | null | undefined;
  readonly idempotencyKey?: string | null | undefined;
  readonly humanOversight?: JsonObject | null | undefined;
  readonly referenceData?: readonly JsonObject[] | null | undefined;
  readonly systemState?: JsonObject | null | undefined;
  readonly dataSubjects?: readonly string[] | null | undefined;
  readonly actor?: Actor | null | undefined;
}

/** The recorded content. It never leaves in clear; absent and null components count as `{}`. */
export interface EventContent {
  readonly input?: unknown;
  readonly output?: unknown;
  readonly metadata?: unknown;
}

/** The content, encoded. */
export interface EventComponents {
  readonly input: Component;
  readonly output: Component;
  readonly metadata: Component;
}

/** The clear fields as they are sent: checked, and without those that are null or undefined. */
export type ClearFields = {
  readonly [Name in keyof EventFields]: Exclude<EventFields[Name], null>;
};

/** The body of POST /v1/events: clear fields, references, and the sealed payload where there is a key. */
export interface EventBody extends ClearFields {
  readonly inputReference: string;
  readonly outputReference: string;
  readonly metadataReference: string;
  readonly payload?: Payload | undefined;
}

/**
 * Encodes the three components once, for hash, seal and wire.
 * @throws {ComplianceGuardError} `not_canonicalizable`, with the path of what JSON cannot hold.
 */
export function encodeContent(content: EventContent, use: ComponentUse = "hash"): EventComponents {
  return {
    input: encodeComponent(content.input, use),
    output: encodeComponent(content.output, use),
    metadata: encodeComponent(content.metadata, use),
  };
}

/**
 * The body that records an event. Only known fields are taken over, so that a stray `input`, `output` or `metadata` never
 * goes out in clear; objects are forwarded unchanged.
 * @throws {ComplianceGuardError} `invalid_argument`, naming the field and what it must be.
 */
export function buildEventBody(
  fields: EventFields,
  components: EventComponents,
  payload?: Payload,
): EventBody {
  return {
    ...checkEventFields(fields),
    inputReference: components.input.reference,
    outputReference: components.output.reference,
    metadataReference: components.metadata.reference,
    ...(payload && { payload }),
  };
}

/**
 * The checked clear fields of a body, to be sent and, as a copy inside the sealed metadata, to be compared with what a
 * platform shows later.
 * @throws {ComplianceGuardError} `invalid_argument`, naming the field and what it must be.
 */
export function checkEventFields(fields: EventFields): ClearFields {
  const given: Record<string, unknown> = {};
  for (const [name, isValid, expected, isRequired] of CHECKS) {
    const value = fields[name];
    if (value === undefined || value === null) {
      if (isRequired) throw invalidField(name, expected);
    } else if (isValid(value)) given[name] = value;
    else throw invalidField(name, expected);
  }
  return given as unknown as ClearFields;
}

/**
 * UTF-8 of the body's JSON: what is sent, kept on disk and sent again, byte for byte. A lone surrogate inside becomes
 * U+FFFD, since many readers refuse the whole body for one.
 * @throws {ComplianceGuardError} `invalid_argument` where an object holds what JSON cannot (a cycle, a BigInt).
 */
export function encodeEventBody(body: EventBody): Uint8Array {
  return Buffer.from(wellFormed(stringify(body)), "utf8");
}

/**
 * The same where the clear fields are at hand as JSON text, checked and without lone surrogates: so that the body shows them
 * as their sealed copy has them, byte for byte.
 * @param clearFields The text of an object with at least one member.
 */
export function encodeWrittenBody(
  clearFields: string,
  { input, output, metadata }: Readonly<Record<keyof EventComponents, Pick<Component, "reference">>>,
  payload: Payload | undefined,
): Uint8Array {
  const references = `"inputReference":"${input.reference}","metadataReference":"${metadata.reference}","outputReference":"${output.reference}"`;
  const start = `${clearFields.slice(0, -1)},${references}`;
  if (!payload) return Buffer.from(`${start}}`, "utf8");
  const { ciphertext, ...others } = payload;
  return Buffer.concat([
    Buffer.from(`${start},"payload":{"ciphertext":"`, "utf8"),
    // Most of the body. It needs no escape, and as ASCII it is written in half the time.
    Buffer.from(ciphertext, "latin1"),
    Buffer.from(`",${JSON.stringify(others).slice(1)}}`, "utf8"),
  ]);
}

type Check = readonly [
  name: keyof EventFields,
  isValid: (value: unknown) => boolean,
  expected: string,
  isRequired?: "required",
];

/** In the order in which the fields stand in the body. */
const CHECKS: readonly Check[] = [
  ["eventId", isUuid, "a UUID", "required"],
  // Also bound into the payload, where a lone surrogate has no canonical form.
  [
    "systemId",
    (value) => isNonEmpty(value) && (value as string).isWellFormed(),
    "non-empty text without lone surrogates",
    "required",
  ],
  ["occurredAtUtc", isTimestamp, 'an RFC 3339 timestamp, e.g. "2026-05-01T12:00:00Z"', "required"],
  ["modelId", isNonEmpty, "non-empty text", "required"],
  ["version", isNonEmpty, "non-empty text", "required"],
  ["decisionClassification", isNonEmpty, "non-empty text", "required"],
  ["correlationId", isText, "text"],
  ["idempotencyKey", isText, "text"],
  ["humanOversight", isObject, "an object"],
  ["referenceData", (value) => Array.isArray(value) && value.every(isObject), "an array of objects"],
  ["systemState", isObject, "an object"],
  ["dataSubjects", (value) => Array.isArray(value) && value.every(isText), "an array of text"],
  ["actor", isObject, "an object"],
];

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isNonEmpty(value: unknown): boolean {
  return isText(value) && value !== "";
}

/** A Map, a Date or an array would not arrive as the object it was meant to be. */
function isObject(value: unknown): boolean {
  return Object.prototype.toString.call(value) === "[object Object]";
}

function invalidField(name: string, expected: string): ComplianceGuardError {
  return new ComplianceGuardError("invalid_argument", `${name} must be ${expected}`);
}

function stringify(body: EventBody): string {
  try {
    return JSON.stringify(body);
  } catch (cause) {
    const message = "humanOversight, referenceData, systemState and actor must be JSON: no cycle, no BigInt";
    throw new ComplianceGuardError("invalid_argument", message, { cause });
  }
}

/** JSON.stringify escapes a surrogate only where it is alone; matching every escape keeps `\\ud800` in a text as it is. */
function wellFormed(json: string): string {
  // Next to no body has one, and a sealed payload is long.
  if (!json.includes("\\ud")) return json;
  return json.replaceAll(/\\(ud[89a-f][0-9a-f]{2}|.)/g, (sequence, code: string) =>
    code.length > 1 ? "\ufffd" : sequence,
  );
}
