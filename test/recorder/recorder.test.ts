import { afterEach, describe, expect, test, vi } from "vitest";
import { decryptEvent } from "../../src/core/decrypt-event.ts";
import { reference } from "../../src/core/digest.ts";
import type { EventBody } from "../../src/core/event.ts";
import type { EventSink } from "../../src/core/event-sink.ts";
import { fixedKey } from "../../src/core/keys.ts";
import { verifyEvent } from "../../src/core/verify-event.ts";
import { memorySink } from "../../src/recorder/memory-sink.ts";
import { Recorder } from "../../src/recorder/recorder.ts";
import type { RecorderOptions } from "../../src/recorder/recorder-options.ts";
import type { Run, RunKind, RunStart } from "../../src/recorder/run.ts";
import type { Trouble } from "../../src/recorder/trouble.ts";
import { startRecording } from "../support/recording.ts";

const question = {
  messages: [{ role: "user", parts: [{ type: "text", content: "Short-list applicant 7?" }] }],
};
const answer = { messages: [{ role: "assistant", parts: [{ type: "text", content: "Yes." }] }] };

function setUp(options: Partial<RecorderOptions> = {}) {
  const sink = memorySink();
  const troubles: Trouble[] = [];
  const clock = {
    wall: Date.UTC(2026, 4, 1, 12),
    steady: 0,
    now: () => clock.wall,
    monotonic: () => clock.steady,
  };
  const recorder = new Recorder({
    sink,
    systemId: "cv-screening-prod",
    version: "2026.05.01",
    decisionClassification: "automated_decision",
    onError: (trouble) => troubles.push(trouble),
    clock,
    ...options,
  });
  const start = (more: Partial<RunStart> = {}) =>
    recorder.start({ kind: "model", modelId: "gpt-5", input: () => question, ...more });
  return { sink, troubles, clock, recorder, start };
}

// biome-ignore lint/suspicious/noExplicitAny: bodies are read as the JSON they are
const only = (events: readonly EventBody[]): any => {
  expect(events).toHaveLength(1);
  return events[0];
};

afterEach(() => vi.useRealTimers());

describe("one event for every run", () => {
  test("a run that succeeds is one event with the wire format's fields", async () => {
    const { sink, clock, recorder, start } = setUp();
    const run = start({ framework: "langchain", frameworkVersion: "1.4.0" });
    clock.steady = 12.9;
    run.firstToken();
    clock.steady = 250.7;
    await run.succeed({
      output: answer,
      modelId: "gpt-5-2026",
      finishReason: "stop",
      inputTokens: 11,
      outputTokens: 2,
    });
    const event = only(sink.events);
    expect(event).toMatchObject({
      eventId: run.eventId,
      systemId: "cv-screening-prod",
      occurredAtUtc: "2026-05-01T12:00:00Z",
      modelId: "gpt-5-2026",
      version: "2026.05.01",
      decisionClassification: "automated_decision",
      inputReference: reference(question),
      outputReference: reference(answer),
      correlationId: run.eventId,
      idempotencyKey: run.eventId,
      actor: { type: "model" },
    });
    expect(event.systemState).toEqual({
      performance: {
        latency_ms: 250,
        provider_status: "success",
        time_to_first_token_ms: 12,
        input_tokens: 11,
        output_tokens: 2,
      },
      run: {
        id: run.eventId,
        root_id: run.eventId,
        kind: "model",
        framework: "langchain",
        framework_version: "1.4.0",
        finish_reason: "stop",
      },
      recorder: { id: recorder.id, sequence: 1 },
    });
  });

  const endings = {
    succeed: "success",
    cancel: "cancelled",
    truncate: "truncated",
    interrupt: "interrupted",
    abandon: "abandoned",
  } as const;
  test.each(Object.entries(endings))("%s settles a run as %s, and only once", async (method, status) => {
    const { sink, start } = setUp();
    const run = start();
    await run[method as keyof typeof endings]({ output: answer });
    if (method !== "abandon") await run.fail(new Error("too late"));
    await run.abandon();
    expect(only(sink.events).systemState.performance.provider_status).toBe(status);
  });

  test("an error shows as its status or type, its message as a hash", async () => {
    const { sink, start } = setUp();
    await start().fail(Object.assign(new Error("applicant 7 is ill"), { status: 429 }));
    await start().fail(new TypeError("applicant 7 is ill"));
    await start().fail("applicant 7 is ill");
    expect(JSON.stringify(sink.events)).not.toContain("applicant 7");
    const performances = sink.events.map(
      (event) => (event.systemState as { performance: object }).performance,
    );
    expect(performances).toMatchObject([
      { provider_status: "429" },
      { provider_status: "error:TypeError" },
      { provider_status: "error:Error" },
    ]);
    for (const each of performances)
      expect(each).toHaveProperty("provider_error_message", expect.stringMatching(/^[0-9a-f]{64}$/));
  });

  test("a run nothing is heard of is abandoned, and its late end amends that event", async () => {
    vi.useFakeTimers();
    const { sink, start } = setUp({ abandonAfterMs: 1000 });
    const run = start();
    vi.advanceTimersByTime(900);
    run.touch();
    vi.advanceTimersByTime(900);
    expect(sink.events).toHaveLength(0);
    vi.advanceTimersByTime(100);
    expect(only(sink.events).systemState.performance.provider_status).toBe("abandoned");
    await run.succeed({ output: answer });
    await run.succeed({ output: answer });
    expect(sink.events).toHaveLength(2);
    const [first, second] = sink.events as [EventBody, EventBody];
    expect(second.eventId).not.toBe(first.eventId);
    expect(second.systemState).toMatchObject({ run: { amends: first.eventId }, recorder: { sequence: 2 } });
    expect(second.outputReference).toBe(reference(answer));
  });

  test("what comes to light after the end is one more event, once, that names the first and repeats no usage", async () => {
    const { sink, start } = setUp();
    const run = start();
    const { inputReference } = run;
    const child = () => start({ kind: "tool", parent: run });
    await run.succeed({ output: answer, modelId: "gpt-5-2026-04-01", inputTokens: 11, outputTokens: 7 });
    const failed = { input: answer, modelId: "gpt-5-2026-04-01" };
    await run.amend(new TypeError("no such member"), failed);
    await run.amend(new RangeError("again"), failed);
    await run.fail(new RangeError("again"));
    expect(sink.events).toHaveLength(2);
    const [first, second] = sink.events as [EventBody, EventBody];
    expect(first.systemState).toMatchObject({
      performance: { provider_status: "success", input_tokens: 11 },
    });
    expect(second).toMatchObject({
      actor: { type: "model" },
      modelId: "gpt-5-2026-04-01",
      correlationId: first.correlationId,
      inputReference: first.outputReference,
      outputReference: reference({}),
      systemState: {
        performance: { provider_status: "error:TypeError" },
        run: { id: first.eventId, kind: "model", amends: first.eventId },
        recorder: { sequence: 2 },
      },
    });
    expect(second.eventId).not.toBe(first.eventId);
    expect(second.systemState?.["performance"]).not.toHaveProperty("input_tokens");
    expect(run.inputReference).toBe(inputReference);
    await child().succeed();
    expect(sink.events.at(-1)?.systemState).toMatchObject({ run: { parent_id: first.eventId } });
  });

  test("what comes to light after the end opens with its key, also where nothing is told but the error", async () => {
    const { recorder, events } = startRecording();
    const run = recorder.start({ kind: "model", input: () => ({ question: 1 }) });
    await run.succeed({ output: { answer: 2 } });
    await run.amend(new TypeError("no such member"));
    const contents = (await events()).map(({ input, output }) => ({ input, output }));
    expect(contents).toEqual([
      { input: { question: 1 }, output: { answer: 2 } },
      { input: {}, output: {} },
    ]);
  });

  test("what comes to light before the end, or after the run was given up, is its end", async () => {
    vi.useFakeTimers();
    const { sink, start } = setUp({ abandonAfterMs: 1000 });
    await start().amend(new TypeError("no such member"));
    expect(only(sink.events).systemState.performance.provider_status).toBe("error:TypeError");
    const run = start();
    vi.advanceTimersByTime(1000);
    await run.amend(new TypeError("no such member"));
    await run.succeed();
    expect(sink.events).toHaveLength(3);
    expect(sink.events[2]?.systemState).toMatchObject({ run: { amends: run.eventId } });
  });

  test("a run that is left out becomes no event by what comes to light later", async () => {
    const { sink, start } = setUp({ record: () => false });
    const run = start();
    await run.succeed();
    await run.amend(new TypeError("no such member"));
    expect(sink.events).toEqual([]);
  });

  test("what was delivered of an abandoned run is recorded, also when the recorder is closed", async () => {
    vi.useFakeTimers();
    const { sink, start, recorder } = setUp({ abandonAfterMs: 1000 });
    start().onAbandon(() => ({ output: answer }));
    vi.advanceTimersByTime(1000);
    start().onAbandon(() => ({ output: answer }));
    start().onAbandon(() => {
      throw new Error("cannot tell");
    });
    await recorder.close();
    const references = sink.events.map(({ outputReference }) => outputReference);
    expect(references).toEqual([reference(answer), reference(answer), reference({})]);
  });

  test("a run that waits for a person does not age", async () => {
    vi.useFakeTimers();
    const { sink, start } = setUp({ abandonAfterMs: 1000 });
    const run = start();
    run.holdForReview();
    vi.advanceTimersByTime(1_000_000);
    expect(sink.events).toHaveLength(0);
    run.touch();
    vi.advanceTimersByTime(1000);
    expect(sink.events).toHaveLength(1);
  });

  test("a tool call that waits for a person holds the runs around it, and no others", async () => {
    vi.useFakeTimers();
    const { recorder, start } = setUp({ abandonAfterMs: 1000 });
    const agent = start({ kind: "agent" });
    const model = start({ parent: agent });
    await model.succeed({ proposedCalls: [{ id: "call_1", name: "refund", arguments: {} }] });
    const tool = start({ kind: "tool", name: "refund", parent: agent, toolCallId: "call_1" });
    const other = start({ kind: "agent" });
    const release = recorder.holdForReview("call_1");
    vi.advanceTimersByTime(1_000_000);
    expect([agent.isSettled, tool.isSettled, other.isSettled]).toEqual([false, false, true]);
    release();
    vi.advanceTimersByTime(1000);
    expect([agent.isSettled, tool.isSettled]).toEqual([true, true]);
    recorder.holdForReview("call_2")();
  });

  test("a run whose input a person edited is recorded with what it executes", async () => {
    const { sink, start } = setUp();
    const run = start({ kind: "tool", name: "refund", input: () => ({ amount: 500 }) });
    const edited = { amount: 50 };
    run.replaceInput(edited);
    edited.amount = 5000;
    await run.succeed();
    expect(only(sink.events)).toMatchObject({
      inputReference: reference({ amount: 50 }),
      systemState: { run: { arguments_modified: true } },
    });
  });

  test("closing gives up what is still open", async () => {
    const { sink, start, recorder } = setUp();
    start();
    expect(await recorder.close()).toEqual({ delivered: 1, waiting: 0, deadLetters: 0 });
    expect(only(sink.events).systemState.performance.provider_status).toBe("abandoned");
  });

  test("what the caller passed may change after start and after the end", async () => {
    const { sink, start } = setUp();
    const input = structuredClone(question);
    const output = structuredClone(answer);
    const tags = ["a"];
    const run = start({ input: () => input, metadata: () => ({ tags }) });
    input.messages.length = 0;
    tags.push("b");
    const settled = run.succeed({ output });
    output.messages.length = 0;
    await settled;
    expect(only(sink.events)).toMatchObject({
      inputReference: reference(question),
      outputReference: reference(answer),
    });
  });

  test("an input that cannot even be read is still one event", async () => {
    const { sink, start } = setUp();
    const run = start({
      input: () => {
        throw new Error("hostile");
      },
    });
    await run.succeed();
    expect(only(sink.events).inputReference).toBe(reference({ unrepresentable: "input" }));
  });
});

describe("what is recorded", () => {
  test("inner steps are left out by default and leave no gap", async () => {
    const { sink, start } = setUp();
    await start({ kind: "step" }).succeed();
    await start({ kind: "model" }).succeed();
    expect(only(sink.events).systemState.recorder.sequence).toBe(1);
  });

  test("a run a filter leaves out keeps its number, so that the omission shows", async () => {
    const { sink, start } = setUp({ record: (run) => run.kind !== "tool" });
    await start({ kind: "tool" }).succeed();
    await start().succeed();
    expect(only(sink.events).systemState.recorder.sequence).toBe(2);
  });

  test.each<[RunKind, string]>([
    ["model", "models"],
    ["tool", "tools"],
    ["retriever", "retrievals"],
    ["agent", "chains"],
    ["chain", "chains"],
    ["step", "steps"],
    ["embeddings", "embeddings"],
    ["rerank", "reranks"],
  ])("%s runs follow the field %s", async (kind, field) => {
    for (const isOn of [true, false]) {
      const { sink, start } = setUp({ record: { [field]: isOn } });
      const run = start({ kind });
      await run.succeed();
      expect([sink.events.length, run.isRecorded]).toEqual([isOn ? 1 : 0, isOn]);
    }
  });

  test("an unknown field of record is refused", () => {
    expect(() => setUp({ record: { modles: true } as never })).toThrow(
      expect.objectContaining({ code: "invalid_option" }),
    );
  });
});

describe("correlation", () => {
  test("a child inherits root and correlation; parent_id is the nearest recorded ancestor", async () => {
    const { sink, start } = setUp();
    const root = start({ kind: "agent", correlationId: "application-7" });
    const step = start({ kind: "step", parent: root });
    const model = start({ parent: step });
    await model.succeed();
    expect(only(sink.events)).toMatchObject({
      correlationId: "application-7",
      systemState: { run: { parent_id: root.eventId, root_id: root.eventId } },
    });
  });

  test.each([
    ["a run of another recorder", setUp().start({ correlationId: "another's" })],
    ["no run of ours", { eventId: "1", isRecorded: true } as unknown as Run],
    ["no object", "parent" as unknown as Run],
  ])("what has %s as its parent is a root of its own", async (_what, parent) => {
    const { sink, troubles, start } = setUp();
    const run = start({ parent });
    await run.succeed();
    const event = only(sink.events);
    expect(event.correlationId).toBe(run.eventId);
    expect(event.systemState.run.root_id).toBe(run.eventId);
    expect(troubles).toEqual([]);
  });

  test("withContext reaches every run inside, and an inner context is nearer than the parent", async () => {
    const { sink, start, recorder } = setUp();
    await recorder.withContext({ correlationId: "outer", dataSubjects: ["p7"] }, async () => {
      const root = start({ kind: "chain" });
      await Promise.resolve();
      await recorder.withContext({ correlationId: "inner" }, async () => {
        await start({ parent: root }).succeed();
      });
      await start({ parent: root }).succeed();
    });
    expect(sink.events).toMatchObject([
      { correlationId: "inner", dataSubjects: ["p7"] },
      { correlationId: "outer", dataSubjects: ["p7"] },
    ]);
  });

  test("a parent's own correlation outranks the context around both", async () => {
    const { sink, start, recorder } = setUp();
    await recorder.withContext({ correlationId: "request" }, async () => {
      const root = start({ kind: "chain", correlationId: "application-7" });
      await start({ parent: root }).succeed();
    });
    expect(only(sink.events).correlationId).toBe("application-7");
  });

  test("a thread id goes out as it is only where it is a UUID", async () => {
    const { sink, start } = setUp();
    const uuid = "019a0000-0000-7000-8000-000000000001";
    await start({ threadId: uuid }).succeed();
    await start({ threadId: "+49 171 1234567" }).succeed();
    await start({ threadId: "+49 171 1234567" }).succeed();
    const [first, second, third] = sink.events.map((event) => event.correlationId);
    expect(first).toBe(uuid);
    expect(second).toMatch(/^p1\./);
    expect(third).toBe(second);
  });

  test("with a pseudonym key every thread id and data subject goes out as a pseudonym", async () => {
    const { sink, start } = setUp({ pseudonymKey: Buffer.alloc(32, 1) });
    await start({
      threadId: "019a0000-0000-7000-8000-000000000001",
      dataSubjects: ["applicant 7"],
    }).succeed();
    const { correlationId, dataSubjects } = only(sink.events);
    expect([correlationId, ...dataSubjects]).toEqual([
      expect.stringMatching(/^p1\./),
      expect.stringMatching(/^p1\./),
    ]);
    expect(() => setUp({ pseudonymKey: Buffer.alloc(16) })).toThrow(
      expect.objectContaining({ code: "invalid_payload_key" }),
    );
  });

  test("metrics that JSON cannot hold are repaired alike in the body and in its sealed copy", async () => {
    const key = Buffer.alloc(32, 7);
    const { sink, start } = setUp({ keys: fixedKey(key, "k1") });
    await start().succeed({ metrics: { confidence: Number.NaN, votes: 3n, by: new Map() } });
    const event = only(sink.events);
    expect(event.systemState.metrics).toEqual({
      confidence: "NaN",
      votes: 3,
      by: { unrepresentable: "map" },
    });
    expect((await verifyEvent(event, key)).differs).toEqual([]);
  });

  test("a tool call finds the model call that proposed it, and says whether its arguments were changed", async () => {
    const { sink, start, recorder } = setUp();
    const model = start({ correlationId: "application-7", declaredTools: ["score"] });
    const proposedCalls = [
      { id: "call_1", name: "score", arguments: { id: 7 } },
      { id: "call_2", name: "score", arguments: { id: 7 } },
    ];
    await model.succeed({ output: answer, modelId: "gpt-5-2026", proposedCalls });
    const run = (toolCallId: string, id: number) =>
      start({
        kind: "tool",
        modelId: undefined,
        toolCallId,
        name: "score",
        input: () => ({ name: "score", arguments: { id } }),
      });
    const tool = run("call_1", 7);
    expect(recorder.callOf("call_1")).toMatchObject({ modelEventId: model.eventId, toolRun: tool });
    await tool.succeed();
    expect(recorder.callOf("call_1")).toMatchObject({
      modelEventId: model.eventId,
      toolRun: undefined,
      hasRun: true,
    });
    await run("call_2", 8).succeed();
    await start({ answeredToolCallIds: ["call_1", "call_2"] }).succeed();
    // biome-ignore lint/suspicious/noExplicitAny: bodies are read as the JSON they are
    const [, first, second, next] = sink.events as any[];
    expect(first).toMatchObject({
      correlationId: "application-7",
      modelId: "gpt-5-2026",
      actor: { type: "tool", name: "score" },
    });
    expect(first.systemState.run.root_id).toBe(model.eventId);
    expect(first.systemState.run.arguments_modified).toBeUndefined();
    expect(second.systemState.run.arguments_modified).toBe(true);
    expect(next).toMatchObject({
      correlationId: "application-7",
      systemState: { run: { root_id: model.eventId } },
    });
  });
});

test("a call whose id other conversations have too is the one of its own", async () => {
  const { sink, start, recorder } = setUp();
  const propose = (correlationId: string, applicant: number) => {
    const model = start({ correlationId });
    const call = { id: "call_0", name: "score", arguments: { applicant } };
    return model.succeed({ output: answer, modelId: `model-${applicant}`, proposedCalls: [call] });
  };
  await propose("application-1", 1);
  await propose("application-2", 2);
  expect(recorder.callOf("call_0")).toBeUndefined();
  expect(recorder.callOf("call_0", "application-1")).toMatchObject({ modelId: "model-1" });
  await start({
    kind: "tool",
    modelId: undefined,
    correlationId: "application-1",
    toolCallId: "call_0",
    name: "score",
    input: () => ({ name: "score", arguments: { applicant: 1 } }),
  }).succeed();
  await start({
    modelId: undefined,
    correlationId: "application-1",
    answeredToolCallIds: ["call_0"],
  }).succeed();
  const [first, , tool, next] = sink.events;
  expect(tool).toMatchObject({ modelId: "model-1" });
  // biome-ignore lint/suspicious/noExplicitAny: bodies are read as the JSON they are
  const runOf = (event: any) => event.systemState.run;
  expect(runOf(tool).root_id).toBe(runOf(first).id);
  expect(runOf(next).root_id).toBe(runOf(first).id);
  expect(runOf(tool).arguments_modified).toBeUndefined();
});

test("of two conversations at once whose provider repeats its ids, none is taken for the other", async () => {
  const { sink, start } = setUp();
  const conversation = (applicant: number) => ({
    call: { id: "call_0", name: "score", arguments: { applicant } },
    messages: [
      {
        role: "assistant",
        parts: [{ type: "tool_call", id: "call_0", name: "score", arguments: { applicant } }],
      },
      { role: "tool", parts: [{ type: "tool_call_response", id: "call_0", response: "7" }] },
    ],
  });
  const both = [conversation(1), conversation(2)];
  for (const { call } of both) await start({}).succeed({ output: answer, proposedCalls: [call] });
  for (const { call } of both) {
    const input = () => ({ name: call.name, arguments: call.arguments });
    await start({ kind: "tool", toolCallId: "call_0", name: "score", input }).succeed();
  }
  for (const { messages } of both)
    await start({ input: () => ({ messages }), answeredToolCallIds: ["call_0"] }).succeed({ output: answer });
  const unknown = { kind: "tool", toolCallId: "call_0", name: "score" } as const;
  await start({ ...unknown, input: () => ({ name: "score", arguments: { applicant: 3 } }) }).succeed();
  const correlations = sink.events.map(({ correlationId }) => correlationId);
  const [first, second] = correlations;
  expect(first).not.toBe(second);
  expect(correlations.slice(0, 6)).toEqual([first, second, first, second, first, second]);
  expect([first, second]).not.toContain(correlations[6]);
});

test("calls of one answer that share an id are each what was proposed", async () => {
  const { sink, start } = setUp();
  const call = (applicant: number) => ({ id: "call_0", name: "score", arguments: { applicant } });
  await start({}).succeed({ output: answer, proposedCalls: [call(1), call(2)] });
  for (const applicant of [1, 2, 3]) {
    const input = () => ({ name: "score", arguments: { applicant } });
    await start({ kind: "tool", toolCallId: "call_0", name: "score", input }).succeed();
  }
  // biome-ignore lint/suspicious/noExplicitAny: bodies are read as the JSON they are
  const marks = sink.events.slice(1).map((event: any) => event.systemState.run.arguments_modified);
  expect(marks).toEqual([undefined, undefined, true]);
});

describe("names in clear", () => {
  test("a tool's name shows only where it was declared, is the application's own, or really ran", async () => {
    const { sink, start } = setUp();
    const tool = (more: Partial<RunStart>) =>
      start({ kind: "tool", modelId: undefined, input: () => ({}), ...more });
    await tool({ name: "invented by a model" }).succeed();
    await tool({ name: "invented" }).succeed();
    await tool({ name: "wrapped", isKnownName: true }).succeed();
    await tool({ name: "invented" }).succeed({ name: "ran" });
    expect(sink.events.map((event) => event.actor?.name)).toEqual([
      "unknown_tool",
      "unknown_tool",
      "wrapped",
      "ran",
    ]);
  });

  test("agents are named only by the actorName option", async () => {
    const { sink, start } = setUp({ actorName: (run) => (run.kind === "agent" ? "screener" : undefined) });
    await start({ kind: "agent", name: "run name of a user" }).succeed();
    await start({ kind: "chain", name: "run name of a user" }).succeed();
    expect(sink.events.map((event) => event.actor)).toEqual([
      { type: "agent", name: "screener" },
      { type: "chain" },
    ]);
  });

  test("a model id that is a path goes to no clear field", async () => {
    const { sink, start } = setUp({ modelId: "local" });
    await start({ modelId: "/home/alice/x.gguf" }).succeed({ modelId: "/home/alice/x.gguf" });
    await start({ modelId: "qwen/qwen3-32b" }).succeed({ modelId: "file://x" });
    expect(sink.events.map((event) => event.modelId)).toEqual(["local", "qwen/qwen3-32b"]);
  });
});

describe("sealing", () => {
  const key = Buffer.alloc(32, 7);

  test("with a key the content can be opened, and holds a copy of every clear field", async () => {
    const { sink, start } = setUp({ keys: fixedKey(key, "k1") });
    await start({ metadata: () => ({ tags: ["prod"] }) }).succeed({
      output: answer,
      metadata: { finish_reason: "stop" },
    });
    const event = only(sink.events);
    const { input, output, metadata } = await decryptEvent(event, key);
    expect({ input, output }).toEqual({ input: question, output: answer });
    const { inputReference, outputReference, metadataReference, payload, ...clear } = event;
    expect(metadata).toEqual({
      tags: ["prod"],
      finish_reason: "stop",
      complianceguard: { capture: 1, form: 1, repairs: 0, event: clear },
    });
  });

  test("content over maxContentBytes goes as references, and says so", async () => {
    const { sink, start } = setUp({ keys: fixedKey(key, "k1"), maxContentBytes: 2000 });
    await start().succeed({ output: { text: "x".repeat(3000) } });
    const event = only(sink.events);
    expect(event.payload).toBeUndefined();
    expect(event.systemState.run.payload_omitted).toBe("too_large");
    expect(event.outputReference).toBe(reference({ text: "x".repeat(3000) }));
  });

  test.each(["throws", "rejects"])("a key provider that %s costs the payload, not the event", async (how) => {
    const { sink, troubles, start } = setUp({
      keys: {
        forEncryption: () => {
          if (how === "throws") throw new Error("vault is sealed");
          return Promise.reject(new Error("vault is sealed"));
        },
        forDecryption: () => undefined,
      },
    });
    await start().succeed({ output: answer });
    expect(only(sink.events).systemState.run.payload_omitted).toBe("key_unavailable");
    expect(troubles.map(({ code }) => code)).toEqual(["key_unavailable"]);
  });

  test("the key is fetched when the run starts and stays with it", async () => {
    let version = 0;
    const { sink, start } = setUp({
      keys: { forEncryption: async () => ({ keyId: `k${++version}`, key }), forDecryption: () => key },
    });
    const first = start();
    const second = start();
    await second.succeed();
    await first.succeed();
    expect(sink.events.map((event) => event.payload?.keyId)).toEqual(["k2", "k1"]);
  });
});

describe("start records and the failure policy", () => {
  test("a run that is still open after a moment has a start record, one that has ended has none", async () => {
    vi.useFakeTimers();
    try {
      const { sink, start } = setUp();
      const open = start();
      await start().succeed();
      expect(sink.open.size).toBe(0);
      vi.advanceTimersByTime(6);
      expect([...sink.open.keys()]).toEqual([open.eventId]);
    } finally {
      vi.useRealTimers();
    }
  });

  test("flush writes the start records of open runs at once", async () => {
    const { sink, recorder, start } = setUp();
    const run = start();
    await recorder.flush();
    expect([...sink.open.keys()]).toEqual([run.eventId]);
  });

  test("the start record is the complete body that says abandoned, by references only", async () => {
    const { sink, recorder, start } = setUp({ keys: fixedKey(Buffer.alloc(32), "k1") });
    const run = start();
    await recorder.flush();
    const record = sink.open.get(run.eventId);
    expect(record).toMatchObject({
      eventId: run.eventId,
      inputReference: reference(question),
      outputReference: reference({}),
      systemState: { performance: { provider_status: "abandoned" }, run: { payload_omitted: "abandoned" } },
    });
    expect(record?.payload).toBeUndefined();
  });

  const broken = (problem: unknown): EventSink => ({
    begin: () => Promise.reject(problem),
    submit: () => Promise.reject(problem),
    flush: async () => ({ delivered: 0, waiting: 0, deadLetters: 0 }),
    close: async () => ({ delivered: 0, waiting: 0, deadLetters: 0 }),
  });

  test("block: a sink that never answers for the start record refuses the call when the wait is over", async () => {
    const never = (): Promise<void> => new Promise(() => {});
    const hanging = { ...broken(undefined), begin: never, discard: never };
    const { start } = setUp({ sink: hanging, onFailure: "block", maxWaitMs: 20 });
    await expect(start().admitted).rejects.toMatchObject({
      code: "record_not_kept",
      cause: { code: "timeout" },
    });
  });

  test("continue: a sink that fails at start and end harms no call, and is reported once", async () => {
    const { troubles, start } = setUp({ sink: broken(new Error("disk full")) });
    const run = start();
    await run.admitted;
    await run.succeed({ output: answer });
    expect(troubles.map(({ code, eventId }) => [code, eventId])).toEqual([["record_not_kept", run.eventId]]);
  });

  test("a sink that never answers does not stop the call, and is reported", async () => {
    const hangs = { ...memorySink(), submit: () => new Promise<void>(() => {}) };
    const { troubles, start, recorder } = setUp({ sink: hangs, maxWaitMs: 1 });
    const run = start();
    await run.succeed({ output: answer });
    expect(troubles).toMatchObject([{ code: "timeout", eventId: run.eventId }]);
    expect((await recorder.flush({ timeoutMs: 1 })).waiting).toBe(1);
  });

  test("block: a call whose start record is not kept is refused and becomes no event", async () => {
    const { start, recorder } = setUp({ sink: broken(new Error("disk full")), onFailure: "block" });
    expect(recorder.isBlocking).toBe(true);
    const run = start();
    await expect(run.admitted).rejects.toMatchObject({
      code: "record_not_kept",
      cause: { message: "disk full" },
    });
    expect(run.isSettled).toBe(true);
  });

  test("block can depend on the run, and a function that throws blocks", async () => {
    const onFailure = vi.fn((run: { kind: string }) => {
      if (run.kind === "retriever") throw new Error("?");
      return run.kind === "tool" ? ("block" as const) : ("continue" as const);
    });
    const { start } = setUp({ sink: broken(new Error("disk full")), onFailure });
    await expect(start({ kind: "model" }).admitted).resolves.toBeUndefined();
    await expect(start({ kind: "tool" }).admitted).rejects.toMatchObject({ code: "record_not_kept" });
    await expect(start({ kind: "retriever" }).admitted).rejects.toMatchObject({ code: "record_not_kept" });
  });

  test("block is refused with a sink that keeps no start records", () => {
    const { begin, ...direct } = broken(undefined);
    expect(() => setUp({ sink: direct, onFailure: "block" })).toThrow(
      expect.objectContaining({ code: "invalid_option" }),
    );
  });

  test("a systemId function that throws loses no call, and blocks under block", async () => {
    const systemId = () => {
      throw new Error("no tenant");
    };
    const { troubles, start } = setUp({ systemId });
    await start().succeed();
    expect(troubles.map(({ code }) => code)).toEqual(["record_not_kept"]);
    await expect(setUp({ systemId, onFailure: "block" }).start().admitted).rejects.toMatchObject({
      code: "record_not_kept",
    });
  });
});

describe("options", () => {
  test.each([
    ["systemId", ""],
    ["version", undefined],
    ["decisionClassification", undefined],
    ["abandonAfterMs", 0],
    ["abandonAfterMs", 2 ** 31],
    ["maxContentBytes", Number.NaN],
    ["maxWaitMs", 0],
    ["onFailure", "panic"],
  ])("%s: %s is refused at construction", (name, value) => {
    expect(() => setUp({ [name]: value })).toThrow(expect.objectContaining({ code: "invalid_option" }));
  });

  test("texts may be functions of the run", async () => {
    const { sink, start } = setUp({
      systemId: (run) => `${run.kind}s`,
      decisionClassification: () => "not_classified",
    });
    await start({ kind: "tool" }).succeed();
    expect(only(sink.events)).toMatchObject({ systemId: "tools", decisionClassification: "not_classified" });
  });
});

describe("facts", () => {
  test("a fact carries its oversight and takes a number of the recorder", async () => {
    const { sink, recorder } = setUp({ pseudonymKey: Buffer.alloc(32, 1) });
    const written = await recorder.record({
      actor: { type: "human" },
      input: { proposed: 1 },
      correlationId: "application-7",
      humanOversight: { decision: "approve", reviewerId: "alice@example.com" },
      review: { request_id: "r1" },
    });
    const event = only(sink.events);
    expect(event).toMatchObject({
      eventId: written.eventId,
      inputReference: written.inputReference,
      correlationId: "application-7",
      systemState: { review: { request_id: "r1" }, recorder: { sequence: 1 } },
    });
    expect(event.humanOversight.reviewerId).toMatch(/^p1\./);
  });

  test("the system of a fact is known before it is recorded", async () => {
    const { sink, recorder } = setUp({ systemId: ({ correlationId }) => `system-of-${correlationId}` });
    expect(recorder.systemIdOf("application-7")).toBe("system-of-application-7");
    await recorder.record({ actor: { type: "human" }, correlationId: "application-7" });
    expect(only(sink.events).systemId).toBe("system-of-application-7");
  });

  test("the same framework fact has the same event id, whichever recorder sees it", async () => {
    const { sink, recorder } = setUp();
    const other = setUp();
    const fact = { actor: { type: "human" }, derivedFrom: { id: "interrupt-1", what: "pending" } };
    await recorder.record(fact);
    await other.recorder.record(fact);
    expect(only(sink.events).eventId).toBe(only(other.sink.events).eventId);
    expect(sink.events[0]?.eventId[14]).toBe("8");
  });

  test("a framework's fact that is seen again is neither sent nor counted again", async () => {
    const { sink, recorder } = setUp();
    const fact = { actor: { type: "human" }, derivedFrom: { id: "interrupt-1", what: "pending" } };
    const [first, again] = await Promise.all([recorder.record(fact), recorder.record(fact)]);
    expect(again).toEqual(first);
    await recorder.record({ ...fact, derivedFrom: { id: "interrupt-2", what: "pending" } });
    expect(sink.events.map(({ systemState }) => systemState?.["recorder"])).toMatchObject([
      { sequence: 1 },
      { sequence: 2 },
    ]);
  });

  test("a framework's fact that could not be kept is sent when it is seen again", async () => {
    const sink = memorySink();
    const troubled: EventSink = { ...sink, submit: () => Promise.reject(new Error("disk full")) };
    const fact = { actor: { type: "human" }, derivedFrom: { id: "interrupt-1", what: "pending" } };
    const { recorder } = setUp({ sink: troubled });
    await expect(recorder.record(fact)).rejects.toThrow("disk full");
    troubled.submit = sink.submit;
    await recorder.record(fact);
    expect(sink.events).toHaveLength(1);
  });

  test("a classification that is undefined is as absent in an override", async () => {
    const { sink, recorder } = setUp({ decisionClassification: "not_classified" });
    const override = { requestId: "application-7", userId: "alice", reason: "wrong degree" };
    await recorder.logOverride({ ...override, decisionClassification: undefined });
    await recorder.logOverride({ ...override, decisionClassification: "reviewed" });
    expect(sink.events.map((event) => event.decisionClassification)).toEqual([
      "automated_decision",
      "reviewed",
    ]);
  });

  test("logOverride has the client's form and names the reviewed event", async () => {
    const { sink, recorder } = setUp();
    await recorder.logOverride({
      requestId: "application-7",
      userId: "alice",
      reason: "wrong degree",
      originalOutput: { shortlist: true },
      finalOutput: { shortlist: false },
      reviewedEventId: "019a0000-0000-7000-8000-000000000001",
      humanOversight: { notes: undefined, reviewerType: "human" },
    });
    expect(only(sink.events)).toMatchObject({
      correlationId: "application-7",
      decisionClassification: "automated_decision",
      inputReference: reference({ shortlist: true }),
      outputReference: reference({ shortlist: false }),
      humanOversight: {
        decision: "override",
        reviewerType: "human",
        reviewerId: "alice",
        interventionType: "override",
        notes: "wrong degree",
      },
      systemState: {
        review: { reviewed_event_id: "019a0000-0000-7000-8000-000000000001", authentication: "asserted" },
      },
    });
  });
});
