import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { RunnableLambda } from "@langchain/core/runnables";
import { fakeModel } from "@langchain/core/testing";
import { END, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { ToolNode } from "@langchain/langgraph/prebuilt";
import { type AgentMiddleware, createAgent, createMiddleware, tool, toolRetryMiddleware } from "langchain";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import type { OutgoingEvent } from "../../src/core/event-sink.ts";
import { ComplianceGuardHandler } from "../../src/langchain/index.ts";
import { memorySink } from "../../src/recorder/memory-sink.ts";
import type { RecorderOptions } from "../../src/recorder/recorder-options.ts";
import { type RecordedEvent, startRecording } from "../support/recording.ts";

// LangChain says on the console what a handler threw.
beforeEach(() => void vi.spyOn(console, "error").mockImplementation(() => {}));

const isOfTool = ({ body }: OutgoingEvent): boolean => Buffer.from(body).toString().includes('"kind":"tool"');

/** A recorder that blocks, with a sink that cannot keep the start of a tool. */
function setUp(options: Partial<RecorderOptions> = {}) {
  const sink = memorySink();
  const trouble = { isBroken: true };
  const begin = async (start: OutgoingEvent) => {
    if (trouble.isBroken && isOfTool(start)) throw new Error("disk full");
    await sink.begin?.(start);
  };
  const recording = startRecording({ onFailure: "block", sink: { ...sink, begin }, ...options });
  const handler = new ComplianceGuardHandler({ recorder: recording.recorder });
  const ran: string[] = [];
  const refund = tool(
    async ({ amount }) => {
      ran.push("refund");
      if (amount > 1000) throw new Error("too much");
      return "refunded";
    },
    { name: "refund", description: "refunds", schema: z.object({ amount: z.number() }) },
  );
  return { ...recording, sink, trouble, ran, refund, callbacks: [handler] };
}

const question = { messages: [new HumanMessage("Refund me 500.")] };
const proposing = (...amounts: number[]) => {
  const calls = amounts.map((amount, index) => ({ name: "refund", args: { amount }, id: `call_${index}` }));
  return fakeModel().respondWithTools(calls).respond(new AIMessage("Done."));
};

describe("a tool whose start cannot be kept, under the policy that blocks", () => {
  test("does not run, and its agent ends with the refusal instead of telling the model", async () => {
    const { ran, refund, callbacks } = setUp();
    const model = proposing(500);
    const agent = createAgent({ model, tools: [refund] });
    await expect(agent.invoke(question, { callbacks })).rejects.toMatchObject({ code: "record_not_kept" });
    expect(ran).toEqual([]);
    expect(model.callCount).toBe(1);
  });

  test("ends a streamed agent as well", async () => {
    const { ran, refund, callbacks } = setUp();
    const model = proposing(500);
    const agent = createAgent({ model, tools: [refund] });
    const read = async () => {
      for await (const _ of await agent.stream(question, { callbacks, streamMode: "updates" }));
    };
    await expect(read()).rejects.toMatchObject({ code: "record_not_kept" });
    expect(ran).toEqual([]);
    expect(model.callCount).toBe(1);
  });

  test("ends an agent whose tools answer the user directly", async () => {
    const { ran, callbacks } = setUp();
    const direct = tool(async () => void ran.push("direct"), {
      name: "refund",
      description: "refunds",
      schema: z.object({ amount: z.number() }),
      returnDirect: true,
    });
    const agent = createAgent({ model: proposing(500), tools: [direct] });
    await expect(agent.invoke(question, { callbacks })).rejects.toMatchObject({ code: "record_not_kept" });
    expect(ran).toEqual([]);
  });

  test("ends an agent whose other middleware makes a message of every error", async () => {
    const { ran, refund, callbacks } = setUp();
    const model = proposing(500);
    const retry = toolRetryMiddleware({ maxRetries: 1, initialDelayMs: 0, onFailure: "continue" });
    const middleware = [retry as unknown as AgentMiddleware];
    const agent = createAgent({ model, tools: [refund], middleware });
    await expect(agent.invoke(question, { callbacks })).rejects.toMatchObject({ code: "record_not_kept" });
    expect(ran).toEqual([]);
    expect(model.callCount).toBe(1);
  });

  test("ends a graph of the application's own with a tool node", async () => {
    const { ran, refund, callbacks } = setUp();
    const model = proposing(500);
    const graph = new StateGraph(MessagesAnnotation)
      .addNode("ask", async ({ messages }) => ({ messages: [await model.invoke(messages)] }))
      .addNode("tools", new ToolNode([refund]))
      .addEdge(START, "ask")
      .addConditionalEdges("ask", ({ messages }) =>
        (messages.at(-1) as AIMessage).tool_calls?.length ? "tools" : END,
      )
      .addEdge("tools", "ask")
      .compile();
    await expect(graph.invoke(question, { callbacks })).rejects.toMatchObject({ code: "record_not_kept" });
    expect(ran).toEqual([]);
    expect(model.callCount).toBe(1);
  });

  test("ends a graph in which nothing is started after its tools", async () => {
    const { ran, refund, callbacks } = setUp();
    const graph = new StateGraph(MessagesAnnotation)
      .addNode("tools", new ToolNode([refund]))
      .addEdge(START, "tools")
      .addEdge("tools", END)
      .compile();
    const tool_calls = [{ name: "refund", args: { amount: 500 }, id: "call_0" }];
    const asked = graph.invoke({ messages: [new AIMessage({ content: "", tool_calls })] }, { callbacks });
    await expect(asked).rejects.toMatchObject({ code: "record_not_kept" });
    expect(ran).toEqual([]);
  });

  test("ends a graph whose own node calls the tool and catches every error", async () => {
    const { ran, refund, callbacks } = setUp();
    const model = fakeModel().respond(new AIMessage("Done."));
    const graph = new StateGraph(MessagesAnnotation)
      .addNode("work", async () => {
        const said = await refund.invoke({ amount: 500 }).catch(() => "refunded, promised");
        return { messages: [new HumanMessage(said)] };
      })
      .addNode("ask", async ({ messages }) => ({ messages: [await model.invoke(messages)] }))
      .addEdge(START, "work")
      .addEdge("work", "ask")
      .addEdge("ask", END)
      .compile();
    await expect(graph.invoke(question, { callbacks })).rejects.toMatchObject({ code: "record_not_kept" });
    expect(ran).toEqual([]);
    expect(model.callCount).toBe(0);
  });

  test("ends the agent around an agent that catches it", async () => {
    const { ran, refund, callbacks, trouble } = setUp();
    const inner = createAgent({ model: proposing(500), tools: [refund] });
    const outerModel = fakeModel()
      .respondWithTools([{ name: "delegate", args: {}, id: "call_outer" }])
      .respond(new AIMessage("Done."));
    const delegate = tool(
      async () => {
        trouble.isBroken = true;
        await inner.invoke(question).catch(() => {});
        trouble.isBroken = false;
        return "refunded, promised";
      },
      { name: "delegate", description: "delegates", schema: z.object({}) },
    );
    trouble.isBroken = false;
    const outer = createAgent({ model: outerModel, tools: [delegate] });
    await expect(outer.invoke(question, { callbacks })).rejects.toMatchObject({ code: "record_not_kept" });
    expect(ran).toEqual([]);
    expect(outerModel.callCount).toBe(1);
  });

  test("is refused to a caller of its own as an error", async () => {
    const { ran, refund, callbacks } = setUp();
    await expect(refund.invoke({ amount: 5 }, { callbacks })).rejects.toMatchObject({
      code: "record_not_kept",
    });
    expect(ran).toEqual([]);
  });

  test("stops only what it belongs to: the next call of the agent works once starts are kept again", async () => {
    const { ran, refund, callbacks, trouble } = setUp();
    const ask = () => createAgent({ model: proposing(500), tools: [refund] }).invoke(question, { callbacks });
    await expect(ask()).rejects.toMatchObject({ code: "record_not_kept" });
    trouble.isBroken = false;
    await ask();
    expect(ran).toEqual(["refund"]);
  });

  test("has no event, its agent's says what ended it, and nothing stays open", async () => {
    const { refund, callbacks, recorder, sink } = setUp();
    await createAgent({ model: proposing(500), tools: [refund] })
      .invoke(question, { callbacks })
      .catch(() => {});
    await recorder.flush();
    const told = sink.events.map(({ systemState, actor }) => [
      actor?.type,
      (systemState as unknown as RecordedEvent["systemState"]).performance["provider_status"],
    ]);
    expect(told.sort()).toEqual([
      ["agent", "error:ComplianceGuardError"],
      ["model", "success"],
    ]);
    expect(sink.open.size).toBe(0);
  });
});

test("a refused model is the application's to catch: what it does instead goes on", async () => {
  const sink = memorySink();
  const begin = async ({ body }: OutgoingEvent) => {
    if (Buffer.from(body).toString().includes('"kind":"model"')) throw new Error("disk full");
  };
  const { recorder } = startRecording({ onFailure: "block", sink: { ...sink, begin } });
  const callbacks = [new ComplianceGuardHandler({ recorder })];
  const fallback = RunnableLambda.from(() => "a person will answer");
  const chain = fakeModel()
    .respond(new AIMessage("Yes."))
    .withFallbacks([fallback as never]);
  expect(await chain.invoke("?", { callbacks })).toBe("a person will answer");
});

test("a policy may block tools alone", async () => {
  const onFailure = ({ kind }: { readonly kind: string }) => (kind === "tool" ? "block" : "continue");
  const { ran, refund, callbacks, trouble } = setUp({ onFailure });
  trouble.isBroken = true;
  const agent = createAgent({ model: proposing(500), tools: [refund] });
  await expect(agent.invoke(question, { callbacks })).rejects.toMatchObject({ code: "record_not_kept" });
  expect(ran).toEqual([]);
});

test("a tool's own error reaches the model as it always did: nothing wraps the tools of an agent", async () => {
  const { ran, refund, callbacks, trouble } = setUp();
  trouble.isBroken = false;
  const model = proposing(5000);
  const { messages } = await createAgent({ model, tools: [refund] }).invoke(question, { callbacks });
  expect(messages.at(-1)?.content).toBe("Done.");
  expect(ran).toEqual(["refund"]);
  // Why it is the handler that stops an agent: any middleware around tools makes every error of a tool fatal.
  const passing = createMiddleware({ name: "Passing", wrapToolCall: (request, run) => run(request) });
  const wrapped = createAgent({ model: proposing(5000), tools: [refund], middleware: [passing] });
  await expect(wrapped.invoke(question, { callbacks })).rejects.toThrow("too much");
});

test("under the policy that goes on no tool is refused and nothing is thrown", async () => {
  const broken = async (event: OutgoingEvent) => {
    if (isOfTool(event)) throw new Error("disk full");
  };
  const sink = { ...memorySink(), begin: broken, submit: broken };
  const { ran, refund, callbacks, troubles, recorder } = setUp({ onFailure: "continue", sink });
  const model = proposing(500, 600);
  await createAgent({ model, tools: [refund] }).invoke(question, { callbacks });
  await recorder.flush();
  expect(ran).toEqual(["refund", "refund"]);
  expect(model.callCount).toBe(2);
  expect(troubles.map(({ code }) => code)).toEqual(["record_not_kept", "record_not_kept"]);
});
