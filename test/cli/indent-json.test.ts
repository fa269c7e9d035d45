import fc from "fast-check";
import { expect, test } from "vitest";
import { indentJson } from "../../src/cli/indent-json.ts";

test("JSON text is spread over lines as JSON.stringify does it", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      // JSON.stringify itself gives -0 as 0.
      expect(indentJson(JSON.stringify(value))).toBe(JSON.stringify(value, undefined, 2));
    }),
  );
});

test("numbers keep every digit", () => {
  expect(indentJson('{"n":[12345678901234567890,1.0,-0.0,1e400]}')).toBe(
    '{\n  "n": [\n    12345678901234567890,\n    1.0,\n    -0.0,\n    1e400\n  ]\n}',
  );
});

test("a text of megabytes is no trouble", () => {
  const text = JSON.stringify({ a: `${"x\\".repeat(1e6)}"` });
  expect(indentJson(text)).toBe(JSON.stringify(JSON.parse(text), undefined, 2));
});
