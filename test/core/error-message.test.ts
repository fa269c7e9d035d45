import fc from "fast-check";
import { expect, test } from "vitest";
import { hashedErrorMessage, truncatedErrorMessage } from "../../src/core/error-message.ts";
import { readVectors } from "../support/vectors.ts";

interface MessageVector {
  readonly message: string;
  readonly truncated: string;
  readonly sha256: string;
}

const vectors = readVectors<readonly MessageVector[]>("error-messages.json");

test.each(vectors.map((vector, index) => ({ ...vector, index, units: vector.message.length })))(
  "vector $index: a message of $units units is cut after 500 code points and hashed",
  ({ message, truncated, sha256 }) => {
    expect(truncatedErrorMessage(message)).toBe(truncated);
    expect(hashedErrorMessage(message)).toBe(sha256);
  },
);

test("what is kept is the start of the message, at most 500 code points of it, and never half a pair", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("a", "é", "😀", "𝄞"), maxLength: 1200, size: "max" }),
      (message) => {
        const kept = truncatedErrorMessage(message);
        expect(message.startsWith(kept)).toBe(true);
        expect([...kept].length).toBe(Math.min(500, [...message].length));
        expect(kept.isWellFormed()).toBe(true);
      },
    ),
  );
});
