import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { quotedLongText } from "../../src/recorder/long-texts.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.runAllTimers();
  vi.useRealTimers();
});

test("a text is quoted as JSON.stringify does it, the first time and every time after", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 40 }), fc.constantFrom(1, 40, 700), (piece, times) => {
      const text = piece.repeat(times).toWellFormed();
      const quoted = JSON.stringify(text);
      expect([quotedLongText(text), quotedLongText(text)]).toEqual([quoted, quoted]);
    }),
  );
});

test("a long text with a lone surrogate has no JSON, however often it is asked for", () => {
  const text = `${"x".repeat(2000)}\ud800`;
  expect([quotedLongText(text), quotedLongText(text)]).toEqual([undefined, undefined]);
});

test("far more texts than are remembered are still quoted rightly", () => {
  for (let round = 0; round < 2; round++) {
    for (let index = 0; index < 600; index++) {
      const text = `${index}"`.padEnd(5_000, "y");
      expect(quotedLongText(text)).toBe(JSON.stringify(text));
    }
  }
});

test("a minute after the last long text nothing of them is kept", () => {
  quotedLongText("z".repeat(1_000));
  vi.advanceTimersByTime(59_000);
  quotedLongText("z".repeat(1_000));
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(60_000);
  expect(vi.getTimerCount()).toBe(0);
});
