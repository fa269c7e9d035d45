import { AsyncLocalStorage } from "node:async_hooks";
import { HumanMessage } from "@langchain/core/messages";
import { RunnableLambda } from "@langchain/core/runnables";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { Annotation, START, StateGraph } from "@langchain/langgraph";
import { createAgent } from "langchain";
import { describe, expect, test } from "vitest";
import { ComplianceGuardHandler } from "../../src/langchain/index.ts";
import { startRecording } from "../support/recording.ts";

/** A handler of somebody else's that runs in LangChain's background and holds its queue up. */
function busyHandler() {
  const gate = Promise.withResolvers<void>();
  const wait = () => gate.promise;
  return {
    handler: { name: "busy", awaitHandlers: false, handleChainStart: wait, handleChatModelStart: wait },
    release: gate.resolve,
  };
}

describe("beside a handler that holds up LangChain's background queue", () => {
  test("what a chain was called with is recorded, not what it made of it", async () => {
    const { recorder, events } = startRecording();
    const busy = busyHandler();
    const chain = RunnableLambda.from((state: { applicant: number; seen?: boolean }) => {
      state.seen = true;
      return "done";
    });
    const callbacks = [busy.handler, new ComplianceGuardHandler({ recorder })] as never;
    await chain.invoke({ applicant: 7 }, { callbacks });
    const [event] = await events();
    busy.release();
    expect(event?.input).toEqual({ value: { applicant: 7 } });
  });

  test("the events are kept when the call is over", async () => {
    const { recorder, sink } = startRecording();
    const busy = busyHandler();
    const model = new FakeListChatModel({ responses: ["Yes."] });
    await model.invoke("?", { callbacks: [busy.handler, new ComplianceGuardHandler({ recorder })] as never });
    expect(sink.events).toHaveLength(1);
    busy.release();
  });
});

describe("requests at the same time", () => {
  const requests = Array.from({ length: 20 }, (_, index) => `request ${index}`);
  const textOf = (value: unknown): string => /request \d+/.exec(JSON.stringify(value))?.[0] ?? "none";
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  test("each find the application's own context in options that are functions of the run", async () => {
    const own = new AsyncLocalStorage<string>();
    const { recorder, events } = startRecording({ systemId: () => own.getStore() ?? "lost" });
    const callbacks = [new ComplianceGuardHandler({ recorder })];
    const agent = createAgent({ model: new FakeListChatModel({ responses: ["Yes."] }), tools: [] });
    const ask = (text: string) =>
      own.run(text, async () => {
        await turn();
        await agent.invoke({ messages: [new HumanMessage(text)] }, { callbacks });
      });
    await Promise.all(requests.map(ask));
    const all = await events();
    expect(all).toHaveLength(2 * requests.length);
    for (const event of all) expect(event.systemId).toBe(textOf(event.input));
  });

  test("each keep the correlation of the recorder's context around them, through graphs and parallel branches", async () => {
    const { recorder, events } = startRecording();
    const callbacks = [new ComplianceGuardHandler({ recorder })];
    const model = new FakeListChatModel({ responses: ["Yes."] });
    const State = Annotation.Root({
      question: Annotation<string>(),
      answers: Annotation<string[]>({ reducer: (left, right) => left.concat(right), default: () => [] }),
    });
    const work = async ({ question }: { question: string }) => {
      await turn();
      return { answers: [(await model.invoke(question)).text] };
    };
    const graph = new StateGraph(State)
      .addNode("left", work)
      .addNode("right", work)
      .addEdge(START, "left")
      .addEdge(START, "right")
      .compile();
    const ask = (question: string) =>
      recorder.withContext({ correlationId: question, dataSubjects: [`subject of ${question}`] }, () =>
        graph.invoke({ question }, { callbacks }),
      );
    await Promise.all(requests.map(ask));
    const all = await events();
    expect(all).toHaveLength(3 * requests.length);
    for (const { input, correlationId, dataSubjects } of all) {
      expect(correlationId).toBe(textOf(input));
      expect(dataSubjects).toEqual([`subject of ${textOf(input)}`]);
    }
  });
});
