import { expect, test } from "vitest";
import { callSettings, declaredTools, frameworkVersion } from "../../src/ai-sdk/call-settings.ts";
import { reference } from "../../src/core/digest.ts";

const inputSchema = { type: "object", properties: { id: { type: "number" } } };

test("parameters are told as they are, schemas and other providers' options by their hash, headers never", () => {
  const settings = callSettings({
    prompt: [{ role: "user", content: "secret" }],
    temperature: 0,
    maxOutputTokens: 100,
    topP: 0.9,
    topK: 4,
    presencePenalty: 0.1,
    frequencyPenalty: 0.2,
    stopSequences: ["END"],
    seed: 7,
    reasoning: "high",
    toolChoice: { type: "tool", toolName: "score" },
    responseFormat: { type: "json", name: "verdict", schema: inputSchema, description: "secret" },
    tools: [
      { type: "function", name: "score", description: "Scores.", inputSchema },
      { type: "provider", id: "openai.web_search", name: "web_search", args: { size: "low" } },
    ],
    providerOptions: { openai: { apiKey: "secret" } },
    headers: { authorization: "Bearer secret" },
    abortSignal: AbortSignal.abort("secret"),
  });
  expect(settings).toEqual({
    parameters: {
      temperature: 0,
      maxOutputTokens: 100,
      topP: 0.9,
      topK: 4,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      stopSequences: ["END"],
      seed: 7,
      reasoning: "high",
      toolChoice: { type: "tool", toolName: "score" },
      responseFormat: { type: "json", name: "verdict", schema_sha256: reference(inputSchema) },
      provider_options_sha256: reference({ openai: { apiKey: "secret" } }),
    },
    tool_schemas: [
      { name: "score", type: "function", sha256: reference(inputSchema) },
      { name: "web_search", type: "provider", id: "openai.web_search", sha256: reference({ size: "low" }) },
    ],
  });
});

test("what has no canonical form has no hash, and a call without settings has none", () => {
  const schema = { minimum: Number.NaN };
  expect(callSettings({ tools: [{ type: "function", name: "score", inputSchema: schema }] })).toEqual({
    parameters: {},
    tool_schemas: [{ name: "score", type: "function" }],
  });
  expect(callSettings(undefined)).toEqual({ parameters: {} });
});

test("the tools declared to a model are those with a name", () => {
  expect(declaredTools({ tools: [{ name: "score" }, {}, null, { name: 7 }] })).toEqual(["score"]);
  expect(declaredTools({})).toEqual([]);
});

test.each([
  ["ai/7.0.173", "7.0.173"],
  ["my-app/1.0 ai/6.0.326 runtime/node.js/24", "6.0.326"],
  ["ai/7.0.0-secret", undefined],
  ["my-ai/7.0.0", undefined],
  ["ai/1", undefined],
])("the framework's version in the user agent %s is %s", (userAgent, version) => {
  expect(frameworkVersion({ headers: { "user-agent": userAgent } })).toBe(version);
});
