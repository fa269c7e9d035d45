import fc from "fast-check";
import { expect, test } from "vitest";
import { NumberRanges } from "../../src/recorder/number-ranges.ts";

const rangesOf = (numbers: readonly number[]): NumberRanges => {
  const ranges = new NumberRanges();
  for (const number of numbers) ranges.add(number);
  return ranges;
};

const numbersIn = ({ ranges }: NumberRanges): number[] =>
  ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, index) => first + index));

const numbers = fc.array(fc.integer({ min: 1, max: 60 }));

test("the ranges hold exactly the numbers that were added, in order and none touching the next", () => {
  fc.assert(
    fc.property(numbers, numbers, (some, more) => {
      const ranges = rangesOf(some);
      ranges.addAll(rangesOf(more));
      expect(numbersIn(ranges)).toEqual([...new Set([...some, ...more])].sort((a, b) => a - b));
      const starts = ranges.ranges.slice(1);
      expect(starts.every(([first], index) => first > (ranges.ranges[index]?.[1] ?? 0) + 1)).toBe(true);
      expect(ranges.isExact).toBe(true);
    }),
  );
});

test("numbers in a row are one range", () => {
  const ranges = new NumberRanges();
  for (let number = 1; number <= 10_000; number++) ranges.add(number);
  expect(ranges.ranges).toEqual([[1, 10_000]]);
});

test("of too many ranges the lowest are joined, which is said, also of what takes them in", () => {
  const ranges = rangesOf(Array.from({ length: 102 }, (_, index) => index * 2 + 1));
  expect(ranges.ranges).toHaveLength(100);
  expect(ranges.ranges.slice(0, 2)).toEqual([
    [1, 5],
    [7, 7],
  ]);
  const all = new NumberRanges();
  all.addAll(ranges);
  expect([ranges.isExact, all.isExact, rangesOf([1, 3]).isExact]).toEqual([false, false, true]);
});
