import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { shapeOfJson } from "../../src/server/json-shape.ts";

describe("a name that stands twice is seen", () => {
  test.each([
    ['{"a":1,"a":2}', true],
    ['{"a":1,"\\u0061":2}', true],
    ['{"a":{"b":1,"b":2}}', true],
    ['[{"a":1},{"a":1,"a":1}]', true],
    ['{"":1,"":2}', true],
    ['{"__proto__":1,"__proto__":2}', true],
    ['{"a":1,"b":{},"a":2}', true],
    ['{"a":1,"b":[1,2],"a":2}', true],
    ['{"a":{"a":{"a":1}}}', false],
    ['[{"a":1},{"a":1}]', false],
    ['{"a":"a","b":"a"}', false],
    ['{"a":["a","a"]}', false],
    ['{"a":"{\\"b\\":1,\\"b\\":2}"}', false],
    ['{"a\\\\":1,"a":2}', false],
    ['{"a\\\\\\"":1,"a":"\\\\"}', false],
    ['"a"', false],
    ["1", false],
  ])("%s: %s", (text, expected) => {
    expect(shapeOfJson(text).hasDuplicateName).toBe(expected);
  });

  test("and never in what JSON.stringify writes", () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(3), (text, indent) => {
        const spaced = JSON.stringify(JSON.parse(text), undefined, indent);
        expect(shapeOfJson(spaced).hasDuplicateName).toBe(false);
      }),
    );
  });
});

test("depth counts containers within containers", () => {
  const depthOf = (value: unknown): number =>
    typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), (text) => {
      expect(shapeOfJson(text).depth).toBe(depthOf(JSON.parse(text)));
    }),
  );
  expect(shapeOfJson("[".repeat(200_000) + "]".repeat(200_000)).depth).toBe(200_000);
});
