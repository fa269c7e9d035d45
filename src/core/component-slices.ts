import { isUtf8 } from "node:buffer";
import { isHexOf, sha256Hex } from "./digest.ts";
import { ComplianceGuardError } from "./errors.ts";
import { jsonMembers } from "./json-members.ts";
import type { StoredEvent } from "./stored-event.ts";

const COMPONENTS = ["input", "output", "metadata"] as const;

/** Each component's own bytes in a decrypted payload. */
export type ComponentSlices = Readonly<Record<(typeof COMPONENTS)[number], Buffer>>;

/**
 * Finds each component's own bytes in the plaintext of a payload: what a parser made of them might hash to the same
 * although a reader sees something else.
 * @throws {ComplianceGuardError} `invalid_json` where the plaintext is no JSON object in UTF-8; `reference_mismatch` where a
 * component is missing or there twice.
 */
export function componentSlices(plaintext: Buffer): ComponentSlices {
  checkIsJsonObject(plaintext);
  const members = jsonMembers(plaintext);
  const sliceOf = (component: string): Buffer => {
    const [member, ...repeated] = members.filter(({ name }) => name === component);
    if (member && repeated.length === 0) return plaintext.subarray(member.valueStart, member.valueEnd);
    throw new ComplianceGuardError(
      "reference_mismatch",
      `the decrypted payload has ${member ? "more than one" : "no"} member "${component}" to check against its reference`,
    );
  };
  return { input: sliceOf("input"), output: sliceOf("output"), metadata: sliceOf("metadata") };
}

/**
 * Checks that the SHA-256 of each component's bytes is the reference the event shows.
 * @throws {ComplianceGuardError} `reference_mismatch`, naming the components that differ.
 */
export function checkReferences(slices: ComponentSlices, shown: StoredEvent): void {
  const differing = COMPONENTS.filter((name) => !isHexOf(shown[`${name}Reference`], sha256Hex(slices[name])));
  if (differing.length === 0) return;
  throw new ComplianceGuardError(
    "reference_mismatch",
    `the decrypted payload is not what the event's references say, by its ${differing.join(", ")}`,
  );
}

function checkIsJsonObject(plaintext: Buffer): void {
  const value = isUtf8(plaintext) ? parsed(plaintext.toString("utf8")) : undefined;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ComplianceGuardError("invalid_json", "the decrypted payload is not a JSON object");
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which is content.
    return undefined;
  }
}
