import { expect, test } from "vitest";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import { type CopyBounds, PlainCopy } from "../../src/recorder/plain-copy.ts";

const copyWithin = (bounds: Partial<CopyBounds>, value: unknown): { copy: unknown; repairs: number } => {
  const plainCopy = new PlainCopy({ maxMembers: 1000, maxCharacters: 1000, ...bounds });
  const copy = plainCopy.of(value);
  return { copy, repairs: plainCopy.repairs };
};

const tooLarge = { unrepresentable: "too_large" };

test("a list or object with more members than are left is too large, what comes after it is copied", () => {
  const value = [[1, 2, 3], { a: 1, b: 2, c: 3 }, [], {}, [4], 5];
  expect(copyWithin({ maxMembers: 13 }, value)).toEqual({ copy: value, repairs: 0 });
  expect(copyWithin({ maxMembers: 11 }, value)).toEqual({
    copy: [[1, 2, 3], tooLarge, [], {}, [4], 5],
    repairs: 1,
  });
  expect(copyWithin({ maxMembers: 8 }, value)).toEqual({
    copy: [tooLarge, tooLarge, [], {}, [4], 5],
    repairs: 2,
  });
});

test("text beyond what is left is too large, keys count as text", () => {
  expect(copyWithin({ maxCharacters: 4 }, ["cdef"])).toEqual({ copy: ["cdef"], repairs: 0 });
  expect(copyWithin({ maxCharacters: 6 }, { ab: "cdef" })).toEqual({ copy: { ab: "cdef" }, repairs: 0 });
  expect(copyWithin({ maxCharacters: 5 }, ["abc", "def", 7])).toEqual({
    copy: ["abc", tooLarge, 7],
    repairs: 1,
  });
  expect(copyWithin({ maxCharacters: 5 }, [{ abc: 1 }, "def"])).toEqual({
    copy: [{ abc: 1 }, tooLarge],
    repairs: 1,
  });
});

test("a value that unfolds without end is captured in bounds", () => {
  const endless = (): object => ({ toJSON: () => [endless(), endless()] });
  const { copy } = copyWithin({ maxMembers: 10_000 }, endless());
  expect(canonicalJson(copy)).toContain("too_large");
});

test("the copy shares nothing with the value", () => {
  const value = { list: [{ a: 1 }] };
  const { copy } = copyWithin({}, value);
  value.list.push({ a: 2 });
  expect(copy).toEqual({ list: [{ a: 1 }] });
});
