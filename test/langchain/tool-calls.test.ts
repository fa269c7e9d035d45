import { describe, expect, test } from "vitest";
import { toolCallPieces } from "../../src/langchain/tool-calls.ts";

const valid = (id: string, args: unknown = {}, name = "score") => ({ id, name, args });
const rawChat = (id: string, args = "{}", name = "score") => ({ id, function: { name, arguments: args } });
const ids = (pieces: readonly { readonly id: string }[]) => pieces.map(({ id }) => id);

describe("the order across valid and invalid calls", () => {
  const lists = { tool_calls: [valid("a"), valid("c")], invalid_tool_calls: [valid("b", "{")] };

  test.each([
    ["OpenAI's own list", { additional_kwargs: { tool_calls: [rawChat("a"), rawChat("b"), rawChat("c")] } }],
    [
      "the items of a response",
      {
        response_metadata: {
          output: [
            { type: "reasoning" },
            ...["a", "b", "c"].map((id) => ({
              type: "function_call",
              id: `fc_${id}`,
              call_id: id,
              name: "score",
            })),
          ],
        },
      },
    ],
    [
      "the chunks of a stream",
      { tool_call_chunks: ["a", "b", "c"].map((id, index) => ({ id, index, name: "score" })) },
    ],
  ])("is that of %s", (_, source) => {
    expect(ids(toolCallPieces({ ...lists, ...source }, [], "history"))).toEqual(["a", "b", "c"]);
  });

  test("is that of the content's blocks", () => {
    const shown = ["a", "b", "c"].map((id) => ({ id, name: "score", arguments: undefined }));
    expect(ids(toolCallPieces(lists, shown, "history"))).toEqual(["a", "b", "c"]);
  });

  test("is valid before invalid where nothing tells", () => {
    expect(ids(toolCallPieces(lists, [], "history"))).toEqual(["a", "c", "b"]);
  });

  test("keeps a call that the provider's list does not have behind the one before it", () => {
    const kwargs = { tool_calls: [rawChat("c"), rawChat("a")] };
    const calls = { tool_calls: [valid("c"), valid("new"), valid("a")], additional_kwargs: kwargs };
    expect(ids(toolCallPieces(calls, [], "history"))).toEqual(["c", "new", "a"]);
  });

  test("holds for calls that share an id", () => {
    const kwargs = { tool_calls: [rawChat("a", '{"n":1}'), rawChat("a", "{"), rawChat("a", '{"n":3}')] };
    const calls = { tool_calls: [valid("a", { n: 1 }), valid("a", { n: 3 })], additional_kwargs: kwargs };
    expect(
      toolCallPieces(calls, [], "history").map((piece) => piece.type === "call" && piece.arguments),
    ).toEqual([{ n: 1 }, { n: 3 }]);
  });
});

describe("arguments", () => {
  test("of an edited call are the edited ones, whatever the provider's list still says", () => {
    const edited = {
      tool_calls: [valid("a", { amount: 50 })],
      additional_kwargs: { tool_calls: [rawChat("a", '{"amount":500}')] },
    };
    expect(
      toolCallPieces(edited, [{ id: "a", name: "score", arguments: { amount: 500 } }], "history"),
    ).toEqual([{ type: "call", id: "a", name: "score", arguments: { amount: 50 } }]);
  });

  const guessed = {
    tool_calls: [valid("a", { id: 7 })],
    tool_call_chunks: [
      { id: "a", name: "score", args: '{"id"', index: 0 },
      { args: ": 7,", index: 0 },
    ],
  };

  test("of an answer are what the model wrote, not what LangChain completed it to", () => {
    expect(toolCallPieces(guessed, [], "answer")).toEqual([
      { type: "call", id: "a", name: "score", arguments: '{"id": 7,' },
    ]);
  });

  test("of calls that share id and name are those of the list: nothing tells their texts apart", () => {
    const shared = {
      tool_calls: [valid("a", { n: 1 }), valid("a", { n: 2 })],
      tool_call_chunks: [
        { id: "a", name: "score", args: '{"n":1}', index: 0 },
        { id: "a", name: "score", args: '{"n":2}', index: 1 },
      ],
    };
    expect(toolCallPieces(shared, [], "answer")).toMatchObject([
      { arguments: { n: 1 } },
      { arguments: { n: 2 } },
    ]);
  });

  test("of a history are what LangChain sends on", () => {
    expect(toolCallPieces(guessed, [], "history")).toEqual([
      { type: "call", id: "a", name: "score", arguments: { id: 7 } },
    ]);
  });

  test("of chunks without an index belong to the call of their id", () => {
    const chunks = [
      { id: "a", name: "score", args: "{" },
      { id: "b", name: "score", args: "{}" },
      { id: "a", args: "}" },
    ];
    expect(toolCallPieces({ tool_call_chunks: chunks }, [], "answer")).toEqual([
      { type: "call", id: "a", name: "score", arguments: "{}" },
      { type: "call", id: "b", name: "score", arguments: "{}" },
    ]);
  });

  test.each([
    ["a flag on the call", { tool_calls: [{ ...valid("a", { input: "SELECT 1" }), isCustomTool: true }] }],
    [
      "OpenAI's list of custom calls",
      {
        tool_calls: [valid("a", { input: "SELECT 1" })],
        additional_kwargs: { __openai_custom_tool_call_ids__: { a: "ctc_1" } },
      },
    ],
    [
      "a flag on its chunks",
      { tool_call_chunks: [{ id: "a", name: "score", args: "SELECT 1", isCustomTool: true }] },
    ],
  ])("of a custom tool, known by %s, are plain text", (_, message) => {
    expect(toolCallPieces(message, [], "answer")).toEqual([
      { type: "text_call", id: "a", name: "score", input: "SELECT 1" },
    ]);
  });

  test("of a tool that happens to take an input are no plain text", () => {
    expect(toolCallPieces({ tool_calls: [valid("a", { input: "x" })] }, [], "answer")).toEqual([
      { type: "call", id: "a", name: "score", arguments: { input: "x" } },
    ]);
  });
});

describe("where the calls stand", () => {
  test.each([
    [
      "only in OpenAI's own list",
      { tool_calls: [], additional_kwargs: { tool_calls: [rawChat("a", '{"id":7}')] } },
    ],
    [
      "only among the items of a response",
      {
        response_metadata: {
          output: [{ type: "function_call", call_id: "a", name: "score", arguments: '{"id":7}' }],
        },
      },
    ],
  ])("%s", (_, message) => {
    expect(toolCallPieces(message, [], "history")).toEqual([
      { type: "call", id: "a", name: "score", arguments: '{"id":7}' },
    ]);
  });

  test("only in the content", () => {
    const shown = [{ id: "a", name: "score", arguments: { id: 7 } }];
    expect(toolCallPieces({}, shown, "history")).toEqual([
      { type: "call", id: "a", name: "score", arguments: { id: 7 } },
    ]);
  });

  test("partly in the content: both are sent on", () => {
    const shown = [{ id: "b", name: "score", arguments: {} }];
    expect(ids(toolCallPieces({ tool_calls: [valid("a")] }, shown, "history"))).toEqual(["a", "b"]);
  });

  test("partly in the content's standard blocks: one that was taken off the list is sent to Anthropic alone", () => {
    const shown = [{ id: "b", name: "score", arguments: {}, isStandard: true }];
    const sentBy = (model_provider: string) =>
      toolCallPieces({ tool_calls: [valid("a")], response_metadata: { model_provider } }, shown, "history");
    expect(ids(sentBy("openai"))).toEqual(["a"]);
    expect(ids(sentBy("anthropic"))).toEqual(["a", "b"]);
    expect(ids(toolCallPieces({ tool_calls: [valid("a")] }, shown, "answer"))).toEqual(["a", "b"]);
  });

  test("a function call from before tools has its name for an id", () => {
    const additional_kwargs = { function_call: { name: "score", arguments: '{"id":7}' } };
    expect(toolCallPieces({ additional_kwargs }, [], "history")).toEqual([
      { type: "call", id: "score", name: "score", arguments: '{"id":7}' },
    ]);
  });

  test("nowhere", () => {
    expect(toolCallPieces({ tool_calls: null, additional_kwargs: 7 }, [], "answer")).toEqual([]);
  });
});
