import fc from "fast-check";
import { expect, test } from "vitest";
import { modelIdInClear, toolNameInClear } from "../../src/recorder/names.ts";

test.each(["score", "mcp:search/v2.get_item-1", "x".repeat(128)])("the tool name %s is shown", (name) => {
  expect(toolNameInClear(name)).toBe(name);
});

test.each([
  "",
  "x".repeat(129),
  "two words",
  "score\n",
  "größe",
  "a@b",
  "a\u0000",
  undefined,
  null,
  7,
  ["score"],
])("the tool name %j is not shown", (name) => {
  expect(toolNameInClear(name)).toBeUndefined();
});

test.each([
  "gpt-5.1",
  "qwen/qwen3-32b",
  "ft:gpt-4.1:acme::id_1",
  "claude-opus@20250514",
  "binary-classifier",
  "m.bin.v2",
  "x".repeat(128),
])("the model id %s is shown", (id) => {
  expect(modelIdInClear(id)).toBe(id);
});

test.each([
  "",
  "x".repeat(129),
  "/models/x",
  "file://models/x",
  "https://host/model",
  "models/x.gguf",
  "models/x.GGUF",
  "x.safetensors",
  "x.bin",
  "x.pt",
  "x.onnx",
  "dear model",
  "gpt-5\n",
  "C:\\models\\x",
  undefined,
  null,
  5,
])("the model id %j is not shown", (id) => {
  expect(modelIdInClear(id)).toBeUndefined();
});

test("whatever is shown is the name itself, short and plain", () => {
  fc.assert(
    fc.property(fc.anything(), (name) => {
      for (const shown of [toolNameInClear(name), modelIdInClear(name)]) {
        if (shown === undefined) continue;
        expect(shown).toBe(name);
        expect(shown).toMatch(/^[\w.:/@-]{1,128}$/);
      }
    }),
  );
});
