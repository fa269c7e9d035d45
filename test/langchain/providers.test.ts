import fc from "fast-check";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { ComplianceGuardHandler } from "../../src/langchain/index.ts";
import { langChainModels } from "../support/langchain-models.ts";
import { type ScriptedAnswer, startOpenAiServer } from "../support/openai-server.ts";
import {
  type AnthropicBody,
  type ChatBody,
  type Cut,
  type GoogleBody,
  type ResponsesBody,
  streamEncoders,
} from "../support/provider-streams.ts";
import { type RecordedEvent, startRecording, statusOf } from "../support/recording.ts";
import { type ProviderRecording, providerRecordings } from "../support/recordings.ts";

beforeAll(() => {
  vi.spyOn(console, "warn").mockImplementation(() => {});
  vi.spyOn(console, "error").mockImplementation(() => {});
});

async function ask(provider: string, answer: ScriptedAnswer, isStream: boolean): Promise<RecordedEvent> {
  await using server = await startOpenAiServer([answer]);
  const { recorder, only } = startRecording();
  const callbacks = [new ComplianceGuardHandler({ recorder })];
  const model = langChainModels[provider]?.(server.baseURL);
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

  test.each(plain)(
    "$provider: $name has the same output when it is streamed in pieces",
    async ({ provider, json }) => {
      const isGoogle = provider === "google";
      const expected = await ask(provider, { json }, false);
      const pieces = fc.integer({ min: 1, max: 40 });
      await fc.assert(
        fc.asyncProperty(pieces, async (size) => {
          const streamed = await ask(
            provider,
            { events: streamEncoders[provider]?.(json as never, cutBy(size)) ?? [] },
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
    fc.constantFrom("", " ", '""', '"{}"', '"text"', "{", '{"a":', '{"a":1', "null", "[1]", "{}{}"),
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

const cutBy =
  (size: number): Cut =>
  (whole) =>
    whole.match(new RegExp(`.{1,${size}}`, "gsu")) ?? [];
