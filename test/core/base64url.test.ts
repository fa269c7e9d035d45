import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBase64Url } from "../../src/core/base64url.ts";

// RFC 4648 section 10, without padding.
test.each([
  ["", ""],
  ["Zg", "f"],
  ["Zm8", "fo"],
  ["Zm9v", "foo"],
  ["Zm9vYg", "foob"],
  ["Zm9vYmE", "fooba"],
  ["Zm9vYmFy", "foobar"],
])("%j is %j", (text, bytes) => {
  expect(decodeBase64Url(text)?.toString()).toBe(bytes);
});

test.each(["Zg==", "Zm8=", "Zh", "Zm9", "Z", "Zm 8", "Zm8\n", "+/+/", "Zm8.", "Zmé8", "-_-_="])(
  "%j is refused",
  (text) => {
    expect(decodeBase64Url(text)).toBeUndefined();
  },
);

test("every byte sequence has exactly one text", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(decodeBase64Url(Buffer.from(bytes).toString("base64url"))).toEqual(Buffer.from(bytes));
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."AQgwZ-_=+/ ") }), (text) => {
      const bytes = decodeBase64Url(text);
      if (bytes) expect(bytes.toString("base64url")).toBe(text);
    }),
  );
});
