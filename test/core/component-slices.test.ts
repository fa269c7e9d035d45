import fc from "fast-check";
import { expect, test } from "vitest";
import { checkReferences, componentSlices } from "../../src/core/component-slices.ts";
import { sha256Hex } from "../../src/core/digest.ts";
import { caught, codeOf } from "../support/error-code.ts";

test("each component's slice is its very bytes, in whatever order and company they stand", () => {
  const value = fc.jsonValue({ stringUnit: "grapheme" });
  fc.assert(
    fc.property(value, value, value, value, (input, output, metadata, other) => {
      const texts = { output, other, input, "": other, metadata };
      const slices = componentSlices(Buffer.from(JSON.stringify(texts, undefined, 1)));
      expect(slices.input.toString()).toBe(indented(input));
      expect(slices.output.toString()).toBe(indented(output));
      expect(slices.metadata.toString()).toBe(indented(metadata));
    }),
  );
});

test("a component that is missing or there twice is refused by name", async () => {
  const missing = await caught(() => componentSlices(Buffer.from('{"input":1,"output":2}')));
  const repeated = await caught(() =>
    componentSlices(Buffer.from('{"input":1,"metadata":3,"output":2,"output":2}')),
  );
  expect([missing?.code, repeated?.code]).toEqual(["reference_mismatch", "reference_mismatch"]);
  expect(missing?.message).toContain("metadata");
  expect(repeated?.message).toContain("output");
});

test.each(["", "1", "[]", "null", '{"input":', "{'input':1}", '{"input":NaN}'])(
  "%j is no JSON object",
  async (text) => {
    expect(await codeOf(() => componentSlices(Buffer.from(text)))).toBe("invalid_json");
  },
);

test("bytes that are no UTF-8 are no JSON object, although a lenient reader would make them one", async () => {
  const bytes = Buffer.from('{"input":"é","metadata":{},"output":{}}', "latin1");
  expect(await codeOf(() => componentSlices(bytes))).toBe("invalid_json");
});

test("the parser's own words about what is no JSON, which quote it, do not come out", async () => {
  const error = await caught(() => componentSlices(Buffer.from('{"canary":')));
  expect(error?.code).toBe("invalid_json");
  expect(`${error?.message} ${error?.stack} ${String(error?.cause)}`).not.toContain("canary");
});

test("exactly the components whose hash differs are named", async () => {
  const slices = componentSlices(Buffer.from('{"input":1,"metadata":3,"output":2}'));
  const shown = {
    inputReference: sha256Hex("1"),
    outputReference: sha256Hex("2"),
    metadataReference: sha256Hex("3"),
  };
  expect(await codeOf(() => checkReferences(slices, shown))).toBe("nothing thrown");
  const error = await caught(() =>
    checkReferences(slices, { ...shown, outputReference: sha256Hex("1"), metadataReference: null }),
  );
  expect(error?.code).toBe("reference_mismatch");
  expect(error?.message).toMatch(/by its output, metadata$/);
});

/** A value as it is written one level deep in an indented text. */
function indented(value: unknown): string {
  return JSON.stringify([value], undefined, 1).slice(3, -2);
}
