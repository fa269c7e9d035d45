import { decodeBase64Url } from "../core/base64url.ts";
import { canonicalJson } from "../core/canonical-json.ts";
import { sha256Hex } from "../core/digest.ts";
import { isTimestamp } from "../core/timestamp.ts";
import { isUuid } from "../core/uuid.ts";
import { isDigestHex } from "../evidence/entry.ts";
import { shapeOfJson } from "./json-shape.ts";
import { isSystemId } from "./options.ts";
import { type ProblemCode, refusal } from "./problem.ts";

/** What the server needs to know of a body; the rest stays in its text. */
export interface CheckedBody {
  readonly eventId: string;
  readonly systemId: string;
  readonly occurredAtUtc: string;
  readonly correlationId: string | null;
}

/**
 * Reads the body of POST /v1/events and holds it against the wire format: each field there is and its type, no raw
 * payload, no field the wire format does not have (content could hide in it), an envelope that is whole and bound to
 * this event. Optional fields may be null. Names that stand twice are refused, since readers would differ about them.
 *
 * Answers 400 with a code; the detail names fields of the wire format and nothing the client wrote.
 */
export function readEventBody(text: string): CheckedBody {
  const body = parseObject(text);
  checkNames(body);
  for (const [field, [isValid, expected]] of Object.entries(requiredFields)) {
    if (!isValid(body[field])) throw refuse("invalid_event", `${field} must be ${expected}`);
  }
  for (const [field, [isValid, expected]] of Object.entries(optionalFields)) {
    const value = body[field] ?? null;
    if (value !== null && !isValid(value))
      throw refuse("invalid_event", `${field} must be ${expected} or left out`);
  }
  const event = body as unknown as CheckedBody;
  if (isObject(body["payload"])) checkEnvelope(body["payload"], event);
  const { eventId, systemId, occurredAtUtc, correlationId } = event;
  return { eventId, systemId, occurredAtUtc, correlationId: correlationId ?? null };
}

type Check = readonly [isValid: (value: unknown) => boolean, expected: string];

const MAX_DEPTH = 200;

const isText = (value: unknown): value is string => typeof value === "string" && value.isWellFormed();
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const text: Check = [isText, "text without lone surrogates"];
const someText: Check = [(value) => isText(value) && value !== "", "some text without lone surrogates"];
const reference: Check = [isDigestHex, "a SHA-256 as 64 lower-case hex digits"];
const object: Check = [isObject, "an object"];

const requiredFields: Readonly<Record<string, Check>> = {
  eventId: [isUuid, "a UUID"],
  systemId: [isSystemId, "1 to 1024 characters without control characters"],
  occurredAtUtc: [isTimestamp, "an RFC 3339 timestamp"],
  modelId: someText,
  version: someText,
  decisionClassification: someText,
  inputReference: reference,
  outputReference: reference,
  metadataReference: reference,
};

const optionalFields: Readonly<Record<string, Check>> = {
  correlationId: text,
  idempotencyKey: text,
  humanOversight: object,
  systemState: object,
  actor: object,
  referenceData: [(value) => Array.isArray(value) && value.every(isObject), "an array of objects"],
  dataSubjects: [
    (value) => Array.isArray(value) && value.every((each) => typeof each === "string"),
    "an array of text",
  ],
  payload: object,
};

const knownNames = new Set([...Object.keys(requiredFields), ...Object.keys(optionalFields)]);
const envelopeNames = ["ciphertext", "keyId", "nonce", "aadHash"] as const;
const rawNames = ["input", "output", "metadata"];

function parseObject(source: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch {
    throw refuse("invalid_json", "the body is not JSON");
  }
  if (!isObject(value)) throw refuse("invalid_event", "the body must be a JSON object");
  const { hasDuplicateName, depth } = shapeOfJson(source);
  if (hasDuplicateName) throw refuse("invalid_json", "a name stands twice in one object of the body");
  if (depth > MAX_DEPTH) throw refuse("invalid_event", `the body is nested deeper than ${MAX_DEPTH} levels`);
  return value;
}

function checkNames(body: Record<string, unknown>): void {
  for (const [where, value] of [
    ["the body", body],
    ["payload", body["payload"]],
  ] as const) {
    const raw = rawNames.find((name) => isObject(value) && Object.hasOwn(value, name));
    if (raw) {
      throw refuse("raw_payload", `${where} has ${raw}: send its reference, and the content only encrypted`);
    }
  }
  if (!Object.keys(body).every((name) => knownNames.has(name))) {
    throw refuse("invalid_event", `the body has a field other than ${[...knownNames].join(", ")}`);
  }
}

function checkEnvelope(payload: Record<string, unknown>, event: CheckedBody): void {
  const missing = envelopeNames.filter((name) => !Object.hasOwn(payload, name));
  if (missing.length > 0) {
    throw refuse(
      "incomplete_envelope",
      `payload lacks ${missing.join(", ")}: send all four fields or no payload`,
    );
  }
  if (Object.keys(payload).length > envelopeNames.length) {
    throw refuse("invalid_envelope", `payload has a field other than ${envelopeNames.join(", ")}`);
  }
  for (const [field, [isValid, expected]] of Object.entries(envelopeFields)) {
    if (!isValid(payload[field])) throw refuse("invalid_envelope", `payload.${field} must be ${expected}`);
  }
  const { eventId, systemId, occurredAtUtc } = event;
  if (payload["aadHash"] !== sha256Hex(canonicalJson({ eventId, systemId, timestamp: occurredAtUtc }))) {
    throw refuse("aad_mismatch", "payload.aadHash is not that of this eventId, systemId and occurredAtUtc");
  }
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const envelopeFields: Readonly<Record<(typeof envelopeNames)[number], Check>> = {
  ciphertext: [
    (value) => sizeOfBase64Url(value) >= TAG_BYTES,
    `base64url without padding, at least the ${TAG_BYTES} bytes of a tag`,
  ],
  keyId: someText,
  nonce: [
    (value) => sizeOfBase64Url(value) === NONCE_BYTES,
    `${NONCE_BYTES} bytes as base64url without padding`,
  ],
  aadHash: reference,
};

/** The bytes a text stands for; -1 where it is no strict base64url. */
function sizeOfBase64Url(value: unknown): number {
  return (typeof value === "string" ? decodeBase64Url(value)?.length : undefined) ?? -1;
}

function refuse(code: ProblemCode, detail: string) {
  return refusal(400, code, detail);
}
