import { createOpenAI } from "@ai-sdk/openai";
import { streamText, wrapLanguageModel } from "ai";
import { describe, expect, test } from "vitest";
import { complianceGuardMiddleware } from "../../src/ai-sdk/index.ts";
import { collect, sdks } from "../support/ai-sdks.ts";
import { type ScriptedAnswer, startOpenAiServer } from "../support/openai-server.ts";
import { startRecording, statusOf } from "../support/recording.ts";
import { type ModelAnswer, scriptedModel, streamOf, streamParts } from "../support/scripted-model.ts";

const text = [{ type: "text", text: "Six years of experience." }];

describe.each(sdks)("$name", ({ sdk, version }) => {
  const whole = streamParts(version, { content: text });
  const cut = whole.slice(0, 6);
  const partial = [{ role: "assistant", parts: [{ type: "text", content: "Six years" }] }];

  function setUp(parts: NonNullable<ModelAnswer["parts"]>) {
    const recording = startRecording();
    const middleware = complianceGuardMiddleware({ recorder: recording.recorder });
    const model = sdk.wrapLanguageModel({ model: scriptedModel(version, [{ parts }]), middleware });
    const open = (params: object = {}) => model.doStream({ prompt: [], ...params });
    return { ...recording, model, open };
  }

  test.each<[string, ModelAnswer, string]>([
    ["stop", { finish: "stop" }, "success"],
    ["stop without usage", { finish: "stop", inputTokens: undefined, outputTokens: undefined }, "success"],
    ["length", { finish: "length" }, "success"],
    ["other with usage", { finish: "other" }, "success"],
    [
      "other with nothing else",
      { finish: "other", inputTokens: undefined, outputTokens: undefined },
      "truncated",
    ],
    ["unknown", { finish: "unknown", inputTokens: undefined, outputTokens: undefined }, "truncated"],
    ["interrupted", { finish: "interrupted", inputTokens: undefined, outputTokens: undefined }, "truncated"],
  ])("a stream that finishes with %s", async (_, answer, status) => {
    const { open, only } = setUp(streamParts(version, { content: text, ...answer }));
    await collect((await open()).stream);
    const event = await only();
    expect(statusOf(event)).toBe(status);
    expect(event.output.messages).toMatchObject([{ parts: [{ content: "Six years of experience." }] }]);
  });

  test("a stream that ends without a finish is truncated", async () => {
    const { open, only } = setUp(cut);
    await collect((await open()).stream);
    const event = await only();
    expect(statusOf(event)).toBe("truncated");
    expect(event.output.messages).toEqual(partial);
  });

  test("a stream that breaks is an error, with what was delivered", async () => {
    const { open, only } = setUp(() => broken(cut, new TypeError("terminated")));
    await expect(collect((await open()).stream)).rejects.toThrow("terminated");
    const event = await only();
    expect(statusOf(event)).toBe("error:TypeError");
    expect(event.output.messages).toEqual(partial);
  });

  test("a stream that breaks after its finish has finished", async () => {
    const { open, only } = setUp(() => broken(whole, new TypeError("terminated")));
    await expect(collect((await open()).stream)).rejects.toThrow("terminated");
    expect(statusOf(await only())).toBe("success");
  });

  test("an error the provider reports outranks the finish that follows", async () => {
    const error = { type: "error", error: { message: "overloaded", statusCode: 529 } };
    const { open, only } = setUp([
      ...cut,
      error,
      { type: "error", error: new Error("second") },
      whole.at(-1) as object,
    ]);
    await collect((await open()).stream);
    const event = await only();
    expect(statusOf(event)).toBe("529");
    expect(event.output.messages).toEqual(partial);
  });

  test("an error the provider reports outranks the cancellation that follows", async () => {
    const { open, only } = setUp([...cut, { type: "error", error: new RangeError("x") }, ...cut]);
    const reader = (await open()).stream.getReader();
    for (let count = 0; count <= cut.length; count++) await reader.read();
    await reader.cancel();
    expect(statusOf(await only())).toBe("error:RangeError");
  });

  test("a reader that cancels ends it, with what was delivered", async () => {
    const { open, only } = setUp(whole);
    const reader = (await open()).stream.getReader();
    for (let count = 0; count < cut.length; count++) await reader.read();
    await reader.cancel();
    const event = await only();
    expect(statusOf(event)).toBe("cancelled");
    expect(event.output.messages).toEqual(partial);
  });

  test("a reader that stops at the finish has had it all", async () => {
    const { open, sink, only } = setUp(whole);
    const reader = (await open()).stream.getReader();
    for (let count = 0; count < whole.length; count++) await reader.read();
    expect(sink.events).toHaveLength(0);
    await new Promise(setImmediate);
    expect(statusOf(await only())).toBe("success");
  });

  test("an abort ends a stream whose provider ignores it", async () => {
    const { model, only } = setUp(() => stalled(cut));
    const controller = new AbortController();
    const { textStream } = sdk.streamText({
      model,
      prompt: "Short-list applicant 7?",
      abortSignal: controller.signal,
      onError: () => {},
    });
    const iterator = textStream[Symbol.asyncIterator]();
    await iterator.next();
    controller.abort();
    await iterator.next().catch(() => {});
    const event = await only();
    expect(statusOf(event)).toBe("cancelled");
    expect(event.output.messages?.length).toBe(1);
  });

  test("an abort that breaks the stream is no error", async () => {
    const { open, only } = setUp(() => broken(cut, new DOMException("gone", "AbortError")));
    await expect(collect((await open()).stream)).rejects.toThrow("gone");
    expect(statusOf(await only())).toBe("cancelled");
  });

  test.each([5, 400])("an application that stops reading after the first of %i pieces", async (count) => {
    const long = streamParts(version, { content: [{ type: "text", text: "abc".repeat(count) }] });
    const { model, recorder, only } = setUp(long);
    for await (const _ of sdk.streamText({ model, prompt: "Q" }).textStream) break;
    for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
    await recorder.close();
    // ai 5 and 6 read on in the background; ai 7 reads a little ahead and then never again.
    expect(statusOf(await only())).toBe(version === "v4" && count > 5 ? "abandoned" : "success");
  });

  test("a stream that somebody else reads already is handed on unseen", async () => {
    const taken = streamOf(whole);
    taken.getReader();
    const { open, troubles, only } = setUp(() => taken);
    await open();
    expect(statusOf(await only())).toBe("abandoned");
    expect(troubles).toMatchObject([{ code: "record_not_kept", cause: expect.any(TypeError) }]);
  });

  test("a stream nobody reads is abandoned", async () => {
    const { open, recorder, only } = setUp(whole);
    await open();
    await recorder.close();
    expect(statusOf(await only())).toBe("abandoned");
  });

  test("the first token is the first that says something", async () => {
    const clock = { steady: 0, now: () => 0, monotonic: () => clock.steady };
    const recording = startRecording({ clock });
    const parts = [
      ...whole.slice(0, 3),
      { type: "text-delta", id: "0", delta: "" },
      { type: "reasoning-start", id: "r" },
      { type: "reasoning-delta", id: "r", delta: "Hm" },
      ...whole.slice(3),
    ];
    const model = sdk.wrapLanguageModel({
      model: scriptedModel(version, [{ parts }]),
      middleware: complianceGuardMiddleware({ recorder: recording.recorder }),
    });
    for await (const _ of (await model.doStream({ prompt: [] })).stream) clock.steady += 10;
    const event = await recording.only();
    // Five parts came before it, each with ten milliseconds.
    expect(event.systemState.performance["time_to_first_token_ms"]).toBe(50);
  });
});

describe("ai 7 with a provider on the network", () => {
  async function streamed(
    answers: readonly ScriptedAnswer[],
    more: Partial<Parameters<typeof streamText>[0]> = {},
  ) {
    await using server = await startOpenAiServer(answers);
    const recording = startRecording();
    const provider = createOpenAI({ baseURL: server.baseURL, apiKey: "sk-secret" });
    const model = wrapLanguageModel({
      model: provider.chat("gpt-5"),
      middleware: complianceGuardMiddleware({ recorder: recording.recorder }),
    });
    const { textStream } = streamText({ model, prompt: "Q", onError: () => {}, ...more } as never);
    const seen = await collect(textStream).catch((error: unknown) => error);
    const events = await recording.events();
    expect(JSON.stringify(events)).not.toContain("sk-secret");
    return { seen, events, requests: server.requests, statuses: events.map(statusOf) };
  }

  test("a whole answer", async () => {
    const { statuses, events } = await streamed([{ text: "Six years of experience." }]);
    expect(statuses).toEqual(["success"]);
    expect(events[0]).toMatchObject({
      modelId: "gpt-5",
      systemState: { performance: { input_tokens: 11, output_tokens: 7 }, run: { finish_reason: "stop" } },
      metadata: { provider: "openai.chat", response_id: "chatcmpl-1", finish_reason: "stop" },
    });
  });

  test("an HTTP error", async () => {
    const { statuses } = await streamed([{ status: 401 }]);
    expect(statuses).toEqual(["401"]);
  });

  test("an answer that ends without its end", async () => {
    const events = chunks("Six", "yea");
    const { statuses, events: recorded } = await streamed([{ events }]);
    expect(statuses).toEqual(["truncated"]);
    expect(recorded[0]?.output.messages).toEqual([
      { role: "assistant", parts: [{ type: "text", content: "Sixyea" }] },
    ]);
  });

  test("a connection that is cut", async () => {
    const { statuses } = await streamed([{ text: "Six years of experience.", cutAfter: 3 }]);
    expect(statuses).toEqual([expect.stringMatching(/^error:/)]);
  });

  test("an error within the stream", async () => {
    const error = JSON.stringify({
      error: { message: "overloaded", type: "server_error", code: null, param: null },
    });
    const { statuses, events } = await streamed([{ events: [...chunks("Six"), error, "[DONE]"] }]);
    expect(statuses).toEqual([expect.stringMatching(/^error:|^5/)]);
    expect(events[0]?.output.messages).toMatchObject([{ parts: [{ content: "Six" }] }]);
  });

  test("a chunk that is no JSON, though the answer goes on and finishes", async () => {
    const finish = JSON.stringify({ id: "c", choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
    const { statuses } = await streamed([{ events: [...chunks("Six"), "{not json", finish, "[DONE]"] }]);
    expect(statuses).toEqual(["error:AI_JSONParseError"]);
  });

  test("an error within the stream and the second stream that works are an event each", async () => {
    const error = JSON.stringify({
      error: { message: "overloaded", type: "server_error", code: null, param: null },
    });
    const answers = [{ events: [...chunks("Six"), error, "[DONE]"] }, { text: "Six years." }];
    const { statuses, events } = await streamed(answers, {
      streamRetries: 1,
      onError: () => ({ retry: true }),
    } as never);
    expect(statuses).toEqual([expect.stringMatching(/^error:|^5/), "success"]);
    expect(events[1]?.output.messages).toMatchObject([{ parts: [{ content: "Six years." }] }]);
  });

  test("an abort in the middle", async () => {
    const controller = new AbortController();
    const { statuses, events } = await streamed([{ text: "Six years of experience.", hangAfter: 4 }], {
      abortSignal: controller.signal,
      onChunk: ({ chunk }) => {
        if (chunk.type === "text-delta") controller.abort();
      },
    });
    expect(statuses).toEqual(["cancelled"]);
    expect(events[0]?.output.messages).toHaveLength(1);
  });
});

function chunks(...texts: readonly string[]): string[] {
  return texts.map((content) =>
    JSON.stringify({
      id: "c",
      model: "gpt-5",
      choices: [{ index: 0, delta: { content }, finish_reason: null }],
    }),
  );
}

/** The parts, then the error. */
function broken(parts: readonly object[], error: Error): ReadableStream<unknown> {
  const waiting = [...parts];
  return new ReadableStream({
    pull(controller) {
      const part = waiting.shift();
      if (part) controller.enqueue(part);
      else controller.error(error);
    },
  });
}

/** The parts, then nothing ever again, whatever the caller does. */
function stalled(parts: readonly object[]): ReadableStream<unknown> {
  const waiting = [...parts];
  return new ReadableStream({
    pull(controller) {
      const part = waiting.shift();
      if (!part) return new Promise(() => {});
      controller.enqueue(part);
      return undefined;
    },
  });
}
