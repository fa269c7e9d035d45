import { describe, expect, test } from "vitest";
import { z } from "zod";
import { complianceGuardMiddleware, recordOutputFailure } from "../../src/ai-sdk/index.ts";
import { collect, sdks } from "../support/ai-sdks.ts";
import { codeOf } from "../support/error-code.ts";
import { type Recording, startRecording, statusOf } from "../support/recording.ts";
import { type ModelAnswer, scriptedModel, streamParts } from "../support/scripted-model.ts";

const schema = z.object({ short: z.boolean() });
const says = (text: string, id: string): ModelAnswer => ({ content: [{ type: "text", text }], id });

describe.each(sdks)("$name", ({ sdk, version }) => {
  function setUp(answers: readonly ModelAnswer[], recording: Recording = startRecording()) {
    const { recorder } = recording;
    const middleware = complianceGuardMiddleware({ recorder });
    const model = sdk.wrapLanguageModel({ model: scriptedModel(version, answers), middleware });
    return { ...recording, model };
  }

  type Ask = (model: object) => Promise<unknown>;
  const object: Ask = (model) => sdk.generateObject({ model, schema, prompt: "Q" });
  const objectStream: Ask = async (model) => {
    const result = sdk.streamObject({ model, schema, prompt: "Q", onError: () => {} });
    const object = (result as unknown as { object: Promise<unknown> }).object;
    object.catch(() => {});
    await collect(result.partialObjectStream);
    return await object;
  };
  const { Output } = sdk as unknown as { Output: { object(options: object): unknown } };
  const output = Output.object({ schema });
  const text: Ask = async (model) =>
    sdk.generateText({ model, prompt: "Q", output, experimental_output: output });
  const textStream: Ask = async (model) => {
    const result = sdk.streamText({ model, prompt: "Q", output, onError: () => {} });
    await collect(result.textStream);
    return await (result as unknown as { output: Promise<unknown> }).output;
  };
  const ways: [string, Ask][] = [
    ["generateObject", object],
    ["streamObject", objectStream],
    ["generateText with an output", text],
  ];
  // ai 5 checks no streamed output as a whole.
  if (version !== "v2") ways.push(["streamText with an output", textStream]);

  test.each(ways)("%s: a schema failure is a second fact about the one model call", async (_, ask) => {
    const { model, recorder, events } = setUp([says('{"short":"yes"}', "resp_7")]);
    const error = await ask(model).catch((thrown: unknown) => thrown);
    expect(await recordOutputFailure(error, { recorder })).toBe(true);
    const [call, failure, ...others] = await events();
    expect(others).toEqual([]);
    expect(statusOf(call)).toBe("success");
    expect(statusOf(failure)).toBe("error:AI_NoObjectGeneratedError");
    expect(failure).toMatchObject({
      modelId: call?.modelId,
      correlationId: call?.correlationId,
      inputReference: call?.outputReference,
      output: {},
      metadata: { response_id: "resp_7", cause: "AI_TypeValidationError" },
    });
    expect(failure?.systemState.run).toMatchObject({ kind: "model", amends: call?.eventId });
    expect(failure?.systemState.performance).toMatchObject({
      provider_error_message: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(failure?.systemState.performance).not.toHaveProperty("output_tokens");
  });

  test("an answer that is no JSON, or nothing at all, is such a failure", async () => {
    const { model, recorder, events } = setUp([says('{"short":', "resp_1"), { content: [], id: "resp_2" }]);
    for (const _ of ["cut", "nothing"]) {
      const error = await object(model).catch((thrown: unknown) => thrown);
      expect(await recordOutputFailure(error, { recorder })).toBe(true);
    }
    const [, cut, , nothing] = await events();
    expect(cut?.input.messages).toEqual([
      { role: "assistant", parts: [{ type: "text", content: '{"short":' }] },
    ]);
    expect(nothing?.input.messages).toEqual([{ role: "assistant", parts: [] }]);
  });

  test("a failure told at once, while the provider's stream is still open, is recorded", async () => {
    const parts = () =>
      new ReadableStream({
        async start(controller) {
          for (const part of streamParts(version, says("[]", "resp_7"))) controller.enqueue(part);
          for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
          controller.close();
        },
      });
    const { model, recorder, events } = setUp([{ parts }]);
    const result = sdk.streamObject({ model, schema, prompt: "Q", onError: () => {} });
    const { object } = result as unknown as { readonly object: Promise<unknown> };
    const told = object.catch((error: unknown) => recordOutputFailure(error, { recorder }));
    await collect(result.partialObjectStream);
    expect(await told).toBe(true);
    expect(await events()).toHaveLength(2);
  });

  test("the same failure told twice, and an error of another kind, are no further event", async () => {
    const { model, recorder, events } = setUp([says("[]", "resp_7")]);
    const error = await object(model).catch((thrown: unknown) => thrown);
    await recordOutputFailure(error, { recorder });
    await recordOutputFailure(error, { recorder });
    expect(await recordOutputFailure(new Error("x"), { recorder })).toBe(false);
    expect(await recordOutputFailure(undefined, { recorder })).toBe(false);
    const others = setUp([says("[]", "resp_7")]);
    await others.model.doGenerate({ prompt: [], responseFormat: { type: "json" } });
    const alike = Object.assign(new Error("x"), { text: "[]", response: { id: "resp_7" } });
    expect(await recordOutputFailure(alike, others)).toBe(false);
    expect(await events()).toHaveLength(2);
  });

  test("each of several failures at once is of its own model call", async () => {
    const answers = Array.from({ length: 10 }, (_, index) => says(`[${index}]`, `resp_${index}`));
    const { model, recorder, events } = setUp(answers);
    const fail = async () => recordOutputFailure(await object(model).catch((thrown) => thrown), { recorder });
    expect(await Promise.all(answers.map(fail))).toEqual(answers.map(() => true));
    const all = await events();
    const calls = new Map(all.map((event) => [event.eventId, event]));
    const failures = all.filter(({ systemState }) => systemState.run["amends"] !== undefined);
    expect(failures).toHaveLength(10);
    for (const { inputReference, systemState } of failures) {
      expect(calls.get(systemState.run["amends"] as string)?.outputReference).toBe(inputReference);
    }
  });

  test("where the provider gives its answers one id, the text tells them apart", async () => {
    const answers = ["[1]", "[2]"].map((text) => says(text, "resp_1"));
    const { model, recorder, events } = setUp(answers);
    const errors = await Promise.all(answers.map(() => object(model).catch((thrown: unknown) => thrown)));
    for (const error of errors.reverse()) expect(await recordOutputFailure(error, { recorder })).toBe(true);
    const [first, second, ofSecond, ofFirst] = await events();
    expect(ofSecond?.systemState.run["amends"]).toBe(second?.eventId);
    expect(ofFirst?.systemState.run["amends"]).toBe(first?.eventId);
  });

  test("where the provider gives its answers no id, the text finds the call", async () => {
    const { recorder, events } = startRecording();
    const inner = scriptedModel(version, [says("[1]", ""), says("[2]", "")]);
    const doGenerate: typeof inner.doGenerate = async (params) => ({
      ...(await inner.doGenerate(params)),
      response: {},
    });
    const middleware = complianceGuardMiddleware({ recorder });
    const nameless = sdk.wrapLanguageModel({ model: { ...inner, doGenerate }, middleware });
    const errors: unknown[] = [];
    for (const _ of [1, 2]) errors.push(await object(nameless).catch((thrown: unknown) => thrown));
    for (const error of errors) expect(await recordOutputFailure(error, { recorder })).toBe(true);
    const [first, second, ...failures] = await events();
    expect(failures.map(({ systemState }) => systemState.run["amends"])).toEqual([
      first?.eventId,
      second?.eventId,
    ]);
  });

  test("a failure of a model that is not wrapped is not put on another's call", async () => {
    const { model, recorder, events } = setUp([says('{"short":true}', "resp_1")]);
    await object(model);
    const other = setUp([says("[]", "resp_2")]);
    const error = await object(other.model).catch((thrown: unknown) => thrown);
    expect(await recordOutputFailure(error, { recorder })).toBe(false);
    expect(await events()).toHaveLength(1);
  });

  test("only the last 256 structured answers are remembered", async () => {
    const answers = Array.from({ length: 257 }, (_, index) => says("[]", `resp_${index}`));
    const { model, recorder } = setUp(answers);
    const errors: unknown[] = [];
    for (const _ of answers) errors.push(await object(model).catch((thrown: unknown) => thrown));
    expect(await recordOutputFailure(errors[0], { recorder })).toBe(false);
    expect(await recordOutputFailure(errors[1], { recorder })).toBe(true);
  });
});

test("without a recorder it is refused", async () => {
  expect(await codeOf(() => recordOutputFailure(new Error("x"), {} as never))).toBe("invalid_option");
});
