import { AsyncLocalStorage } from "node:async_hooks";
import { afterEach, describe, expect, test, vi } from "vitest";
import { complianceGuardMiddleware, complianceGuardTelemetry, recordTools } from "../../src/ai-sdk/index.ts";
import type { Recorder } from "../../src/recorder/recorder.ts";
import { sdks7, ways, withRegistered } from "../support/ai-7.ts";
import { codeOf } from "../support/error-code.ts";
import { startRecording } from "../support/recording.ts";
import { scriptedModel } from "../support/scripted-model.ts";

const twoSteps = (id: string) => [
  {
    content: [{ type: "tool-call", toolCallId: id, toolName: "score", input: '{"id":7}' }],
    finish: "tool-calls",
  },
  {},
];

afterEach(() => {
  Object.assign(globalThis, { AI_SDK_TELEMETRY_INTEGRATIONS: undefined });
});

describe.each(sdks7)("$name", ({ sdk, version, isFloor }) => {
  const inputSchema = sdk.jsonSchema({ type: "object" });
  const question = (name: string) => ({
    model: scriptedModel(version, twoSteps(name)),
    tools: { score: sdk.tool({ inputSchema, execute: async () => name }) },
    prompt: name,
    stopWhen: sdk.stepCountIs(3),
  });

  const calls = isFloor ? 100 : 1000;
  test(`${2 * calls} interleaved calls of two tenants leave none in the other's record`, async () => {
    const tenants = { red: startRecording({ keys: undefined }), blue: startRecording({ keys: undefined }) };
    const tenant = new AsyncLocalStorage<keyof typeof tenants>();
    const telemetry = complianceGuardTelemetry({
      recorder: () => tenants[tenant.getStore() as keyof typeof tenants].recorder,
    });
    const correlations = { red: new Set<unknown>(), blue: new Set<unknown>() };
    const one = async (name: keyof typeof tenants, index: number): Promise<void> => {
      const correlationId = `${name}-${index}`;
      correlations[name].add(correlationId);
      const providerOptions = { complianceguard: { correlationId } };
      // The ids of tool calls are the same for both.
      const { model, ...rest } = question(`call_${index}`);
      const { recorder } = tenants[name];
      const middleware = complianceGuardMiddleware({ recorder });
      const wrapped = index % 4 < 2 ? model : sdk.wrapLanguageModel({ model, middleware });
      const tools = index % 8 < 4 ? rest.tools : recordTools(rest.tools, { recorder });
      const way = ways[index % 2];
      await tenant.run(name, () => way?.call(sdk, { ...rest, tools, model: wrapped, providerOptions }));
    };
    await withRegistered(sdk, [telemetry], async () => {
      for (let index = 0; index < calls; index += 50) {
        const batch = Array.from({ length: 50 }, (_, offset) => [
          one("red", index + offset),
          one("blue", index + offset),
        ]);
        await Promise.all(batch.flat());
      }
    });
    for (const name of ["red", "blue"] as const) {
      await tenants[name].recorder.flush();
      const events = tenants[name].sink.events;
      expect(events).toHaveLength(4 * calls);
      expect(new Set(events.map(({ correlationId }) => correlationId))).toEqual(correlations[name]);
      expect(tenants[name].troubles).toEqual([]);
    }
  }, 120_000);

  test("the function is told of the call, once a call and never what is said in it", async () => {
    const { recorder, events } = startRecording();
    const pick = vi.fn((_call: object) => recorder);
    const telemetry = {
      integrations: complianceGuardTelemetry({ recorder: pick }),
      functionId: "screening",
      includeRuntimeContext: { tenant: true },
    };
    await sdk.generateText({ ...question("a"), telemetry, runtimeContext: { tenant: "red", secret: 1 } });
    expect(pick.mock.calls).toEqual([
      [
        {
          callId: expect.any(String),
          operationId: "ai.generateText",
          functionId: "screening",
          provider: "scripted.chat",
          modelId: "gpt-5",
          runtimeContext: { tenant: "red" },
        },
      ],
    ]);
    expect(await events()).toHaveLength(4);
  });

  test("a function that gives none leaves the call out; one that fails is told of, and the call goes on", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const picks = [
      () => undefined,
      () => ({}) as Recorder,
      () => {
        throw new Error("no session");
      },
    ];
    for (const recorder of picks) {
      const telemetry = { integrations: complianceGuardTelemetry({ recorder }) };
      expect((await sdk.generateText({ ...question("a"), telemetry })).text).toBe("ok");
    }
    expect(warn).toHaveBeenCalledTimes(2);
    expect(warn.mock.calls[0]?.[1]).toMatchObject({ code: "invalid_option" });
    warn.mockRestore();
  });

  test("registered twice for one recorder, as by a hot reload, each call is recorded once", async () => {
    const { recorder, events } = startRecording();
    sdk.registerTelemetry(complianceGuardTelemetry({ recorder }));
    sdk.registerTelemetry(complianceGuardTelemetry({ recorder }));
    sdk.registerTelemetry(complianceGuardTelemetry({ recorder }));
    for (const { call } of ways) await call(sdk, question("a"));
    expect(await events()).toHaveLength(8);
  });

  test("and so it is by two loaded copies of this package", async () => {
    vi.resetModules();
    const copy = await import("../../src/ai-sdk/index.ts");
    expect(copy.complianceGuardTelemetry).not.toBe(complianceGuardTelemetry);
    const { recorder, events } = startRecording();
    sdk.registerTelemetry(complianceGuardTelemetry({ recorder }));
    sdk.registerTelemetry(copy.complianceGuardTelemetry({ recorder }));
    const { model, tools, ...rest } = question("a");
    const middleware = copy.complianceGuardMiddleware({ recorder });
    const wrapped = sdk.wrapLanguageModel({ model, middleware });
    await sdk.generateText({ ...rest, model: wrapped, tools: copy.recordTools(tools, { recorder }) });
    expect(await events()).toHaveLength(4);
  });

  test("registered twice by functions, each call is recorded once", async () => {
    const { recorder, events } = startRecording();
    sdk.registerTelemetry(complianceGuardTelemetry({ recorder: () => recorder }));
    sdk.registerTelemetry(complianceGuardTelemetry({ recorder: () => recorder }));
    await sdk.generateText(question("a"));
    expect(await events()).toHaveLength(4);
  });

  test("a second one that cannot tell its calls is an error at once", async () => {
    const [first, second] = [startRecording(), startRecording()];
    sdk.registerTelemetry(complianceGuardTelemetry(first));
    expect(await codeOf(() => complianceGuardTelemetry(second))).toBe("invalid_option");
    const pick = () => second.recorder;
    expect(await codeOf(() => complianceGuardTelemetry({ recorder: pick }))).toBe("invalid_option");
    Object.assign(globalThis, { AI_SDK_TELEMETRY_INTEGRATIONS: undefined });
    sdk.registerTelemetry(complianceGuardTelemetry({ recorder: pick }));
    expect(await codeOf(() => complianceGuardTelemetry(first))).toBe("invalid_option");
  });

  test("two that are registered at one go refuse the first call, and record nothing of it", async () => {
    const [first, second] = [startRecording(), startRecording()];
    sdk.registerTelemetry(complianceGuardTelemetry(first), complianceGuardTelemetry(second));
    await expect(sdk.generateText(question("a"))).rejects.toMatchObject({ code: "invalid_option" });
    expect(await first.events()).toEqual([]);
    expect(await second.events()).toEqual([]);
  });

  test("for single calls each tenant may have one of its own", async () => {
    const [first, second] = [startRecording(), startRecording()];
    const integrations = [first, second].map(({ recorder }) => complianceGuardTelemetry({ recorder }));
    for (const each of integrations)
      await sdk.generateText({ ...question("a"), telemetry: { integrations: each } });
    expect(await first.events()).toHaveLength(4);
    expect(await second.events()).toHaveLength(4);
  });
});
