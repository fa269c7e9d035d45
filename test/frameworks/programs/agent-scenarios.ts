import { type EventLine, type Load, startRecording } from "./recording.ts";
import { scriptedModel, type ToolCall } from "./scripted-model.ts";

type Scenario = (load: Load) => Promise<readonly EventLine[]>;
type LangChain = typeof import("langchain");
type LangGraph = typeof import("@langchain/langgraph");

/** What an application does with agents and graphs. */
export const agentScenarios: Readonly<Record<string, Scenario>> = {
  "an agent with a tool": async (load) => {
    const { callbacks, lines } = await startRecording(load);
    const agent = await refundAgent(load, [refund(500)], "Done.");
    await agent.invoke(question, { callbacks });
    return await lines();
  },

  "an agent that is streamed": async (load) => {
    const { callbacks, lines } = await startRecording(load);
    const agent = await refundAgent(load, [refund(500)], "Done.");
    for await (const _ of await agent.stream(question, { callbacks, streamMode: "updates" }));
    return await lines();
  },

  "an agent whose callbacks are bound and given": async (load) => {
    const { callbacks, lines } = await startRecording(load);
    const agent = await refundAgent(load, [refund(500)], "Done.");
    await agent.graph.withConfig({ callbacks }).invoke(question as never, { callbacks });
    return await lines();
  },

  "calls in parallel, of which one throws": async (load) => {
    const { callbacks, lines } = await startRecording(load);
    const agent = await refundAgent(load, [refund(5000, "a"), refund(1, "b")], [refund(2, "c")], "Done.");
    await agent.invoke(question, { callbacks });
    return inOrder(await lines());
  },

  "calls that never run": async (load) => {
    const { callbacks, lines } = await startRecording(load);
    const unknown = { id: "b", name: "invented", args: {} };
    const agent = await refundAgent(load, [refund("a lot", "a")], "Done.");
    await agent.invoke(question, { callbacks });
    const asking = await refundAgent(load, [unknown], "Done.");
    // What an agent does about it differs: one of langchain 1.0 ends with an error.
    await asking.invoke(question, { callbacks }).catch(() => {});
    return (await lines()).filter(({ event }) => event.startsWith("tool")).map(withoutOutput);
  },

  "a review that is approved in a resumed run": async (load) => {
    return await reviewed(load, { decisions: [{ type: "approve" }] });
  },

  "a review that edits": async (load) => {
    const editedAction = { name: "refund", args: { amount: 50 } };
    return await reviewed(load, { decisions: [{ type: "edit", editedAction }] });
  },

  "a review that rejects": async (load) => {
    return await reviewed(load, { decisions: [{ type: "reject", message: "too much" }] });
  },

  "an interrupt of a nested graph, and its resume": async (load) => {
    const { callbacks, lines } = await startRecording(load);
    const { Command, END, interrupt, MemorySaver, MessagesAnnotation, START, StateGraph } = (await load(
      "@langchain/langgraph",
    )) as LangGraph;
    const inner = new StateGraph(MessagesAnnotation)
      .addNode("ask", () => ({ messages: [{ role: "ai", content: String(interrupt("sure?")) }] }))
      .addEdge(START, "ask")
      .addEdge("ask", END)
      .compile();
    const outer = new StateGraph(MessagesAnnotation)
      .addNode("inner", inner)
      .addEdge(START, "inner")
      .addEdge("inner", END)
      .compile({ checkpointer: new MemorySaver() });
    const config = { callbacks, configurable: { thread_id: "t1" } };
    await outer.invoke(question, config);
    await outer.invoke(new Command({ resume: "yes" }), config);
    return await lines();
  },

  "a model that is broken": async (load) => {
    const { callbacks, lines } = await startRecording(load);
    const agent = await refundAgent(load, new Error("busy"));
    await agent.invoke(question, { callbacks }).catch(() => {});
    return await lines();
  },

  "a tool that the policy refuses": async (load) => {
    const { memorySink } = (await load("complianceguard")) as typeof import("complianceguard");
    const sink = memorySink();
    const begin: typeof sink.begin = async (start) => {
      if (Buffer.from(start.body).toString().includes('"kind":"tool"')) throw new Error("disk full");
    };
    const { callbacks, recorder } = await startRecording(load, {
      onFailure: "block",
      sink: { ...sink, begin },
    });
    const ran: unknown[] = [];
    const agent = await refundAgentThat(load, (amount) => ran.push(amount), [refund(500)], "Done.");
    const refused = await agent.invoke(question, { callbacks }).catch((error: unknown) => error);
    await recorder.close();
    const { isComplianceGuardError } = (await load("complianceguard")) as typeof import("complianceguard");
    const event = isComplianceGuardError(refused) ? refused.code : `not refused: ${refused}`;
    return [{ event, actor: undefined, input: "", output: String(ran.length), parent: undefined, marks: [] }];
  },

  "a tool that waits for a person": async (load) => {
    const { callbacks, lines, recorder } = await startRecording(load);
    const { requireHumanReview } = (await load(
      "complianceguard/langchain",
    )) as typeof import("complianceguard/langchain");
    const reviewer = async () => ({ type: "reject", reviewerId: "alice", reason: "too much" }) as const;
    const guard = <T extends object>(tool: T): T => requireHumanReview(tool, { recorder, reviewer });
    const agent = await refundAgentThat(load, () => {}, [refund(500)], "Done.", guard);
    const { messages } = (await agent.invoke(question, { callbacks })) as {
      messages: { content: unknown }[];
    };
    if (messages.at(-1)?.content !== "Done.") throw new Error("the agent did not go on after the rejection");
    return (await lines()).map(withoutRequestId);
  },

  "a tool that asks a person": async (load) => {
    const { callbacks, lines, recorder } = await startRecording(load);
    const { humanReviewTool } = (await load(
      "complianceguard/langchain",
    )) as typeof import("complianceguard/langchain");
    const { createAgent } = (await load("langchain")) as LangChain;
    const asking = humanReviewTool({
      recorder,
      reviewer: async () => ({ type: "approve", reviewerId: "alice" }),
    });
    const call = { id: "call_1", name: "human_review", args: { proposed: "refund 500", question: "May I?" } };
    const agent = createAgent({ model: await scriptedModel(load, [call], "Done."), tools: [asking] });
    await agent.invoke(question, { callbacks });
    return (await lines()).map(withoutRequestId);
  },
};

const question = { messages: [{ role: "user", content: "Refund me 500." }] };

function refund(amount: unknown, id = "call_1"): ToolCall {
  return { id, name: "refund", args: { amount } };
}

type Answers = readonly (string | Error | readonly ToolCall[])[];

async function refundAgent(load: Load, ...answers: Answers) {
  return await agentWith(load, await refundTool(load, () => {}), answers);
}

async function refundAgentThat(
  load: Load,
  onRun: (amount: number) => void,
  calls: readonly ToolCall[],
  answer: string,
  guard: <T extends object>(tool: T) => T = (tool) => tool,
) {
  return await agentWith(load, guard(await refundTool(load, onRun)), [calls, answer]);
}

async function refundTool(load: Load, onRun: (amount: number) => void) {
  const { tool } = (await load("langchain")) as LangChain;
  const { z } = (await load("zod")) as typeof import("zod");
  return tool(
    async ({ amount }) => {
      onRun(amount);
      if (amount > 1000) throw new Error("too much");
      return { refunded: amount };
    },
    { name: "refund", description: "refunds", schema: z.object({ amount: z.number() }) },
  );
}

async function agentWith(load: Load, tool: Awaited<ReturnType<typeof refundTool>>, answers: Answers) {
  const { createAgent } = (await load("langchain")) as LangChain;
  return createAgent({ model: await scriptedModel(load, ...answers), tools: [tool] });
}

/** The agent waits for a person, who answers with `resume`. */
async function reviewed(load: Load, resume: unknown): Promise<readonly EventLine[]> {
  const { callbacks, lines } = await startRecording(load);
  const { createAgent, humanInTheLoopMiddleware } = (await load("langchain")) as LangChain;
  const { Command, MemorySaver } = (await load("@langchain/langgraph")) as LangGraph;
  const middleware = [humanInTheLoopMiddleware({ interruptOn: { refund: true } } as never)] as never;
  const agent = createAgent({
    model: await scriptedModel(load, [refund(500)], "Done."),
    tools: [await refundTool(load, () => {})],
    middleware,
    checkpointer: new MemorySaver(),
  });
  const config = { callbacks, configurable: { thread_id: "t1" } } as never;
  await agent.invoke(question as never, config);
  await agent.invoke(new Command({ resume }) as never, config);
  return inOrder(await lines());
}

/** A request for review has an id and a time of its own in what is shown. */
function withoutRequestId(line: EventLine): EventLine {
  return line.event === "review pending" ? { ...line, input: "" } : line;
}

/** The words for what is wrong with a call are each version's own. */
function withoutOutput(line: EventLine): EventLine {
  return { ...line, output: "" };
}

/** Runs that start at the same time have no order of their own; reviews stand last. */
function inOrder(lines: readonly EventLine[]): EventLine[] {
  const key = ({ event, input, output }: EventLine): string =>
    `${event.startsWith("review") ? "z" : "a"}${event}${input}${output}`;
  return lines
    .map((line) => ({ ...line, parent: undefined }))
    .toSorted((left, right) => key(left).localeCompare(key(right)));
}
