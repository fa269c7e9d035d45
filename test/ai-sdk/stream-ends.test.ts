import { describe, expect, test } from "vitest";
import { complianceGuardMiddleware } from "../../src/ai-sdk/index.ts";
import { collect, sdks } from "../support/ai-sdks.ts";
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

  test("a finish that was delivered outranks the cancellation and the abort that follow at once", async () => {
    for (const leave of ["cancel", "abort"] as const) {
      const { open, only } = setUp(whole);
      const controller = new AbortController();
      const reader = (await open({ abortSignal: controller.signal })).stream.getReader();
      for (let count = 0; count < whole.length; count++) await reader.read();
      if (leave === "abort") controller.abort();
      else await reader.cancel();
      const event = await only();
      expect(statusOf(event)).toBe("success");
      expect(event.systemState.run["finish_reason"]).toBe("stop");
    }
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
