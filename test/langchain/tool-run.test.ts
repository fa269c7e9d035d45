import { AIMessage, ToolMessage } from "@langchain/core/messages";
import { Command } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { toolOutcome } from "../../src/langchain/tool-run.ts";
import { captureComponent } from "../../src/recorder/total-capture.ts";

const start = { name: "score", input: '{"id":7}', toolCallId: "c1" };
const message = (content: unknown, id = "c1", more: object = {}) =>
  new ToolMessage({ content: content as string, tool_call_id: id, ...more });
/** The output as it is recorded. */
const recorded = (given: unknown): unknown =>
  JSON.parse(Buffer.from(captureComponent(toolOutcome(given, start).end.output).component.bytes).toString());

test.each([
  ["a plain object", { score: 0.7 }, { score: 0.7 }],
  ["a text with JSON in it", '{"score":0.7}', { score: 0.7 }],
  ["a plain text", "true", "true"],
  ["a message", message('{"score":0.7}'), { score: 0.7 }],
  [
    "a message of text blocks",
    message([
      { type: "text", text: "0." },
      { type: "text", text: "7" },
    ]),
    "0.7",
  ],
  ["a command with a message", new Command({ update: { messages: [message("0.7")] } }), "0.7"],
  ["a command whose update is a list", new Command({ update: [message("0.7")] as never }), "0.7"],
  ["commands and messages", [new Command({ goto: "x" }), message("0.8", "c2"), message("0.7")], "0.7"],
  ["a message for nobody in particular", message("0.7", "other"), "0.7"],
  [
    "a model's message",
    { answer: new AIMessage("Yes.") },
    { answer: { role: "assistant", parts: [{ type: "text", content: "Yes." }] } },
  ],
])("the result of %s is what the model is shown", (_, given, result) => {
  expect(recorded(given)).toEqual({ result });
});

test("a result with a file in it is its parts", () => {
  const content = [
    { type: "text", text: "see" },
    { type: "image_url", image_url: "https://a/b.png" },
  ];
  expect(recorded(message(content))).toEqual({
    result: [
      { type: "tool_call_response", id: "c1", response: "see" },
      { type: "uri", uri: "https://a/b.png" },
    ],
  });
});

test("the tool's own name replaces what the caller named the run", () => {
  const { end } = toolOutcome(message("0.7", "c1", { name: "score" }), { ...start, name: "my run" });
  expect(end).toMatchObject({ name: "score", input: { name: "score", arguments: { id: 7 } } });
  expect(toolOutcome(message("0.7", "c1", { name: "score" }), start).end.input).toBeUndefined();
});

test("only a message that says error is one", () => {
  expect(toolOutcome(message("no", "c1", { status: "error" }), start).error).toEqual({
    name: "ToolError",
    message: "no",
  });
  expect(toolOutcome(message("no", "c1", { status: "success" }), start).error).toBeUndefined();
  expect(toolOutcome({ status: "error" }, start).error).toBeUndefined();
});

test("where a command sends the graph is kept with it", () => {
  expect(toolOutcome(new Command({ goto: "other" }), start).end.metadata).toMatchObject({ goto: ["other"] });
});
