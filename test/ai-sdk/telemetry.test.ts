import { describe, expect, test, vi } from "vitest";
import { complianceGuardMiddleware, complianceGuardTelemetry, recordTools } from "../../src/ai-sdk/index.ts";
import { reference } from "../../src/core/digest.ts";
import { sdks7, ways, withRegistered } from "../support/ai-7.ts";
import { collect, type WrappedModel } from "../support/ai-sdks.ts";
import { busyError } from "../support/busy-provider.ts";
import { codeOf } from "../support/error-code.ts";
import {
  attemptOf,
  type RecordedEvent,
  type Recording,
  startRecording,
  statusOf,
} from "../support/recording.ts";
import { type CallParams, type ModelAnswer, scriptedModel } from "../support/scripted-model.ts";
import { brokenSink } from "../support/sinks.ts";

const call = { type: "tool-call", toolCallId: "call_1", toolName: "score", input: '{"id":7}' };
const twoSteps: readonly ModelAnswer[] = [{ content: [call], finish: "tool-calls" }, {}];

const busy: ModelAnswer = { error: busyError() };

const ofType = (events: readonly RecordedEvent[], type: string) =>
  events.filter(({ actor }) => actor?.type === type);
const typesOf = (events: readonly RecordedEvent[]) => events.map(({ actor }) => actor?.type);

/** The pieces that are installed, in each way that is one event an attempt and a tool run. */
const installations = [
  { pieces: "telemetry", has: { telemetry: 1 } },
  { pieces: "telemetry and middleware", has: { telemetry: 1, middleware: true } },
  { pieces: "telemetry and recordTools", has: { telemetry: 1, tools: true } },
  { pieces: "everything", has: { telemetry: 1, middleware: true, tools: true } },
  { pieces: "everything, the telemetry twice", has: { telemetry: 2, middleware: true, tools: true } },
  { pieces: "the telemetry twice", has: { telemetry: 2 } },
] as const;

interface Installed {
  readonly telemetry?: number;
  readonly middleware?: boolean;
  readonly tools?: boolean;
}

describe.each(sdks7)("$name", ({ sdk, version, release, isFloor }) => {
  const inputSchema = sdk.jsonSchema({
    type: "object",
    properties: { id: { type: "number" } },
    required: ["id"],
  });

  function setUp(
    has: Installed = { telemetry: 1 },
    answers: readonly ModelAnswer[] = twoSteps,
    execute: (input: never, options: never) => unknown = async () => ({ score: 0.82 }),
    recording: Recording = startRecording(),
  ) {
    const { recorder } = recording;
    const inner = scriptedModel(version, answers);
    const middleware = complianceGuardMiddleware({ recorder });
    const model = has.middleware ? sdk.wrapLanguageModel({ model: inner, middleware }) : inner;
    const plain = { score: sdk.tool({ description: "Scores.", inputSchema, execute }) };
    const tools = has.tools ? recordTools(plain, { recorder }) : plain;
    const integrations = Array.from({ length: has.telemetry ?? 0 }, () =>
      complianceGuardTelemetry({ recorder }),
    );
    const telemetry = { integrations };
    const stopWhen = sdk.stepCountIs(3);
    const question = { model, tools, prompt: "Short-list applicant 7?", stopWhen, telemetry };
    const bare = { model, prompt: "Short-list applicant 7?", telemetry, maxRetries: 2 };
    return { ...recording, inner, question, bare, integrations };
  }

  describe.each(ways)("$way", ({ way, call: make }) => {
    test.each(installations)("with $pieces each attempt and each tool run is one event", async ({ has }) => {
      const { question, events, troubles } = setUp(has);
      await make(sdk, question);
      const all = await events();
      expect(typesOf(all)).toEqual(["agent", "model", "tool", "model"]);
      const [agent, asked, ran, answered] = all;
      const root = agent?.systemState.run["id"];
      for (const event of [asked, ran, answered]) {
        expect(event?.correlationId).toBe(agent?.correlationId);
        expect(event?.systemState.run).toMatchObject({ parent_id: root, root_id: root });
        // Its streams do not say which it is.
        if (!isFloor || way === "generateText")
          expect(event?.systemState.run["framework_version"]).toBe(release);
      }
      expect(ran).toMatchObject({
        actor: { type: "tool", name: "score" },
        modelId: asked?.modelId,
        input: { name: "score", arguments: { id: 7 } },
        output: { result: { score: 0.82 } },
        metadata: { tool_call_id: "call_1" },
      });
      expect(ran?.systemState.run["arguments_modified"]).toBeUndefined();
      expect(all.map(statusOf)).toEqual(["success", "success", "success", "success"]);
      expect(troubles).toEqual([]);
    });

    test("what the telemetry alone sees has the references and parameters that the middleware gives", async () => {
      const [alone, middleware] = [setUp({ telemetry: 1 }), setUp({ middleware: true })];
      const providerOptions = {
        scripted: { user: "u1" },
        complianceguard: { correlationId: "application-7" },
      };
      const more = { system: "Be fair.", temperature: 0.2, providerOptions };
      await make(sdk, { ...alone.question, ...more });
      await make(sdk, { ...middleware.question, ...more, telemetry: { isEnabled: false } });
      const told = async ({ events }: Recording) =>
        ofType(await events(), "model").map(({ inputReference, outputReference, metadata }) => [
          inputReference,
          outputReference,
          metadata["parameters"],
        ]);
      expect(await told(alone)).toEqual(await told(middleware));
    });

    test("the agent's run is the decision as the application sees it", async () => {
      const { question, events } = setUp();
      await make(sdk, { ...question, system: "Be fair." });
      const [agent] = await events();
      expect(agent).toMatchObject({
        actor: { type: "agent" },
        systemState: { run: { kind: "agent", finish_reason: "stop" } },
        input: {
          value: {
            messages: [
              { role: "system", parts: [{ type: "text", content: "Be fair." }] },
              { role: "user", parts: [{ type: "text", content: "Short-list applicant 7?" }] },
            ],
          },
        },
        output: {
          value: {
            messages: [
              { role: "assistant", parts: [{ type: "tool_call", id: "call_1" }] },
              { role: "tool", parts: [{ type: "tool_call_response", response: { score: 0.82 } }] },
              { role: "assistant", parts: [{ type: "text", content: "ok" }] },
            ],
          },
        },
      });
      // Usage is the models': summed over all events it is counted once.
      expect(agent?.systemState.performance["input_tokens"]).toBeUndefined();
    });

    test("a call without tools is its model call and nothing more", async () => {
      const { bare, only } = setUp();
      await make(sdk, { ...bare, model: scriptedModel(version, [{}]) });
      expect((await only()).actor?.type).toBe("model");
    });

    test("steps are recorded where the options say so, between the agent and its models", async () => {
      const { question, events } = setUp(
        undefined,
        undefined,
        undefined,
        startRecording({ record: { steps: true } }),
      );
      await make(sdk, question);
      const all = await events();
      expect(all.map(({ systemState }) => systemState.run["kind"])).toEqual([
        "agent",
        "step",
        "model",
        "tool",
        "step",
        "model",
      ]);
      expect(all[2]?.systemState.run["parent_id"]).toBe(all[1]?.systemState.run["id"]);
      expect(all[1]?.systemState.run["parent_id"]).toBe(all[0]?.systemState.run["id"]);
      expect(all.map(statusOf)).toEqual(Array(6).fill("success"));
    });

    test.each([false, true])("retries are numbered, with middleware: %s", async (middleware) => {
      const { bare, events } = setUp({ telemetry: 1, middleware }, [busy, busy, {}]);
      await make(sdk, bare);
      const all = await events();
      expect(typesOf(all)).toEqual(["model", "model", "model"]);
      expect(all.map(attemptOf)).toEqual([1, 2, 3]);
      expect(all.map(statusOf)).toEqual(["429", "429", "success"]);
      expect(new Set(all.map(({ correlationId }) => correlationId)).size).toBe(1);
    });

    test("retries are numbered behind middleware that makes prompt, options and headers anew", async () => {
      const transformParams = async ({ params }: { readonly params: CallParams }) => ({
        ...params,
        prompt: [...params.prompt],
        providerOptions: { ...params.providerOptions },
        headers: { ...(params["headers"] as object) },
      });
      const { bare, events, recorder } = setUp();
      const model = sdk.wrapLanguageModel({
        model: scriptedModel(version, [busy, busy, {}]),
        middleware: [{ transformParams }, complianceGuardMiddleware({ recorder })],
      });
      await make(sdk, { ...bare, model });
      expect((await events()).map(attemptOf)).toEqual([1, 2, 3]);
    });

    test("a question that is asked again with the same signal after a failure is a first attempt", async () => {
      const { bare, events } = setUp({ telemetry: 1, middleware: true }, [busy, {}]);
      const again = { ...bare, abortSignal: new AbortController().signal, maxRetries: 0 };
      await make(sdk, again).catch(() => {});
      await make(sdk, again);
      expect((await events()).map(attemptOf)).toEqual([1, 1]);
    });

    test.each([false, true])("each step counts its own attempts, with middleware: %s", async (middleware) => {
      const answers = [twoSteps[0] as ModelAnswer, busy, {}];
      const { question, events } = setUp({ telemetry: 1, middleware }, answers);
      await make(sdk, question);
      const models = ofType(await events(), "model");
      expect(models.map(statusOf)).toEqual(["success", "429", "success"]);
      expect(models.map(attemptOf)).toEqual([1, 1, 2]);
    });

    test("a model that prepareStep chooses is recorded, although no middleware wraps it", async () => {
      const { question, events } = setUp({ telemetry: 1, middleware: true });
      const other = scriptedModel(version, [{ modelId: "other" }], "other");
      const prepareStep = ({ stepNumber }: { stepNumber: number }) =>
        stepNumber === 1 ? { model: other } : {};
      await make(sdk, { ...question, prepareStep });
      expect(ofType(await events(), "model").map(({ modelId }) => modelId)).toEqual([
        "gpt-5-2026-04-01",
        "other",
      ]);
    });

    test("a model named by its id is recorded, wrapped or not", async () => {
      const { bare, events, recorder } = setUp();
      const models = [
        scriptedModel(version, [{}]),
        sdk.wrapLanguageModel({
          model: scriptedModel(version, [{}]),
          middleware: complianceGuardMiddleware({ recorder }),
        }),
      ];
      for (const model of models) {
        Object.assign(globalThis, { AI_SDK_DEFAULT_PROVIDER: { languageModel: () => model } });
        await make(sdk, { ...bare, model: "openai/gpt-5" });
      }
      Object.assign(globalThis, { AI_SDK_DEFAULT_PROVIDER: undefined });
      expect(typesOf(await events())).toEqual(["model", "model"]);
    });

    test("a model that fails is one event, and the agent's run fails with it", async () => {
      const error = Object.assign(new Error("no"), { name: "AI_APICallError", statusCode: 401 });
      for (const middleware of [false, true]) {
        const { question, events } = setUp({ telemetry: 1, middleware }, [{ error }]);
        await make(sdk, question).catch(() => {});
        const all = await events();
        expect(typesOf(all)).toEqual(["agent", "model"]);
        expect(all.map(statusOf)).toEqual(["401", "401"]);
      }
    });

    test("a tool that throws is an error, and the agent goes on", async () => {
      for (const tools of [false, true]) {
        const { question, events } = setUp({ telemetry: 1, tools }, twoSteps, async () => {
          throw new RangeError("no such applicant");
        });
        await make(sdk, question);
        const all = await events();
        expect(all.map(statusOf)).toEqual(["success", "success", "error:RangeError", "success"]);
      }
    });

    test("the last output of a generator is the tool's", async () => {
      for (const tools of [false, true]) {
        const { question, events } = setUp({ telemetry: 1, tools }, twoSteps, async function* () {
          yield { score: 0.1 };
          yield { score: 0.9 };
        });
        await make(sdk, question);
        const [ran, ...others] = ofType(await events(), "tool");
        expect(others).toEqual([]);
        expect(ran?.output).toEqual({ result: { score: 0.9 } });
      }
    });

    test.each([
      {
        what: "of invalid arguments",
        bad: { input: '{"id":"seven"}' },
        args: { id: "seven" },
        name: "score",
      },
      {
        what: "of a tool nobody has",
        bad: { toolName: "wire_money" },
        args: { id: 7 },
        name: "unknown_tool",
      },
      { what: "that is no JSON", bad: { input: '{"id":' }, args: '{"id":', name: "score" },
      {
        what: "of a tool named as a member of every object",
        isNew: true,
        bad: { toolName: "constructor" },
        args: { id: 7 },
        name: "unknown_tool",
      },
    ])("a call $what is one tool call that never ran", async ({ bad, args, name, isNew }) => {
      // The first ai 7 takes what every object has for a tool that the client runs.
      if (isFloor && isNew) return;
      for (const middleware of [false, true]) {
        const validated = sdk.jsonSchema({ type: "object" }) as { validate?: unknown };
        const answers = [{ content: [{ ...call, ...bad }], finish: "tool-calls" }, {}];
        const { question, events } = setUp({ telemetry: 1, middleware }, answers);
        validated.validate = (value: { id: unknown }) =>
          typeof value.id === "number"
            ? { success: true, value }
            : { success: false, error: new TypeError("id is no number") };
        const tools = { score: { ...question.tools.score, inputSchema: validated } };
        await make(sdk, { ...question, tools });
        const [event, ...others] = ofType(await events(), "tool");
        expect(others).toEqual([]);
        expect(event).toMatchObject({
          actor: { type: "tool", name },
          metadata: { executed: false, tool_call_id: "call_1" },
        });
        expect(event?.input["arguments"]).toEqual(args);
        expect(statusOf(event)).toBe("error:ToolNotExecuted");
      }
    });

    test("a sub-agent's models and tools belong to the tool that calls it", async () => {
      const { question, events, recorder } = setUp({ telemetry: 1 }, twoSteps, async () => {
        const inner = scriptedModel(version, [
          { content: [{ ...call, toolCallId: "call_2" }], finish: "tool-calls" },
          {},
        ]);
        const tools = { score: sdk.tool({ inputSchema, execute: async () => 1 }) };
        const telemetry = { integrations: complianceGuardTelemetry({ recorder }) };
        await make(sdk, { model: inner, tools, prompt: "And?", stopWhen: sdk.stepCountIs(3), telemetry });
        return "done";
      });
      await make(sdk, question);
      const all = await events();
      expect(typesOf(all)).toEqual(["agent", "model", "tool", "model", "tool", "model", "model"]);
      const outer = all[2]?.systemState.run["id"];
      expect(all.slice(3, 6).map(({ systemState }) => systemState.run["parent_id"])).toEqual([
        outer,
        outer,
        outer,
      ]);
      expect(new Set(all.map(({ correlationId }) => correlationId)).size).toBe(1);
    });

    test("labels of the call reach everything in it", async () => {
      for (const middleware of [false, true]) {
        const { question, events } = setUp({ telemetry: 1, middleware });
        const complianceguard = { correlationId: "application-7", dataSubjects: ["s1"] };
        await make(sdk, { ...question, providerOptions: { complianceguard } });
        for (const { correlationId, dataSubjects } of await events()) {
          expect({ correlationId, dataSubjects }).toEqual(complianceguard);
        }
      }
    });

    test("labels that are hidden from telemetry reach everything all the same, by the middleware", async () => {
      const { question, events } = setUp({ telemetry: 1, middleware: true });
      const complianceguard = { correlationId: "application-7", dataSubjects: ["s1"] };
      const telemetry = { ...question.telemetry, recordInputs: false };
      await make(sdk, { ...question, telemetry, providerOptions: { complianceguard } });
      const all = await events();
      expect(typesOf(all).toSorted()).toEqual(["agent", "model", "model", "tool"]);
      for (const { correlationId, dataSubjects } of all)
        expect({ correlationId, dataSubjects }).toEqual(complianceguard);
    });

    test("a label that is not well-formed is reported once a model call", async () => {
      for (const middleware of [false, true]) {
        const { bare, troubles } = setUp({ telemetry: 1, middleware }, [{}]);
        await make(sdk, { ...bare, providerOptions: { complianceguard: { correlationId: 7 } } });
        expect(troubles.map(({ code }) => code)).toEqual(["invalid_option"]);
      }
    });

    test("the call that brings a result leads back to the one that asked", async () => {
      const { question, events } = setUp();
      const { execute: _, ...tool } = question.tools.score;
      await make(sdk, { ...question, tools: { score: tool } });
      const assistant = { role: "assistant", content: [{ ...call, input: { id: 7 } }] };
      const output = { type: "text", value: "0.82" };
      const result = {
        role: "tool",
        content: [{ type: "tool-result", toolCallId: "call_1", toolName: "score", output }],
      };
      const messages = [{ role: "user", content: "Short-list?" }, assistant, result];
      await make(sdk, { ...question, prompt: undefined, messages });
      const all = await events();
      expect(typesOf(all)).toEqual(["agent", "model", "agent", "model"]);
      expect(new Set(all.map(({ correlationId }) => correlationId)).size).toBe(1);
    });

    describe("what a caller can switch off", () => {
      test("is not the middleware's record", async () => {
        const switches = [
          { isEnabled: false },
          { integrations: [] },
          { integrations: [{ onStart: () => {} }] },
          { recordInputs: false, recordOutputs: false },
        ];
        for (const telemetry of switches) {
          const { bare, only, integrations } = setUp({ telemetry: 1, middleware: true }, [{}]);
          await withRegistered(sdk, integrations, () => make(sdk, { ...bare, telemetry }));
          const event = await only();
          const question = { role: "user", parts: [{ type: "text", content: "Short-list applicant 7?" }] };
          expect(event.inputReference).toBe(reference({ messages: [question] }));
          expect(event.output.messages).toEqual([
            { role: "assistant", parts: [{ type: "text", content: "ok" }] },
          ]);
          expect(event.systemState.run["payload_omitted"]).toBeUndefined();
        }
      });

      test("nor that of recordTools", async () => {
        const has = { telemetry: 1, middleware: true, tools: true };
        const { question, events } = setUp(has);
        await make(sdk, {
          ...question,
          telemetry: { ...question.telemetry, recordInputs: false, recordOutputs: false },
        });
        const all = await events();
        const [ran, ...others] = ofType(all, "tool");
        expect(others).toEqual([]);
        expect(ofType(all, "model")).toHaveLength(2);
        expect(ofType(all, "agent")).toHaveLength(1);
        expect(ran).toMatchObject({
          input: { name: "score", arguments: { id: 7 } },
          output: { result: { score: 0.82 } },
        });
        for (const event of [ran, ...ofType(all, "model")]) {
          expect(event?.systemState.run["payload_omitted"]).toBeUndefined();
          expect(event?.systemState.run["arguments_modified"]).toBeUndefined();
        }
      });

      // The first ai 7 hides nothing from telemetry.
      test.skipIf(isFloor)(
        "is never hashed as if it were blank, where the telemetry alone looks",
        async () => {
          const { question, events } = setUp({ telemetry: 1 }, twoSteps, async () => {
            throw new RangeError("no such applicant");
          });
          await make(sdk, {
            ...question,
            telemetry: { ...question.telemetry, recordInputs: false, recordOutputs: false },
          });
          const all = await events();
          const notShown = reference({ unrepresentable: "not_shown" });
          expect(typesOf(all).toSorted()).toEqual(["agent", "model", "model", "tool"]);
          for (const { systemState, inputReference } of all) {
            expect(systemState.run["payload_omitted"]).toBe("not_shown");
            expect(inputReference).toBe(notShown);
          }
          // What the telemetry is handed itself it sees: answers as the model gives them, what a tool throws.
          const [tool] = ofType(all, "tool");
          expect(statusOf(tool)).toBe("error:RangeError");
          expect(ofType(all, "agent")[0]?.outputReference).toBe(notShown);
          expect(ofType(all, "model")[1]?.output.messages).toHaveLength(1);
        },
      );
    });

    // The first ai 7 hides nothing from telemetry.
    test.skipIf(isFloor)(
      "a tool's output that is hidden is said to be so, and not hashed as nothing",
      async () => {
        for (const tools of [false, true]) {
          const { question, events } = setUp({ telemetry: 1, tools });
          await make(sdk, { ...question, telemetry: { ...question.telemetry, recordOutputs: false } });
          const [ran] = ofType(await events(), "tool");
          expect(ran?.input["arguments"]).toEqual({ id: 7 });
          expect(ran?.output).toEqual(tools ? { result: { score: 0.82 } } : { unrepresentable: "not_shown" });
          expect(ran?.systemState.run["payload_omitted"]).toBe(tools ? undefined : "not_shown");
        }
      },
    );

    test("under block no model is called whose start record is not kept, with the middleware or without", async () => {
      for (const middleware of [false, true]) {
        const recording = startRecording({ onFailure: "block", sink: brokenSink() });
        const { bare, inner } = setUp({ telemetry: 1, middleware }, [{}], undefined, recording);
        await make(sdk, bare).catch(() => {});
        expect(inner.calls).toHaveLength(0);
      }
    });

    test("under block no tool runs whose start record is not kept", async () => {
      const ran: unknown[] = [];
      const sink = startRecording().sink;
      let starts = 0;
      const begin = async (start: never) => {
        // The agent's and the model's are kept, the tool's is not.
        if (++starts === 3) throw new Error("disk full");
        await sink.begin?.(start);
      };
      const recording = startRecording({ onFailure: "block", sink: { ...sink, begin } as never });
      const { question } = setUp(
        { telemetry: 1 },
        twoSteps,
        async (input: unknown) => ran.push(input),
        recording,
      );
      await make(sdk, question).catch(() => {});
      expect(starts).toBeGreaterThanOrEqual(3);
      expect(ran).toEqual([]);
    });

    test("a sink that keeps nothing changes nothing of the call", async () => {
      const recording = startRecording({ sink: brokenSink() });
      const { question, inner, troubles } = setUp({ telemetry: 1 }, twoSteps, undefined, recording);
      await make(sdk, question);
      expect(inner.calls).toHaveLength(2);
      await recording.recorder.flush();
      expect(new Set(troubles.map(({ code }) => code))).toEqual(new Set(["record_not_kept"]));
    });
  });

  test("an agent of the framework's own is an agent's run, generated or streamed", async () => {
    const { question, events } = setUp();
    const agent = new sdk.ToolLoopAgent(question);
    await agent.generate({ prompt: "One?", telemetry: question.telemetry });
    expect(typesOf(await events())).toEqual(["agent", "model", "tool", "model"]);
  });

  test("an answer that fails its schema is a second fact about the same decision, and no second call", async () => {
    const schema = sdk.jsonSchema({ type: "object", properties: { score: { type: "number" } } });
    for (const middleware of [false, true]) {
      const { bare, events } = setUp({ telemetry: 1, middleware }, [
        { content: [{ type: "text", text: "no JSON at all" }] },
      ]);
      const failed = sdk.generateText({ ...bare, output: sdk.Output.object({ schema }) });
      await expect(failed).rejects.toMatchObject({ name: "AI_NoObjectGeneratedError" });
      const [model, failure, ...others] = await events();
      expect(others).toEqual([]);
      expect(statusOf(model)).toBe("success");
      expect(failure).toMatchObject({
        correlationId: model?.correlationId,
        systemState: {
          performance: { provider_status: "error:AI_NoObjectGeneratedError" },
          run: { amends: model?.eventId },
        },
        input: { messages: [{ parts: [{ content: "no JSON at all" }] }] },
      });
      expect(failure?.systemState.performance["input_tokens"]).toBeUndefined();
    }
  });

  test("a failed schema of generateObject is recorded beside the middleware's event", async () => {
    const schema = sdk.jsonSchema({ type: "object" });
    const { bare, events } = setUp({ telemetry: 1, middleware: true }, [
      { content: [{ type: "text", text: "no JSON at all" }] },
    ]);
    await expect(sdk.generateObject({ ...bare, schema })).rejects.toMatchObject({
      name: "AI_NoObjectGeneratedError",
    });
    const [model, failure, ...others] = await events();
    expect(others).toEqual([]);
    expect(failure?.systemState.run["amends"]).toBe(model?.eventId);
  });

  test("generateObject and streamObject show the telemetry no model call: only the middleware records it", async () => {
    for (const middleware of [false, true]) {
      const { bare, events } = setUp({ telemetry: 1, middleware }, [
        { content: [{ type: "text", text: "{}" }] },
      ]);
      const schema = sdk.jsonSchema({ type: "object" });
      await sdk.generateObject({ ...bare, schema });
      await collect(sdk.streamObject({ ...bare, schema }).partialObjectStream);
      expect(typesOf(await events())).toEqual(middleware ? ["model", "model"] : []);
    }
  });

  test("what failed is said where the call hides it, without a hash of blanks", async () => {
    const schema = sdk.jsonSchema({ type: "object" });
    const { bare, events, recorder } = setUp({}, [{ content: [{ type: "text", text: "no JSON" }] }]);
    const integrations = complianceGuardTelemetry({ recorder });
    const telemetry = { integrations, recordInputs: false, recordOutputs: false };
    const failed = sdk.generateText({ ...bare, telemetry, output: sdk.Output.object({ schema }) });
    await expect(failed).rejects.toMatchObject({ name: "AI_NoObjectGeneratedError" });
    const [model, failure, ...others] = await events();
    expect(others).toEqual([]);
    expect(failure?.systemState.run["amends"]).toBe(model?.eventId);
    expect(failure?.systemState.performance["provider_error_message"] === undefined).toBe(!isFloor);
  });

  test("an abort cancels the model's call and the agent's run", async () => {
    for (const middleware of [false, true]) {
      const abort = new AbortController();
      const parts = ({ abortSignal }: { readonly abortSignal?: AbortSignal }) =>
        new ReadableStream({
          start(controller) {
            abortSignal?.addEventListener("abort", () => controller.error(abortSignal.reason));
            controller.enqueue({ type: "stream-start", warnings: [] });
            controller.enqueue({ type: "text-start", id: "0" });
            controller.enqueue({ type: "text-delta", id: "0", delta: "Half" });
          },
        });
      const { question, events } = setUp({ telemetry: 1, middleware }, [{ parts }]);
      const { fullStream } = sdk.streamText({ ...question, abortSignal: abort.signal, onError: () => {} });
      for await (const part of fullStream) if (part.type === "text-delta") abort.abort();
      const all = await events();
      expect(typesOf(all)).toEqual(["agent", "model"]);
      expect(all.map(statusOf)).toEqual(["cancelled", "cancelled"]);
      expect(all[1]?.output.messages).toEqual([
        { role: "assistant", parts: [{ type: "text", content: "Half" }] },
      ]);
    }
  });

  // Of an abort that the provider ignores the first ai 7 tells nobody, and never answers a reader that goes on.
  test.skipIf(isFloor)("an abort that the provider ignores is one all the same", async () => {
    for (const middleware of [false, true]) {
      const abort = new AbortController();
      const { question, events } = setUp({ telemetry: 1, middleware }, [{ parts: halfAnAnswer }]);
      const { fullStream } = sdk.streamText({ ...question, abortSignal: abort.signal, onError: () => {} });
      for await (const part of fullStream) if (part.type === "text-delta") abort.abort();
      const all = await events();
      expect(typesOf(all)).toEqual(["agent", "model"]);
      expect(all.map(statusOf)).toEqual(["cancelled", "cancelled"]);
      expect(all[1]?.output.messages).toMatchObject([{ parts: [{ content: "Half" }] }]);
    }
  });

  test("a plain call that is aborted is cancelled, and so is the agent's run", async () => {
    for (const middleware of [false, true]) {
      const abort = new AbortController();
      const { question, events } = setUp({ telemetry: 1, middleware }, [
        { error: new DOMException("stop", "AbortError") },
      ]);
      abort.abort();
      await sdk.generateText({ ...question, abortSignal: abort.signal }).catch(() => {});
      expect((await events()).map(statusOf)).toEqual(["cancelled", "cancelled"]);
    }
  });

  test("a tool that an abort breaks off is cancelled once, although its end comes after the call's", async () => {
    for (const tools of [false, true]) {
      const abort = new AbortController();
      const execute = (_: unknown, { abortSignal }: { abortSignal: AbortSignal }) =>
        new Promise((_resolve, reject) => {
          abortSignal.addEventListener("abort", () => reject(abortSignal.reason));
          setImmediate(() => abort.abort());
        });
      const { question, events } = setUp({ telemetry: 1, tools }, twoSteps, execute);
      await ways[1]?.call(sdk, { ...question, abortSignal: abort.signal });
      await new Promise((resolve) => setImmediate(resolve));
      const all = await events();
      expect(typesOf(all)).toEqual(["agent", "model", "tool"]);
      expect([statusOf(all[0]), statusOf(all[2])]).toEqual(["cancelled", "cancelled"]);
    }
  });

  test("a reader who walks away leaves runs that are given up, each once", async () => {
    const recording = startRecording({ abandonAfterMs: 20 });
    const { question, events } = setUp(
      { telemetry: 1 },
      [
        {
          parts: () =>
            new ReadableStream({
              start(controller) {
                for (const delta of ["Half", " of", " it"]) {
                  controller.enqueue({ type: "text-start", id: delta });
                  controller.enqueue({ type: "text-delta", id: delta, delta });
                }
              },
            }),
        },
      ],
      undefined,
      recording,
    );
    const { fullStream } = sdk.streamText(question);
    for await (const part of fullStream) if (part.type === "text-delta") break;
    await vi.waitUntil(() => recording.sink.events.length === 2, { timeout: 10_000 });
    const all = await events();
    expect(all.map(statusOf)).toEqual(["abandoned", "abandoned"]);
    expect(all[1]?.output.messages).toHaveLength(1);
  });

  test.skipIf(isFloor)("a stream that the framework retries is one event an attempt, numbered", async () => {
    for (const middleware of [false, true]) {
      const error = { type: "error", error: { message: "overloaded", isRetryable: true, statusCode: 529 } };
      const broken = [{ type: "stream-start", warnings: [] }, error];
      const { bare, events } = setUp({ telemetry: 1, middleware }, [{ parts: broken }, {}]);
      await ways[1]?.call(sdk, { ...bare, streamRetries: 1 });
      const all = await events();
      expect(all.map(({ systemState }) => systemState.performance["attempt"])).toEqual([1, 2]);
      expect(statusOf(all[0])).toBe("529");
      expect(statusOf(all[1])).toBe("success");
    }
  });

  test("an error in the middle of a stream is the model's and the agent's", async () => {
    const parts = [
      { type: "stream-start", warnings: [] },
      { type: "text-start", id: "0" },
      { type: "text-delta", id: "0", delta: "Half" },
      { type: "error", error: new RangeError("broke") },
      { type: "finish", finishReason: { unified: "error" }, usage: { inputTokens: {}, outputTokens: {} } },
    ];
    const { question, events } = setUp({ telemetry: 1 }, [{ parts }]);
    await ways[1]?.call(sdk, question);
    expect((await events()).map(statusOf)).toEqual(["error:RangeError", "error:RangeError"]);
  });

  test("an answer that is cut off truncates the model's call and the agent's run", async () => {
    const cut = { finish: "interrupted", inputTokens: undefined, outputTokens: undefined };
    for (const middleware of [false, true]) {
      for (const { call: make } of ways) {
        const { question, events } = setUp({ telemetry: 1, middleware }, [cut]);
        await make(sdk, question);
        const all = await events();
        expect(typesOf(all)).toEqual(["agent", "model"]);
        expect(all.map(statusOf)).toEqual(["truncated", "truncated"]);
      }
    }
  });

  test("two models that one attempt asks at once are an event each", async () => {
    const { bare, events, recorder } = setUp();
    const [first, second] = ["gpt-5", "gpt-5-mini"].map((modelId) =>
      sdk.wrapLanguageModel({
        model: scriptedModel(version, [{ modelId }], modelId),
        middleware: complianceGuardMiddleware({ recorder }),
      }),
    ) as [WrappedModel, WrappedModel];
    const hedged = {
      ...scriptedModel(version, [{}], "hedged"),
      doGenerate: async (params: object) =>
        (await Promise.all([first.doGenerate(params), second.doGenerate(params)]))[0],
    };
    await sdk.generateText({ ...bare, model: hedged });
    const all = await events();
    expect(all.map(({ modelId }) => modelId)).toEqual(["gpt-5", "gpt-5-mini"]);
    expect(all.map(statusOf)).toEqual(["success", "success"]);
    expect(new Set(all.map(({ correlationId }) => correlationId)).size).toBe(1);
  });

  test("parallel calls under one id are each their own run, whichever ends first", async () => {
    const content = [call, { ...call, input: '{"id":8}' }];
    for (const tools of [false, true]) {
      const second = Promise.withResolvers<void>();
      const { question, events } = setUp(
        { telemetry: 1, tools },
        [{ content, finish: "tool-calls" }, {}],
        async ({ id }: { id: number }) => {
          if (id === 7) await second.promise;
          else setImmediate(() => second.resolve());
          return id;
        },
      );
      await sdk.generateText(question);
      const ran = ofType(await events(), "tool");
      expect(ran.map(({ input }) => input["arguments"])).toEqual([{ id: 7 }, { id: 8 }]);
      expect(ran.map(({ output }) => output.result)).toEqual(["7", "8"]);
    }
  });
});

describe("what it is given", () => {
  test.each([undefined, {}, { recorder: {} }, { recorder: null }])(
    "without a recorder it is refused at once: %j",
    async (options) => {
      expect(await codeOf(() => complianceGuardTelemetry(options as never))).toBe("invalid_option");
    },
  );

  test("a reviewer that is no id is refused at once", async () => {
    const { recorder } = startRecording();
    for (const reviewer of ["", 7, {}]) {
      expect(await codeOf(() => complianceGuardTelemetry({ recorder, reviewer: reviewer as never }))).toBe(
        "invalid_option",
      );
    }
  });

  test("an abort that is told to the telemetry alone ends the model's stream too", async () => {
    const { recorder, only } = startRecording();
    const telemetry = complianceGuardTelemetry({ recorder });
    const callId = "call";
    await telemetry.onStart({ callId, operationId: "ai.streamText", messages: [] });
    const execute = async () => ({ stream: halfAnAnswer() });
    const { stream } = await telemetry.executeLanguageModelCall({ callId, execute });
    const reader = stream.getReader();
    for (const _ of [1, 2]) await reader.read();
    await telemetry.onAbort({ callId, steps: [] });
    const event = await only();
    expect(statusOf(event)).toBe("cancelled");
    expect(event.output.messages).toMatchObject([{ parts: [{ content: "Half" }] }]);
  });

  test("events that are none, or of calls it does not know, change nothing", async () => {
    const { recorder, events, troubles } = startRecording();
    const telemetry = complianceGuardTelemetry({ recorder });
    const { executeLanguageModelCall, executeTool, ...hooks } = telemetry;
    for (const hook of Object.values(hooks)) {
      for (const event of [undefined, null, 7, {}, { callId: "nobody" }]) await hook(event);
    }
    const execute = async () => "given";
    expect(await executeLanguageModelCall({ callId: "nobody", execute })).toBe("given");
    expect(await executeTool({ callId: "nobody", execute })).toBe("given");
    expect(await events()).toEqual([]);
    expect(troubles).toEqual([]);
  });
});

/** The beginning of an answer, and then nothing, whatever the caller does. */
function halfAnAnswer(): ReadableStream<object> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue({ type: "text-start", id: "0" });
      controller.enqueue({ type: "text-delta", id: "0", delta: "Half" });
    },
  });
}
