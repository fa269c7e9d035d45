import {
  AIMessage,
  AIMessageChunk,
  ChatMessage,
  FunctionMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";
import { ChatPromptValue } from "@langchain/core/prompt_values";
import { describe, expect, test } from "vitest";
import { readConversation, readMessage, translateMessage } from "../../src/langchain/messages.ts";

const neutral = (...messages: unknown[]) => readConversation(messages).conversation.messages;
const text = (content: string) => [{ type: "text", content }];

/** A message of a version that only has `_getType`, or of a copy that this test did not load. */
const foreign = (type: string, content: unknown) => ({
  _getType: () => type,
  content,
  lc_kwargs: { content },
});

describe("who a message is from", () => {
  test.each([
    ["user", new HumanMessage("hi")],
    ["user", foreign("human", "hi")],
    ["user", { role: "user", content: "hi" }],
    ["user", { type: "human", content: "hi" }],
    ["user", new ChatMessage("hi", "user")],
    ["user", new ChatMessage("hi", "moderator")],
    ["user", "hi"],
    ["assistant", new AIMessage("hi")],
    ["assistant", new AIMessageChunk("hi")],
    ["assistant", new ChatMessage("hi", "assistant")],
    ["assistant", { type: "AIMessageChunk", content: "hi" }],
    ["assistant", { role: "model", content: "hi" }],
    ["system", new SystemMessage("hi")],
    ["system", { role: "developer", content: "hi" }],
    ["system", new ChatMessage("hi", "developer")],
  ])("%s: %o", (role, message) => {
    expect(neutral(message)).toEqual([{ role, parts: text("hi") }]);
  });

  test("names of the prototype are no roles", () => {
    expect(neutral({ role: "constructor", content: "hi" })).toEqual([{ role: "user", parts: text("hi") }]);
  });
});

describe("results", () => {
  test("of a tool are its text, with files beside it", () => {
    const content = [
      { type: "text", text: "see " },
      { type: "image_url", image_url: { url: "https://a/b.png" } },
      { type: "text", text: "this" },
    ];
    expect(neutral(new ToolMessage({ content, tool_call_id: "c1" }))).toEqual([
      { role: "tool", parts: [{ type: "tool_call_response", id: "c1", response: "see this" }] },
      { role: "tool", parts: [{ type: "uri", uri: "https://a/b.png" }] },
    ]);
  });

  test("of a tool leave the artifact out, which the model never sees", () => {
    const message = new ToolMessage({ content: "0.7", tool_call_id: "c1", artifact: { rows: 3 } });
    expect(neutral(message)).toEqual([
      { role: "tool", parts: [{ type: "tool_call_response", id: "c1", response: "0.7" }] },
    ]);
  });

  test("of a function have its name for an id", () => {
    expect(neutral(new FunctionMessage({ content: "0.7", name: "score" }))).toEqual([
      { role: "tool", parts: [{ type: "tool_call_response", id: "score", response: "0.7" }] },
    ]);
  });

  test("tell which calls a conversation answers", () => {
    const messages = [new HumanMessage("?"), new ToolMessage({ content: "0.7", tool_call_id: "c1" })];
    expect(readConversation(messages).answeredToolCallIds).toEqual(["c1"]);
  });
});

describe("what an answer holds beside its text", () => {
  const setAside = (message: unknown) => readMessage(message, "answer").setAside;

  test("reasoning beside the content is set aside, once", () => {
    const additional_kwargs = { reasoning_content: "because" };
    expect(setAside(new AIMessage({ content: "Yes.", additional_kwargs })).reasoning).toEqual(["because"]);
    const both = [{ type: "reasoning", reasoning: "because" }];
    expect(setAside(new AIMessage({ content: both as never, additional_kwargs })).reasoning).toEqual([
      "because",
    ]);
  });

  test("a reasoning summary of a response is read, its encrypted content is not", () => {
    const reasoning = { type: "reasoning", summary: [{ text: "because" }], encrypted_content: "canary" };
    const read = setAside(new AIMessage({ content: "Yes.", additional_kwargs: { reasoning } }));
    expect(read.reasoning).toEqual(["because"]);
    expect(JSON.stringify(read)).not.toContain("canary");
  });

  test("refusals and calls the provider executed are set aside, calls for the client are not", () => {
    const search = { type: "web_search_call", id: "ws_1" };
    const tool_outputs = [search, { type: "custom_tool_call" }, { type: "computer_call" }];
    const read = setAside(
      new AIMessage({ content: "", additional_kwargs: { refusal: "No.", tool_outputs } }),
    );
    expect(read).toMatchObject({ refusals: ["No."], providerCalls: [search] });
  });

  test("blocks of an unknown kind in a conversation are not lost", () => {
    const block = { type: "hologram" };
    expect(readConversation([new HumanMessage({ content: [block] as never })]).otherBlocks).toEqual([block]);
  });
});

describe("messages inside other values", () => {
  test.each([
    ["of a class", new HumanMessage("hi")],
    ["of another copy of a class", foreign("human", "hi")],
    ["as plain objects", { role: "user", content: "hi" }],
    ["as plain objects with an id", { type: "human", content: "hi", id: "m1" }],
  ])("%s are translated", (_, message) => {
    expect(translateMessage(message)).toEqual([{ role: "user", parts: text("hi") }]);
  });

  test("a prompt is its messages", () => {
    const prompt = new ChatPromptValue([new SystemMessage("be brief"), new HumanMessage("hi")]);
    expect(translateMessage(prompt)).toEqual([
      { role: "system", parts: text("be brief") },
      { role: "user", parts: text("hi") },
    ]);
  });

  test.each([
    [{ role: "user", content: "hi", score: 7 }],
    [{ role: "owner", content: "hi" }],
    [{ content: "hi" }],
    [{ role: "user" }],
    [{ getType: () => "ai" }],
    [["user", "hi"]],
    [new Date(0)],
  ])("%j is no message", (value) => {
    expect(translateMessage(value)).toBeUndefined();
  });
});
