import { AsyncLocalStorage } from "node:async_hooks";
import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import {
  complianceGuardEmbeddingMiddleware,
  complianceGuardMiddleware,
  recordTools,
} from "../../src/ai-sdk/index.ts";
import { collect, sdks } from "../support/ai-sdks.ts";
import { type RecordedEvent, type Recording, startRecording } from "../support/recording.ts";
import { type ModelAnswer, scriptedModel } from "../support/scripted-model.ts";

interface Agent {
  generate(options: object): Promise<{ readonly text: string }>;
  stream(options: object): Promise<{ readonly textStream: AsyncIterable<string> }>;
}

/** What this file uses of the framework beside what all tests do. */
interface AgentSdk {
  ToolLoopAgent?: new (settings: object) => Agent;
  Experimental_Agent?: new (settings: object) => Agent;
  customProvider(options: object): object;
  wrapProvider(options: object): object;
  createProviderRegistry(providers: object, options?: object): { languageModel(id: string): object };
  embed(options: object): Promise<unknown>;
}

const asks = (id: string): ModelAnswer => ({
  content: [{ type: "tool-call", toolCallId: id, toolName: "score", input: '{"id":7}' }],
  finish: "tool-calls",
});
const kindsOf = (events: readonly RecordedEvent[]) =>
  events.map(({ systemState }) => systemState.run["kind"]);
const runOf = (event: RecordedEvent | undefined) => event?.systemState.run;

afterEach(() => {
  Reflect.deleteProperty(globalThis, "AI_SDK_DEFAULT_PROVIDER");
});

describe.each(sdks)("$name", ({ sdk, version, major }) => {
  const more = sdk as unknown as AgentSdk;
  const AgentClass = (more.ToolLoopAgent ?? more.Experimental_Agent) as NonNullable<
    AgentSdk["ToolLoopAgent"]
  >;
  const inputSchema = z.object({ id: z.number() });

  function setUp() {
    const recording = startRecording();
    const { recorder } = recording;
    const middleware = complianceGuardMiddleware({ recorder });
    const plain = (...answers: readonly ModelAnswer[]) => scriptedModel(version, answers);
    const wrapped = (...answers: readonly ModelAnswer[]) =>
      sdk.wrapLanguageModel({ model: plain(...answers), middleware });
    const recorded = (execute: (input: never) => unknown) =>
      recordTools({ score: sdk.tool({ description: "Scores.", inputSchema, execute }) }, { recorder });
    return { ...recording, middleware, plain, wrapped, recorded };
  }

  test("an agent's model calls and tool runs are an event each, of one correlation, plain and streamed", async () => {
    for (const way of ["generate", "stream"] as const) {
      const { wrapped, recorded, events } = setUp();
      const agent = new AgentClass({
        model: wrapped(asks("call_1"), asks("call_2"), {}),
        tools: recorded(async () => "0.82"),
        stopWhen: sdk.stepCountIs(5),
      });
      const result = await agent[way]({ prompt: "Short-list applicant 7?" });
      if ("textStream" in result && way === "stream")
        await collect(result.textStream as AsyncIterable<string>);
      const all = await events();
      expect(kindsOf(all)).toEqual(["model", "tool", "model", "tool", "model"]);
      expect(new Set(all.map(({ correlationId }) => correlationId)).size).toBe(1);
      expect(new Set(all.map((event) => runOf(event)?.["root_id"])).size).toBe(1);
    }
  });

  test("a sub-agent's calls belong to the run of the tool that asks it", async () => {
    const { wrapped, recorded, events } = setUp();
    const screener = new AgentClass({
      model: wrapped(asks("inner_1"), {}),
      tools: recorded(async () => "0.82"),
      stopWhen: sdk.stepCountIs(3),
    });
    const asking = async () => (await screener.generate({ prompt: "Score applicant 7." })).text;
    const model = wrapped(asks("outer_1"), {});
    await sdk.generateText({ model, tools: recorded(asking), prompt: "Q", stopWhen: sdk.stepCountIs(3) });
    const all = await events();
    expect(kindsOf(all)).toEqual(["model", "tool", "model", "tool", "model", "model"]);
    const outerTool = runOf(all[1])?.["id"];
    expect(all.slice(2, 5).map((event) => runOf(event)?.["parent_id"])).toEqual(Array(3).fill(outerTool));
    expect(new Set(all.map(({ correlationId }) => correlationId)).size).toBe(1);
  });

  test("a sub-agent whose model is not wrapped is not seen, but for the run of the tool that asks it", async () => {
    const { plain, wrapped, recorded, events } = setUp();
    const screener = new AgentClass({ model: plain({}) });
    const asking = async () => (await screener.generate({ prompt: "Score applicant 7." })).text;
    const model = wrapped(asks("outer_1"), {});
    await sdk.generateText({ model, tools: recorded(asking), prompt: "Q", stopWhen: sdk.stepCountIs(3) });
    const all = await events();
    expect(kindsOf(all)).toEqual(["model", "tool", "model"]);
    expect(all[1]?.output).toEqual({ result: "ok" });
  });

  /** A loop of three steps, the second of which `prepareStep` gives to another model. */
  async function prepared(model: object, other: object, tools: object): Promise<void> {
    const prepareStep = ({ stepNumber }: { readonly stepNumber: number }) =>
      stepNumber === 1 ? { model: other } : {};
    const stopWhen = sdk.stepCountIs(3);
    const options = { model, tools, prompt: "Q", stopWhen, prepareStep };
    await sdk.generateText({ ...options, experimental_prepareStep: prepareStep });
  }

  test("another wrapped model that prepareStep gives a step to is recorded in its place", async () => {
    const { middleware, wrapped, recorded, events } = setUp();
    const inner = scriptedModel(version, [{ ...asks("call_2"), modelId: "gpt-5-mini-2026" }], "gpt-5-mini");
    const other = sdk.wrapLanguageModel({ model: inner, middleware });
    await prepared(
      wrapped(asks("call_1"), {}),
      other,
      recorded(async () => "0.82"),
    );
    const all = await events();
    expect(kindsOf(all)).toEqual(["model", "tool", "model", "tool", "model"]);
    expect(all.map(({ modelId }) => modelId)).toEqual([
      "gpt-5-2026-04-01",
      "gpt-5-2026-04-01",
      "gpt-5-mini-2026",
      "gpt-5-mini-2026",
      "gpt-5-2026-04-01",
    ]);
    expect(new Set(all.map(({ correlationId }) => correlationId)).size).toBe(1);
  });

  test("another model that prepareStep gives a step to unwrapped is not seen; the next step tells of it", async () => {
    const { plain, wrapped, recorded, events } = setUp();
    await prepared(
      wrapped(asks("call_1"), {}),
      plain(asks("call_2")),
      recorded(async () => "0.82"),
    );
    const all = await events();
    expect(kindsOf(all)).toEqual(["model", "tool", "tool", "model"]);
    expect(JSON.stringify(all[3]?.input)).toContain("call_2");
  });

  test("a model by its id is recorded where the default provider is wrapped, and not seen where it is not", async () => {
    const { middleware: languageModelMiddleware, plain, events } = setUp();
    const provider = more.customProvider({ languageModels: { "gpt-5": plain({}) } });
    Object.assign(globalThis, { AI_SDK_DEFAULT_PROVIDER: provider });
    await sdk.generateText({ model: "gpt-5", prompt: "Q" });
    expect(await events()).toEqual([]);
    const wrapped = more.wrapProvider({ provider, languageModelMiddleware });
    Object.assign(globalThis, { AI_SDK_DEFAULT_PROVIDER: wrapped });
    await sdk.generateText({ model: "gpt-5", prompt: "Q" });
    await collect(sdk.streamText({ model: "gpt-5", prompt: "Q" }).textStream);
    expect((await events()).map(({ modelId }) => modelId)).toEqual(Array(2).fill("gpt-5-2026-04-01"));
  });

  test("models by their id are recorded for the tenant that asks, where the default provider wraps for it", async () => {
    const tenant = new AsyncLocalStorage<Recording>();
    const [red, blue] = [startRecording(), startRecording()];
    const inner = scriptedModel(version, [{}]);
    const languageModel = () => {
      const recorder = tenant.getStore()?.recorder;
      return recorder
        ? sdk.wrapLanguageModel({ model: inner, middleware: complianceGuardMiddleware({ recorder }) })
        : inner;
    };
    Object.assign(globalThis, { AI_SDK_DEFAULT_PROVIDER: { languageModel } });
    const ask = () => sdk.generateText({ model: "gpt-5", prompt: "Q" });
    await Promise.all([ask(), ...[red, blue, red].map((recording) => tenant.run(recording, ask))]);
    expect([(await red.events()).length, (await blue.events()).length]).toEqual([2, 1]);
  });

  test("models of a registry with the middleware are recorded, and of a provider that gives wrapped ones", async () => {
    const { middleware: languageModelMiddleware, plain, wrapped, events } = setUp();
    const scripted = more.customProvider({ languageModels: { "gpt-5": plain({}) } });
    const ours = more.customProvider({ languageModels: { screener: wrapped({}) } });
    const registry = more.createProviderRegistry({ scripted }, { languageModelMiddleware });
    await sdk.generateText({ model: registry.languageModel("scripted:gpt-5"), prompt: "Q" });
    const plainRegistry = more.createProviderRegistry({ ours });
    await sdk.generateText({ model: plainRegistry.languageModel("ours:screener"), prompt: "Q" });
    expect(await events()).toHaveLength(2);
  });

  test("a model wrapped by itself, by its provider and by the registry gives one event", async () => {
    const { middleware: languageModelMiddleware, wrapped, events } = setUp();
    const provider = more.customProvider({ languageModels: { "gpt-5": wrapped({}) } });
    const scripted = more.wrapProvider({ provider, languageModelMiddleware });
    const registry = more.createProviderRegistry({ scripted }, { languageModelMiddleware });
    const model = registry.languageModel("scripted:gpt-5");
    await sdk.generateText({ model, prompt: "Q" });
    await collect(sdk.streamText({ model, prompt: "Q" }).textStream);
    expect(await events()).toHaveLength(2);
  });

  test("no option of a call about telemetry takes anything off what middleware and tools record", async () => {
    const { wrapped, recorded, events } = setUp();
    const telemetry = { isEnabled: false, recordInputs: false, recordOutputs: false, integrations: [] };
    await sdk.generateText({
      model: wrapped(asks("call_1"), {}),
      tools: recorded(async () => "0.82"),
      prompt: "Short-list applicant 7?",
      stopWhen: sdk.stepCountIs(3),
      telemetry,
      experimental_telemetry: telemetry,
    });
    const [asked, ran, answered] = await events();
    expect(asked?.input.messages).toEqual([
      { role: "user", parts: [{ type: "text", content: "Short-list applicant 7?" }] },
    ]);
    expect(ran).toMatchObject({ input: { arguments: { id: 7 } }, output: { result: "0.82" } });
    expect(answered?.output.messages).toMatchObject([{ parts: [{ content: "ok" }] }]);
  });

  if (major === 5) return;

  test("wrapping a provider does not record its embeddings; giving it wrapped embedding models does", async () => {
    const { recorder, events } = startRecording({ record: { embeddings: true } });
    const embedder = {
      specificationVersion: version,
      provider: "scripted.embedding",
      modelId: "embed-3",
      maxEmbeddingsPerCall: 1,
      supportsParallelCalls: false,
      doEmbed: async () => ({ embeddings: [[1]], usage: { tokens: 1 }, warnings: [] }),
    };
    const { wrapEmbeddingModel } = sdk as unknown as { wrapEmbeddingModel(options: object): object };
    const middleware = complianceGuardEmbeddingMiddleware({ recorder });
    const ours = wrapEmbeddingModel({ model: embedder, middleware });
    for (const model of [embedder, ours]) {
      const models = { embed: model };
      const provider = more.customProvider({ embeddingModels: models, textEmbeddingModels: models });
      const wrapped = more.wrapProvider({
        provider,
        languageModelMiddleware: complianceGuardMiddleware({ recorder }),
      });
      Object.assign(globalThis, { AI_SDK_DEFAULT_PROVIDER: wrapped });
      await more.embed({ model: "embed", value: "x" });
      expect(await events()).toHaveLength(model === ours ? 1 : 0);
    }
  });
});
