import { type Component, encodeComponent } from "../core/component.ts";
import { type CopyBounds, PlainCopy } from "./plain-copy.ts";

const bounds: CopyBounds = { maxMembers: 1_000_000, maxCharacters: 2 ** 27 };

/** A component made of a value that was repaired where JSON cannot hold it. */
export interface CapturedComponent {
  readonly component: Component;
  /** How many places were repaired; 0 where the component is the value's own canonical JSON. */
  readonly repairs: number;
}

/**
 * Encodes a component whatever the value holds: content is never the reason for a lost event. Never throws, reads each
 * member once, and holds nothing of the value afterwards. What JSON cannot hold is replaced and counted:
 *
 * - lone surrogates by U+FFFD (a stream cut inside an emoji); a key that then equals another gets a number appended
 * - NaN and the infinities by their names as text, integers beyond 400 digits by their digits as text
 * - bytes by `{sha256, size_bytes}`
 * - what is nested deeper than 200 by its canonical JSON as text (older Python cannot read deeper)
 * - anything else by `{unrepresentable: kind}`, its kind one of `UnrepresentableKind`
 */
export function captureComponent(value: unknown): CapturedComponent {
  const { copy, repairs } = captureValue(value);
  try {
    return { component: encodeComponent(copy), repairs };
  } catch {
    // The text of it would be longer than a string can be.
    return { component: encodeComponent({ unrepresentable: "too_large" }), repairs: 1 };
  }
}

/** The same for a part of a component: a copy of plain data that nothing changes any more. Never throws. */
export function captureValue(value: unknown): { readonly copy: unknown; readonly repairs: number } {
  const plain = new PlainCopy(bounds);
  const copy = plain.of(value);
  return { copy, repairs: plain.repairs };
}

/** What is sent in clear of a value the caller gives: plain JSON, the same in the body and in its sealed copy. */
export function clearJson<T>(value: T): T {
  return JSON.parse(Buffer.from(captureComponent({ value }).component.bytes).toString("utf8")).value as T;
}
