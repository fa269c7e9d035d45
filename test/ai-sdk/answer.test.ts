import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Answer, runEndOf } from "../../src/ai-sdk/answer.ts";
import { StreamAnswer } from "../../src/ai-sdk/stream-answer.ts";
import { captureComponent } from "../../src/recorder/total-capture.ts";
import { type ChatMessage, captureVectors } from "../support/capture-vectors.ts";
import { generated, streamParts } from "../support/scripted-model.ts";

const noUsage = { inputTokens: { total: undefined }, outputTokens: { total: undefined } };

describe("the answers of the vectors", () => {
  test.each(captureVectors())("$name", ({ answer, output, outputReference }) => {
    const content = contentOf(answer);
    const plain = runEndOf({ content, finishReason: "stop" });
    expect(captured(plain.output).value).toEqual(output);
    expect(captured(plain.output).reference).toBe(outputReference);
    const streamed = runEndOf(streamedAnswer(streamParts("v4", { content })));
    expect(captured(streamed.output).reference).toBe(outputReference);
  });
});

test("a stream cut and mixed in any way gives what the plain answer gives", () => {
  fc.assert(
    fc.property(answerContent, fc.infiniteStream(fc.nat(4)), (content, chances) => {
      const plain = runEndOf(generated("v4", { content }));
      const streamed = runEndOf(streamedAnswer(interleaved(content, chances)));
      expect(captured(streamed.output)).toEqual(captured(plain.output));
      expect(captured(streamed.proposedCalls)).toEqual(captured(plain.proposedCalls));
      expect(captured(streamed.metadata)).toEqual(captured(plain.metadata));
    }),
  );
});

describe("what a stream delivered before it was cut", () => {
  const start = { type: "tool-input-start", id: "call_1", toolName: "score" };

  test("a call in the middle of its input is kept as the text there is, and proposes nothing", () => {
    const end = runEndOf(streamedAnswer([start, { type: "tool-input-delta", id: "call_1", delta: '{"id"' }]));
    expect(end.output).toEqual(
      assistant({ type: "tool_call", id: "call_1", name: "score", arguments: '{"id"' }),
    );
    expect(end.proposedCalls).toEqual([]);
  });

  test("a custom tool's text is never parsed while it comes in pieces", () => {
    const text = { ...start, inputEncoding: "text" };
    const end = runEndOf(streamedAnswer([text, { type: "tool-input-delta", id: "call_1", delta: "123" }]));
    expect(end.output).toEqual(
      assistant({ type: "tool_call", id: "call_1", name: "score", arguments: "123" }),
    );
  });

  test("a call the provider runs itself is set aside in the middle of its input too", () => {
    const end = runEndOf(streamedAnswer([{ ...start, providerExecuted: true }]));
    expect(end.output).toBeUndefined();
    expect(end.metadata).toMatchObject({ provider_calls: [{ id: "call_1", name: "score", input: "" }] });
  });

  test("nothing delivered is no output, an answer with nothing in it is one", () => {
    expect(runEndOf(streamedAnswer([{ type: "text-start", id: "0" }])).output).toBeUndefined();
    const empty = [{ type: "finish", finishReason: { unified: "stop", raw: "stop" }, usage: noUsage }];
    expect(runEndOf(streamedAnswer(empty)).output).toEqual(assistant());
    // Some versions make up a finish where the provider gave none.
    expect(runEndOf(streamedAnswer(empty), "cut").output).toBeUndefined();
  });
});

test("a custom tool's whole input is JSON, and so its text is text", () => {
  const call = { type: "tool-call", toolCallId: "c", toolName: "sql", input: '"123"', dynamic: true };
  expect(runEndOf({ content: [call] }).output).toEqual(
    assistant({ type: "tool_call", id: "c", name: "sql", arguments: "123" }),
  );
});

test("one id for two calls gives two calls", () => {
  const call = (input: string) => ({ type: "tool-call", toolCallId: "call_0", toolName: "score", input });
  const content = [call('{"id":1}'), call('{"id":2}')];
  const streamed = runEndOf(streamedAnswer(streamParts("v4", { content })));
  expect(streamed.output).toEqual(runEndOf({ content, finishReason: "stop" }).output);
  expect(streamed.proposedCalls).toHaveLength(2);
  const start = { type: "tool-input-start", id: "call_0", toolName: "score" };
  expect(runEndOf(streamedAnswer([start, ...content])).proposedCalls).toEqual(streamed.proposedCalls);
});

test("what the provider ran itself, sources, citations and files of reasoning are set aside", () => {
  const source = {
    type: "source",
    sourceType: "url",
    id: "s1",
    url: "https://example.test",
    providerMetadata: { x: 1 },
  };
  const search = { toolCallId: "ws_1", toolName: "web_search", providerExecuted: true };
  const content = [
    { type: "tool-call", ...search, input: '{"query":"q"}' },
    { type: "tool-result", ...search, result: ["early"], preliminary: true },
    { type: "tool-result", ...search, result: ["late"] },
    source,
    { type: "text", text: "Yes.", citations: [{ source, startIndex: 0, citedText: "six years" }] },
    { type: "file", mediaType: "image/gif", data: { type: "data", data: "AQID" } },
    { type: "reasoning-file", mediaType: "image/gif", data: "AQID" },
    { type: "tool-approval-request", approvalId: "ap_1", toolCallId: "mcp_1", providerMetadata: {} },
    { type: "custom", kind: "anthropic.container" },
  ];
  for (const answer of [{ content, finishReason: "stop" }, streamedAnswer(streamParts("v4", { content }))]) {
    const end = runEndOf(answer);
    expect(end.output).toMatchObject(
      assistant({ type: "text", content: "Yes." }, { type: "blob", mime_type: "image/gif", size_bytes: 3 }),
    );
    expect(end.proposedCalls).toEqual([]);
    const shown = { sourceType: "url", id: "s1", url: "https://example.test" };
    expect(end.metadata).toMatchObject({
      provider_calls: [{ id: "ws_1", name: "web_search", input: '{"query":"q"}', result: ["late"] }],
      sources: [shown],
      citations: [{ source: shown, startIndex: 0, citedText: "six years" }],
      reasoning_files: [{ type: "blob", mime_type: "image/gif", size_bytes: 3 }],
      approvals: [{ type: "tool-approval-request", approvalId: "ap_1", toolCallId: "mcp_1" }],
      other_blocks: ["anthropic.container"],
    });
  }
});

test("calls without a name are dropped and counted, a text chosen by the provider is told", () => {
  const content = [{ type: "tool-call", toolCallId: "c", toolName: "", input: "{}" }];
  const end = runEndOf({ content, finishReason: "stop", structuredOutputText: "{}" });
  expect(end.output).toEqual(assistant());
  expect(end.metadata).toMatchObject({ dropped_calls: 1, structured_output_text: "{}" });
});

describe("finish reasons", () => {
  test.each([
    ["stop", undefined, "stop"],
    ["length", "max_tokens", "length"],
    ["content-filter", "refusal", "content_filter"],
    ["tool-calls", "tool_use", "tool_calls"],
    ["error", undefined, "error"],
    ["other", "pause", "other"],
    ["of tomorrow", undefined, "other"],
    ["constructor", undefined, "other"],
    ["unknown", undefined, undefined],
    ["interrupted", undefined, undefined],
  ])("%s (%s) is %s", (unified, raw, reason) => {
    const nested = runEndOf({ finishReason: { unified, raw } });
    expect(nested.finishReason).toBe(reason);
    expect(nested.metadata).toMatchObject({ finish_reason: raw ?? unified, unified_finish_reason: unified });
    expect(runEndOf({ finishReason: unified }).finishReason).toBe(reason);
  });

  test("a stop with calls to execute is a stop for them, in whichever words", () => {
    const content = [{ type: "tool-call", toolCallId: "c", toolName: "score", input: "{}" }];
    expect(runEndOf({ content, finishReason: "stop" }).finishReason).toBe("tool_calls");
    const provided = [{ ...content[0], providerExecuted: true }];
    expect(runEndOf({ content: provided, finishReason: "stop" }).finishReason).toBe("stop");
  });
});

test.each([
  [
    { inputTokens: 11, outputTokens: 7, cachedInputTokens: 3, reasoningTokens: 2 },
    { total_tokens: undefined },
  ],
  [
    { inputTokens: 11, outputTokens: 7, totalTokens: 20, cachedInputTokens: 3, reasoningTokens: 2 },
    { total_tokens: 20 },
  ],
  [
    {
      inputTokens: { total: 11, cacheRead: 3, cacheWrite: 4 },
      outputTokens: { total: 7, reasoning: 2 },
      raw: { x: 1 },
    },
    { cache_write_tokens: 4 },
  ],
])("usage is read flat or nested", (usage, more) => {
  const end = runEndOf({ usage });
  expect(end).toMatchObject({ inputTokens: 11, outputTokens: 7 });
  expect(end.metadata?.["usage"]).toEqual({
    input_tokens: 11,
    output_tokens: 7,
    cache_read_tokens: 3,
    reasoning_tokens: 2,
    ...more,
  });
});

test("the model that answered is the last one the stream named", () => {
  const named = [
    { type: "response-metadata", id: "r1", modelId: "gpt-5-mini" },
    { type: "response-metadata", id: "r2" },
  ];
  expect(runEndOf(streamedAnswer(named))).toMatchObject({
    modelId: "gpt-5-mini",
    metadata: { response_id: "r2", response_model: "gpt-5-mini" },
  });
});

const json = fc.json({ maxDepth: 2 });
const answerContent = fc
  .array(
    fc.oneof(
      fc.record({ type: fc.constant("text"), text: fc.string({ unit: "grapheme" }) }),
      fc.record({ type: fc.constant("reasoning"), text: fc.string() }),
      fc.record({
        type: fc.constant("tool-call"),
        toolName: fc.constantFrom("score", "lookup", ""),
        input: fc.oneof(json, fc.string()),
      }),
      fc.record({ type: fc.constant("file"), mediaType: fc.constant("image/gif"), data: fc.uint8Array() }),
      fc.record({ type: fc.constant("source"), sourceType: fc.constant("url"), url: fc.webUrl() }),
    ),
  )
  .map((parts) =>
    parts.map((part, index) => (part.type === "tool-call" ? { ...part, toolCallId: `call_${index}` } : part)),
  );

/** The parts of the content's stream; blocks begin in their order and then take turns as chance will have it. */
function interleaved(content: readonly object[], chances: Iterable<number>): unknown[] {
  const [start, metadata, ...parts] = streamParts("v4", { content });
  const finish = parts.pop();
  const chance = chances[Symbol.iterator]();
  const blocks = Map.groupBy(
    parts as BlockPart[],
    ({ type, id, toolCallId }) => `${type.split("-", 1)} ${id ?? toolCallId}`,
  );
  const begun = [...blocks.values()].map(([first]) => first);
  const waiting = [...blocks.values()].map((block) => block.slice(1));
  const mixed: unknown[] = [];
  while (waiting.some((block) => block.length > 0)) {
    const open = waiting.filter((block) => block.length > 0);
    mixed.push(open[(chance.next().value ?? 0) % open.length]?.shift());
  }
  return [start, metadata, ...begun, ...mixed, finish];
}

interface BlockPart {
  readonly type: string;
  readonly id?: string;
  readonly toolCallId?: string;
}

function streamedAnswer(parts: readonly unknown[]): Answer {
  const answer = new StreamAnswer();
  for (const part of parts) answer.add(part);
  return answer.answer();
}

function assistant(...parts: readonly object[]): object {
  return { messages: [{ role: "assistant", parts }] };
}

function captured(component: unknown): { value: unknown; reference: string } {
  const { bytes, reference } = captureComponent(component).component;
  return { value: JSON.parse(Buffer.from(bytes).toString()), reference };
}

function contentOf({ content, tool_calls: calls = [] }: ChatMessage): object[] {
  return [
    ...(typeof content === "string" ? [{ type: "text", text: content }] : []),
    ...calls.map(({ id, function: { name, arguments: input } }) => ({
      type: "tool-call",
      toolCallId: id,
      toolName: name,
      input,
    })),
  ];
}
