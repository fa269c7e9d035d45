import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { complianceGuardMiddleware } from "../../src/ai-sdk/index.ts";
import { memorySink } from "../../src/recorder/memory-sink.ts";
import { collect, type Sdk, type SdkCase, sdks, sdksWithOlderModels } from "../support/ai-sdks.ts";
import { busyError } from "../support/busy-provider.ts";
import { codeOf } from "../support/error-code.ts";
import { attemptOf, type Recording, startRecording, statusOf } from "../support/recording.ts";
import { type ModelAnswer, scriptedModel, streamParts } from "../support/scripted-model.ts";
import { brokenSink } from "../support/sinks.ts";

const question = { role: "user", content: "Short-list applicant 7?" };
const questionRecorded = {
  role: "user",
  parts: [{ type: "text", content: "Short-list applicant 7?" }],
};

describe.each(sdksWithOlderModels)("$name", ({ sdk, version }) => {
  function setUp(answers: readonly ModelAnswer[], recording: Recording = startRecording()) {
    const inner = scriptedModel(version, answers);
    const middleware = complianceGuardMiddleware({ recorder: recording.recorder });
    const model = sdk.wrapLanguageModel({ model: inner, middleware });
    return { ...recording, inner, model };
  }

  test("a plain call is one event with input, output and what is known of the call", async () => {
    const { model, only } = setUp([{ content: [{ type: "text", text: "Yes." }] }]);
    const result = await sdk.generateText({
      model,
      system: "You screen CVs.",
      messages: [question],
      temperature: 0.25,
      seed: 7,
    });
    expect(result.text).toBe("Yes.");
    const event = await only();
    expect(event).toMatchObject({
      modelId: "gpt-5-2026-04-01",
      actor: { type: "model" },
      systemState: {
        performance: { provider_status: "success", input_tokens: 11, output_tokens: 7 },
        run: { kind: "model", framework: "ai", finish_reason: "stop" },
      },
      input: {
        messages: [
          { role: "system", parts: [{ type: "text", content: "You screen CVs." }] },
          questionRecorded,
        ],
      },
      output: { messages: [{ role: "assistant", parts: [{ type: "text", content: "Yes." }] }] },
      metadata: {
        provider: "scripted.chat",
        requested_model: "gpt-5",
        operation: "generate",
        parameters: { temperature: 0.25, seed: 7 },
        response_id: "resp_1",
        unified_finish_reason: "stop",
        usage: { input_tokens: 11, output_tokens: 7 },
        warnings: 0,
      },
    });
  });

  test("a plain call returns, or throws, when its event is kept and not before", async () => {
    let keep = (): void => {};
    const submit = () => new Promise<void>((resolve) => (keep = resolve));
    const { model } = setUp(
      [{}, { error: new Error("x") }],
      startRecording({ sink: { ...memorySink(), submit } }),
    );
    for (const _ of ["returns", "throws"]) {
      let hasReturned = false;
      const call = model.doGenerate({ prompt: [] }).finally(() => (hasReturned = true));
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
      expect(hasReturned).toBe(false);
      keep();
      await call.catch(() => {});
    }
  });

  test("a streamed call gives the same output as the plain one", async () => {
    const content = [
      { type: "reasoning", text: "Six years are enough." },
      { type: "text", text: "Looking 😀 both up." },
      { type: "tool-call", toolCallId: "call_b", toolName: "lookup", input: '{"id":"B"}' },
      { type: "tool-call", toolCallId: "call_a", toolName: "lookup", input: "" },
    ];
    const { model, events } = setUp([{ content, finish: "tool-calls" }]);
    await model.doGenerate({ prompt: [] });
    await collect((await model.doStream({ prompt: [] })).stream);
    const [plain, streamed] = await events();
    expect(streamed?.outputReference).toBe(plain?.outputReference);
    expect(streamed?.output).toEqual(plain?.output);
    expect(streamed?.output).toEqual({
      messages: [
        {
          role: "assistant",
          parts: [
            { type: "text", content: "Looking 😀 both up." },
            { type: "tool_call", id: "call_b", name: "lookup", arguments: { id: "B" } },
            { type: "tool_call", id: "call_a", name: "lookup", arguments: {} },
          ],
        },
      ],
    });
    expect(streamed?.metadata).toMatchObject({
      operation: "stream",
      reasoning: ["Six years are enough."],
      tool_call_ids: ["call_b", "call_a"],
      response_id: "resp_1",
    });
    expect(streamed?.systemState.run["finish_reason"]).toBe("tool_calls");
    expect(streamed?.systemState.performance).toMatchObject({
      provider_status: "success",
      time_to_first_token_ms: expect.any(Number),
      input_tokens: 11,
    });
  });

  test("streamText through the framework is one event", async () => {
    const { model, only } = setUp([{ content: [{ type: "text", text: "Yes, six years of it." }] }]);
    const { textStream } = sdk.streamText({ model, messages: [question] });
    expect((await collect(textStream)).join("")).toBe("Yes, six years of it.");
    const event = await only();
    expect(statusOf(event)).toBe("success");
    expect(event.input.messages).toEqual([questionRecorded]);
    expect(event.output.messages).toEqual([
      { role: "assistant", parts: [{ type: "text", content: "Yes, six years of it." }] },
    ]);
  });

  test("what the caller gives about the call is recorded and never reaches the provider", async () => {
    const { model, inner, only } = setUp([{}]);
    await sdk.generateText({
      model,
      messages: [question],
      providerOptions: {
        openai: { user: "u1" },
        complianceguard: {
          correlationId: "application-77",
          dataSubjects: ["applicant-7"],
          metadata: { desk: "Utrecht" },
        },
      },
    });
    expect(inner.calls.map(({ providerOptions }) => providerOptions)).toEqual([{ openai: { user: "u1" } }]);
    // Not by any of the ways in which a provider copies, prints or sends what it is given.
    for (const seen of [inner.calls, inner.calls.map((params) => ({ ...params }))])
      expect(inspect(seen, { depth: 9 }) + JSON.stringify(seen)).not.toMatch(/application-77|Utrecht/);
    const event = await only();
    expect(event).toMatchObject({
      correlationId: "application-77",
      dataSubjects: ["applicant-7"],
      metadata: { user: { desk: "Utrecht" } },
    });
  });

  test("generateObject is one event, and an answer that is no JSON is a success of the model", async () => {
    const { model, events } = setUp([
      { content: [{ type: "text", text: '{"short":true}' }] },
      { content: [{ type: "text", text: '{"short":' }] },
    ]);
    const schema = sdk.jsonSchema({ type: "object", properties: { short: { type: "boolean" } } });
    const { object } = await sdk.generateObject({ model, schema, messages: [question] });
    expect(object).toEqual({ short: true });
    await expect(sdk.generateObject({ model, schema, messages: [question] })).rejects.toThrow();
    const all = await events();
    expect(all.map(statusOf)).toEqual(["success", "success"]);
    expect(all[0]?.metadata["parameters"]).toMatchObject({
      responseFormat: { type: "json", schema_sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(all[1]?.output.messages).toEqual([
      { role: "assistant", parts: [{ type: "text", content: '{"short":' }] },
    ]);
  });

  test("streamObject is one event", async () => {
    const { model, only } = setUp([{ content: [{ type: "text", text: '{"short":true}' }] }]);
    const schema = sdk.jsonSchema({ type: "object", properties: { short: { type: "boolean" } } });
    const { partialObjectStream } = sdk.streamObject({ model, schema, messages: [question] });
    await collect(partialObjectStream);
    expect((await only()).output.messages).toEqual([
      { role: "assistant", parts: [{ type: "text", content: '{"short":true}' }] },
    ]);
  });

  test("an attempt that fails and the retry that works are an event each", async () => {
    const busy = busyError();
    const { model, events } = setUp([{ error: busy }, { error: busy }, {}]);
    await sdk.generateText({ model, messages: [question], maxRetries: 3 });
    const all = await events();
    expect(all.map(statusOf)).toEqual(["429", "429", "success"]);
    expect(all.map(attemptOf)).toEqual([1, 2, 3]);
    expect(all.map(({ outputReference }) => outputReference === all[2]?.outputReference)).toEqual([
      false,
      false,
      true,
    ]);
    expect(new Set(all.map(({ inputReference }) => inputReference)).size).toBe(1);
  });

  test("a call with the prompt of one that worked, or that was aborted, is no further attempt", async () => {
    const error = new DOMException("gone", "AbortError");
    const { model, events } = setUp([{ error: new Error("x") }, {}, { error }, {}]);
    const params = { prompt: [] };
    await model.doGenerate(params).catch(() => {});
    await model.doGenerate(params);
    await model.doGenerate(params).catch(() => {});
    await model.doGenerate(params);
    const attempts = (await events()).map(attemptOf);
    expect(attempts).toEqual([1, 2, 1, 1]);
  });

  test("the same prompt given to another model is no further attempt", async () => {
    const { recorder, events } = startRecording();
    const middleware = complianceGuardMiddleware({ recorder });
    const params = { prompt: [] };
    for (const modelId of ["gpt-5", "gpt-5-mini", "gpt-5"]) {
      const failing = scriptedModel(version, [{ error: new Error("x") }], modelId);
      const model = sdk.wrapLanguageModel({ model: failing, middleware });
      await model.doGenerate(params).catch(() => {});
    }
    expect((await events()).map(attemptOf)).toEqual([1, 1, 2]);
  });

  test("a plain answer that says it was interrupted is truncated", async () => {
    const { model, only } = setUp([{ finish: "interrupted" }]);
    await model.doGenerate({ prompt: [] });
    expect(statusOf(await only())).toBe("truncated");
  });

  test("the tools declared to a model may be named in clear", async () => {
    const { model, recorder, events } = setUp([
      { content: [{ type: "tool-call", toolCallId: "call_1", toolName: "score", input: "{}" }] },
    ]);
    await model.doGenerate({ prompt: [], tools: [{ type: "function", name: "score", inputSchema: {} }] });
    await recorder.start({ kind: "tool", name: "score", toolCallId: "call_1", input: () => ({}) }).succeed();
    expect((await events())[1]?.actor).toEqual({ type: "tool", name: "score" });
  });

  test("a call that throws is one event, and the error passes unchanged", async () => {
    const error = new TypeError("applicant 7");
    const { model, only } = setUp([{ error }]);
    await expect(model.doGenerate({ prompt: [] })).rejects.toBe(error);
    const event = await only();
    expect(statusOf(event)).toBe("error:TypeError");
    expect(event.output).toEqual({});
  });

  test("a call that an abort signal ends is cancelled", async () => {
    const signal = AbortSignal.abort(new Error("the user left"));
    const { model, events } = setUp([
      { error: signal.reason },
      { error: new DOMException("gone", "AbortError") },
    ]);
    await expect(model.doGenerate({ prompt: [], abortSignal: signal })).rejects.toBe(signal.reason);
    await expect(model.doStream({ prompt: [] })).rejects.toThrow("gone");
    expect((await events()).map(statusOf)).toEqual(["cancelled", "cancelled"]);
  });

  test("a model that is wrapped twice still gives one event an attempt", async () => {
    const recording = startRecording();
    const middleware = complianceGuardMiddleware({ recorder: recording.recorder });
    const other = complianceGuardMiddleware({ recorder: recording.recorder });
    const error = new Error("once");
    const model = sdk.wrapLanguageModel({
      model: scriptedModel(version, [{ error }, { error }, {}]),
      middleware: [middleware, middleware, other],
    });
    const providerOptions = { complianceguard: { correlationId: "application-77" } };
    for (const _ of [1, 2])
      await expect(model.doGenerate({ prompt: [], providerOptions })).rejects.toBe(error);
    await model.doGenerate({ prompt: [], providerOptions });
    await collect((await model.doStream({ prompt: [], providerOptions })).stream);
    const all = await recording.events();
    expect(all.map(statusOf)).toEqual(["error:Error", "error:Error", "success", "success"]);
    expect(all.map(attemptOf)).toEqual([1, 2, 3, 1]);
    expect(all.map(({ correlationId }) => correlationId)).toEqual(Array(4).fill("application-77"));
  });

  test("middleware between two of ours that tries again gives an event an attempt too", async () => {
    const { recorder, events } = startRecording();
    const retry = {
      wrapGenerate: ({ doGenerate }: { readonly doGenerate: () => Promise<object> }) =>
        doGenerate().catch(doGenerate),
    };
    const middleware = complianceGuardMiddleware({ recorder });
    const model = sdk.wrapLanguageModel({
      model: scriptedModel(version, [{ error: new Error("x") }, {}]),
      middleware: [middleware, retry, middleware],
    });
    await model.doGenerate({ prompt: [] });
    const all = await events();
    expect(all.map(statusOf)).toEqual(["error:Error", "success"]);
    expect(all.map(attemptOf)).toEqual([1, 2]);
  });

  test("two recorders get an event each, both with what the caller gave", async () => {
    const [one, two] = [startRecording(), startRecording()];
    const middleware = [one, two].map(({ recorder }) => complianceGuardMiddleware({ recorder }));
    const model = sdk.wrapLanguageModel({ model: scriptedModel(version, [{}]), middleware });
    await model.doGenerate({ prompt: [], providerOptions: { complianceguard: { correlationId: "c-1" } } });
    expect((await one.only()).correlationId).toBe("c-1");
    expect((await two.only()).correlationId).toBe("c-1");
  });

  test("under block a call whose start record is not kept is refused and not made", async () => {
    const recording = startRecording({ onFailure: "block", sink: brokenSink() });
    const { model, inner } = setUp([{}], recording);
    expect(await codeOf(() => sdk.generateText({ model, messages: [question] }))).toBe("record_not_kept");
    expect(await codeOf(() => model.doStream({ prompt: [] }))).toBe("record_not_kept");
    expect(inner.calls).toEqual([]);
  });

  test("under continue a sink that fails changes nothing but reports the trouble", async () => {
    const recording = startRecording({ sink: brokenSink() });
    const { model } = setUp([{ content: [{ type: "text", text: "Yes." }] }], recording);
    expect((await sdk.generateText({ model, messages: [question] })).text).toBe("Yes.");
    const { textStream } = sdk.streamText({ model, messages: [question] });
    expect((await collect(textStream)).join("")).toBe("Yes.");
    expect(new Set(recording.troubles.map(({ code }) => code))).toEqual(new Set(["record_not_kept"]));
  });

  test("a sink that never answers does not hold up a stream", async () => {
    const never = new Promise<never>(() => {});
    const recording = startRecording({ sink: { ...brokenSink(), begin: () => never, submit: () => never } });
    const { model } = setUp([{ content: [{ type: "text", text: "Yes." }] }], recording);
    const { textStream } = sdk.streamText({ model, messages: [question] });
    expect((await collect(textStream)).join("")).toBe("Yes.");
  });
});

describe.each(sdks)("$name", ({ sdk, version, release }) => {
  test("a tool loop is tied together by the calls its results answer", async () => {
    const call = { type: "tool-call", toolCallId: "call_1", toolName: "score", input: '{"id":7}' };
    const { recorder, events } = startRecording();
    const model = sdk.wrapLanguageModel({
      model: scriptedModel(version, [{ content: [call], finish: "tool-calls" }, {}]),
      middleware: complianceGuardMiddleware({ recorder }),
    });
    await sdk.generateText({
      model,
      messages: [question],
      stopWhen: sdk.stepCountIs(3),
      tools: { score: scoreTool(sdk) },
    });
    const [first, second] = await events();
    expect(second?.correlationId).toBe(first?.correlationId);
    expect(second?.systemState.run["root_id"]).toBe(first?.systemState.run["root_id"]);
    expect(second?.input.messages.slice(1)).toEqual([
      {
        role: "assistant",
        parts: [{ type: "tool_call", id: "call_1", name: "score", arguments: { id: 7 } }],
      },
      { role: "tool", parts: [{ type: "tool_call_response", id: "call_1", response: { score: 0.82 } }] },
    ]);
    expect(first?.metadata["tool_schemas"]).toEqual([
      { name: "score", type: "function", sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
  });

  test("the parts of a stream are the very objects the provider gave, in their order", async () => {
    const parts = [...streamParts(version, {}), { type: "raw", rawValue: {} }, { type: "of tomorrow" }];
    const { recorder } = startRecording();
    const model = sdk.wrapLanguageModel({
      model: scriptedModel(version, [{ parts }]),
      middleware: complianceGuardMiddleware({ recorder }),
    });
    const seen = await collect((await model.doStream({ prompt: [] })).stream);
    expect(seen).toHaveLength(parts.length);
    for (const [index, part] of parts.entries()) expect(seen[index]).toBe(part);
  });

  test("the version of the framework is told where it shows", async () => {
    const { recorder, only } = startRecording();
    const middleware = complianceGuardMiddleware({ recorder });
    const model = sdk.wrapLanguageModel({ model: scriptedModel(version, [{}]), middleware });
    await sdk.generateText({ model, messages: [question], headers: { authorization: "Bearer secret" } });
    const event = await only();
    // The first 5.x does not announce itself.
    expect(event.systemState.run["framework_version"]).toBe(release === "5.0.0" ? undefined : release);
    expect(JSON.stringify(event)).not.toMatch(/secret|authorization/i);
  });
});

test("without a recorder it is refused at once", async () => {
  expect(await codeOf(() => complianceGuardMiddleware({} as never))).toBe("invalid_option");
});

test("call options that are malformed are reported and left out, and the call goes on", async () => {
  const { recorder, troubles, events } = startRecording();
  const middleware = complianceGuardMiddleware({ recorder });
  const [{ sdk, version }] = sdks as [SdkCase];
  const model = sdk.wrapLanguageModel({ model: scriptedModel(version, [{}]), middleware });
  const complianceguard = { correlationId: 77, dataSubjects: "applicant-7", metadata: { desk: "Utrecht" } };
  await model.doGenerate({ prompt: [], providerOptions: { complianceguard } });
  expect(troubles.map(({ code }) => code)).toEqual(["invalid_option", "invalid_option"]);
  await model.doGenerate({ prompt: [], providerOptions: { complianceguard: { correlationId: "" } } });
  expect(troubles).toHaveLength(3);
  const [event] = await events();
  expect(event?.dataSubjects).toBeUndefined();
  expect(event?.metadata["user"]).toEqual({ desk: "Utrecht" });
});

function scoreTool(sdk: Sdk): object {
  return sdk.tool({
    description: "Scores an applicant.",
    inputSchema: sdk.jsonSchema({ type: "object", properties: { id: { type: "number" } } }),
    execute: async () => ({ score: 0.82 }),
  });
}
