import { type KeyObject, randomBytes } from "node:crypto";
import { NONCE_BYTES, openBytes, sealBytes } from "./aes-gcm.ts";
import { decodeBase64Url } from "./base64url.ts";
import { canonicalJson } from "./canonical-json.ts";
import { checkReferences, componentSlices } from "./component-slices.ts";
import { sha256Hex } from "./digest.ts";
import { ComplianceGuardError } from "./errors.ts";
import type { EventComponents } from "./event.ts";
import type { PayloadKey } from "./keys.ts";
import { isLatin1 } from "./latin1-literal.ts";
import type { StoredEvent } from "./stored-event.ts";
import { equivalentTimestamps } from "./timestamp.ts";

/** The encrypted payload as it stands in the body of an event. */
export interface Payload {
  /** base64url without padding: AES-256-GCM ciphertext, the 16-byte tag at its end. */
  readonly ciphertext: string;
  readonly keyId: string;
  /** base64url without padding of 12 bytes. */
  readonly nonce: string;
  /** Hex SHA-256 of the AAD, which binds the ciphertext to its event. */
  readonly aadHash: string;
}

/** What a payload is bound to. */
export interface EventIdentity {
  readonly eventId: string;
  readonly systemId: string;
  readonly occurredAtUtc: string;
}

/** An opened payload: each component as the canonical JSON text that its reference is the hash of. */
export interface OpenedPayload {
  readonly input: string;
  readonly output: string;
  readonly metadata: string;
}

/**
 * Encrypts the three components and binds them to the event.
 * @param nonce For test vectors only: a nonce that repeats under one key gives the plaintext away. @default 12 random bytes
 * @throws {ComplianceGuardError} `not_canonicalizable` where the identity holds a lone surrogate.
 */
export function sealPayload(
  identity: EventIdentity,
  components: EventComponents,
  { key, keyId }: PayloadKey,
  nonce: Uint8Array = randomBytes(NONCE_BYTES),
): Payload {
  const aad = aadOf(identity.eventId, identity.systemId, identity.occurredAtUtc);
  const sealed = sealBytes(key, nonce, Buffer.from(aad), plaintextOf(components));
  return {
    ciphertext: sealed.toString("base64url"),
    keyId,
    nonce: Buffer.from(nonce).toString("base64url"),
    aadHash: sha256Hex(aad),
  };
}

/**
 * Decrypts the payload of a stored event and checks it against the event's references, which the Python client does not do.
 * The checks, in this order: all four payload fields are there, the AAD hash belongs to this event (also where the platform
 * prints its timestamp differently), the tag, a JSON object in UTF-8, each component's own bytes against its reference.
 * @throws {ComplianceGuardError} `incomplete_envelope`, naming the missing fields; `aad_mismatch`, the payload was bound to
 * another event; `decryption_failed`, another key or changed bytes; `invalid_json`; `reference_mismatch`, naming the
 * components. Nothing of the content is in the message.
 */
export function openPayload(event: StoredEvent, key: KeyObject): OpenedPayload {
  const { ciphertext, nonce, aadHash } = readPayload(event);
  const aad = findAad(event, aadHash);
  const plaintext = openBytes(
    key,
    decoded("nonce", nonce),
    Buffer.from(aad),
    decoded("ciphertext", ciphertext),
  );
  const slices = componentSlices(plaintext);
  checkReferences(slices, event);
  return {
    input: slices.input.toString("utf8"),
    output: slices.output.toString("utf8"),
    metadata: slices.metadata.toString("utf8"),
  };
}

/**
 * The four payload fields of a stored event, none of them checked any further.
 * @throws {ComplianceGuardError} `incomplete_envelope`, naming those that are missing.
 */
export function readPayload(event: StoredEvent): Payload {
  const { payloadCiphertext, payloadKeyId, payloadNonce, payloadAadHash } = event;
  const fields = { payloadCiphertext, payloadKeyId, payloadNonce, payloadAadHash };
  const missing = Object.entries(fields).flatMap(([name, value]) =>
    typeof value === "string" && value !== "" ? [] : [name],
  );
  if (missing.length > 0) {
    const hint =
      missing.length === 4 ? "it was recorded by its hashes only" : "the platform left part of it out";
    throw new ComplianceGuardError(
      "incomplete_envelope",
      `the event has no encrypted payload: ${missing.join(", ")} missing, ${hint}`,
    );
  }
  return {
    ciphertext: payloadCiphertext as string,
    keyId: payloadKeyId as string,
    nonce: payloadNonce as string,
    aadHash: payloadAadHash as string,
  };
}

function plaintextOf({ input, output, metadata }: EventComponents): string | Uint8Array {
  // The components are canonical already, and "input" < "metadata" < "output" is the order of the canonical form.
  if (isLatin1(input.text) && isLatin1(metadata.text) && isLatin1(output.text))
    return `{"input":${input.text},"metadata":${metadata.text},"output":${output.text}}`;
  const [inputStart, metadataStart, outputStart, end] = PLAINTEXT_FRAME;
  return Buffer.concat([
    inputStart,
    input.bytes,
    metadataStart,
    metadata.bytes,
    outputStart,
    output.bytes,
    end,
  ]);
}

const PLAINTEXT_FRAME = [
  Buffer.from('{"input":'),
  Buffer.from(',"metadata":'),
  Buffer.from(',"output":'),
  Buffer.from("}"),
] as const;

function aadOf(eventId: string, systemId: string, timestamp: string): string {
  return canonicalJson({ eventId, systemId, timestamp });
}

/** The AAD whose hash the event carries, among those that the platform's rendering of the event allows. */
function findAad(event: StoredEvent, aadHash: string): string {
  const { eventId, systemId, occurredAtUtc } = event;
  if (!isText(eventId) || !isText(systemId) || !isText(occurredAtUtc)) {
    throw mismatch("the event must show eventId, systemId and occurredAtUtc as text");
  }
  if (!/^(?:[0-9a-f]{64}|[0-9A-F]{64})$/.test(aadHash)) throw mismatch("payloadAadHash is no SHA-256 in hex");
  const wanted = aadHash.toLowerCase();
  const eventIds = new Set([eventId, eventId.toLowerCase(), eventId.toUpperCase()]);
  for (const timestamp of equivalentTimestamps(occurredAtUtc)) {
    for (const id of eventIds) {
      const aad = aadOf(id, systemId, timestamp);
      if (sha256Hex(aad) === wanted) return aad;
    }
  }
  throw mismatch("payloadAadHash is not that of this eventId, systemId and occurredAtUtc");
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.isWellFormed();
}

function mismatch(reason: string): ComplianceGuardError {
  return new ComplianceGuardError(
    "aad_mismatch",
    `${reason}: the payload may have been bound to another event`,
  );
}

function decoded(field: "nonce" | "ciphertext", text: string): Buffer {
  const bytes = decodeBase64Url(text);
  if (bytes) return bytes;
  throw new ComplianceGuardError(
    "decryption_failed",
    `the payload cannot be decrypted: its ${field} is not base64url without padding`,
  );
}
