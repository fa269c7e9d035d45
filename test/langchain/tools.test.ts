import { AIMessage, HumanMessage, type ToolCall, ToolMessage } from "@langchain/core/messages";
import { RunnableLambda } from "@langchain/core/runnables";
import { fakeModel } from "@langchain/core/testing";
import { Command, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { ToolNode } from "@langchain/langgraph/prebuilt";
import { createAgent, tool, toolRetryMiddleware, toolStrategy } from "langchain";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { ComplianceGuardHandler } from "../../src/langchain/index.ts";
import { type RecordedEvent, startRecording, statusOf } from "../support/recording.ts";

function setUp() {
  const recording = startRecording();
  const callbacks = [new ComplianceGuardHandler({ recorder: recording.recorder })];
  const tools = async () => (await recording.events()).filter(({ actor }) => actor?.type === "tool");
  return { ...recording, callbacks, tools };
}

const runOf = (event: RecordedEvent | undefined) => event?.systemState.run;
const amount = z.object({ amount: z.number() });
const described = { name: "refund", description: "refunds", schema: amount };
const question = { messages: [new HumanMessage("Refund me 500.")] };
const call = (args: object, id = "call_1", name = "refund"): ToolCall => ({
  id,
  name,
  args,
  type: "tool_call",
});

/** An agent whose model proposes these calls and then says goodbye. */
const agentWith = (tools: unknown[], calls: readonly ToolCall[], more: object = {}) =>
  createAgent({
    model: fakeModel()
      .respondWithTools(calls.map(({ id, name, args }) => ({ id: id ?? "", name, args })))
      .respond(new AIMessage("Done.")),
    tools: tools as never[],
    ...more,
  });

// LangChain tells on the console what it retries.
beforeAll(() => void vi.spyOn(console, "warn").mockImplementation(() => {}));

describe("a tool run", () => {
  test.each([
    ["an object", { refunded: 5 }, { refunded: 5 }],
    ["a list", [1, "two"], [1, "two"]],
    ["a number", 7, "7"],
    ["text that is JSON", '{"refunded":5}', { refunded: 5 }],
    ["nothing", undefined, ""],
  ])("that gives %s has the result that the model is shown", async (_, given, expected) => {
    const { callbacks, tools } = setUp();
    const giving = tool(() => given as string, described);
    await agentWith([giving], [call({ amount: 5 })]).invoke(question, { callbacks });
    const [run, ...others] = await tools();
    expect(others).toEqual([]);
    expect(statusOf(run)).toBe("success");
    expect(run?.output).toEqual({ result: expected });
  });

  test("that gives its result bit by bit has the whole of it, once", async () => {
    const { callbacks, tools } = setUp();
    const counting = tool(
      async function* () {
        yield "one";
        yield "two";
        return "three";
      } as never,
      described,
    );
    await agentWith([counting], [call({ amount: 5 })]).invoke(question, { callbacks });
    const [run, ...others] = await tools();
    expect(others).toEqual([]);
    expect(statusOf(run)).toBe("success");
    expect(run?.output).toEqual({ result: "three" });
  });

  test.each([
    ["a text", "canary-thrown", "error:Error"],
    ["an object", { code: "canary-code" }, "error:Error"],
    ["nothing", undefined, "error:Error"],
    ["an object with a status", { status: 503, message: "canary-down" }, "503"],
  ])("that throws %s has failed, without its text in clear", async (_, thrown, status) => {
    const { sink, callbacks, tools } = setUp();
    const failing = tool((): string => {
      throw thrown;
    }, described);
    const asked = failing.invoke({ amount: 5 }, { callbacks });
    await asked.catch(() => {});
    const [run, ...others] = await tools();
    expect(others).toEqual([]);
    expect(statusOf(run)).toBe(status);
    expect(JSON.stringify(sink.events)).not.toContain("canary");
  });

  test("that is tried again under the same call is one event an attempt, all of them for that call", async () => {
    const { callbacks, events, tools } = setUp();
    let attempts = 0;
    const flaky = tool(() => {
      attempts += 1;
      if (attempts < 3) throw new RangeError("not yet");
      return "done";
    }, described);
    const middleware = [toolRetryMiddleware({ maxRetries: 2, initialDelayMs: 0, jitter: false })];
    await agentWith([flaky], [call({ amount: 5 })], { middleware }).invoke(question, { callbacks });
    const runs = await tools();
    expect(runs.map(statusOf)).toEqual(["error:RangeError", "error:RangeError", "success"]);
    expect(runs.map(({ metadata }) => metadata["tool_call_id"])).toEqual(["call_1", "call_1", "call_1"]);
    for (const run of runs) expect(runOf(run)).not.toHaveProperty("arguments_modified");
    expect(new Set((await events()).map((event) => runOf(event)?.["root_id"])).size).toBe(1);
  });

  test("that commands the graph with an error for the model has not succeeded", async () => {
    const { callbacks, tools } = setUp();
    const refusing = tool((_, { toolCall }) => {
      const tool_call_id = toolCall?.id ?? "";
      const refusal = new ToolMessage({ content: "no money", tool_call_id, status: "error" });
      return new Command({ update: { messages: [refusal] } });
    }, described);
    await agentWith([refusing], [call({ amount: 5 })]).invoke(question, { callbacks });
    const [run, ...others] = await tools();
    expect(others).toEqual([]);
    expect(statusOf(run)).toBe("error:ToolError");
    expect(run?.output).toEqual({ result: "no money" });
  });

  test("named otherwise by its caller is recorded under the tool's own name", async () => {
    const { sink, callbacks, tools } = setUp();
    const giving = tool(() => "done", described);
    await giving.invoke(call({ amount: 5 }), { callbacks, runName: "canary-run" });
    const [run] = await tools();
    expect(run?.input).toEqual({ name: "refund", arguments: { amount: 5 } });
    expect(JSON.stringify(sink.events)).not.toContain("canary");
  });

  test("of a chain that was made a tool is recorded as what LangChain shows of it: a chain", async () => {
    const { callbacks, events } = setUp();
    const chain = RunnableLambda.from(({ amount: given }: { amount: number }) => `refunded ${given}`);
    const made = chain.asTool({ name: "refund", description: "refunds", schema: amount });
    await made.invoke({ amount: 5 }, { callbacks });
    const all = await events();
    expect(all.map((event) => runOf(event)?.["kind"])).toEqual(["chain"]);
    expect(all[0]).toMatchObject({
      input: { value: { amount: 5 } },
      output: { value: "refunded 5" },
    });
  });
});

describe("a call that is no tool run", () => {
  test("for an answer of a given form is part of the model's answer alone", async () => {
    const { callbacks, events, tools } = setUp();
    const agent = createAgent({
      model: fakeModel().respondWithTools([{ id: "call_1", name: "extract", args: { score: 7 } }]),
      tools: [],
      responseFormat: toolStrategy({
        title: "extract",
        type: "object",
        properties: { score: { type: "number" } },
        required: ["score"],
      }),
    });
    const { structuredResponse } = await agent.invoke(question, { callbacks });
    expect(structuredResponse).toEqual({ score: 7 });
    expect(await tools()).toEqual([]);
    expect((await events()).map(statusOf)).toEqual(["success", "success"]);
  });
});

describe("a graph of one's own with the framework's node for tools", () => {
  const graphWith = (tools: unknown[], calls: readonly ToolCall[]) =>
    new StateGraph(MessagesAnnotation)
      .addNode("model", () => ({ messages: [new AIMessage({ content: "", tool_calls: [...calls] })] }))
      .addNode("run tools", new ToolNode(tools as never[]))
      .addEdge(START, "model")
      .addEdge("model", "run tools")
      .compile();
  const giving = tool(({ amount: given }) => ({ refunded: given }), described);

  test("has one event a call, whether it ran or not", async () => {
    const { callbacks, tools } = setUp();
    const calls = [
      call({ amount: 1 }, "good"),
      call({ amount: "a lot" }, "invalid"),
      call({ amount: 2 }, "unknown", "invented"),
    ];
    await graphWith([giving], calls).invoke(question, { callbacks });
    const runs = await tools();
    const found = runs.map((run) => [run.metadata["tool_call_id"], statusOf(run)]);
    expect(Object.fromEntries(found)).toEqual({
      good: "success",
      invalid: "error:ToolNotExecuted",
      unknown: "error:ToolNotExecuted",
    });
    expect(runs).toHaveLength(3);
  });
});
