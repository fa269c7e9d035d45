import { ChatAnthropic } from "@langchain/anthropic";
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { ChatDeepSeek } from "@langchain/deepseek";
import { ChatGoogleGenerativeAI } from "@langchain/google-genai";
import { ChatOpenAI } from "@langchain/openai";
import { ChatXAI } from "@langchain/xai";
import fc from "fast-check";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { ComplianceGuardHandler } from "../../src/langchain/index.ts";
import { type ScriptedAnswer, startOpenAiServer } from "../support/openai-server.ts";
import { type RecordedEvent, startRecording, statusOf } from "../support/recording.ts";
import { type ProviderRecording, providerRecordings } from "../support/recordings.ts";

/** LangChain's own class for each wire format, at a local address (given with `/v1`). */
const models: Readonly<Record<string, (url: string) => BaseChatModel>> = {
  openai: (baseURL) => new ChatOpenAI({ ...common, configuration: { baseURL } }),
  "openai-responses": (baseURL) =>
    new ChatOpenAI({ ...common, useResponsesApi: true, configuration: { baseURL } }),
  "openai-compatible": (baseURL) => new ChatXAI({ ...common, baseURL } as never),
  deepseek: (baseURL) => new ChatDeepSeek({ ...common, configuration: { baseURL } }),
  anthropic: (url) => new ChatAnthropic({ ...common, anthropicApiUrl: url.replace("/v1", "") }),
  google: (url) => new ChatGoogleGenerativeAI({ ...common, baseUrl: url.replace("/v1", "") }),
};
const common = { model: "requested", apiKey: "none", maxRetries: 0 };

beforeAll(() => {
  vi.spyOn(console, "warn").mockImplementation(() => {});
  vi.spyOn(console, "error").mockImplementation(() => {});
});

async function ask(provider: string, answer: ScriptedAnswer, isStream: boolean): Promise<RecordedEvent> {
  await using server = await startOpenAiServer([answer]);
  const { recorder, only } = startRecording();
  const callbacks = [new ComplianceGuardHandler({ recorder })];
  const model = models[provider]?.(server.baseURL);
  try {
    if (isStream) for await (const _ of (await model?.stream("?", { callbacks })) ?? []);
    else await model?.invoke("?", { callbacks });
  } catch {
    // The event says what came of it.
  }
  return await only();
}

/** The only part of an answer that a recording's plain body and LangChain may name differently is a generated call id. */
const partsOf = ({ output }: RecordedEvent, isGoogle: boolean) =>
  (output.messages as { parts: Record<string, unknown>[] }[] | undefined)
    ?.flatMap(({ parts }) => parts)
    .map((part) => (isGoogle && part["type"] === "tool_call" ? { ...part, id: "generated" } : part));

describe("recorded answers of providers", () => {
  const errors = ["error", "429", "reasoning-model-legacy"];
  const isError = ({ name }: ProviderRecording) => errors.some((each) => name.includes(each));
  const plain = providerRecordings().filter((each) => each.json !== undefined && !isError(each));

  test.each(plain)("$provider: $name is recorded as it was written", async ({ provider, json }) => {
    const event = await ask(provider, { json }, false);
    expect(statusOf(event)).toBe("success");
    const expected = written[provider]?.(json as never) as { type: string }[];
    expect(partsOf(event, provider === "google")).toEqual(expected);
    const hasCalls = expected.some(({ type }) => type === "tool_call");
    expect(event.systemState.run["finish_reason"]).toMatch(
      hasCalls ? /^tool_calls$/ : /^(stop|content_filter)$/,
    );
    expect(event.systemState.performance["output_tokens"]).toBeGreaterThan(0);
  });

  // LangChain's class for Anthropic gives no events of tools that the provider runs, so only the text is compared.
  const streams = providerRecordings().filter(
    (each) => each.events && !isError(each) && !isNotOneAnswer(each),
  );

  test.each(streams)(
    "$provider: $name as a stream is one successful event",
    async ({ provider, events = [] }) => {
      const isChat = !["anthropic", "google", "openai-responses"].includes(provider);
      const event = await ask(provider, { events: isChat ? [...events, "[DONE]"] : events }, true);
      expect(statusOf(event)).toBe("success");
      expect(event.systemState.run["finish_reason"]).toMatch(/^(stop|tool_calls|content_filter)$/);
      expect(event.systemState.performance["output_tokens"]).toBeGreaterThan(0);
      for (const part of partsOf(event, false) ?? []) expect(part).not.toHaveProperty("name", "");
    },
  );

  test.each(plain.filter(({ provider }) => encoders[provider] !== undefined))(
    "$provider: $name has the same output when it is streamed in pieces",
    async ({ provider, json }) => {
      const isGoogle = provider === "google";
      const expected = await ask(provider, { json }, false);
      const pieces = fc.integer({ min: 1, max: 40 });
      await fc.assert(
        fc.asyncProperty(pieces, async (size) => {
          const streamed = await ask(
            provider,
            { events: encoders[provider]?.(json as never, size) ?? [] },
            true,
          );
          expect(partsOf(streamed, isGoogle)).toEqual(partsOf(expected, isGoogle));
          expect(streamed.systemState.run["finish_reason"]).toBe(expected.systemState.run["finish_reason"]);
          expect(streamed.modelId).toBe(expected.modelId);
        }),
        { numRuns: 5 },
      );
    },
  );
});

describe("any answer of OpenAI's chat form", () => {
  const rawArguments = fc.oneof(
    fc.json(),
    fc.dictionary(fc.string(), fc.jsonValue()).map((each) => JSON.stringify(each, undefined, 1)),
    fc.string({ unit: "grapheme" }),
    fc.constantFrom("", " ", "{", '{"a":', '{"a":1', "null", "[1]", "{}{}"),
  );
  const answer = fc.record({
    text: fc.string({ unit: "grapheme" }),
    toolCalls: fc.array(
      fc.record({ id: fc.uuid(), name: fc.constantFrom("score", "note"), arguments: rawArguments }),
      { maxLength: 4 },
    ),
    pieceLength: fc.integer({ min: 1, max: 9 }),
  });

  test("is recorded alike whether it is streamed or not, calls in the order they were written", async () => {
    await fc.assert(
      fc.asyncProperty(answer, async ({ toolCalls, ...rest }) => {
        const scripted = toolCalls.length > 0 ? { ...rest, toolCalls } : rest;
        const plain = await ask("openai", scripted, false);
        const streamed = await ask("openai", scripted, true);
        expect(streamed.output).toEqual(plain.output);
        expect([statusOf(plain), statusOf(streamed)]).toEqual(["success", "success"]);
        const calls = partsOf(plain, false)?.filter(({ type }) => type === "tool_call") ?? [];
        expect(calls.map(({ id }) => id)).toEqual(toolCalls.map(({ id }) => id));
      }),
      { numRuns: 25 },
    );
  });
});

/** Recordings that are not one answer: several responses after one another, and one with lines that are no JSON. */
function isNotOneAnswer({ name }: ProviderRecording): boolean {
  return (
    name === "openai-reasoning-encrypted-content.1.chunks.txt" ||
    name === "parallel-tool-call-wrapper.1.chunks.txt"
  );
}

interface ChatBody {
  readonly choices: readonly {
    readonly message: {
      readonly content: string | null;
      readonly tool_calls?: readonly { id: string; function: { name: string; arguments: string } }[];
    };
  }[];
}

type AnthropicBlock =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "thinking"; readonly thinking: string; readonly signature: string }
  | { readonly type: "tool_use"; readonly id: string; readonly name: string; readonly input: object };

interface AnthropicBody {
  readonly content: readonly AnthropicBlock[];
  readonly stop_reason: string;
  readonly usage: object;
}

interface GooglePart {
  readonly text?: string;
  readonly thought?: boolean;
  readonly functionCall?: { readonly name: string; readonly args: object };
}

interface GoogleBody {
  readonly candidates: readonly { readonly content: { readonly parts: readonly GooglePart[] } }[];
}

interface ResponsesBody {
  readonly output: readonly {
    readonly type: string;
    readonly call_id: string;
    readonly name: string;
    readonly arguments?: string;
    readonly input?: string;
    readonly content?: readonly { readonly text: string }[];
  }[];
}

const text = (content: string) => (content === "" ? [] : [{ type: "text", content }]);
const call = (id: string, name: string, args: unknown) => ({ type: "tool_call", id, name, arguments: args });

function writtenInChat(body: ChatBody) {
  const message = body.choices[0]?.message;
  const calls = message?.tool_calls ?? [];
  return [
    ...text(message?.content ?? ""),
    ...calls.map(({ id, function: called }) => call(id, called.name, JSON.parse(called.arguments || "{}"))),
  ];
}

/** What a plain body says, read by hand and not by the code under test. */
const written: Readonly<Record<string, (body: never) => unknown[]>> = {
  openai: writtenInChat,
  "openai-compatible": writtenInChat,
  deepseek: writtenInChat,
  anthropic: ({ content }: AnthropicBody) => [
    ...text(content.map((block) => (block.type === "text" ? block.text : "")).join("")),
    ...content.flatMap((block) =>
      block.type === "tool_use" ? [call(block.id, block.name, block.input)] : [],
    ),
  ],
  google: ({ candidates }: GoogleBody) => {
    const parts = candidates[0]?.content.parts ?? [];
    return [
      ...text(parts.map((part) => (part.thought ? "" : (part.text ?? ""))).join("")),
      ...parts.flatMap(({ functionCall: made }) => (made ? [call("generated", made.name, made.args)] : [])),
    ];
  },
  "openai-responses": ({ output }: ResponsesBody) => [
    ...text(
      output
        .flatMap(({ content }) => content ?? [])
        .map((part) => part.text)
        .join(""),
    ),
    ...output.flatMap((item) => {
      if (item.type === "custom_tool_call") return [call(item.call_id, item.name, item.input)];
      return item.type === "function_call"
        ? [call(item.call_id, item.name, JSON.parse(item.arguments ?? ""))]
        : [];
    }),
  ],
};

const cut = (whole: string, size: number) => whole.match(new RegExp(`.{1,${size}}`, "gsu")) ?? [];

/** A plain body as the events of the provider's stream. */
const encoders: Readonly<Record<string, (body: never, size: number) => string[]>> = {
  anthropic: (body: AnthropicBody, size) => {
    const message = { ...body, content: [], stop_reason: null };
    const blocks = body.content.flatMap((block, index) => {
      const [start, deltas] = anthropicBlock(block, size);
      return [
        { type: "content_block_start", index, content_block: start },
        ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
        { type: "content_block_stop", index },
      ];
    });
    const delta = { stop_reason: body.stop_reason, stop_sequence: null };
    const end = { type: "message_delta", delta, usage: { output_tokens: 7 } };
    return [{ type: "message_start", message }, ...blocks, end, { type: "message_stop" }].map((each) =>
      JSON.stringify(each),
    );
  },
  "openai-responses": (body: ResponsesBody, size) => {
    const created = { type: "response.created", response: { ...body, output: [], status: "in_progress" } };
    const items = body.output.flatMap((item, index) => responsesItem(item, index, size));
    const end = { type: "response.completed", response: body };
    return [created, ...items, end].map((each) => JSON.stringify(each));
  },
  google: (body: GoogleBody, size) => {
    const [candidate] = body.candidates;
    const parts = (candidate?.content.parts ?? []).flatMap((part) =>
      part.text === undefined ? [part] : cut(part.text, size).map((piece) => ({ ...part, text: piece })),
    );
    return parts.map((part, index) => {
      const isLast = index === parts.length - 1;
      const { finishReason, ...rest } = candidate as { finishReason?: string };
      const content = { role: "model", parts: [part] };
      const shown = { ...rest, content, ...(isLast && { finishReason }) };
      return JSON.stringify({ ...body, candidates: [shown] });
    });
  },
};

function responsesItem(item: ResponsesBody["output"][number], index: number, size: number): object[] {
  const common = { output_index: index, item_id: `item_${index}` };
  const end = { type: "response.output_item.done", output_index: index, item };
  const start = { type: "response.output_item.added", output_index: index };
  const deltas = (kind: string, whole: string, more: object = {}) =>
    cut(whole, size).map((delta) => ({ type: `response.${kind}.delta`, ...common, ...more, delta }));
  if (item.type === "message") {
    const texts = (item.content ?? []).flatMap((part, content_index) =>
      deltas("output_text", part.text, { content_index }),
    );
    return [{ ...start, item: { ...item, content: [] } }, ...texts, end];
  }
  if (item.type === "function_call") {
    const pieces = deltas("function_call_arguments", item.arguments ?? "");
    return [{ ...start, item: { ...item, arguments: "" } }, ...pieces, end];
  }
  if (item.type === "custom_tool_call") {
    const pieces = deltas("custom_tool_call_input", item.input ?? "");
    return [{ ...start, item: { ...item, input: "" } }, ...pieces, end];
  }
  return [{ ...start, item }, end];
}

function anthropicBlock(block: AnthropicBlock, size: number): [object, object[]] {
  switch (block.type) {
    case "text":
      return [
        { ...block, text: "" },
        cut(block.text, size).map((piece) => ({ type: "text_delta", text: piece })),
      ];
    case "thinking":
      return [
        { ...block, thinking: "", signature: "" },
        [
          ...cut(block.thinking, size).map((thinking) => ({ type: "thinking_delta", thinking })),
          { type: "signature_delta", signature: block.signature },
        ],
      ];
    case "tool_use": {
      const json = cut(JSON.stringify(block.input), size);
      return [
        { ...block, input: {} },
        json.map((partial_json) => ({ type: "input_json_delta", partial_json })),
      ];
    }
    default:
      return [block, []];
  }
}
