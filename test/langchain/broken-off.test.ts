import { HumanMessage } from "@langchain/core/messages";
import { StringOutputParser } from "@langchain/core/output_parsers";
import { RunnableLambda, RunnableSequence } from "@langchain/core/runnables";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { ChatOpenAI } from "@langchain/openai";
import { createAgent, tool } from "langchain";
import { afterEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { ComplianceGuardHandler } from "../../src/langchain/index.ts";
import { type ScriptedAnswer, startOpenAiServer } from "../support/openai-server.ts";
import { type RecordedEvent, startRecording, statusOf } from "../support/recording.ts";

const abandonAfterMs = 60_000;
afterEach(() => vi.useRealTimers());

function setUp() {
  const recording = startRecording({ abandonAfterMs });
  return { ...recording, callbacks: [new ComplianceGuardHandler({ recorder: recording.recorder })] };
}

async function openAi(...answers: ScriptedAnswer[]) {
  const server = await startOpenAiServer(answers);
  const configuration = { baseURL: server.baseURL };
  const model = new ChatOpenAI({ model: "gpt-5", apiKey: "none", maxRetries: 0, configuration });
  return { server, model, [Symbol.asyncDispose]: () => server.close() };
}

const outline = (events: readonly RecordedEvent[]) =>
  events.map((event) => `${event.systemState.run["kind"]} ${statusOf(event)}`);
const takeOne = async (parts: AsyncIterable<unknown>) => {
  for await (const _ of parts) break;
};

test("a chain's stream the consumer walks away from is given up with all its runs, one event each", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
  const { callbacks, sink, events } = setUp();
  const model = new FakeListChatModel({ responses: ["Yes, of course."] });
  const chain = RunnableSequence.from([
    RunnableLambda.from((text: string) => text),
    model,
    new StringOutputParser(),
  ]);
  await takeOne(await chain.stream("?", { callbacks }));
  expect(sink.events).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(abandonAfterMs);
  const all = await events();
  expect(outline(all)).toEqual(["chain abandoned", "model abandoned"]);
  expect(sink.open.size).toBe(0);
});

test.each(["messages", "updates", "values"] as const)(
  "an agent's stream of %s that the consumer walks away from is one event a run in the end",
  async (streamMode) => {
    await using api = await openAi({ text: "Yes, of course." });
    const { callbacks, recorder, sink, events } = setUp();
    const agent = createAgent({ model: api.model, tools: [] });
    const messages = [new HumanMessage("?")];
    await takeOne(await agent.stream({ messages }, { callbacks, streamMode }));
    await recorder.close();
    const all = await events();
    expect(all.map(({ actor }) => actor?.type)).toEqual(["agent", "model"]);
    for (const event of all) expect(statusOf(event)).toMatch(/^(success|cancelled|abandoned)$/);
    expect(sink.open.size).toBe(0);
  },
);

test("an agent that runs into its deadline is cancelled with the model it waited for, one event each", async () => {
  await using api = await openAi({ hangAfter: 0 });
  const { callbacks, events } = setUp();
  const agent = createAgent({ model: api.model, tools: [] });
  const asked = agent.invoke({ messages: [new HumanMessage("?")] }, { callbacks, timeout: 300 });
  await expect(asked).rejects.toThrow();
  await vi.waitUntil(async () => (await events()).length === 2);
  // LangGraph shows its deadline only to the step that waited; the agent is told of an abort.
  expect(outline(await events())).toEqual(["agent cancelled", "model cancelled"]);
});

test("a tool that goes on after the abort is one event, cancelled when the application was told", async () => {
  const { callbacks, events } = setUp();
  const controller = new AbortController();
  const { promise, resolve } = Promise.withResolvers<string>();
  let isRunning = false;
  const work = (): Promise<string> => {
    isRunning = true;
    return promise;
  };
  const slow = tool(work, {
    name: "slow",
    description: "waits",
    schema: z.object({}),
  });
  const ran = slow.invoke({}, { callbacks, signal: controller.signal });
  await vi.waitUntil(() => isRunning);
  controller.abort();
  await expect(ran).rejects.toThrow();
  resolve("late");
  expect(outline(await events())).toEqual(["tool cancelled"]);
});

type LifeSign = (handler: ComplianceGuardHandler) => void;

test.each([
  ["a token", (handler) => handler.handleLLMNewToken("x", undefined, "model"), "tool"],
  [
    "an event of the newer protocol",
    (handler) => handler.handleChatModelStreamEvent({ event: "message-start" }, "model"),
    "tool",
  ],
  ["a part of a tool's result", (handler) => handler.handleToolEvent("x", "tool"), "model"],
] satisfies [string, LifeSign, string][])(
  "%s is a sign of life of its run and of those around it, and of no other",
  async (_, live, other) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
    const { recorder, events } = setUp();
    const handler = new ComplianceGuardHandler({ recorder });
    await handler.handleChainStart({}, {}, "agent");
    await handler.handleChatModelStart({}, [[{ role: "user", content: "?" }]], "model", "agent");
    await handler.handleToolStart({}, "{}", "tool", "agent", [], {}, "score");
    for (let round = 0; round < 3; round += 1) {
      await vi.advanceTimersByTimeAsync(abandonAfterMs * 0.6);
      live(handler);
    }
    expect(outline(await events())).toEqual([`${other} abandoned`]);
  },
);

test("an end that comes after a run was given up is one more event, which names the first", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
  const { callbacks, events } = setUp();
  const { promise, resolve } = Promise.withResolvers<string>();
  const chain = RunnableLambda.from(() => promise);
  const asked = chain.invoke("?", { callbacks });
  await vi.advanceTimersByTimeAsync(abandonAfterMs);
  resolve("late");
  expect(await asked).toBe("late");
  const [given, amending, ...others] = await events();
  expect(others).toEqual([]);
  expect([statusOf(given), statusOf(amending)]).toEqual(["abandoned", "success"]);
  expect(amending?.systemState.run["amends"]).toBe(given?.eventId);
  expect(amending?.output).toEqual({ value: "late" });
});
