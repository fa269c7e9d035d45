import fc from "fast-check";
import { expect, test } from "vitest";
import { latin1Literal } from "../../src/core/latin1-literal.ts";

const latin1 = Array.from({ length: 256 }, (_, unit) => String.fromCharCode(unit)).join("");

test("every character of Latin-1 is written as JSON.stringify does, at each of the places it can have", () => {
  for (const character of latin1) {
    for (let before = 0; before < 8; before++) {
      const text = `${"a".repeat(before)}${character}${"b".repeat(7 - before)}`;
      expect(latin1Literal(text)).toBe(JSON.stringify(text));
    }
  }
});

test("texts of Latin-1 are written as JSON.stringify does, whatever their length", () => {
  const characters = fc.constantFrom(...latin1, '"', "\\", "\n", "\u001f", "x", "\x7f", "\xff");
  fc.assert(
    fc.property(fc.string({ unit: characters, maxLength: 100 }), fc.nat(400), (part, times) => {
      const text = part.repeat(times);
      expect(latin1Literal(text)).toBe(JSON.stringify(text));
    }),
  );
});

test("text that grows six times as long is written whole", () => {
  const text = "\u0001".repeat(100_001);
  expect(latin1Literal(text)).toBe(JSON.stringify(text));
});

test("text with anything else in it is left to others, wherever that stands", () => {
  for (const character of ["Ā", "€", "数", "🙂", "\ud800"]) {
    for (const place of [0, 1, 40_000]) {
      const text = `${"a".repeat(place)}${character}${"b".repeat(40_000 - place)}`;
      expect(latin1Literal(text)).toBeUndefined();
    }
  }
});

test("a text that the engine keeps in wider units is the same text", () => {
  const wide = `€${"Grüße ".repeat(100)}"`.slice(1);
  expect(latin1Literal(wide)).toBe(JSON.stringify(wide));
});
