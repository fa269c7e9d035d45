import { stringify, v7 } from "uuid";
import { sha256 } from "./digest.ts";
import { ComplianceGuardError } from "./errors.ts";
import { pooledRandomBytes } from "./random-pool.ts";

/** Where a new id's time and randomness come from: given in tests, so that ids are exact. */
export interface IdSource {
  /** Milliseconds since 1970. @default the system clock */
  readonly nowMs?: number | undefined;
  /** At least 16 random bytes. @default the system's */
  readonly random?: Uint8Array | undefined;
}

/** A new UUIDv7 (RFC 9562). Ids made without a source sort in the order they were made, within this process. */
export function newEventId(source: IdSource = {}): string {
  const { nowMs, random } = source;
  if (nowMs === undefined && random === undefined) return nextEventId();
  return v7({ ...(nowMs !== undefined && { msecs: nowMs }), ...(random && { random }) });
}

/** As `uuid` makes one without being told anything, but for where the random bytes come from. RFC 9562, section 6.2, method 1. */
function nextEventId(): string {
  const random = pooledRandomBytes(ID_BYTES);
  const nowMs = Date.now();
  if (nowMs > latestMs) {
    latestMs = nowMs;
    // The highest bit stays free, so that the count has room.
    counter = new DataView(random.buffer, random.byteOffset).getUint32(6) >>> 1;
  } else {
    counter = (counter + 1) >>> 0;
    if (counter === 0) latestMs++;
  }
  return v7({ random, msecs: latestMs, seq: counter });
}

let latestMs = Number.NEGATIVE_INFINITY;
let counter = 0;

const ID_BYTES = 16;

/** Whether the text is a UUID of any version, in the 8-4-4-4-12 form and in either case. */
export function isUuid(text: unknown): text is string {
  return (
    typeof text === "string" && /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text)
  );
}

/**
 * The event id of a fact that a framework may show again (an interrupt, an approval, a tool call), so that the same
 * fact is one event whoever sees it: the UUIDv8 of SHA-256(`systemId` ‖ 00 ‖ `frameworkId` ‖ 00 ‖ `what`).
 * @param what What happened, a word of this package's own, e.g. `decision`.
 * @throws {ComplianceGuardError} `invalid_argument` where `systemId` or `what` holds U+0000: two facts could share an id.
 */
export function derivedEventId(systemId: string, frameworkId: string, what: string): string {
  // The first and the last part are free of the separator, so whatever a model writes into the middle is unambiguous.
  if (systemId.includes("\0") || what.includes("\0")) {
    throw new ComplianceGuardError("invalid_argument", "systemId and what must not contain U+0000");
  }
  return uuidOf(`${systemId}\0${frameworkId}\0${what}`);
}

/** The UUIDv8 of SHA-256 of the text: for ids of frameworks that are no UUIDs. The same text always gives the same. */
export function uuidOf(text: string): string {
  const bytes = sha256(text).subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return stringify(bytes);
}
