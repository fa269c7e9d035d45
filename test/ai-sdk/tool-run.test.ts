import { describe, expect, test } from "vitest";
import { z } from "zod";
import { complianceGuardMiddleware, recordTools } from "../../src/ai-sdk/index.ts";
import { collect, sdks } from "../support/ai-sdks.ts";
import { startRecording, statusOf } from "../support/recording.ts";
import { type ModelAnswer, scriptedModel, streamParts } from "../support/scripted-model.ts";

describe.each(sdks)("$name", ({ sdk, version, release }) => {
  const inputSchema = z.object({ id: z.number() });

  /** An agent that calls one tool, by the name it has in `tools`, and then answers. */
  function setUp(tool: object, more: { name?: string; asked?: string; input?: string } = {}) {
    const { name = "score", asked = name, input = '{"id":7}' } = more;
    const recording = startRecording();
    const { recorder } = recording;
    const declared = { [name]: sdk.tool({ description: "Scores.", inputSchema, ...tool }) };
    const call = { type: "tool-call", toolCallId: "call_1", toolName: asked, input };
    const answers: readonly ModelAnswer[] = [{ content: [call], finish: "tool-calls" }, {}];
    const middleware = complianceGuardMiddleware({ recorder });
    const model = sdk.wrapLanguageModel({ model: scriptedModel(version, answers), middleware });
    const tools = recordTools(declared, { recorder });
    const question = { model, tools, prompt: "Q", stopWhen: sdk.stepCountIs(3), onError: () => {} };
    const toolEvents = async () => (await recording.events()).filter(({ actor }) => actor?.type === "tool");
    return { ...recording, question, toolEvents };
  }

  /** A tool that waits until it is aborted, and tells when it has begun. */
  function waiting() {
    const controller = new AbortController();
    const execute = async (_: unknown, { abortSignal }: { readonly abortSignal: AbortSignal }) => {
      setImmediate(() => controller.abort());
      await new Promise((resolve) => abortSignal.addEventListener("abort", resolve, { once: true }));
      abortSignal.throwIfAborted();
    };
    return { execute, abortSignal: controller.signal };
  }

  test("a tool run that an abort breaks off is cancelled, plain and streamed", async () => {
    for (const isStreamed of [false, true]) {
      const { execute, abortSignal } = waiting();
      const { question, toolEvents } = setUp({ execute });
      const options = { ...question, abortSignal };
      if (isStreamed) await collect(sdk.streamText(options).fullStream);
      else await sdk.generateText(options).catch(() => {});
      expect((await toolEvents()).map(statusOf)).toEqual(["cancelled"]);
    }
  });

  // The first 5.x has no tools that give their output in pieces.
  test.runIf(release !== "5.0.0")(
    "a generator that an abort breaks off is cancelled, with the last output it gave",
    async () => {
      const { execute: wait, abortSignal } = waiting();
      const { question, toolEvents } = setUp({
        async *execute(input: unknown, options: { readonly abortSignal: AbortSignal }) {
          yield "looking it up";
          yield await wait(input, options);
        },
      });
      await collect(sdk.streamText({ ...question, abortSignal }).fullStream);
      const [event, ...others] = await toolEvents();
      expect(others).toEqual([]);
      expect(statusOf(event)).toBe("cancelled");
      expect(event?.output).toEqual({ result: "looking it up" });
    },
  );

  // The first 5.x and 6.x do not wait for the end of the stream; later versions do.
  test.runIf(/^[56]\.0\.0$/.test(release))(
    "a tool that runs before the stream of its call has ended belongs to that call",
    async () => {
      const hasRun = Promise.withResolvers<void>();
      const execute = async () => {
        await new Promise(setImmediate);
        hasRun.resolve();
        throw new RangeError("no such applicant");
      };
      const call = { type: "tool-call", toolCallId: "call_1", toolName: "score", input: '{"id":7}' };
      const whole = streamParts(version, { content: [call], finish: "tool-calls" });
      const parts = () =>
        new ReadableStream({
          async start(controller) {
            for (const part of whole.slice(0, -1)) controller.enqueue(part);
            // The provider's last words come when the tool has run already.
            await hasRun.promise;
            for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
            controller.enqueue(whole.at(-1));
            controller.close();
          },
        });
      const { question, recorder, events } = setUp({ execute });
      const model = sdk.wrapLanguageModel({
        model: scriptedModel(version, [{ parts }, {}]),
        middleware: complianceGuardMiddleware({ recorder }),
      });
      await collect(sdk.streamText({ ...question, model }).fullStream);
      const [asked, ran, answered, ...others] = await events();
      expect(others).toEqual([]);
      expect(statusOf(ran)).toBe("error:RangeError");
      expect(ran?.modelId).toBe("gpt-5-2026-04-01");
      for (const event of [ran, answered]) {
        expect(event?.correlationId).toBe(asked?.correlationId);
        expect(event?.systemState.run["root_id"]).toBe(asked?.eventId);
      }
      expect(ran?.systemState.run["arguments_modified"]).toBeUndefined();
    },
  );

  test("the arguments that a schema completes are what ran, and marked as not what was proposed", async () => {
    const { question, toolEvents } = setUp({
      inputSchema: z.object({ id: z.number(), limit: z.number().default(10) }),
      execute: async () => "ok",
    });
    await sdk.generateText(question);
    const [event] = await toolEvents();
    expect(event?.input).toEqual({ name: "score", arguments: { id: 7, limit: 10 } });
    expect(event?.systemState.run["arguments_modified"]).toBe(true);
  });

  test("repaired arguments are what ran, and marked as not what was proposed", async () => {
    const { question, toolEvents } = setUp({ execute: async () => "ok" }, { input: '{"id":7' });
    await sdk.generateText({ ...question, ...repairedTo({ input: '{"id":7}' }) });
    const [event, ...others] = await toolEvents();
    expect(others).toEqual([]);
    expect(statusOf(event)).toBe("success");
    expect(event?.input).toEqual({ name: "score", arguments: { id: 7 } });
    expect(event?.systemState.run["arguments_modified"]).toBe(true);
  });

  test("a call repaired to one of another tool ran, and is marked as not what was proposed", async () => {
    const { question, toolEvents } = setUp({ execute: async () => "ok" }, { asked: "scores" });
    await sdk.generateText({ ...question, ...repairedTo({ toolName: "score" }) });
    const [event, ...others] = await toolEvents();
    expect(others).toEqual([]);
    expect(statusOf(event)).toBe("success");
    expect(event?.actor).toEqual({ type: "tool", name: "score" });
    expect(event?.systemState.run["arguments_modified"]).toBe(true);
  });

  test.each(["constructor", "toString", "__proto__"])("a tool may be called %s", async (name) => {
    const { question, toolEvents } = setUp({ execute: async () => "ok" }, { name });
    await sdk.generateText(question);
    const [event, ...others] = await toolEvents();
    expect(others).toEqual([]);
    expect(event).toMatchObject({ actor: { name }, input: { name, arguments: { id: 7 } } });
    expect(event?.systemState.run["arguments_modified"]).toBeUndefined();
  });

  test("a dynamic tool is one like any", async () => {
    const { question, toolEvents } = setUp({ type: "dynamic", execute: async () => ({ score: 0.82 }) });
    await sdk.generateText(question);
    const [event, ...others] = await toolEvents();
    expect(others).toEqual([]);
    expect(event?.output).toEqual({ result: { score: 0.82 } });
  });

  test("the same tools in several calls at once are an event each, of the call they belong to", async () => {
    const { recorder, events } = startRecording();
    const middleware = complianceGuardMiddleware({ recorder });
    const score = sdk.tool({
      description: "Scores.",
      inputSchema,
      execute: async ({ id }: { id: number }) => id,
    });
    const tools = recordTools({ score }, { recorder });
    const asking = Array.from({ length: 20 }, (_, id) => {
      const call = { type: "tool-call", toolCallId: `call_${id}`, toolName: "score", input: `{"id":${id}}` };
      const answers = [{ content: [call], finish: "tool-calls" }, {}];
      const model = sdk.wrapLanguageModel({ model: scriptedModel(version, answers), middleware });
      const providerOptions = { complianceguard: { correlationId: `application-${id}` } };
      return sdk.generateText({ model, tools, prompt: "Q", providerOptions, stopWhen: sdk.stepCountIs(3) });
    });
    await Promise.all(asking);
    const runs = (await events()).filter(({ actor }) => actor?.type === "tool");
    expect(runs).toHaveLength(20);
    for (const { correlationId, output } of runs) expect(correlationId).toBe(`application-${output.result}`);
  });

  if (version !== "v4") return;

  test("refined arguments are what ran, and marked as not what was proposed", async () => {
    const { question, toolEvents } = setUp({ execute: async () => "ok" });
    const refine = ({ id }: { readonly id: number }) => ({ id: id + 1 });
    await sdk.generateText({ ...question, experimental_refineToolInput: { score: refine } });
    const [event] = await toolEvents();
    expect(event?.input).toEqual({ name: "score", arguments: { id: 8 } });
    expect(event?.systemState.run["arguments_modified"]).toBe(true);
  });

  test("a tool that runs out of its time is cancelled", async () => {
    const { question, toolEvents } = setUp({ execute: waiting().execute });
    await sdk.generateText({ ...question, timeout: { toolMs: 1 } });
    expect((await toolEvents()).map(statusOf)).toEqual(["cancelled"]);
  });
});

/** Options with which each call that does not fit is repaired, by the name that each version has for it. */
function repairedTo(changed: { readonly input?: string; readonly toolName?: string }) {
  const repair = async ({ toolCall }: { readonly toolCall: object }) => ({ ...toolCall, ...changed });
  return { repairToolCall: repair, experimental_repairToolCall: repair };
}
