import type { KeyObject } from "node:crypto";
import { type Component, componentOfBytes } from "./component.ts";
import { derivedKey, shortMac } from "./derived-key.ts";
import { ComplianceGuardError } from "./errors.ts";
import type { EventComponents } from "./event.ts";
import { jsonMembers } from "./json-members.ts";

/** The member that makes a component unguessable. */
const SALT = "_salt";

/**
 * The key that salts come from, derived from the payload key: who forgets the one has forgotten the other.
 * Vectors and rule: `blindKey = HKDF-SHA-256(payload key, no salt, "complianceguard/blind/v1", 32)`.
 */
export function blindKey(payloadKey: KeyObject): KeyObject {
  return derivedKey(payloadKey, "complianceguard/blind/v1");
}

/**
 * The components with a secret `_salt` of their own each, so that nobody finds `{"answer":"deny"}` by hashing likely
 * answers. Their references stay the plain SHA-256 of the component as it is sealed: an auditor needs nothing new. The same event
 * always gives the same salts.
 * @throws {ComplianceGuardError} `invalid_argument` where a component is no object or already has a `_salt`.
 */
export function blindComponents(
  components: EventComponents,
  eventId: string,
  key: KeyObject,
): EventComponents {
  return {
    input: blindComponent(components.input, "input", eventId, key),
    output: blindComponent(components.output, "output", eventId, key),
    metadata: blindComponent(components.metadata, "metadata", eventId, key),
  };
}

/**
 * One component with its `_salt`, see {@link blindComponents}.
 * @param key As {@link blindKey} derives it.
 */
export function blindComponent(
  component: Component,
  name: keyof EventComponents,
  eventId: string,
  key: KeyObject,
): Component {
  const bytes = Buffer.from(component.bytes.buffer, component.bytes.byteOffset, component.bytes.byteLength);
  const salt = `"${SALT}":"${shortMac(key, `${eventId}\0${name}`)}"`;
  return componentOfBytes(withMember(bytes, salt, name));
}

/** The canonical bytes of the object with one more member, at its place in the order of names. */
function withMember(bytes: Buffer, member: string, component: string): Buffer {
  if (bytes[0] !== OPENING_BRACE) {
    throw new ComplianceGuardError(
      "invalid_argument",
      `${component} must be an object to be blinded: wrap it in one`,
    );
  }
  const members = jsonMembers(bytes);
  if (members.some(({ name }) => name === SALT)) {
    throw new ComplianceGuardError(
      "invalid_argument",
      `${component} has a member ${SALT} already: rename it`,
    );
  }
  // Against an ASCII name UTF-16 order and code point order agree.
  const next = members.find(({ name }) => name > SALT);
  const at = next ? next.nameStart : bytes.length - 1;
  const before = !next && members.length > 0 ? "," : "";
  const after = next ? "," : "";
  return Buffer.concat([
    bytes.subarray(0, at),
    Buffer.from(`${before}${member}${after}`),
    bytes.subarray(at),
  ]);
}

const OPENING_BRACE = 0x7b;
