import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareValues } from "../../src/core/compare-values.ts";

const sameValue = (left: unknown, right: unknown): boolean =>
  compareValues("a", left, right).every(({ isSame }) => isSame);

const paths = (sealed: unknown, shown: unknown, isSame: boolean): string[] =>
  compareValues("a", sealed, shown)
    .filter((place) => place.isSame === isSame)
    .map(({ path }) => path);

test("a value is the same as itself in every place, and each place has a path of its own", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(sameValue(value, structuredClone(value))).toBe(true);
      const places = compareValues("a", value, structuredClone(value));
      expect(places.every(({ isSame }) => isSame)).toBe(true);
      expect(new Set(places.map(({ path }) => path)).size).toBe(places.length);
    }),
  );
});

test("two values are the same exactly where their JSON is, but for the order of keys, nulls and minus zero", () => {
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 2 },
      fc.constantFrom(null, 0, -0, 1, "", "1", true),
      tie("list"),
      tie("object"),
    ),
    list: fc.array(tie("value"), { maxLength: 2 }),
    object: fc.dictionary(fc.constantFrom("a", "b"), tie("value")),
  }));
  const plain = (json: unknown): string => JSON.stringify(sorted(json));
  fc.assert(
    fc.property(value, value, (one, other) => {
      expect(sameValue(one, other)).toBe(plain(one) === plain(other));
    }),
  );
});

describe("the same", () => {
  test.each([
    [1, 1.0],
    [0, -0],
    [null, undefined],
    [{ a: null }, {}],
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    ["2026-05-01T12:00:00Z", "2026-05-01T12:00:00.000+00:00"],
    [[{ at: "2026-05-01T12:00:00.12Z", x: null }], [{ at: "2026-05-01T12:00:00.1200000Z" }]],
  ])("%j and %j", (left, right) => {
    expect(sameValue(left, right)).toBe(true);
    expect(sameValue(right, left)).toBe(true);
  });
});

describe("not the same", () => {
  test.each([
    [1, "1"],
    [1, true],
    [0, null],
    ["", null],
    [false, null],
    [{}, null],
    [[], null],
    [[], {}],
    [[null], []],
    [
      [1, 2],
      [2, 1],
    ],
    [{ a: 1 }, { a: 1, b: 1 }],
    [{ a: { b: 1 } }, { a: { b: 2 } }],
    ["a", "A"],
    ["2026-05-01T12:00:00Z", "2026-05-01T12:00:01Z"],
    [{ toString: 1 }, {}],
    [JSON.parse('{"__proto__": {"a": 1}}'), {}],
  ])("%j and %j", (left, right) => {
    expect(sameValue(left, right)).toBe(false);
    expect(sameValue(right, left)).toBe(false);
  });
});

test("objects are compared member by member, everything else as a whole", () => {
  const sealed = { same: 1, other: { deep: 1, gone: 2 }, list: [1, 2], empty: {} };
  const shown = { same: 1, other: { deep: 2, added: 3 }, list: [1, 3], empty: {} };
  expect(paths(sealed, shown, true)).toEqual(["a.same", "a.empty"]);
  expect(compareValues("a", sealed, shown).filter(({ isSame }) => !isSame)).toEqual([
    { path: "a.other.deep", isSame: false, sealed: 1, shown: 2 },
    { path: "a.other.gone", isSame: false, sealed: 2, shown: undefined },
    { path: "a.other.added", isSame: false, sealed: undefined, shown: 3 },
    { path: "a.list", isSame: false, sealed: [1, 2], shown: [1, 3] },
  ]);
});

test("a null member is no place, and an inherited one is nothing that is shown", () => {
  expect(compareValues("a", { b: null, c: 1 }, { c: 1, d: null })).toEqual([
    { path: "a.c", isSame: true, sealed: 1, shown: 1 },
  ]);
  expect(compareValues("a", { toString: 1 }, { b: null })).toEqual([
    { path: "a.toString", isSame: false, sealed: 1, shown: undefined },
  ]);
});

test("a key with a dot in it does not pass for a path", () => {
  expect(paths({ "b.c": 1 }, { b: { c: 1 } }, false)).toEqual(['a["b.c"]', "a.b"]);
  expect(paths({ '"]': 1, "": 2, "0": 3 }, {}, false)).toEqual(['a["0"]', 'a["\\"]"]', 'a[""]']);
});

function sorted(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(sorted);
  if (typeof json !== "object" || json === null) return json;
  const members = Object.entries(json).filter(([, value]) => value !== null);
  return Object.fromEntries(
    members.sort(([one], [other]) => (one < other ? -1 : 1)).map(([key, value]) => [key, sorted(value)]),
  );
}
