import { expect, test } from "vitest";
import { componentOfBytes, encodeComponent } from "../../src/core/component.ts";
import { reference } from "../../src/core/digest.ts";
import { codeOf } from "../support/error-code.ts";

test.each([{ b: "é😀", a: [1, null] }, "text", ["a"], "äöü", 7, null, undefined])(
  "%j is encoded once, its reference is that of its bytes, whatever it is for",
  (value) => {
    for (const use of ["hash", "seal"] as const) {
      const component = encodeComponent(value, use);
      expect(component.reference).toBe(reference(value));
      expect(componentOfBytes(component.bytes)).toEqual(encodeComponent(value));
      expect(Buffer.from(component.bytes).toString()).toBe(component.text);
    }
  },
);

test("an absent component is the empty object", () => {
  for (const value of [null, undefined])
    expect(Buffer.from(encodeComponent(value).bytes).toString()).toBe("{}");
});

test("what JSON cannot hold is refused", async () => {
  expect(await codeOf(() => encodeComponent({ a: Number.NaN }))).toBe("not_canonicalizable");
});
