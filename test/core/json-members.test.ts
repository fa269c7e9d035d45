import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonMembers } from "../../src/core/json-members.ts";

function texts(json: string): [string, string][] {
  const bytes = Buffer.from(json);
  return jsonMembers(bytes).map(({ name, nameStart, valueStart, valueEnd }) => {
    expect(bytes[nameStart]).toBe(0x22);
    return [name, bytes.toString("utf8", valueStart, valueEnd)];
  });
}

const name = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom('"', "\\", '\\"', "}", "{[", ",", ":", ""),
);

test.each([undefined, 1, "\t", "\r\n"])(
  "each member of an object written with %j as indentation is found as it stands there",
  (space) => {
    fc.assert(
      fc.property(fc.dictionary(name, fc.jsonValue({ stringUnit: "binary" })), (value) => {
        const json = JSON.stringify(value, undefined, space);
        const found = texts(space === "\r\n" ? json.replaceAll("\n", "\r\n") : json);
        expect(found.map(([key]) => key)).toEqual(Object.keys(value));
        for (const [key, text] of found)
          expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value[key])));
      }),
    );
  },
);

test.each([
  ["{}", []],
  [" { } ", []],
  ['{"a":1}', [["a", "1"]]],
  [
    '{"a" : -1.50e+2 , "b":true}',
    [
      ["a", "-1.50e+2"],
      ["b", "true"],
    ],
  ],
  [
    '{"a":"\\\\","b":"\\"","c":null}',
    [
      ["a", '"\\\\"'],
      ["b", '"\\""'],
      ["c", "null"],
    ],
  ],
  [
    '{"a":{"a":[{}]},"a":[]}',
    [
      ["a", '{"a":[{}]}'],
      ["a", "[]"],
    ],
  ],
  ['{"\\u0061":"}"}', [["a", '"}"']]],
  ['{"__proto__":1}', [["__proto__", "1"]]],
])("the members of %s are %j", (json, members) => {
  expect(texts(json)).toEqual(members);
});

test("a value nested a million deep is skipped", () => {
  const deep = "[".repeat(1_000_000) + "]".repeat(1_000_000);
  expect(texts(`{"a":${deep},"b":1}`)).toEqual([
    ["a", deep],
    ["b", "1"],
  ]);
});
