import { describe, expect, test } from "vitest";
import { modelCall, signalOf } from "../../src/langchain/model-call.ts";

const call = (invocation_params: object, metadata?: object) =>
  modelCall({ messages: [], extraParams: { invocation_params }, metadata });

describe("declared tools", () => {
  test.each([
    ["OpenAI's chat form", { tools: [{ type: "function", function: { name: "score" } }] }],
    ["OpenAI's responses form and Anthropic's", { tools: [{ type: "function", name: "score" }] }],
    ["OpenAI's custom tools", { tools: [{ type: "custom", custom: { name: "score" } }] }],
    ["Google's", { tools: [{ functionDeclarations: [{ name: "score" }] }] }],
    ["Bedrock's", { toolConfig: { tools: [{ toolSpec: { name: "score" } }] } }],
    ["functions from before tools", { functions: [{ name: "score" }] }],
  ])("are known by name in %s", (_, invocation) => {
    expect(call(invocation).declaredTools).toEqual(["score"]);
  });

  test("without a name are none of the application's", () => {
    expect(call({ tools: [{ type: "web_search_preview" }, null, 7] }).declaredTools).toEqual([]);
  });

  test("that cannot be encoded still have their name", () => {
    const { metadata } = call({ tools: [{ name: "score", cost: Number.NaN }] });
    expect(metadata?.()["tool_schemas"]).toEqual([{ name: "score", sha256: null }]);
  });
});

describe("the model asked for", () => {
  test.each([
    [{ model: "a", model_name: "b" }, "a"],
    [{ model_name: "b" }, "b"],
    [{ modelName: "c" }, "c"],
    [{ modelId: "d" }, "d"],
    [{}, "from metadata"],
  ])("%j is %s", (invocation, expected) => {
    expect(call(invocation, { ls_model_name: "from metadata" }).modelId).toBe(expected);
  });
});

test("only parameters that steer sampling are kept: others hold headers and keys", () => {
  const { metadata } = call({
    temperature: 0.2,
    top_p: 1,
    headers: { authorization: "canary" },
    mcp_servers: [{ authorization_token: "canary" }],
    configuration: { defaultHeaders: { "x-api-key": "canary" } },
    user: "canary",
  });
  expect(metadata?.()).toMatchObject({ parameters: { temperature: 0.2, top_p: 1 } });
  expect(JSON.stringify(metadata?.())).not.toContain("canary");
});

test("Google's parameters are found where they stand", () => {
  const { metadata } = call({ generationConfig: { temperature: 0.2, maxOutputTokens: 50 } });
  expect(metadata?.()).toMatchObject({ parameters: { temperature: 0.2, maxOutputTokens: 50 } });
});

test("the call's options are looked at for their signal alone", () => {
  const { signal } = new AbortController();
  expect(signalOf({ options: { signal } })).toBe(signal);
  expect(signalOf({ options: { signal: "none" } })).toBeUndefined();
  expect(signalOf(undefined)).toBeUndefined();
  const { metadata } = modelCall({ messages: [], extraParams: { options: { headers: "canary" } } });
  expect(JSON.stringify(metadata?.())).not.toContain("canary");
});
