import { hash } from "node:crypto";
import { canonicalJson } from "./canonical-json.ts";

/** Lower-case hex SHA-256 of the bytes, or of the text's UTF-8 (a lone surrogate counts as U+FFFD). */
export function sha256Hex(data: string | Uint8Array): string {
  return hash("sha256", data, "hex");
}

/** SHA-256 of the bytes, or of the text's UTF-8 (a lone surrogate counts as U+FFFD): 32 bytes. */
export function sha256(data: string | Uint8Array): Buffer {
  return hash("sha256", data, "buffer");
}

/** Whether what a platform shows is that hex digest, in lower case or reprinted in upper case, but in no mixture of both. */
export function isHexOf(shown: unknown, digest: string): boolean {
  return shown === digest || shown === digest.toUpperCase();
}

/**
 * The reference of a component (input, output, metadata): lower-case hex SHA-256 of its canonical JSON. Null and
 * undefined count as `{}`, as the wire format has it.
 * @throws {ComplianceGuardError} `not_canonicalizable`, with the path of what JSON cannot hold.
 */
export function reference(component: unknown): string {
  return sha256Hex(canonicalJson(component ?? {}));
}
