import { createSecretKey } from "node:crypto";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { keylessThreadPseudonym, pseudonym } from "../../src/core/pseudonym.ts";
import { codeOf } from "../support/error-code.ts";

const bytes = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
const key = createSecretKey(bytes);

// Made with Python's hmac and hashlib: HKDF by hand, as RFC 5869 has it.
test.each([
  ["alice@example.com", "dataSubjects", "p1.lWIs86gvvvsf8TznXKws8A"],
  ["alice@example.com", "reviewerId", "p1.eZrAQlS50oVrBBagb8k8-w"],
  ["+49 170 1234567 😀", "threadId", "p1.bRQAO2HdRMpbsfrJzZS5gA"],
] as const)("the pseudonym of %s in %s is %s", (value, field, expected) => {
  expect(pseudonym(value, field, key)).toBe(expected);
  expect(pseudonym(value, field, bytes)).toBe(expected);
  expect(pseudonym(value, field, bytes.toString("base64url"))).toBe(expected);
});

test("without a key a thread's pseudonym is the same form under a key made of the system id", () => {
  expect(keylessThreadPseudonym("+49 170 1234567", "cv-screening-prod")).toBe("p1.fdGMSCB3sR4hpCwe40YP5A");
});

test("two systems, two fields and two keys give different pseudonyms of one value", () => {
  const pseudonyms = [
    keylessThreadPseudonym("7", "one"),
    keylessThreadPseudonym("7", "two"),
    pseudonym("7", "threadId", key),
    pseudonym("7", "reviewerId", key),
    pseudonym("7", "dataSubjects", key),
    pseudonym("7", "threadId", createSecretKey(Buffer.alloc(32))),
  ];
  expect(new Set(pseudonyms).size).toBe(pseudonyms.length);
});

test("a key of another length is refused by its name and not shown", async () => {
  const short = "c2VjcmV0LXNlY3JldA";
  expect(await codeOf(() => pseudonym("a", "threadId", short))).toBe("invalid_payload_key");
  expect(() => pseudonym("a", "threadId", short)).toThrow(/^pseudonymKey must be 32 bytes, got 13/);
  try {
    pseudonym("a", "threadId", short);
  } catch (error) {
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain(short);
  }
});
