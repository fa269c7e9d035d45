import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { RunnableLambda } from "@langchain/core/runnables";
import { fakeModel } from "@langchain/core/testing";
import { Annotation, Command, END, interrupt, MemorySaver, START, StateGraph } from "@langchain/langgraph";
import { type AgentMiddleware, createAgent, humanInTheLoopMiddleware, tool } from "langchain";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { reference } from "../../src/core/digest.ts";
import { ComplianceGuardHandler } from "../../src/langchain/index.ts";
import { type RecordedEvent, type Recording, startRecording, statusOf } from "../support/recording.ts";

const State = Annotation.Root({
  log: Annotation<string[]>({ reducer: (left, right) => left.concat(right), default: () => [] }),
});
type Work = () => Promise<string> | string;

/** A graph of nodes that run in parallel and then end. */
function graphOf(nodes: Readonly<Record<string, Work | ReturnType<typeof compile>>>) {
  const graph = new StateGraph(State) as unknown as {
    addNode(name: string, node: unknown): void;
    addEdge(from: string, to: string): void;
    compile: (options?: object) => ReturnType<typeof compile>;
  };
  for (const [name, work] of Object.entries(nodes)) {
    graph.addNode(name, typeof work === "function" ? async () => ({ log: [await work()] }) : work);
    graph.addEdge(START, name);
    graph.addEdge(name, END);
  }
  return graph;
}
const compile = () =>
  new StateGraph(State)
    .addNode("a", () => ({ log: [] }))
    .addEdge(START, "a")
    .compile();

interface Interrupted {
  readonly log: readonly string[];
  readonly __interrupt__?: readonly { readonly id: string; readonly value: unknown }[];
}

function setUp() {
  const recording = startRecording();
  const callbacks = [new ComplianceGuardHandler({ recorder: recording.recorder })];
  const options = {
    callbacks,
    configurable: { thread_id: "t1" },
    metadata: { complianceguard: { dataSubjects: ["applicant-7"] } },
  };
  const invoke = async (graph: ReturnType<typeof compile>, input: unknown) =>
    (await graph.invoke(input as never, options)) as unknown as Interrupted;
  return { ...recording, options, invoke };
}

interface ReviewEvent extends RecordedEvent {
  readonly systemState: RecordedEvent["systemState"] & { readonly review: Readonly<Record<string, string>> };
}
const requestsOf = async ({ events }: Pick<Recording, "events">) =>
  (await events()).filter(({ humanOversight }) => humanOversight !== undefined) as ReviewEvent[];
const outline = async ({ events }: Pick<Recording, "events">) =>
  (await events())
    .filter(({ systemState }) => systemState.run)
    .map((event) => `${event.systemState.run["kind"]} ${statusOf(event)}`);

describe("an interrupt is a request for review", () => {
  test("in a node: what is asked, sealed, bound to the run that waits", async () => {
    const recording = setUp();
    const graph = graphOf({ ask: () => interrupt({ question: "canary-go on?" }) }).compile({
      checkpointer: new MemorySaver(),
    });
    await recording.invoke(graph, { log: [] });
    expect(await outline(recording)).toEqual(["agent interrupted"]);
    const [request, ...others] = await requestsOf(recording);
    expect(others).toEqual([]);
    const [agent] = (await recording.events()).filter(({ actor }) => actor?.type === "agent");
    const shown = { kind: "interrupt", proposed: { question: "canary-go on?" } };
    expect(request).toMatchObject({
      actor: { type: "recorder" },
      correlationId: agent?.correlationId,
      dataSubjects: ["applicant-7"],
      humanOversight: { decision: "pending", interventionType: "review_request" },
      input: shown,
      output: {},
      metadata: { interrupt_id: expect.stringMatching(/^[0-9a-f]{32}$/) },
      systemState: {
        review: {
          reviewed_event_id: agent?.eventId,
          reviewed_reference: agent?.inputReference,
          shown_reference: reference(shown),
        },
      },
    });
    expect(JSON.stringify(recording.sink.events)).not.toContain("canary");
  });

  test("in a tool: bound to the tool's run and its exact arguments", async () => {
    const recording = setUp();
    const asking = tool(() => `decided: ${interrupt("really?")}`, {
      name: "refund",
      description: "asks",
      schema: z.object({ amount: z.number() }),
    });
    const model = fakeModel()
      .respondWithTools([{ id: "call_1", name: "refund", args: { amount: 5 } }])
      .respond(new AIMessage("Done."));
    const agent = createAgent({ model, tools: [asking], checkpointer: new MemorySaver() });
    await agent.invoke({ messages: [new HumanMessage("?")] }, recording.options);
    const [run] = (await recording.events()).filter(({ actor }) => actor?.type === "tool");
    const [request, ...others] = await requestsOf(recording);
    expect(others).toEqual([]);
    expect(request).toMatchObject({
      input: { kind: "interrupt", proposed: "really?" },
      metadata: { tool_call_id: "call_1" },
      systemState: {
        review: {
          reviewed_event_id: run?.eventId,
          reviewed_reference: reference({ name: "refund", arguments: { amount: 5 } }),
        },
      },
    });
  });

  test("in a nested graph, and in a step inside a node: once", async () => {
    const recording = setUp();
    const step = RunnableLambda.from(() => interrupt("from a step") as string);
    const inner = graphOf({ ask: () => step.invoke("?") }).compile();
    const graph = graphOf({ outer: inner }).compile({ checkpointer: new MemorySaver() });
    await recording.invoke(graph, { log: [] });
    expect(await outline(recording)).toEqual(["agent interrupted"]);
    expect((await requestsOf(recording)).map(({ input }) => input["proposed"])).toEqual(["from a step"]);
  });

  test("by the framework's own middleware in a sub-agent: once, as that middleware shows it", async () => {
    const recording = setUp();
    const refund = tool(() => "done", {
      name: "refund",
      description: "refunds",
      schema: z.object({ amount: z.number() }),
    });
    const review = humanInTheLoopMiddleware({ interruptOn: { refund: true } } as never);
    const inner = createAgent({
      model: fakeModel().respondWithTools([{ id: "call_1", name: "refund", args: { amount: 5 } }]),
      tools: [refund],
      middleware: [review as unknown as AgentMiddleware],
    });
    const messages = [new HumanMessage("?")];
    const graph = graphOf({ outer: async () => String(await inner.invoke({ messages })) }).compile({
      checkpointer: new MemorySaver(),
    });
    await recording.invoke(graph, { log: [] });
    expect((await requestsOf(recording)).map(({ input }) => input["kind"])).toEqual(["tool_call"]);
  });

  test("by that middleware, whose own steps are interrupted with it: once, as the middleware shows it", async () => {
    const recording = startRecording();
    const handler = new ComplianceGuardHandler({ recorder: recording.recorder });
    const name = "HumanInTheLoopMiddleware.after_model";
    const metadata = { langgraph_node: name, langgraph_checkpoint_ns: `${name}:1` };
    const call = { id: "call_1", name: "refund", args: { amount: 5 } };
    const state = { messages: [{ type: "ai", content: "", tool_calls: [call] }] };
    const value = { actionRequests: [{ name: "refund", args: { amount: 5 } }], reviewConfigs: [] };
    const interrupted = { is_bubble_up: true, interrupts: [{ id: "i1", value }] };
    await handler.handleChainStart({ id: ["langgraph"] }, {}, "agent");
    await handler.handleChainStart({}, state, "review", "agent", [], metadata, undefined, name);
    await handler.handleChainStart({}, state, "step", "review", [], metadata, undefined, "RunnableLambda");
    for (const run of ["step", "review"]) await handler.handleChainError(interrupted, run);
    await handler.handleChainEnd({}, "agent");
    expect((await requestsOf(recording)).map(({ input }) => input["kind"])).toEqual(["tool_call"]);
  });

  test("at a breakpoint, which asks nothing", async () => {
    const recording = setUp();
    const graph = graphOf({ work: () => "done" }).compile({
      checkpointer: new MemorySaver(),
      interruptBefore: ["work"],
    });
    await recording.invoke(graph, { log: [] });
    expect(await outline(recording)).toEqual(["agent interrupted"]);
    const [request, ...others] = await requestsOf(recording);
    expect(others).toEqual([]);
    const [agent] = (await recording.events()).filter(({ actor }) => actor?.type === "agent");
    expect(request).toMatchObject({
      input: { kind: "breakpoint", status: "interrupt_before" },
      systemState: { review: { reviewed_event_id: agent?.eventId } },
    });
    // Its resume is an ordinary run of the same correlation.
    await recording.invoke(graph, null);
    expect(await outline(recording)).toEqual(["agent interrupted", "agent success"]);
    expect(new Set((await recording.events()).map(({ correlationId }) => correlationId)).size).toBe(1);
  });
});

describe("an interrupt that is answered", () => {
  test("in parallel with others, one at a time and in another process: those left over are the same requests", async () => {
    const checkpointer = new MemorySaver();
    const make = () =>
      graphOf({
        left: () => interrupt("left?") as string,
        right: () => interrupt("right?") as string,
      }).compile({ checkpointer });
    const asking = setUp();
    const { __interrupt__: asked = [] } = await asking.invoke(make(), { log: [] });
    const requests = await requestsOf(asking);
    expect(requests.map(({ input }) => input["proposed"]).sort()).toEqual(["left?", "right?"]);
    expect(new Set(requests.map(({ eventId }) => eventId)).size).toBe(2);

    const resume = (question: string) => {
      const id = asked.find(({ value }) => value === question)?.id ?? "";
      return new Command({ resume: { [id]: "yes" } });
    };
    const second = setUp();
    await second.invoke(make(), resume("left?"));
    expect(await outline(second)).toEqual(["agent interrupted"]);
    const again = await requestsOf(second);
    const original = requests.find(({ input }) => input["proposed"] === "right?");
    expect(again.map(({ eventId }) => eventId)).toEqual([original?.eventId]);
    expect(again[0]?.systemState.review["request_id"]).toBe(original?.systemState.review["request_id"]);

    const third = setUp();
    const { log } = await third.invoke(make(), resume("right?"));
    expect([...log].sort()).toEqual(["yes", "yes"]);
    expect(await outline(third)).toEqual(["agent success"]);
    expect(await requestsOf(third)).toEqual([]);
    const all = [asking, second, third].map(async ({ events }) => (await events())[0]?.correlationId);
    expect(new Set(await Promise.all(all)).size).toBe(1);
  });

  test("and asks something else from the same node is another request", async () => {
    const recording = setUp();
    const graph = graphOf({ ask: () => `${interrupt("first?")} ${interrupt("second?")}` }).compile({
      checkpointer: new MemorySaver(),
    });
    await recording.invoke(graph, { log: [] });
    await recording.invoke(graph, new Command({ resume: "yes" }));
    const [first, second, ...others] = await requestsOf(recording);
    expect(others).toEqual([]);
    expect([first?.input["proposed"], second?.input["proposed"]]).toEqual(["first?", "second?"]);
    expect(first?.eventId).not.toBe(second?.eventId);
    expect(first?.systemState.review["request_id"]).not.toBe(second?.systemState.review["request_id"]);
  });
});
