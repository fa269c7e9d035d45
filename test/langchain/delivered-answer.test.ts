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
