import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isHexOf, reference, sha256, sha256Hex } from "../../src/core/digest.ts";
import { codeOf } from "../support/error-code.ts";

// FIPS 180-4 and NIST's example values.
test.each([
  ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [
    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  ],
])("the digest of %j is NIST's", (text, digest) => {
  expect(sha256Hex(text)).toBe(digest);
  expect(sha256Hex(Buffer.from(text))).toBe(digest);
  expect(sha256(text).toString("hex")).toBe(digest);
});

test("text is hashed as UTF-8, bytes as they are", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.uint8Array(), (text, bytes) => {
      expect(sha256Hex(text)).toBe(createHash("sha256").update(text, "utf8").digest("hex"));
      expect(sha256Hex(bytes)).toBe(createHash("sha256").update(bytes).digest("hex"));
    }),
  );
});

test.each([[undefined], [null], [{}]])("the reference of %j is that of the empty object", (component) => {
  expect(reference(component)).toBe("44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
});

test.each([[false], [0], [""], [[]]])("%j is content and not an absent component", (component) => {
  expect(reference(component)).not.toBe(reference({}));
});

test("a reference does not depend on the order of keys", () => {
  expect(reference({ b: 1, a: 2 })).toBe(sha256Hex('{"a":2,"b":1}'));
});

test("what JSON cannot hold has no reference", async () => {
  expect(await codeOf(() => reference({ score: Number.NaN }))).toBe("not_canonicalizable");
});

test("a digest is recognised in lower case and in upper case, in no mixture and with no digit changed", () => {
  const digest = sha256Hex("abc");
  expect(isHexOf(digest, digest)).toBe(true);
  expect(isHexOf(digest.toUpperCase(), digest)).toBe(true);
  expect(isHexOf(`B${digest.slice(1)}`, digest)).toBe(false);
  expect(isHexOf(`0${digest.slice(1)}`, digest)).toBe(false);
  expect(isHexOf(undefined, digest)).toBe(false);
});
