import { describe, expect, test } from "vitest";
import { DeliveredAnswer } from "../../src/langchain/delivered-answer.ts";

const chunk = (message: object) => ({ chunk: { message } });

describe("a token or its chunk holds something of the answer", () => {
  test.each([
    [true, "Yes", undefined],
    [true, "", chunk({ content: "Yes" })],
    [true, "", chunk({ content: [{ type: "thinking", thinking: "so" }] })],
    [true, "", chunk({ content: "", tool_call_chunks: [{ index: 0, args: "{" }] })],
    [true, "", chunk({ content: "", additional_kwargs: { reasoning_content: "so" } })],
    [false, "", undefined],
    [false, "", chunk({ content: "", tool_call_chunks: [], additional_kwargs: {} })],
    [false, undefined, chunk({})],
  ])("%s: %j, %j", (expected, token, fields) => {
    expect(new DeliveredAnswer().addToken(token, fields)).toBe(expected);
  });

  test.each([
    [true, { event: "content-block-delta", delta: { type: "text-delta", text: "Yes" } }],
    [true, { event: "content-block-delta", delta: { type: "reasoning-delta", reasoning: "so" } }],
    [false, { event: "message-start" }],
    [false, undefined],
  ])("%s: %j", (expected, event) => {
    expect(new DeliveredAnswer().addEvent(event)).toBe(expected);
  });
});

test("where nothing was delivered there is no result", () => {
  const delivered = new DeliveredAnswer();
  delivered.addToken("", chunk({ content: "" }));
  delivered.addEvent({ event: "message-start" });
  expect(delivered.result).toBeUndefined();
});

describe("what only the parts of an answer tell", () => {
  const start = { model_provider: "anthropic" };
  const first = chunk({
    content: "",
    response_metadata: start,
    additional_kwargs: { model: "claude-sonnet-4-5" },
    usage_metadata: { input_tokens: 12, output_tokens: 3 },
  });

  test("Anthropic's count at the start of a stream is not added to the one at its end", () => {
    const delivered = new DeliveredAnswer();
    delivered.addToken("", first);
    delivered.addToken("Yes", chunk({ content: "Yes", response_metadata: start }));
    delivered.addToken("", chunk({ content: "", usage_metadata: { input_tokens: 0, output_tokens: 30 } }));
    expect(delivered.complete({ outputTokens: 33 })).toMatchObject({ outputTokens: 30 });
  });

  test("nor in the newer protocol, where the model is told beside the answer", () => {
    const delivered = new DeliveredAnswer();
    delivered.addEvent({ event: "message-start", usage: { input_tokens: 12, output_tokens: 3 } });
    const payload = { model: "claude-sonnet-4-5" };
    delivered.addEvent({ event: "provider", provider: "anthropic", name: "message_start", payload });
    expect(delivered.complete({ outputTokens: 33 })).toEqual({
      outputTokens: 30,
      modelId: "claude-sonnet-4-5",
    });
  });

  test("a stream that was cut has no end to correct, but a model", () => {
    const delivered = new DeliveredAnswer();
    delivered.addToken("", first);
    expect(delivered.complete({ outputTokens: 3 })).toEqual({
      outputTokens: 3,
      modelId: "claude-sonnet-4-5",
    });
  });

  test("other providers count once, and name their model in the result", () => {
    const delivered = new DeliveredAnswer();
    const usage_metadata = { input_tokens: 12, output_tokens: 3 };
    delivered.addToken(
      "",
      chunk({ content: "", response_metadata: { model_name: "gpt-5" }, usage_metadata }),
    );
    delivered.addEvent({ event: "message-start", usage: usage_metadata });
    delivered.addEvent({ event: "provider", provider: "openai", name: "response.created", payload: {} });
    expect(delivered.complete({ outputTokens: 33, modelId: "gpt-5-2026" })).toEqual({
      outputTokens: 33,
      modelId: "gpt-5-2026",
    });
  });
});

describe("an answer of the newer protocol was cut", () => {
  const isCut = (...events: object[]) => {
    const delivered = new DeliveredAnswer();
    for (const event of events) delivered.addEvent(event);
    return [delivered.isCutOff(true), delivered.isCutOff(false)];
  };

  test("where it has no end, or one without a reason by a provider that always gives one", () => {
    const start = { event: "message-start" };
    expect(isCut(start)).toEqual([true, true]);
    expect(isCut(start, { event: "message-finish" })).toEqual([true, false]);
    expect(isCut(start, { event: "message-finish", reason: "stop" })).toEqual([false, false]);
  });

  test("only where there is one", () => {
    expect(isCut()).toEqual([false, false]);
  });
});
