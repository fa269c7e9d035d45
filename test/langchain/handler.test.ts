import type { Callbacks } from "@langchain/core/callbacks/manager";
import { BaseDecisionModel } from "@langchain/core/decisions";
import { Document } from "@langchain/core/documents";
import { AIMessage } from "@langchain/core/messages";
import { StringOutputParser } from "@langchain/core/output_parsers";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { RunnableLambda, RunnableSequence } from "@langchain/core/runnables";
import { fakeModel } from "@langchain/core/testing";
import { FakeListChatModel, FakeLLM, FakeRetriever } from "@langchain/core/utils/testing";
import { ChatOpenAI } from "@langchain/openai";
import { tool } from "langchain";
import { afterEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { ComplianceGuardHandler, type ComplianceGuardHandlerOptions } from "../../src/langchain/index.ts";
import type { MemorySink } from "../../src/recorder/memory-sink.ts";
import { codeOf } from "../support/error-code.ts";
import { type ScriptedAnswer, startOpenAiServer } from "../support/openai-server.ts";
import { type RecordedEvent, startRecording, statusOf } from "../support/recording.ts";

function setUp(options: Partial<ComplianceGuardHandlerOptions> = {}) {
  const recording = startRecording();
  const handler = new ComplianceGuardHandler({ recorder: recording.recorder, ...options });
  return { ...recording, handler, callbacks: [handler] };
}

async function openAi(...answers: ScriptedAnswer[]) {
  const server = await startOpenAiServer(answers);
  const model = new ChatOpenAI({
    model: "gpt-5",
    apiKey: "none",
    maxRetries: 0,
    temperature: 0.2,
    configuration: { baseURL: server.baseURL, defaultHeaders: { "x-canary": "canary-header" } },
  });
  return { server, model, [Symbol.asyncDispose]: () => server.close() };
}

const runOf = (event: RecordedEvent | undefined) => event?.systemState.run;
const kindsOf = (events: readonly RecordedEvent[]) => events.map((event) => runOf(event)?.["kind"]);

afterEach(() => vi.useRealTimers());

describe("the handler as LangChain sees it", () => {
  test("is taken where callbacks are taken, without a cast", () => {
    const { handler } = setUp();
    const callbacks: Callbacks = [handler];
    expect(callbacks).toEqual([handler]);
    expect(handler).toMatchObject({ name: "ComplianceGuardHandler", awaitHandlers: true, raiseError: false });
    expect(handler.copy()).toBe(handler);
  });

  test("asks to be heard when the failure policy may refuse calls", () => {
    const { recorder } = startRecording({ onFailure: "block" });
    expect(new ComplianceGuardHandler({ recorder }).raiseError).toBe(true);
  });

  test.each([[{ recorder: undefined as never }], [{ recorder: {} as never }]])(
    "refuses options that cannot be meant: %o",
    async (options) => {
      expect(await codeOf(() => setUp(options))).toBe("invalid_option");
    },
  );
});

describe("model calls", () => {
  test("a call is one event with its parameters sealed", async () => {
    await using api = await openAi({
      text: "Yes.",
      model: "gpt-5-2026-04-01",
      reasoning: "He has six years.",
    });
    const { callbacks, only } = setUp();
    await api.model.invoke("Short-list applicant 7?", {
      callbacks,
      tags: ["screening"],
      metadata: { tenant: "acme" },
      runName: "screen",
    });
    const event = await only();
    expect(event).toMatchObject({
      actor: { type: "model" },
      modelId: "gpt-5-2026-04-01",
      input: { messages: [{ role: "user", parts: [{ type: "text", content: "Short-list applicant 7?" }] }] },
      output: { messages: [{ role: "assistant", parts: [{ type: "text", content: "Yes." }] }] },
      metadata: {
        run_name: "screen",
        tags: ["screening"],
        user: { tenant: "acme" },
        langchain: { ls_provider: "openai" },
        parameters: { temperature: 0.2 },
        finish_reason: "stop",
        response_id: "chatcmpl-1",
        reasoning: ["He has six years."],
      },
    });
    expect(runOf(event)).toMatchObject({ kind: "model", framework: "langchain", finish_reason: "stop" });
    expect(event.systemState.performance).toMatchObject({
      provider_status: "success",
      input_tokens: 11,
      output_tokens: 7,
    });
    expect(event.systemState.performance).not.toHaveProperty("time_to_first_token_ms");
    expect(JSON.stringify(event)).not.toContain("canary-header");
  });

  test("a stream tells when its first token came, and is not held up at its end", async () => {
    await using api = await openAi({ text: "Yes, of course." });
    const { sink, callbacks, only, troubles } = setUp();
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { submit } = sink;
    sink.submit = (event) => gate.then(() => submit(event));
    let text = "";
    for await (const { content } of await api.model.stream("?", { callbacks })) text += content;
    expect(text).toBe("Yes, of course.");
    expect(sink.events).toHaveLength(0);
    // A call that had waited would have been told that its event was late.
    expect(troubles).toEqual([]);
    release();
    expect((await only()).systemState.performance).toHaveProperty("time_to_first_token_ms");
  });

  test("a plain call returns when its event is kept", async () => {
    await using api = await openAi({ text: "Yes." });
    const { sink, callbacks } = setUp();
    await api.model.invoke("?", { callbacks });
    expect(sink.events).toHaveLength(1);
    expect(sink.open.size).toBe(0);
  });

  test("declared tools go into the metadata as fingerprints that follow their schema", async () => {
    await using api = await openAi({ text: "Yes." });
    const { callbacks, events } = setUp();
    const bound = (description: string) =>
      api.model.bindTools([{ type: "function", function: { name: "score", description, parameters: {} } }]);
    await bound("a").invoke("?", { callbacks });
    await bound("a").invoke("?", { callbacks });
    await bound("b").invoke("?", { callbacks });
    const [first, again, other] = (await events()).map(({ metadata }) => metadata["tool_schemas"]);
    expect(first).toEqual([{ name: "score", sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  test("batch makes one event a call", async () => {
    await using api = await openAi({ text: "Yes." });
    const { callbacks, events } = setUp();
    await api.model.batch(["a", "b", "c"], { callbacks });
    expect(new Set((await events()).map(({ correlationId }) => correlationId)).size).toBe(3);
  });

  test("structured output is recorded as the call the model wrote", async () => {
    await using api = await openAi({ toolCalls: [{ id: "c1", name: "extract", arguments: '{"score":7}' }] });
    const { callbacks, events } = setUp();
    const structured = api.model.withStructuredOutput(z.object({ score: z.number() }), {
      method: "functionCalling",
    });
    await structured.invoke("?", { callbacks });
    const [chain, model] = await events();
    expect(model?.output.messages).toEqual([
      {
        role: "assistant",
        parts: [{ type: "tool_call", id: "c1", name: "extract", arguments: { score: 7 } }],
      },
    ]);
    expect(chain?.output).toEqual({ value: { score: 7 } });
  });

  test("a cached answer says so, and the caller waits for its event", async () => {
    await using api = await openAi({ text: "Yes." });
    const { sink, callbacks, events } = setUp();
    const model = new ChatOpenAI({
      model: "gpt-5",
      apiKey: "none",
      cache: true,
      configuration: { baseURL: api.server.baseURL },
    });
    await model.invoke("cached question", { callbacks });
    await model.invoke("cached question", { callbacks });
    expect(sink.events).toHaveLength(2);
    const [asked, cached] = await events();
    expect(api.server.requests).toHaveLength(1);
    expect(runOf(asked)).not.toHaveProperty("cached");
    expect(runOf(cached)).toMatchObject({ cached: true });
    expect(cached?.output).toEqual(asked?.output);
  });

  test("a text model is one user message and one assistant message", async () => {
    const { callbacks, only } = setUp();
    await new FakeLLM({ response: "Yes." }).invoke("Short-list?", { callbacks });
    expect(await only()).toMatchObject({
      input: { messages: [{ role: "user", parts: [{ type: "text", content: "Short-list?" }] }] },
      output: { messages: [{ role: "assistant", parts: [{ type: "text", content: "Yes." }] }] },
    });
  });

  test("a stream with nothing in it was truncated", async () => {
    const { handler, only } = setUp();
    await handler.handleChatModelStart({}, [[{ role: "user", content: "?" }]], "r1");
    await handler.handleLLMEnd({ generations: [[undefined]], llmOutput: undefined }, "r1");
    const event = await only();
    expect(event.output).toEqual({ messages: [{ role: "assistant", parts: [] }] });
    expect(statusOf(event)).toBe("truncated");
  });

  test("a stream whose provider never said why it stopped was truncated, though nobody threw", async () => {
    const head = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "gpt-5" };
    const delta = { role: "assistant", content: "Yes, of" };
    const cut = JSON.stringify({ ...head, choices: [{ index: 0, delta, finish_reason: null }] });
    await using api = await openAi({ events: [cut] });
    const { callbacks, only } = setUp();
    for await (const _ of await api.model.stream("?", { callbacks }));
    const event = await only();
    expect(event.output).toEqual({
      messages: [{ role: "assistant", parts: [{ type: "text", content: "Yes, of" }] }],
    });
    expect(statusOf(event)).toBe("truncated");
  });

  test("a stream of a model that never says why it stops has not been cut for that", async () => {
    const { callbacks, only } = setUp();
    const model = new FakeListChatModel({ responses: ["Yes."] });
    for await (const _ of await model.stream("?", { callbacks }));
    expect(statusOf(await only())).toBe("success");
  });

  test("the attempts of withRetry are counted", async () => {
    vi.useFakeTimers();
    const { callbacks, events } = setUp();
    const model = fakeModel().respond(new Error("busy")).respond(new AIMessage("Yes."));
    const asked = model.withRetry({ stopAfterAttempt: 2 }).invoke("?", { callbacks });
    await vi.runAllTimersAsync();
    vi.useRealTimers();
    expect((await asked).text).toBe("Yes.");
    const models = (await events()).filter((event) => runOf(event)?.["kind"] === "model");
    expect(models.map(statusOf)).toEqual(["error:Error", "success"]);
    expect(models[0]?.systemState.performance).not.toHaveProperty("attempt");
    expect(models[1]?.systemState.performance).toMatchObject({ attempt: 2 });
  });

  const kept = (sink: MemorySink) => {
    const { submit } = sink;
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    sink.submit = (event) => gate.then(() => submit(event));
    return release;
  };

  test("a plain call whose model announces its answer as one token waits for its event all the same", async () => {
    const { handler, sink } = setUp();
    const release = kept(sink);
    await handler.handleChatModelStart({}, [[{ role: "user", content: "?" }]], "r1");
    handler.handleLLMNewToken("Yes.", undefined, "r1");
    const ended = handler
      .handleLLMEnd({ generations: [[{ text: "Yes." }]] }, "r1")
      .then(() => sink.events.length);
    setImmediate(release);
    expect(await ended).toBe(1);
  });

  test("an answer that came as events of the newer protocol is not waited for", async () => {
    const { handler, sink, troubles } = setUp();
    kept(sink);
    await handler.handleChatModelStart({}, [[{ role: "user", content: "?" }]], "r1");
    const delta = { type: "text-delta", text: "Yes." };
    handler.handleChatModelStreamEvent({ event: "content-block-delta", index: 0, delta }, "r1");
    handler.handleChatModelStreamEvent({ event: "message-finish", reason: "stop" }, "r1");
    await handler.handleLLMEnd(
      { generations: [[{ text: "Yes.", message: { type: "ai", content: "Yes." } }]] },
      "r1",
    );
    expect(sink.events).toEqual([]);
    expect(troubles).toEqual([]);
  });

  test("an answer of the newer protocol that is cut has what was delivered", async () => {
    const { handler, only } = setUp();
    await handler.handleChatModelStart({}, [[{ role: "user", content: "?" }]], "r1");
    const started = { type: "tool_call_chunk", id: "c1", name: "score", args: "" };
    for (const event of [
      { event: "message-start" },
      { event: "content-block-start", index: 0, content: { type: "text", text: "" } },
      { event: "content-block-delta", index: 0, delta: { type: "text-delta", text: "We" } },
      { event: "content-block-delta", index: 0, delta: { type: "text-delta", text: "ll" } },
      { event: "content-block-start", index: 1, content: started },
      { event: "content-block-delta", index: 1, delta: { type: "tool-call-delta", args: '{"id' } },
      { event: "content-block-delta", index: 1, delta: { type: "tool-call-delta", args: '":7}' } },
    ]) {
      handler.handleChatModelStreamEvent(event, "r1");
    }
    await handler.handleLLMError(new Error("cut"), "r1");
    const event = await only();
    expect(event.output.messages).toEqual([
      {
        role: "assistant",
        parts: [
          { type: "text", content: "Well" },
          { type: "tool_call", id: "c1", name: "score", arguments: { id: 7 } },
        ],
      },
    ]);
    expect(event.systemState.performance).toHaveProperty("time_to_first_token_ms");
  });

  test("a model that only decides is a model call", async () => {
    class Judge extends BaseDecisionModel {
      lc_namespace = ["test"];
      get _provider(): string {
        return "test";
      }
      async _classify(): Promise<never> {
        const answer = { type: "noul", noul: 0.9 };
        const usage_metadata = { input_tokens: 5, output_tokens: 1, total_tokens: 6 };
        return { model: "judge-2", answers: { fit: answer }, usage_metadata, requestId: "r1" } as never;
      }
    }
    const { callbacks, only } = setUp();
    const questions = { fit: { type: "noul" as const, instructions: "Is she fit?" } };
    await new Judge({ model: "judge" }).invoke({ state: "Ada", questions }, { callbacks });
    const event = await only();
    expect(event).toMatchObject({
      actor: { type: "model" },
      modelId: "judge-2",
      input: { value: { state: "Ada", questions } },
      output: { value: { model: "judge-2", answers: { fit: { noul: 0.9 } } } },
      metadata: { response_id: "r1" },
    });
    expect(event.systemState.performance).toMatchObject({ input_tokens: 5, output_tokens: 1 });
  });

  test("reasons for stopping have one word whichever provider gives them", async () => {
    const { handler, events } = setUp();
    const given = [
      [{ finish_reason: "stop" }, "stop"],
      [{ stop_reason: "end_turn" }, "stop"],
      [{ finishReason: "MAX_TOKENS" }, "length"],
      [{ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } }, "length"],
      [{ status: "incomplete", incomplete_details: { reason: "content_filter" } }, "content_filter"],
      [{ stop_reason: "refusal" }, "content_filter"],
      [{ finishReason: "SAFETY" }, "content_filter"],
      [{ finishReason: "MALFORMED_FUNCTION_CALL" }, "error"],
      [{ finish_reason: "eaten by a whale" }, "other"],
      [{}, undefined],
    ] as const;
    for (const [index, [response_metadata]] of given.entries()) {
      await handler.handleChatModelStart({}, [[{ role: "user", content: "?" }]], `r${index}`);
      const message = { type: "ai", content: "x", response_metadata, id: "run-1" };
      await handler.handleLLMEnd({ generations: [[{ message }]] }, `r${index}`);
    }
    const all = await events();
    expect(all.map((event) => runOf(event)?.["finish_reason"])).toEqual(given.map(([, word]) => word));
    expect(all[0]?.metadata).not.toHaveProperty("response_id");
    expect(all[8]?.metadata).toMatchObject({ finish_reason: "eaten by a whale" });
  });

  test.each([
    ["alone", {}],
    [
      "before what is counted elsewhere",
      { llmOutput: { tokenUsage: { promptTokens: 9, completionTokens: 9 } } },
    ],
  ])("tokens that the message counts are taken %s", async (_, more) => {
    const { handler, only } = setUp();
    const message = { type: "ai", content: "x", usage_metadata: { input_tokens: 5, output_tokens: 2 } };
    await handler.handleChatModelStart({}, [[{ role: "user", content: "?" }]], "r1");
    await handler.handleLLMEnd({ generations: [[{ message }]], ...more }, "r1");
    expect((await only()).systemState.performance).toMatchObject({ input_tokens: 5, output_tokens: 2 });
  });

  test.each([
    [{ llmOutput: { tokenUsage: { promptTokens: 5, completionTokens: 2 } } }],
    [{ llmOutput: { usage: { input_tokens: 5, output_tokens: 2 } } }],
    [
      {
        generations: [[{ text: "x", generationInfo: { usage: { prompt_tokens: 5, completion_tokens: 2 } } }]],
      },
    ],
  ])("tokens are found where older models put them: %j", async (result) => {
    const { handler, only } = setUp();
    await handler.handleLLMStart({}, ["?"], "r1");
    await handler.handleLLMEnd({ generations: [[{ text: "x" }]], ...result }, "r1");
    expect((await only()).systemState.performance).toMatchObject({ input_tokens: 5, output_tokens: 2 });
  });
});

describe("chains", () => {
  const prompt = ChatPromptTemplate.fromMessages([["user", "Is {name} fit?"]]);

  test("a chain is one event beside its model call, and its steps are none", async () => {
    await using api = await openAi({ text: "Yes." });
    const { callbacks, events } = setUp();
    const chain = RunnableSequence.from([prompt, api.model, new StringOutputParser()]);
    await chain.invoke({ name: "Ada" }, { callbacks });
    const all = await events();
    expect(kindsOf(all)).toEqual(["chain", "model"]);
    const [root, model] = all;
    expect(root).toMatchObject({ input: { value: { name: "Ada" } }, output: { value: "Yes." } });
    expect(runOf(model)).toMatchObject({ parent_id: runOf(root)?.["id"], root_id: runOf(root)?.["id"] });
    expect(model?.correlationId).toBe(root?.correlationId);
  });

  test("a streamed chain has the same references as an invoked one", async () => {
    await using api = await openAi({ text: "Yes, of course." });
    const { callbacks, events } = setUp();
    const chain = RunnableSequence.from([prompt, api.model, new StringOutputParser()]);
    await chain.invoke({ name: "Ada" }, { callbacks });
    for await (const _ of await chain.stream({ name: "Ada" }, { callbacks }));
    const [invoked, , streamed] = await events();
    expect(runOf(streamed)?.["kind"]).toBe("chain");
    expect(streamed?.input).toEqual(invoked?.input);
    expect(streamed?.output).toEqual(invoked?.output);
  });

  test("the real input of a chain that is told only at its end replaces the empty one", async () => {
    const { handler, only } = setUp();
    await handler.handleChainStart({}, { input: "" }, "r1");
    await handler.handleChainEnd("!", "r1", undefined, [], { inputs: { input: "?" } });
    expect(await only()).toMatchObject({ input: { value: "?" }, output: { value: "!" } });
  });

  test("a streamed chain is not held up at its end", async () => {
    const { sink, callbacks, troubles } = setUp();
    sink.submit = () => new Promise(() => {});
    const chain = RunnableSequence.from([
      RunnableLambda.from((text: string) => text),
      RunnableLambda.from((text: string) => `${text}!`),
    ]);
    const parts: string[] = [];
    for await (const part of await chain.stream("?", { callbacks })) parts.push(part);
    expect(parts).toEqual(["?!"]);
    expect(troubles).toEqual([]);
  });

  test("messages inside values are in the neutral form, plain values without their wrapper", async () => {
    const { callbacks, events } = setUp();
    const model = new FakeListChatModel({ responses: ["Yes."] });
    const chain = RunnableLambda.from(async (question: string) => ({
      answer: await model.invoke(question),
      score: 7,
    }));
    await chain.invoke("Fit?", { callbacks });
    const [root] = await events();
    expect(root?.input).toEqual({ value: "Fit?" });
    expect(root?.output).toEqual({
      value: { answer: { role: "assistant", parts: [{ type: "text", content: "Yes." }] }, score: 7 },
    });
  });

  test("what is changed afterwards does not change what was recorded", async () => {
    const { callbacks, events } = setUp();
    const chain = RunnableLambda.from((state: { applicant: number; seen?: boolean }) => {
      state.seen = true;
      return { state };
    });
    const output = (await chain.invoke({ applicant: 7 }, { callbacks })) as { state: { applicant: number } };
    output.state.applicant = 8;
    const [root] = await events();
    expect(root?.input).toEqual({ value: { applicant: 7 } });
    expect(root?.output).toEqual({ value: { state: { applicant: 7, seen: true } } });
  });

  test("a raw text that was thrown is an error without its text in clear", async () => {
    const { sink, callbacks, only } = setUp();
    const chain = RunnableLambda.from(() => {
      throw "canary-thrown";
    });
    await expect(chain.invoke("?", { callbacks })).rejects.toBe("canary-thrown");
    const event = await only();
    expect(statusOf(event)).toMatch(/^error:/);
    expect(JSON.stringify(sink.events)).not.toContain("canary-thrown");
  });
});

describe("retrievals", () => {
  const documents = [
    new Document({ pageContent: "CV of Ada", metadata: { source: "ada.pdf" }, id: "d1" }),
    new Document({ pageContent: "CV of Bob", metadata: { source: "bob.pdf" } }),
  ];

  test("each document is an entry of referenceData, without its source", async () => {
    const { sink, callbacks, only } = setUp();
    await new FakeRetriever({ output: documents }).invoke("engineers", { callbacks });
    const event = await only();
    expect(event).toMatchObject({
      actor: { type: "retriever" },
      input: { query: "engineers" },
      output: {
        documents: [
          { content: "CV of Ada", metadata: { source: "ada.pdf" } },
          { content: "CV of Bob", metadata: { source: "bob.pdf" } },
        ],
      },
      metadata: { document_ids: ["d1", null] },
      referenceData: [
        { index: 0, reference: expect.stringMatching(/^[0-9a-f]{64}$/) },
        { index: 1, reference: expect.stringMatching(/^[0-9a-f]{64}$/) },
      ],
    });
    expect(JSON.stringify(sink.events)).not.toContain("ada.pdf");
  });

  test("fields the application exposes stand beside place and reference, which it cannot replace", async () => {
    const { callbacks, only } = setUp({
      expose: ({ metadata }) => ({ source: metadata["source"], index: 99 }),
    });
    await new FakeRetriever({ output: documents }).invoke("engineers", { callbacks });
    expect((await only()).referenceData).toMatchObject([
      { index: 0, source: "ada.pdf" },
      { index: 1, source: "bob.pdf" },
    ]);
  });

  test("a choice of fields that fails exposes nothing and costs no event", async () => {
    const expose = () => {
      throw new Error("no metadata");
    };
    const { callbacks, only } = setUp({ expose });
    await new FakeRetriever({ output: documents }).invoke("engineers", { callbacks });
    expect((await only()).referenceData).toHaveLength(2);
  });
});

describe("tools outside an agent", () => {
  const score = tool(async ({ id }) => ({ score: id / 10 }), {
    name: "score",
    description: "scores",
    schema: z.object({ id: z.number() }),
  });

  test("a tool run is its name, its arguments and its result", async () => {
    const { callbacks, only } = setUp();
    await score.invoke({ id: 7 }, { callbacks });
    const event = await only();
    expect(event).toMatchObject({
      input: { name: "score", arguments: { id: 7 } },
      output: { result: { score: 0.7 } },
    });
    expect(event.actor).toEqual({ type: "tool", name: "unknown_tool" });
  });

  test("its name goes out in clear where the application vouches for it", async () => {
    const { callbacks, only } = setUp({ knownTools: ["score"] });
    await score.invoke({ id: 7 }, { callbacks });
    expect((await only()).actor).toEqual({ type: "tool", name: "score" });
  });

  test("called with a tool call it has the result the model is shown, and its own name over the run's", async () => {
    const { callbacks, events } = setUp();
    await score.invoke({ id: 7 }, { callbacks });
    const call = { type: "tool_call", id: "c1", name: "score", args: { id: 7 } } as const;
    await score.invoke(call, { callbacks, runName: "canary-run-name" });
    const [plain, called] = await events();
    expect(called?.input).toEqual(plain?.input);
    expect(called?.output).toEqual(plain?.output);
    expect(called?.metadata).toMatchObject({ tool_call_id: "c1", run_name: "canary-run-name" });
    expect(called?.actor?.name).not.toBe("canary-run-name");
  });
});

describe("correlation", () => {
  test("the caller's correlation id and data subjects reach every run below", async () => {
    await using api = await openAi({ text: "Yes." });
    const { callbacks, events } = setUp();
    const chain = RunnableSequence.from([RunnableLambda.from((text: string) => text), api.model]);
    const complianceguard = { correlationId: "application-7", dataSubjects: ["applicant-7"] };
    await chain.invoke("?", { callbacks, metadata: { complianceguard } });
    for (const event of await events()) {
      expect(event).toMatchObject(complianceguard);
      expect(event.metadata["user"]).toBeUndefined();
    }
  });

  test("a thread keeps its runs together without showing its id", async () => {
    await using api = await openAi({ text: "Yes." });
    const { callbacks, sink, events } = setUp();
    const metadata = { thread_id: "+49 170 1234567" };
    await api.model.invoke("a", { callbacks, metadata });
    await api.model.invoke("b", { callbacks, metadata });
    const [first, second] = await events();
    expect(first?.correlationId).toBe(second?.correlationId);
    expect(JSON.stringify(sink.events)).not.toContain("1234567");
  });

  test("a context of the recorder's reaches the runs inside it", async () => {
    await using api = await openAi({ text: "Yes." });
    const { recorder, callbacks, only } = setUp();
    await recorder.withContext({ correlationId: "case-9" }, () => api.model.invoke("?", { callbacks }));
    expect((await only()).correlationId).toBe("case-9");
  });
});

describe("callbacks out of order", () => {
  test("an end without a start is ignored", async () => {
    const { handler, events, troubles } = setUp();
    await handler.handleLLMEnd({ generations: [[{ text: "x" }]] }, "never-started");
    await handler.handleChainError(new Error("x"), "never-started");
    handler.handleLLMNewToken("x", undefined, "never-started");
    expect(await events()).toEqual([]);
    expect(troubles).toEqual([]);
  });

  test("a handler that is delivered twice makes one event, two handlers make two", async () => {
    const { recorder, handler, events } = setUp();
    const message = [[{ role: "user", content: "?" }]];
    const other = new ComplianceGuardHandler({ recorder });
    for (const each of [handler, handler, other]) await each.handleChatModelStart({}, message, "r1");
    for (const each of [handler, handler, other])
      await each.handleLLMEnd({ generations: [[{ text: "x" }]] }, "r1");
    // A run that was left open would be given up now.
    await recorder.close();
    expect((await events()).map(statusOf)).toEqual(["success", "success"]);
  });

  test("an id that the caller chooses again is another run, with all that runs below it", async () => {
    const { callbacks, events } = setUp();
    const chain = RunnableLambda.from((text: string) => text).pipe(
      new FakeListChatModel({ responses: ["One.", "Two."] }),
    );
    const runId = "018f3f5e-0000-7000-8000-000000000001";
    for (const question of ["1?", "2?"]) await chain.invoke(question, { callbacks, runId });
    const all = await events();
    expect(all.map((event) => runOf(event)?.["kind"])).toEqual(["chain", "model", "chain", "model"]);
    expect(all.map(({ input }) => JSON.stringify(input).match(/\d\?/)?.[0])).toEqual([
      "1?",
      "1?",
      "2?",
      "2?",
    ]);
    expect(new Set(all.map(({ eventId }) => eventId)).size).toBe(4);
  });

  test("a parent that was never seen makes the run a root", async () => {
    const { handler, only } = setUp();
    await handler.handleChainStart({}, { input: "?" }, "r1", "unseen-parent");
    await handler.handleChainEnd({ output: "!" }, "r1", "unseen-parent");
    const event = await only();
    expect(event).toMatchObject({ input: { value: "?" }, output: { value: "!" } });
    expect(runOf(event)).toMatchObject({ kind: "chain" });
  });

  test("a child that ends after its root is still an event of it", async () => {
    const { handler, events } = setUp();
    await handler.handleChainStart({}, { input: "?" }, "root");
    await handler.handleChatModelStart({}, [[{ role: "user", content: "?" }]], "child", "root");
    await handler.handleChainError(new Error("gone"), "root");
    await handler.handleLLMEnd({ generations: [[{ text: "late" }]] }, "child", "root");
    await handler.handleChatModelStart({}, [[{ role: "user", content: "?" }]], "later", "root");
    await handler.handleLLMEnd({ generations: [[{ text: "later" }]] }, "later", "root");
    const [root, child, later] = await events();
    expect(runOf(child)?.["root_id"]).toBe(runOf(root)?.["id"]);
    expect(runOf(later)?.["root_id"]).toBe(runOf(root)?.["id"]);
  });
});

test("200 calls at once on one handler are 200 events, each with its own answer", async () => {
  await using server = await startOpenAiServer(({ body }) => ({
    text: `answer to ${(body.messages as readonly { content: string }[])[0]?.content}`,
  }));
  const { callbacks, events } = setUp();
  const model = new ChatOpenAI({
    model: "gpt-5",
    apiKey: "none",
    configuration: { baseURL: server.baseURL },
  });
  await Promise.all(
    Array.from({ length: 200 }, (_, index) => model.invoke(`question ${index}`, { callbacks })),
  );
  const all = await events();
  expect(all).toHaveLength(200);
  expect(new Set(all.map(({ eventId }) => eventId)).size).toBe(200);
  for (const { input, output } of all) {
    const [question] = input.messages as { parts: { content: string }[] }[];
    const [answer] = output.messages as { parts: { content: string }[] }[];
    expect(answer?.parts[0]?.content).toBe(`answer to ${question?.parts[0]?.content}`);
  }
});
