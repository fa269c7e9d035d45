import { describe, expect, test } from "vitest";
import { readContent, textOfContent } from "../../src/langchain/content.ts";

const nothing = { reasoning: [], sources: [], providerCalls: [], refusals: [], otherBlocks: [] };

describe("text", () => {
  test.each([
    ["a plain text", "Yes."],
    ["a list of texts", ["Ye", "s."]],
    [
      "text blocks",
      [
        { type: "text", text: "Ye" },
        { type: "text", text: "s." },
      ],
    ],
    [
      "OpenAI's input and output texts",
      [
        { type: "input_text", text: "Ye" },
        { type: "output_text", text: "s." },
      ],
    ],
    ["Anthropic's deltas", [{ type: "text_delta", text: "Yes." }]],
    ["Google's parts, which have no type", [{ text: "Yes." }]],
    ["one block that is no list", { type: "text", text: "Yes." }],
    ["a block wrapped as non-standard", [{ type: "non_standard", value: { type: "text", text: "Yes." } }]],
  ])("of %s is one text", (_, content) => {
    expect(textOfContent(content)).toBe("Yes.");
    expect(readContent(content)).toMatchObject({ calls: [], setAside: nothing });
  });

  test.each([[undefined], [null], [7], [[]], [[null, 7, undefined]], [{}]])("of %j is none", (content) => {
    expect(textOfContent(content)).toBeUndefined();
  });
});

describe("calls", () => {
  test.each([
    ["Anthropic's", { type: "tool_use", id: "c1", name: "score", input: { id: 7 } }],
    ["the standard", { type: "tool_call", id: "c1", name: "score", args: { id: 7 } }],
    [
      "an OpenAI response's",
      { type: "function_call", id: "fc_9", call_id: "c1", name: "score", arguments: { id: 7 } },
    ],
    ["Google's", { functionCall: { id: "c1", name: "score", args: { id: 7 } } }],
    [
      "Google's, with a type",
      { type: "functionCall", functionCall: { id: "c1", name: "score", args: { id: 7 } } },
    ],
  ])("%s block is listed", (form, block) => {
    const { calls, pieces, setAside } = readContent([block]);
    expect(calls).toMatchObject([{ id: "c1", name: "score", arguments: { id: 7 } }]);
    expect(calls[0]?.isStandard).toBe(form === "the standard" ? true : undefined);
    expect(pieces).toEqual([]);
    expect(setAside).toEqual(nothing);
  });

  test("an invalid call keeps its text", () => {
    const block = { type: "invalid_tool_call", id: "c1", name: "score", args: '{"id":' };
    expect(readContent([block]).calls).toEqual([{ id: "c1", name: "score", arguments: '{"id":' }]);
  });

  test("fragments of calls are left out: the message's list has them whole", () => {
    const fragments = [
      { type: "input_json_delta", input: '{"i' },
      { type: "tool_call_chunk", args: 'd":7}' },
    ];
    expect(readContent(fragments)).toEqual({ pieces: [], calls: [], setAside: nothing });
  });

  test.each([
    [{ type: "server_tool_use", id: "s1", name: "web_search", input: {} }],
    [{ type: "web_search_tool_result", tool_use_id: "s1", content: [] }],
    [{ type: "mcp_tool_use", name: "echo" }],
    [{ type: "server_tool_call", name: "web_search" }],
    [{ type: "server_tool_call_result" }],
    [{ type: "code_interpreter_call" }],
    [{ type: "executableCode", executableCode: { code: "1" } }],
  ])("%j, which the provider executed, is set aside", (block) => {
    const read = readContent([block]);
    expect(read.setAside).toEqual({ ...nothing, providerCalls: [block] });
    expect(read).toMatchObject({ calls: [], pieces: [] });
  });

  test("a tool's result in a user's message is a result", () => {
    const blocks = [
      { type: "tool_result", tool_use_id: "c1", content: "0.7" },
      {
        type: "tool_result",
        tool_use_id: "c2",
        content: [
          { type: "text", text: "0." },
          { type: "text", text: "8" },
        ],
      },
      { type: "tool_result", tool_use_id: "c3" },
    ];
    expect(readContent(blocks).pieces).toEqual([
      { type: "result", id: "c1", result: "0.7" },
      { type: "result", id: "c2", result: "0.8" },
      { type: "result", id: "c3", result: "" },
    ]);
  });
});

describe("what the neutral form leaves out", () => {
  test.each([
    [{ type: "reasoning", reasoning: "because" }],
    [{ type: "thinking", thinking: "because", signature: "canary" }],
    [{ type: "reasoning", summary: [{ text: "be" }, { text: "cause" }] }],
    [{ type: "reasoning_content", text: "because" }],
  ])("reasoning of %j is set aside without its signature", (block) => {
    const read = readContent([block, { type: "redacted_thinking", data: "canary" }]);
    expect(read.setAside).toEqual({ ...nothing, reasoning: ["because"] });
    expect(JSON.stringify(read)).not.toContain("canary");
  });

  test("annotations and citations are sources", () => {
    const block = { type: "text", text: "Yes.", annotations: [{ url: "a" }], citations: [{ url: "b" }] };
    expect(readContent([block]).setAside.sources).toEqual([{ url: "a" }, { url: "b" }]);
  });

  test("a refusal is no text", () => {
    const read = readContent([{ type: "refusal", refusal: "I cannot." }]);
    expect(read.setAside).toEqual({ ...nothing, refusals: ["I cannot."] });
    expect(read.pieces).toEqual([]);
  });

  test("a block of a kind nobody knows is kept for the metadata", () => {
    expect(readContent([{ type: "hologram", data: 7 }]).setAside.otherBlocks).toEqual([
      { type: "hologram", data: 7 },
    ]);
  });
});
