import { canonicalJson } from "./canonical-json.ts";
import { sha256Hex } from "./digest.ts";
import { utf8Bytes } from "./utf8.ts";

/** One of an event's three components (input, output, metadata), encoded once for hash, seal and wire. */
export interface Component {
  /** UTF-8 of the canonical JSON. */
  readonly bytes: Uint8Array;
  /** Lower-case hex SHA-256 of `bytes`. */
  readonly reference: string;
}

/**
 * Encodes a component. Null and undefined count as `{}`, as the wire format has it.
 * @throws {ComplianceGuardError} `not_canonicalizable`, with the path of what JSON cannot hold.
 */
export function encodeComponent(value: unknown): Component {
  return componentOfBytes(utf8Bytes(canonicalJson(value ?? {})));
}

/** The component whose canonical JSON is already at hand in UTF-8. */
export function componentOfBytes(bytes: Uint8Array): Component {
  return { bytes, reference: sha256Hex(bytes) };
}
