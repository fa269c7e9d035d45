import { createHash } from "node:crypto";
import { canonicalJson } from "../core/canonical-json.ts";
import { ComplianceGuardError } from "../core/errors.ts";
import { isTimestamp } from "../core/timestamp.ts";
import { isUuid } from "../core/uuid.ts";

/** What the platform fixes about one event. Its canonical JSON is what is hashed; the body itself is not in it. */
export interface Entry {
  /** {@link bodyDigest} of the request body, lower-case hex. */
  readonly bodyDigest: string;
  readonly environmentId: string;
  readonly eventId: string;
  /** RFC 3339. */
  readonly ingestedAtUtc: string;
  /** {@link eventHash} of the entry before; {@link NO_PREVIOUS_HASH} for the first. */
  readonly previousEventHash: string;
  readonly receiptId: string;
  /** 1 for the first, without gaps. */
  readonly sequenceNumber: number;
}

/** The `previousEventHash` of the first entry: 64 zeros. */
export const NO_PREVIOUS_HASH: string = "0".repeat(64);

/** The text that is hashed: canonical JSON of the entry with its version, `"v":1`. */
export function encodeEntry(entry: Entry): string {
  const { bodyDigest, environmentId, eventId, ingestedAtUtc, previousEventHash, receiptId, sequenceNumber } =
    entry;
  return canonicalJson({
    bodyDigest,
    environmentId,
    eventId,
    ingestedAtUtc,
    previousEventHash,
    receiptId,
    sequenceNumber,
    v: 1,
  });
}

/**
 * Reads an entry's text. Only the one text that {@link encodeEntry} gives is accepted: other members, another order,
 * spaces or another spelling of a number are refused.
 * @throws {ComplianceGuardError} `invalid_entry`, naming the member.
 */
export function decodeEntry(text: string): Entry {
  const value = parseObject(text);
  for (const [member, isValid] of Object.entries(memberChecks)) {
    if (!isValid(value[member])) throw invalidEntry(`its ${member} is missing or malformed`);
  }
  const entry = value as unknown as Entry;
  if (encodeEntry(entry) !== text) throw invalidEntry("it is not in canonical form, or has other members");
  return entry;
}

/** The hash of an entry in the chain, and of its leaf in a Merkle tree: SHA-256(00 ‖ entry), lower-case hex (RFC 6962, 2.1). */
export function eventHash(entryText: string): string {
  return createHash("sha256").update(LEAF_PREFIX).update(entryText, "utf8").digest("hex");
}

/**
 * SHA-256(salt ‖ body), lower-case hex. The salt is 32 random bytes of the server's own, one an event: once body and
 * salt are erased, nobody can find the body by trying.
 */
export function bodyDigest(salt: Uint8Array, body: Uint8Array | string): string {
  const hash = createHash("sha256").update(salt);
  return (typeof body === "string" ? hash.update(body, "utf8") : hash.update(body)).digest("hex");
}

/** Whether `value` is a SHA-256 in the only spelling that is accepted: 64 lower-case hex digits. */
export function isDigestHex(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}

const LEAF_PREFIX = Uint8Array.of(0);

const isText = (value: unknown): boolean => typeof value === "string" && value !== "" && value.isWellFormed();

const memberChecks: Readonly<Record<keyof Entry | "v", (value: unknown) => boolean>> = {
  bodyDigest: isDigestHex,
  environmentId: isText,
  eventId: isUuid,
  ingestedAtUtc: isTimestamp,
  previousEventHash: isDigestHex,
  receiptId: isText,
  sequenceNumber: (value) => Number.isSafeInteger(value) && (value as number) >= 1,
  v: (value) => value === 1,
};

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalidEntry("it is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidEntry("it is not a JSON object");
  }
  return value as Record<string, unknown>;
}

function invalidEntry(what: string): ComplianceGuardError {
  return new ComplianceGuardError("invalid_entry", `Not an entry of the evidence chain: ${what}`);
}
