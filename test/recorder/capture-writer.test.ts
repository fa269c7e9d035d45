import { expect, test } from "vitest";
import { type CaptureBounds, CaptureWriter } from "../../src/recorder/capture-writer.ts";

const captureWithin = (
  bounds: Partial<CaptureBounds>,
  value: unknown,
): { value: unknown; repairs: number } => {
  const writer = new CaptureWriter({ maxMembers: 1000, maxCharacters: 1000, ...bounds });
  const text = writer.write(value);
  return { value: JSON.parse(text ?? ""), repairs: writer.repairs };
};

const tooLarge = { unrepresentable: "too_large" };

test("a list or object with more members than are left is too large, what comes after it is copied", () => {
  const value = [[1, 2, 3], { a: 1, b: 2, c: 3 }, [], {}, [4], 5];
  expect(captureWithin({ maxMembers: 13 }, value)).toEqual({ value, repairs: 0 });
  expect(captureWithin({ maxMembers: 11 }, value)).toEqual({
    value: [[1, 2, 3], tooLarge, [], {}, [4], 5],
    repairs: 1,
  });
  expect(captureWithin({ maxMembers: 8 }, value)).toEqual({
    value: [tooLarge, tooLarge, [], {}, [4], 5],
    repairs: 2,
  });
});

test("text beyond what is left is too large, keys count as text", () => {
  expect(captureWithin({ maxCharacters: 4 }, ["cdef"])).toEqual({ value: ["cdef"], repairs: 0 });
  expect(captureWithin({ maxCharacters: 6 }, { ab: "cdef" })).toEqual({ value: { ab: "cdef" }, repairs: 0 });
  expect(captureWithin({ maxCharacters: 5 }, ["abc", "def", 7])).toEqual({
    value: ["abc", tooLarge, 7],
    repairs: 1,
  });
  expect(captureWithin({ maxCharacters: 5 }, [{ abc: 1 }, "def"])).toEqual({
    value: [{ abc: 1 }, tooLarge],
    repairs: 1,
  });
});

test("a value that unfolds without end is captured in bounds", () => {
  const endless = (): object => ({ toJSON: () => [endless(), endless()] });
  const { value } = captureWithin({ maxMembers: 10_000 }, endless());
  expect(JSON.stringify(value)).toContain("too_large");
});
