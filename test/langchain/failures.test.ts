import { HumanMessage } from "@langchain/core/messages";
import { RunnableLambda } from "@langchain/core/runnables";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { ChatOpenAI } from "@langchain/openai";
import { createAgent } from "langchain";
import { describe, expect, test, vi } from "vitest";
import { isComplianceGuardError } from "../../src/core/errors.ts";
import { ComplianceGuardHandler } from "../../src/langchain/index.ts";
import { memorySink } from "../../src/recorder/memory-sink.ts";
import type { RecorderOptions } from "../../src/recorder/recorder-options.ts";
import { type ScriptedAnswer, startOpenAiServer } from "../support/openai-server.ts";
import { type RecordedEvent, startRecording, statusOf } from "../support/recording.ts";

function setUp(options: Partial<RecorderOptions> = {}) {
  const recording = startRecording(options);
  const handler = new ComplianceGuardHandler({ recorder: recording.recorder });
  return { ...recording, handler, callbacks: [handler] };
}

async function openAi(...answers: ScriptedAnswer[]) {
  const server = await startOpenAiServer(answers);
  const configuration = { baseURL: server.baseURL };
  const model = new ChatOpenAI({ model: "gpt-5", apiKey: "none", maxRetries: 0, configuration });
  return { server, model, [Symbol.asyncDispose]: () => server.close() };
}

const runOf = (event: RecordedEvent | undefined) => event?.systemState.run;
const outline = (events: readonly RecordedEvent[]) =>
  events.map((event) => `${runOf(event)?.["kind"]} ${statusOf(event)}`);

/** Asks in pieces and does something with the first. */
async function stream(
  parts: AsyncIterable<unknown>,
  onPart: (count: number) => "leave" | "go on" = () => "go on",
) {
  let count = 0;
  for await (const _ of parts) {
    count += 1;
    if (onPart(count) === "leave") break;
  }
}

describe("errors of a provider", () => {
  test.each([401, 429, 500])("status %i is the event's status, the message only a hash", async (status) => {
    await using api = await openAi({ status, error: { message: "canary-message" } });
    const { callbacks, sink, only } = setUp();
    await expect(api.model.invoke("?", { callbacks })).rejects.toMatchObject({ status });
    const event = await only();
    expect(statusOf(event)).toBe(String(status));
    expect(event.systemState.performance["provider_error_message"]).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(sink.events)).not.toContain("canary");
  });

  test("a stream that is cut has what was delivered of it", async () => {
    await using api = await openAi({ text: "Yes, of course.", cutAfter: 3 });
    const { callbacks, only } = setUp();
    await expect(api.model.stream("?", { callbacks }).then((parts) => stream(parts))).rejects.toThrow();
    const event = await only();
    expect(statusOf(event)).toMatch(/^error:/);
    expect(event.output).toEqual({
      messages: [{ role: "assistant", parts: [{ type: "text", content: "Yes, of c".slice(0, 8) }] }],
    });
  });

  test("a call that is cut in the middle of its arguments keeps them as text", async () => {
    const toolCalls = [{ id: "c1", name: "score", arguments: '{"id":7}' }];
    await using api = await openAi({ text: "Well", toolCalls, cutAfter: 4 });
    const { callbacks, only } = setUp();
    await expect(api.model.stream("?", { callbacks }).then((parts) => stream(parts))).rejects.toThrow();
    expect((await only()).output.messages).toEqual([
      {
        role: "assistant",
        parts: [
          { type: "text", content: "Well" },
          { type: "tool_call", id: "c1", name: "score", arguments: '{"id' },
        ],
      },
    ]);
  });
});

describe("calls that somebody ends", () => {
  test("an aborted call is cancelled, not failed", async () => {
    await using api = await openAi({ hangAfter: 0 });
    const { callbacks, only } = setUp();
    const controller = new AbortController();
    const asked = api.model.invoke("?", { callbacks, signal: controller.signal });
    await vi.waitUntil(() => api.server.requests.length > 0);
    controller.abort();
    await expect(asked).rejects.toThrow();
    expect(statusOf(await only())).toBe("cancelled");
  });

  test("an aborted stream is cancelled with what was delivered", async () => {
    await using api = await openAi({ text: "Yes, of course.", hangAfter: 3 });
    const { callbacks, only } = setUp();
    const controller = new AbortController();
    const parts = await api.model.stream("?", { callbacks, signal: controller.signal });
    const read = stream(parts, (count) => {
      if (count === 2) controller.abort();
      return "go on";
    });
    await expect(read).rejects.toThrow();
    const event = await only();
    expect(statusOf(event)).toBe("cancelled");
    expect(event.output.messages).toMatchObject([{ parts: [{ type: "text" }] }]);
  });

  test.each([
    ["no reason", undefined],
    ["the application's own reason", new Error("user left")],
  ])("an agent aborted for %s is cancelled with everything below it", async (_, reason) => {
    await using api = await openAi({ hangAfter: 0 });
    const { callbacks, events } = setUp();
    const controller = new AbortController();
    const agent = createAgent({ model: api.model, tools: [] });
    const asked = agent.invoke(
      { messages: [new HumanMessage("?")] },
      { callbacks, signal: controller.signal },
    );
    await vi.waitUntil(() => api.server.requests.length > 0);
    controller.abort(reason);
    await expect(asked).rejects.toThrow();
    await vi.waitUntil(async () => (await events()).length === 2);
    expect(outline(await events())).toEqual(["agent cancelled", "model cancelled"]);
  });

  test("a deadline is an error where it is shown as one", async () => {
    const { callbacks, events } = setUp();
    const chain = RunnableLambda.from(() => new Promise<string>(() => {}));
    await expect(chain.invoke("?", { callbacks, timeout: 1 })).rejects.toMatchObject({
      name: "TimeoutError",
    });
    expect(outline(await events())).toEqual(["chain error:TimeoutError"]);
  });

  test("a stream the consumer walks away from becomes an event when it is given up", async () => {
    await using api = await openAi({ text: "Yes, of course." });
    const { callbacks, recorder, sink, only } = setUp();
    await stream(await api.model.stream("?", { callbacks }), () => "leave");
    await recorder.flush();
    expect(sink.open.size).toBe(1);
    await recorder.close();
    expect(statusOf(await only())).toBe("abandoned");
    expect(sink.open.size).toBe(0);
  });
});

describe("a sink in trouble, under the policy that goes on", () => {
  const never = () => new Promise<void>(() => {});
  const rejects = async () => {
    throw new Error("disk full");
  };
  const throws = () => {
    throw new Error("not open");
  };

  test.each([
    ["throws at the start", { begin: throws }],
    ["rejects at the start", { begin: rejects }],
    ["throws at the end", { submit: throws }],
    ["rejects at the end", { submit: rejects }],
    ["throws at both", { begin: throws, submit: throws }],
  ])("that %s changes no result and is heard of", async (_, trouble) => {
    const { callbacks, troubles, recorder } = setUp({ sink: { ...memorySink(), ...trouble } });
    // Long enough that there is a start record.
    const model = new FakeListChatModel({ responses: ["Yes."], sleep: 30 });
    expect((await model.invoke("?", { callbacks })).text).toBe("Yes.");
    await recorder.flush();
    expect(troubles.map(({ code }) => code)).toContain("record_not_kept");
  });

  test.each([
    ["the start", { begin: never }],
    ["the end", { submit: never }],
  ])("that hangs at %s stops no call", async (_, trouble) => {
    const { callbacks, troubles } = setUp({ sink: { ...memorySink(), ...trouble }, maxWaitMs: 1 });
    // Long enough that there is a start record.
    const model = new FakeListChatModel({ responses: ["Yes."], sleep: 30 });
    expect((await model.invoke("?", { callbacks })).text).toBe("Yes.");
    expect(troubles).toMatchObject([{ code: "timeout", eventId: expect.stringMatching(/^[0-9a-f-]{36}$/) }]);
  });

  test("a start that cannot be read costs neither the call nor the event, and what runs below it finds it", async () => {
    const { handler, events } = setUp();
    const metadata = {
      get complianceguard(): never {
        throw new Error("canary-getter");
      },
    };
    await handler.handleChainStart({}, {}, "r1", undefined, [], metadata);
    await handler.handleToolStart({}, "{}", "r2", "r1", [], metadata, "score");
    await handler.handleToolEnd("7", "r2");
    await handler.handleChainEnd({ output: "!" }, "r1");
    const all = await events();
    expect(outline(all)).toEqual(["chain success", "tool success"]);
    for (const { input } of all) expect(input).toEqual({ unrepresentable: "unreadable" });
    expect(all.map(({ output }) => output)).toEqual([{ value: "!" }, { result: "7" }]);
    expect(runOf(all[1])?.["root_id"]).toBe(runOf(all[0])?.["id"]);
  });

  test("a message that cannot be read costs neither the call nor the event", async () => {
    const { handler, only, troubles } = setUp();
    const hostile = {
      get message(): never {
        throw new Error("canary-getter");
      },
    };
    await handler.handleChatModelStart({}, [[{ role: "user", content: "?" }]], "r1");
    await handler.handleLLMEnd({ generations: [[hostile]] }, "r1");
    expect((await only()).output).toEqual({ unrepresentable: "output" });
    expect(troubles).toHaveLength(1);
  });
});

describe("a sink in trouble, under the policy that blocks", () => {
  const broken = () => ({
    ...memorySink(),
    begin: async () => {
      throw new Error("disk full");
    },
  });

  test("a model is not called, and the application is told why", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    await using api = await openAi({ text: "Yes." });
    const { callbacks } = setUp({ onFailure: "block", sink: broken() });
    const refused = await api.model.invoke("?", { callbacks }).catch((error: unknown) => error);
    expect(isComplianceGuardError(refused) && refused.code).toBe("record_not_kept");
    await expect(api.model.stream("?", { callbacks })).rejects.toMatchObject({
      code: "record_not_kept",
    });
    expect(api.server.requests).toHaveLength(0);
  });

  test("an agent is not started", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    await using api = await openAi({ text: "Yes." });
    const { callbacks } = setUp({ onFailure: "block", sink: broken() });
    const agent = createAgent({ model: api.model, tools: [] });
    await expect(agent.invoke({ messages: [new HumanMessage("?")] }, { callbacks })).rejects.toMatchObject({
      code: "record_not_kept",
    });
    expect(api.server.requests).toHaveLength(0);
  });

  test("a sink that fails only at the end refuses nothing", async () => {
    await using api = await openAi({ text: "Yes." });
    const submit = async () => {
      throw new Error("disk full");
    };
    const { callbacks, troubles } = setUp({ onFailure: "block", sink: { ...memorySink(), submit } });
    expect((await api.model.invoke("?", { callbacks })).text).toBe("Yes.");
    expect(troubles.map(({ code }) => code)).toEqual(["record_not_kept"]);
  });

  test("what cannot be read refuses nothing either", async () => {
    const { handler } = setUp({ onFailure: "block" });
    const metadata = {
      get complianceguard(): never {
        throw new Error("canary-getter");
      },
    };
    await handler.handleChainStart({}, {}, "r1", undefined, [], metadata);
    await handler.handleChainEnd({}, "r1");
  });
});
