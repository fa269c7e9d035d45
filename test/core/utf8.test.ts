import fc from "fast-check";
import { expect, test } from "vitest";
import { utf8Bytes } from "../../src/core/utf8.ts";

test("any text becomes the bytes that Buffer makes of it", () => {
  const text = fc.string({
    unit: fc.oneof(fc.string(), fc.constantFrom("é", "€", "😀", "\ud800", "\udfff")),
  });
  fc.assert(
    fc.property(text, (each) => {
      expect(utf8Bytes(each)).toEqual(Buffer.from(each));
    }),
  );
});

test.each([65_535, 65_536, 65_537, 200_000])("%i characters of three bytes fit", (length) => {
  const text = "€".repeat(length);
  expect(utf8Bytes(text).equals(Buffer.from(text))).toBe(true);
});

test("the bytes of one text stay when the next is encoded", () => {
  for (const length of [3, 30_000]) {
    const first = utf8Bytes("a".repeat(length));
    utf8Bytes("b".repeat(length));
    expect(first.toString()).toBe("a".repeat(length));
  }
});
