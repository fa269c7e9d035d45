import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { RunnableLambda } from "@langchain/core/runnables";
import { fakeModel } from "@langchain/core/testing";
import {
  Command,
  END,
  interrupt,
  MemorySaver,
  MessagesAnnotation,
  START,
  StateGraph,
} from "@langchain/langgraph";
import { ToolNode } from "@langchain/langgraph/prebuilt";
import {
  type AgentMiddleware,
  createAgent,
  createMiddleware,
  humanInTheLoopMiddleware,
  tool,
} from "langchain";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ComplianceGuardHandler } from "../../src/langchain/index.ts";
import { type RecordedEvent, startRecording, statusOf } from "../support/recording.ts";

function setUp() {
  const recording = startRecording();
  const handler = new ComplianceGuardHandler({ recorder: recording.recorder });
  return { ...recording, handler, callbacks: [handler] };
}

const runOf = (event: RecordedEvent | undefined) => event?.systemState.run;
const kindOf = (event: RecordedEvent) => runOf(event)?.["kind"];
const ofKind = (events: readonly RecordedEvent[], kind: string) =>
  events.filter((event) => kindOf(event) === kind);
/** `tool success`, `agent interrupted` … in the order the runs started. */
const outline = (events: readonly RecordedEvent[]) =>
  events.filter(runOf).map((event) => `${kindOf(event)} ${statusOf(event)}`);

const partsOf = (event: RecordedEvent | undefined) =>
  (event?.output.messages as { parts: object[] }[] | undefined)?.flatMap(({ parts }) => parts);

const refund = tool(async ({ amount }) => ({ refunded: amount }), {
  name: "refund",
  description: "refunds",
  schema: z.object({ amount: z.number() }),
});
const proposal = (amount: unknown, id = "call_1", name = "refund") => ({
  name,
  args: { amount } as object,
  id,
});
const question = { messages: [new HumanMessage("Refund me 500.")] };

/** The framework's own middleware does not pass its own types under `exactOptionalPropertyTypes`. */
const review = () =>
  humanInTheLoopMiddleware({ interruptOn: { refund: true } } as never) as unknown as AgentMiddleware;

describe("tools of an agent", () => {
  test("agent, model calls and tool run are one event each, tied together", async () => {
    const { callbacks, events } = setUp();
    const model = fakeModel()
      .respondWithTools([proposal(500)])
      .respond(new AIMessage("Done."));
    await createAgent({ model, tools: [refund] }).invoke(question, { callbacks });
    const all = await events();
    expect(outline(all)).toEqual(["agent success", "model success", "tool success", "model success"]);
    const [agent, asking, run, closing] = all;
    expect(run).toMatchObject({
      input: { name: "refund", arguments: { amount: 500 } },
      output: { result: { refunded: 500 } },
      metadata: { tool_call_id: "call_1" },
    });
    expect(runOf(run)).not.toHaveProperty("arguments_modified");
    for (const event of all) {
      expect(event.correlationId).toBe(agent?.correlationId);
      expect(runOf(event)?.["root_id"]).toBe(runOf(agent)?.["id"]);
    }
    expect(partsOf(asking)).toContainEqual({
      type: "tool_call",
      id: "call_1",
      name: "refund",
      arguments: { amount: 500 },
    });
    expect(agent?.output).toEqual({
      value: { messages: [...(closing?.input.messages ?? []), ...(closing?.output.messages ?? [])] },
    });
  });

  test("calls made in parallel are one tool run each", async () => {
    const { callbacks, events } = setUp();
    const model = fakeModel()
      .respondWithTools([proposal(1, "a"), proposal(2, "b"), proposal(3, "c")])
      .respond(new AIMessage("Done."));
    await createAgent({ model, tools: [refund] }).invoke(question, { callbacks });
    const tools = ofKind(await events(), "tool");
    expect(tools.map(({ output }) => output.result)).toEqual([
      { refunded: 1 },
      { refunded: 2 },
      { refunded: 3 },
    ]);
  });

  test("arguments that were rewritten on the way are said to be modified", async () => {
    const { callbacks, events } = setUp();
    const model = fakeModel()
      .respondWithTools([proposal(500)])
      .respond(new AIMessage("Done."));
    const cap = createMiddleware({
      name: "Cap",
      wrapToolCall: (request, handler) =>
        handler({ ...request, toolCall: { ...request.toolCall, args: { amount: 100 } } }),
    });
    await createAgent({ model, tools: [refund], middleware: [cap] }).invoke(question, { callbacks });
    const [run] = ofKind(await events(), "tool");
    expect(run?.input).toEqual({ name: "refund", arguments: { amount: 100 } });
    expect(runOf(run)).toMatchObject({ arguments_modified: true });
  });

  test.each([
    ["invalid arguments", proposal("a lot"), undefined],
    ["an unknown tool", proposal(1, "call_1", "canary_invented_tool"), undefined],
    [
      "a denial",
      proposal(500),
      createMiddleware({
        name: "Deny",
        wrapToolCall: ({ toolCall }) =>
          new ToolMessage({ content: "canary-denied", tool_call_id: toolCall.id ?? "", status: "error" }),
      }),
    ],
    [
      "a denial that does not say it is an error",
      proposal(500),
      createMiddleware({
        name: "Deny",
        wrapToolCall: ({ toolCall }) =>
          new ToolMessage({ content: "canary-denied", tool_call_id: toolCall.id ?? "" }),
      }),
    ],
  ])("a call that never ran for %s is an event too", async (_, call, middleware) => {
    const { sink, callbacks, events } = setUp();
    const model = fakeModel().respondWithTools([call]).respond(new AIMessage("Sorry."));
    await createAgent({ model, tools: [refund], middleware: middleware ? [middleware] : [] }).invoke(
      question,
      {
        callbacks,
      },
    );
    const all = await events();
    const [run, ...others] = ofKind(all, "tool");
    expect(others).toEqual([]);
    expect(run).toMatchObject({
      input: { name: call.name, arguments: call.args },
      metadata: { executed: false, tool_call_id: "call_1" },
    });
    expect(run && statusOf(run)).toBe("error:ToolNotExecuted");
    expect(runOf(run)?.["root_id"]).toBe(runOf(all[0])?.["id"]);
    expect(JSON.stringify(sink.events)).not.toContain("canary");
  });

  test("a call whose middleware throws is an event beside the agent's error", async () => {
    const { callbacks, events } = setUp();
    const model = fakeModel()
      .respondWithTools([proposal(500)])
      .respond(new AIMessage("Sorry."));
    const deny = createMiddleware({
      name: "Deny",
      wrapToolCall: () => {
        throw new Error("canary-denied");
      },
    });
    await createAgent({ model, tools: [refund], middleware: [deny] })
      .invoke(question, { callbacks })
      .catch(() => {});
    const all = await events();
    expect(outline(all)).toEqual(["agent error:Error", "model success", "tool error:ToolNotExecuted"]);
    expect(all[2]?.input).toEqual({ name: "refund", arguments: { amount: 500 } });
  });

  test("a call answered in an earlier turn is not recorded again", async () => {
    const { callbacks, events } = setUp();
    const model = fakeModel()
      .respondWithTools([proposal("a lot")])
      .respond(new AIMessage("Sorry."))
      .respond(new AIMessage("Bye."));
    const agent = createAgent({ model, tools: [refund], checkpointer: new MemorySaver() });
    const configurable = { thread_id: "t1" };
    await agent.invoke(question, { callbacks, configurable });
    await agent.invoke({ messages: [new HumanMessage("And now?")] }, { callbacks, configurable });
    expect(ofKind(await events(), "tool")).toHaveLength(1);
  });

  test("a tool that throws is an error, its text only hashed", async () => {
    const { sink, callbacks, events } = setUp();
    const failing = tool(
      () => {
        throw new TypeError("canary-account-closed");
      },
      { name: "refund", description: "refunds", schema: z.object({ amount: z.number() }) },
    );
    const model = fakeModel()
      .respondWithTools([proposal(500)])
      .respond(new AIMessage("Sorry."));
    await createAgent({ model, tools: [failing] })
      .invoke(question, { callbacks })
      .catch(() => {});
    const tools = ofKind(await events(), "tool");
    expect(tools.map(statusOf)).toEqual(["error:TypeError"]);
    expect(tools[0]?.systemState.performance).toHaveProperty("provider_error_message");
    expect(JSON.stringify(sink.events)).not.toContain("canary");
  });

  test("a tool whose message says error has not succeeded", async () => {
    const { sink, callbacks, events } = setUp();
    const refusing = tool(
      (_, { toolCall }) =>
        new ToolMessage({
          content: "canary-no-money",
          tool_call_id: toolCall?.id ?? "",
          status: "error",
          name: "refund",
        }),
      { name: "refund", description: "refunds", schema: z.object({ amount: z.number() }) },
    );
    const model = fakeModel()
      .respondWithTools([proposal(500)])
      .respond(new AIMessage("Sorry."));
    await createAgent({ model, tools: [refusing] }).invoke(question, { callbacks });
    const [run, ...others] = ofKind(await events(), "tool");
    expect(others).toEqual([]);
    expect(run && statusOf(run)).toBe("error:ToolError");
    expect(run?.output).toEqual({ result: "canary-no-money" });
    expect(JSON.stringify(sink.events)).not.toContain("canary");
  });

  test("a tool that commands the graph has the result the model is shown", async () => {
    const { callbacks, events } = setUp();
    const commanding = tool(
      (_, { toolCall }) =>
        new Command({
          update: {
            messages: [new ToolMessage({ content: '{"ok":true}', tool_call_id: toolCall?.id ?? "" })],
          },
        }),
      { name: "refund", description: "refunds", schema: z.object({ amount: z.number() }) },
    );
    const model = fakeModel()
      .respondWithTools([proposal(500)])
      .respond(new AIMessage("Done."));
    await createAgent({ model, tools: [commanding] }).invoke(question, { callbacks });
    const [run] = ofKind(await events(), "tool");
    expect(run && statusOf(run)).toBe("success");
    expect(run?.output).toEqual({ result: { ok: true } });
  });

  test("a tool that says no name of its own has that of the call", async () => {
    const { handler, events } = setUp();
    const sent = { lg_tool_call: { id: "call_1", name: "refund", args: { amount: 5 } } };
    await handler.handleChainStart({ id: [] }, {}, "root");
    const metadata = { langgraph_node: "tools" };
    await handler.handleChainStart({ id: [] }, sent, "node", "root", [], metadata, undefined, "tools");
    await handler.handleToolStart(
      { id: [] },
      '{"amount":5}',
      "tool",
      "node",
      [],
      metadata,
      undefined,
      "call_1",
    );
    await handler.handleToolEnd("done", "tool");
    const failed = { type: "tool", content: "no", tool_call_id: "call_1", status: "error" };
    await handler.handleChainEnd({ messages: [failed] }, "node");
    const [run, ...others] = ofKind(await events(), "tool");
    expect(others).toEqual([]);
    expect(run?.input).toEqual({ name: "refund", arguments: { amount: 5 } });
  });

  test("a tool that the framework ties to no call is tied to the one its node was sent", async () => {
    const { handler, events } = setUp();
    const call = { id: "call_1", name: "refund", args: { amount: 500 } };
    const answer = { type: "ai", content: "", tool_calls: [call] };
    const metadata = { langgraph_node: "tools" };
    await handler.handleChainStart({ id: [] }, {}, "root");
    await handler.handleChatModelStart({}, [[{ role: "user", content: "?" }]], "model", "root");
    await handler.handleLLMEnd({ generations: [[{ message: answer }]] }, "model");
    const sent = { messages: [answer], lg_tool_call: call };
    await handler.handleChainStart({ id: [] }, sent, "node", "root", [], metadata, undefined, "tools");
    await handler.handleToolStart({ id: [] }, '{"amount":5}', "tool", "node", [], metadata, "refund");
    await handler.handleToolStart({ id: [] }, '{"amount":1}', "inner", "tool", [], metadata, "refund");
    await handler.handleToolEnd("done", "inner");
    await handler.handleToolEnd("done", "tool");
    const failed = { type: "tool", content: "no", tool_call_id: "call_1", status: "error" };
    await handler.handleChainEnd({ messages: [failed] }, "node");
    const [run, inner, ...others] = ofKind(await events(), "tool");
    expect(others).toEqual([]);
    expect(run?.metadata).toMatchObject({ tool_call_id: "call_1" });
    expect(runOf(run)).toMatchObject({ arguments_modified: true });
    expect(inner?.metadata).not.toHaveProperty("tool_call_id");
  });

  test("a tool made of a runnable is a tool run, though it calls back as a chain", async () => {
    const { callbacks, events } = setUp();
    const runnable = RunnableLambda.from(async ({ amount }: { amount: number }) => ({ refunded: amount }));
    const made = runnable.asTool({
      name: "refund",
      description: "refunds",
      schema: z.object({ amount: z.number() }),
    });
    const model = fakeModel()
      .respondWithTools([proposal(500, "a")])
      .respondWithTools([proposal("a lot", "b")])
      .respond(new AIMessage("Done."));
    await createAgent({ model, tools: [made as never] }).invoke(question, { callbacks });
    const all = await events();
    expect(outline(all)).toEqual([
      "agent success",
      "model success",
      "tool success",
      "model success",
      "tool error:Error",
      "model success",
    ]);
    const [run, failed] = ofKind(all, "tool");
    expect(run).toMatchObject({
      input: { name: "refund", arguments: { amount: 500 } },
      output: { result: { refunded: 500 } },
      metadata: { tool_call_id: "a" },
    });
    expect(failed?.input).toEqual({ name: "refund", arguments: { amount: "a lot" } });
  });

  test("where the framework does not say which call a tool ran for, none is taken for not executed", async () => {
    const { handler, events } = setUp();
    await handler.handleChainStart({ id: [] }, {}, "root");
    const metadata = { langgraph_node: "tools" };
    await handler.handleChainStart({ id: [] }, {}, "node", "root", [], metadata, undefined, "tools");
    await handler.handleToolStart({ id: [] }, "{}", "tool", "node", [], metadata, "refund");
    await handler.handleToolError(new Error("no"), "tool");
    const failed = { type: "tool", content: "no", tool_call_id: "call_1", status: "error" };
    await handler.handleChainEnd({ messages: [failed] }, "node");
    expect(ofKind(await events(), "tool")).toHaveLength(1);
  });

  test("an artifact is kept with the tool's event and not taken for its result", async () => {
    const { callbacks, events } = setUp();
    const detailed = tool(async () => ["short", { rows: 3 }], {
      name: "refund",
      description: "refunds",
      schema: z.object({ amount: z.number() }),
      responseFormat: "content_and_artifact",
    });
    const model = fakeModel()
      .respondWithTools([proposal(500)])
      .respond(new AIMessage("Done."));
    await createAgent({ model, tools: [detailed] }).invoke(question, { callbacks });
    const [run] = ofKind(await events(), "tool");
    expect(run).toMatchObject({ output: { result: "short" }, metadata: { artifact: { rows: 3 } } });
  });

  test("a tool that breaks its promise of an artifact is told no end, but the node tells one", async () => {
    const { callbacks, events } = setUp();
    const broken = tool(async () => "no pair", {
      name: "refund",
      description: "refunds",
      schema: z.object({ amount: z.number() }),
      responseFormat: "content_and_artifact",
    });
    const model = fakeModel()
      .respondWithTools([proposal(500)])
      .respond(new AIMessage("Sorry."));
    await createAgent({ model, tools: [broken] }).invoke(question, { callbacks });
    const tools = ofKind(await events(), "tool");
    expect(tools.map(statusOf)).toEqual(["error:ToolError"]);
  });

  test("a tool that hands over to another agent has succeeded", async () => {
    const { handler, events } = setUp();
    const answer = { type: "tool", content: "handed over", tool_call_id: "c1" };
    const command = { lg_name: "Command", goto: "other", update: { messages: [answer] } };
    await handler.handleToolStart({}, "{}", "tool", undefined, [], {}, "transfer", "c1");
    await handler.handleToolError({ is_bubble_up: true, command }, "tool");
    const [run] = await events();
    expect(statusOf(run)).toBe("success");
    expect(run?.output).toEqual({ result: "handed over" });
  });

  test("a sub-agent that a tool calls belongs to the same root", async () => {
    const { callbacks, events } = setUp();
    const inner = createAgent({ model: fakeModel().respond(new AIMessage("inner")), tools: [] });
    const delegate = tool(
      async () => {
        const { messages } = await inner.invoke({ messages: [new HumanMessage("sub task")] });
        return messages.at(-1)?.text ?? "";
      },
      { name: "refund", description: "delegates", schema: z.object({ amount: z.number() }) },
    );
    const model = fakeModel()
      .respondWithTools([proposal(1)])
      .respond(new AIMessage("Done."));
    await createAgent({ model, tools: [delegate] }).invoke(question, { callbacks });
    const all = await events();
    expect(outline(all)).toEqual([
      "agent success",
      "model success",
      "tool success",
      "model success",
      "model success",
    ]);
    expect(new Set(all.map((event) => runOf(event)?.["root_id"])).size).toBe(1);
  });
});

describe("the nodes of a graph", () => {
  const metadata = { langgraph_node: "tools" };
  const refused = (id: string) => ({ type: "tool", content: "no", tool_call_id: id, status: "error" });
  const proposed = (amount: number) => ({
    type: "ai",
    content: "",
    tool_calls: [{ id: "call_1", name: "refund", args: { amount } }],
  });

  async function runNode(inputs: object, outputs: object) {
    const { handler, events } = setUp();
    await handler.handleChainStart({ id: [] }, {}, "root");
    await handler.handleChainStart({ id: [] }, inputs, "node", "root", [], metadata, undefined, "tools");
    await handler.handleChainStart(
      { id: [] },
      inputs,
      "inner",
      "node",
      [],
      metadata,
      undefined,
      "RunnableLambda",
    );
    await handler.handleChainEnd(outputs, "inner");
    await handler.handleChainEnd(outputs, "node");
    return ofKind(await events(), "tool");
  }

  test("answer a call once, whatever runs inside them", async () => {
    expect(await runNode({ messages: [proposed(5)] }, { messages: [refused("call_1")] })).toHaveLength(1);
  });

  test("that give the whole conversation back answer nothing anew", async () => {
    const messages = [proposed(5), refused("call_1")];
    expect(
      await runNode({ messages }, { messages: [...messages, { type: "ai", content: "sorry" }] }),
    ).toEqual([]);
  });

  test("answer the latest call of an id, since providers repeat them", async () => {
    const messages = [proposed(5), proposed(7)];
    const [run] = await runNode({ messages }, { messages: [refused("call_1")] });
    expect(run?.input).toEqual({ name: "refund", arguments: { amount: 7 } });
  });
});

describe("an agent that is a node of another graph", () => {
  const teamOf = (inner: { readonly graph: unknown }) =>
    new StateGraph(MessagesAnnotation)
      .addNode("agent", inner.graph as never)
      .addEdge(START, "agent" as never)
      .addEdge("agent" as never, END)
      .compile({ checkpointer: new MemorySaver() });
  const toolsOf = (events: readonly RecordedEvent[]) =>
    ofKind(events, "tool").map((event) => `${event.metadata["tool_call_id"]} ${statusOf(event)}`);

  test("tells a call that never ran once, though both graphs' nodes give its answer", async () => {
    const { callbacks, events } = setUp();
    const calls = [proposal("a lot", "bad"), proposal(1, "unknown", "invented"), proposal(5, "good")];
    const model = fakeModel().respondWithTools(calls).respond(new AIMessage("Done."));
    const options = { callbacks, configurable: { thread_id: "t1" } };
    await teamOf(createAgent({ model, tools: [refund] })).invoke(question, options);
    expect(toolsOf(await events()).sort()).toEqual([
      "bad error:ToolNotExecuted",
      "good success",
      "unknown error:ToolNotExecuted",
    ]);
  });

  test("tells once a call that the graph around it proposed, too", async () => {
    const { callbacks, events } = setUp();
    const answer = new AIMessage({ content: "", tool_calls: [proposal(1, "unknown", "invented")] });
    const working = new StateGraph(MessagesAnnotation)
      .addNode("tools", new ToolNode([refund]))
      .addEdge(START, "tools")
      .addEdge("tools", END)
      .compile();
    await new StateGraph(MessagesAnnotation)
      .addNode("ask", () => ({ messages: [answer] }))
      .addNode("work", working)
      .addEdge(START, "ask")
      .addEdge("ask", "work")
      .addEdge("work", END)
      .compile()
      .invoke(question, { callbacks });
    expect(toolsOf(await events())).toEqual(["unknown error:ToolNotExecuted"]);
  });

  test("tells nothing anew of what was answered before an interrupt, when it is resumed in another process", async () => {
    const model = fakeModel()
      .respondWithTools([proposal("a lot", "bad")])
      .respondWithTools([proposal(500, "asked")])
      .respond(new AIMessage("Done."));
    const gentle = createMiddleware({
      name: "Gentle",
      wrapToolCall: async (request, run) => {
        if (typeof request.toolCall.args["amount"] === "number") return await run(request);
        return new ToolMessage({ content: "no", tool_call_id: request.toolCall.id ?? "", status: "error" });
      },
    });
    const team = teamOf(createAgent({ model, tools: [refund], middleware: [gentle, review()] }));
    const [asking, answering] = [setUp(), setUp()];
    const options = { configurable: { thread_id: "t1" } };
    const ask = (input: unknown) => team.invoke(input as never, { ...options, callbacks: asking.callbacks });
    await ask(question);
    await ask(new Command({ resume: { decisions: [{ type: "approve" }] } }));
    expect(toolsOf(await asking.events())).toEqual(["bad error:ToolNotExecuted"]);
    const resume = { decisions: [{ type: "reject", message: "no" }] };
    await team.invoke(new Command({ resume }), { ...options, callbacks: answering.callbacks });
    expect(toolsOf(await answering.events())).toEqual(["asked error:ToolNotExecuted"]);
  });
});

test("an agent is known by what LangChain says of it, too", async () => {
  const { handler, events } = setUp();
  await handler.handleChainStart({}, {}, "root", undefined, [], { ls_integration: "langchain_create_agent" });
  await handler.handleChainEnd({}, "root");
  expect(outline(await events())).toEqual(["agent success"]);
});

describe("what is no error", () => {
  test("a review by a person interrupts the agent; the resumed run goes on in the same correlation", async () => {
    const { callbacks, events } = setUp();
    const model = fakeModel()
      .respondWithTools([proposal(500)])
      .respond(new AIMessage("Done."));
    const middleware = [review()];
    const agent = createAgent({ model, tools: [refund], middleware, checkpointer: new MemorySaver() });
    const options = { callbacks, configurable: { thread_id: "t1" } };
    await agent.invoke(question, options);
    expect(outline(await events())).toEqual(["agent interrupted", "model success"]);
    const editedAction = { name: "refund", args: { amount: 50 } };
    await agent.invoke(new Command({ resume: { decisions: [{ type: "edit", editedAction }] } }), options);
    const all = await events();
    expect(outline(all).slice(2)).toEqual(["agent success", "tool success", "model success"]);
    expect(new Set(all.map(({ correlationId }) => correlationId)).size).toBe(1);
    // The middleware edits the proposal in place: what was recorded of it stays.
    const [, asking, , resumed] = all.filter(runOf);
    expect(partsOf(asking)).toContainEqual(expect.objectContaining({ arguments: { amount: 500 } }));
    expect(runOf(resumed)).toMatchObject({ arguments_modified: true });
  });

  test("a call a person rejected is an event although its tool never ran", async () => {
    const { callbacks, events } = setUp();
    const model = fakeModel()
      .respondWithTools([proposal(500)])
      .respond(new AIMessage("Sorry."));
    const middleware = [review()];
    const agent = createAgent({ model, tools: [refund], middleware, checkpointer: new MemorySaver() });
    const options = { callbacks, configurable: { thread_id: "t1" } };
    await agent.invoke(question, options);
    await agent.invoke(
      new Command({ resume: { decisions: [{ type: "reject", message: "too much" }] } }),
      options,
    );
    const [run, ...others] = ofKind(await events(), "tool");
    expect(others).toEqual([]);
    expect(run && statusOf(run)).toBe("error:ToolNotExecuted");
    expect(run).toMatchObject({ output: { result: "too much" } });
  });

  test("an interrupt inside a tool waits, and the tool run after the resume is its own event", async () => {
    const { callbacks, events } = setUp();
    const asking = tool(() => `decided: ${interrupt("canary-question")}`, {
      name: "refund",
      description: "asks",
      schema: z.object({ amount: z.number() }),
    });
    const model = fakeModel()
      .respondWithTools([proposal(1)])
      .respond(new AIMessage("Done."));
    const agent = createAgent({ model, tools: [asking], checkpointer: new MemorySaver() });
    const options = { callbacks, configurable: { thread_id: "t1" } };
    await agent.invoke(question, options);
    expect(outline(await events())).toEqual(["agent interrupted", "model success", "tool interrupted"]);
    await agent.invoke(new Command({ resume: "yes" }), options);
    expect(outline(await events()).slice(3)).toEqual(["agent success", "tool success", "model success"]);
  });

  const graph = () =>
    new StateGraph(MessagesAnnotation)
      .addNode("ask", () => ({ messages: [new AIMessage(String(interrupt("go on?")))] }))
      .addEdge(START, "ask")
      .addEdge("ask", END);

  test("an interrupt in a nested graph interrupts the root, once", async () => {
    const { callbacks, events } = setUp();
    const outer = new StateGraph(MessagesAnnotation)
      .addNode("inner", graph().compile())
      .addEdge(START, "inner")
      .addEdge("inner", END)
      .compile({ checkpointer: new MemorySaver() });
    await outer.invoke(question, { callbacks, configurable: { thread_id: "t1" } });
    expect(outline(await events())).toEqual(["agent interrupted"]);
  });

  test("a breakpoint in the graph interrupts it as well", async () => {
    const { callbacks, events } = setUp();
    const compiled = graph().compile({ checkpointer: new MemorySaver(), interruptBefore: ["ask"] });
    await compiled.invoke(question, { callbacks, configurable: { thread_id: "t1" } });
    expect(outline(await events())).toEqual(["agent interrupted"]);
  });

  test("before LangGraph told its handlers of interrupts, the error of the node says it", async () => {
    const { handler, events } = setUp();
    const graphs = { id: ["langgraph", "pregel", "CompiledStateGraph"] };
    await handler.handleChainStart(graphs, {}, "root");
    await handler.handleChainStart({ id: [] }, {}, "node", "root");
    await handler.handleChainError({ is_bubble_up: true, interrupts: [{ id: "i1" }] }, "node", "root");
    await handler.handleChainEnd({}, "root");
    expect(outline(await events())).toEqual(["agent interrupted"]);
  });

  test("a chain that catches an interrupt has not been interrupted", async () => {
    const { handler, events } = setUp();
    await handler.handleChainStart({ id: ["langchain", "RunnableLambda"] }, {}, "chain");
    await handler.handleChainStart({ id: [] }, {}, "step", "chain");
    await handler.handleChainError({ is_bubble_up: true, interrupts: [{ id: "i1" }] }, "step", "chain");
    await handler.handleChainEnd({ output: "went on" }, "chain");
    expect(outline(await events())).toEqual(["chain success"]);
  });

  test("a command to the parent graph is how a node hands over", async () => {
    const recording = startRecording({ record: { steps: true } });
    const handler = new ComplianceGuardHandler({ recorder: recording.recorder });
    const inner = new StateGraph(MessagesAnnotation)
      .addNode("leave", () => new Command({ graph: Command.PARENT, goto: "other" }))
      .addEdge(START, "leave")
      .compile();
    const outer = new StateGraph(MessagesAnnotation)
      .addNode("inner", inner, { ends: ["other"] })
      .addNode("other", () => ({ messages: [new AIMessage("there")] }))
      .addEdge(START, "inner")
      .addEdge("other", END)
      .compile();
    await outer.invoke(question, { callbacks: [handler] });
    const statuses = new Set((await recording.events()).map(statusOf));
    expect([...statuses]).toEqual(["success"]);
  });
});

describe("what is an error although it looks like control flow", () => {
  const named = () => Object.assign(new Error("x"), { name: "GraphInterrupt", interrupts: [{ id: "i1" }] });

  test("an error that is only named GraphInterrupt", async () => {
    const { callbacks, events } = setUp();
    const chain = RunnableLambda.from(() => {
      throw named();
    });
    await expect(chain.invoke("?", { callbacks })).rejects.toThrow();
    expect(outline(await events())).toEqual(["chain error:GraphInterrupt"]);
  });

  test("but a graph is fooled by the name: it waits, and so its event says", async () => {
    const { callbacks, events } = setUp();
    const compiled = new StateGraph(MessagesAnnotation)
      .addNode("fail", () => {
        throw named();
      })
      .addEdge(START, "fail")
      .compile();
    expect(await compiled.invoke(question, { callbacks })).toHaveProperty("__interrupt__");
    expect(outline(await events())).toEqual(["agent interrupted"]);
  });

  test("a graph that reaches its recursion limit", async () => {
    const { callbacks, events } = setUp();
    const compiled = new StateGraph(MessagesAnnotation)
      .addNode("again", () => ({ messages: [] }))
      .addEdge(START, "again")
      .addEdge("again", "again")
      .compile();
    await compiled.invoke(question, { callbacks, recursionLimit: 3 }).catch(() => {});
    expect(outline(await events())).toEqual(["agent error:GraphRecursionError"]);
  });
});
