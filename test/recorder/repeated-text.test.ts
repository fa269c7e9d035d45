import fc from "fast-check";
import { expect, test } from "vitest";
import { quotedText } from "../../src/recorder/repeated-text.ts";

const long = fc.record({
  part: fc.string({ unit: "binary", minLength: 1, maxLength: 30 }),
  times: fc.nat(60),
});

test("a text gives its JSON however often it comes and whatever came in between", () => {
  fc.assert(
    fc.property(
      fc.array(long, { maxLength: 12 }),
      fc.array(fc.nat(11), { maxLength: 60 }),
      (kinds, order) => {
        const texts = kinds.map(({ part, times }) => part.repeat(20 * times).toWellFormed());
        for (const each of order) {
          const text = texts[each] ?? "";
          expect(quotedText(text)).toBe(JSON.stringify(text));
        }
      },
    ),
  );
});

test("an equal text that is another object gives the same", () => {
  const letters = Array.from({ length: 2_000 }, (_, index) => (index % 7 === 0 ? '"' : "a"));
  expect(quotedText(letters.join(""))).toBe(quotedText(letters.join("")));
});

test("a long text with a lone surrogate has no JSON, the second time neither", () => {
  const text = `${"a".repeat(3_000)}\ud800`;
  expect(quotedText(text)).toBeUndefined();
  expect(quotedText(text)).toBeUndefined();
});
