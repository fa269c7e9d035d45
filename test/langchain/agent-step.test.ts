import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  RemoveMessage,
  ToolMessage,
} from "@langchain/core/messages";
import { fakeModel } from "@langchain/core/testing";
import { Command, interrupt, MemorySaver } from "@langchain/langgraph";
import {
  type AgentMiddleware,
  createAgent,
  createMiddleware,
  tool,
  toolCallLimitMiddleware,
  toolStrategy,
} from "langchain";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ComplianceGuardHandler } from "../../src/langchain/index.ts";
import { startRecording, statusOf } from "../support/recording.ts";

const refund = tool(({ amount }) => `${amount} refunded`, {
  name: "refund",
  description: "refunds",
  schema: z.object({ amount: z.number() }),
});
const question = { messages: [new HumanMessage("Refund me.")] };
const call = (id: string, amount: number) => ({ id, name: "refund", args: { amount } });
const two = [call("a", 1), call("b", 2)];

function setUp() {
  const recording = startRecording();
  const callbacks = [new ComplianceGuardHandler({ recorder: recording.recorder })];
  /** `id status` of each tool call's event. */
  const tools = async () =>
    (await recording.events())
      .filter(({ systemState }) => systemState.run?.["kind"] === "tool")
      .map((event) => `${event.metadata["tool_call_id"]} ${statusOf(event)}`)
      .sort();
  return { ...recording, callbacks, tools };
}

interface Update {
  readonly messages?: BaseMessage[];
  readonly jumpTo?: "end" | "model";
}

/** A middleware that looks at the model's first answer. */
const afterModel = (hook: (answer: AIMessage) => Update | undefined | Promise<Update | undefined>) =>
  createMiddleware({
    name: "Guard",
    afterModel: {
      canJumpTo: ["end", "model"],
      hook: async ({ messages }) => {
        const answer = messages.findLast((each) => AIMessage.isInstance(each));
        return (answer?.tool_calls?.length ? await hook(answer) : undefined) as never;
      },
    },
  });

const agentWith = (middleware: readonly unknown[], calls = two, more: object = {}) =>
  createAgent({
    model: fakeModel().respondWithTools(calls).respond(new AIMessage("Done.")).respond(new AIMessage("Bye.")),
    tools: [refund],
    middleware: middleware as AgentMiddleware[],
    ...more,
  });

const neverRan = ["a error:ToolNotExecuted", "b error:ToolNotExecuted"];

describe("calls that an agent passes over are events that never ran", () => {
  test.each([
    ["ends the agent", () => ({ jumpTo: "end" })],
    [
      "takes them off the answer",
      ({ id }) => ({ messages: [new AIMessage({ id: id ?? "", content: "no" })] }),
    ],
    [
      "takes them off where they stand",
      (answer) => {
        answer.tool_calls = [];
        return { messages: [answer] };
      },
    ],
    ["takes the answer back", ({ id }) => ({ messages: [new RemoveMessage({ id: id ?? "" })] })],
    ["answers in the model's place", () => ({ messages: [new AIMessage("I cannot do that.")] })],
    [
      "answers them, and does not say that it is an error",
      () => ({
        messages: two.map(({ id }) => new ToolMessage({ content: "denied", tool_call_id: id })),
        jumpTo: "model",
      }),
    ],
  ] satisfies [string, Parameters<typeof afterModel>[0]][])("where a middleware %s", async (_, hook) => {
    const { callbacks, tools, events } = setUp();
    await agentWith([afterModel(hook)]).invoke(question, { callbacks });
    expect(await tools()).toEqual(neverRan);
    const [agent, , first] = await events();
    expect(first).toMatchObject({
      input: { name: "refund", arguments: { amount: 1 } },
      metadata: { executed: false },
    });
    expect(first?.systemState.run["root_id"]).toBe(agent?.systemState.run["id"]);
  });

  test("where a middleware lets one of them pass: the other alone", async () => {
    const { callbacks, tools } = setUp();
    const guard = afterModel(({ id, tool_calls: calls = [] }) => ({
      messages: [new AIMessage({ id: id ?? "", content: "", tool_calls: calls.slice(1) })],
    }));
    await agentWith([guard]).invoke(question, { callbacks });
    expect(await tools()).toEqual(["a error:ToolNotExecuted", "b success"]);
  });

  test("where the stock limit of tool calls ends the agent: also those under the limit", async () => {
    const { callbacks, tools } = setUp();
    const limit = toolCallLimitMiddleware({ runLimit: 1, exitBehavior: "end" } as never);
    await agentWith([limit]).invoke(question, { callbacks });
    expect(await tools()).toEqual(neverRan);
  });

  test("where the stock limit of tool calls ends the agent with an error", async () => {
    const { callbacks, tools } = setUp();
    const limit = toolCallLimitMiddleware({ runLimit: 1, exitBehavior: "error" } as never);
    await expect(agentWith([limit]).invoke(question, { callbacks })).rejects.toThrow("limit");
    expect(await tools()).toEqual(neverRan);
  });

  test("where the answer has a structured response beside them", async () => {
    const { callbacks, tools } = setUp();
    const responseFormat = toolStrategy({
      title: "verdict",
      type: "object",
      properties: { fit: { type: "boolean" } },
      required: ["fit"],
    });
    const verdict = { id: "v", name: "verdict", args: { fit: true } };
    const agent = agentWith([], [...two, verdict] as never, { responseFormat });
    expect(await agent.invoke(question, { callbacks })).toMatchObject({ structuredResponse: { fit: true } });
    expect(await tools()).toEqual(neverRan);
  });

  test("once, although a later turn answers them after all", async () => {
    const { callbacks, tools } = setUp();
    const patch = createMiddleware({
      name: "Patch",
      beforeAgent: ({ messages }) => {
        if (messages.length < 3) return;
        return {
          messages: two.map(({ id }) => new ToolMessage({ content: "was cancelled", tool_call_id: id })),
        };
      },
    });
    const guard = afterModel(() => ({ jumpTo: "end" }));
    const agent = agentWith([patch, guard], two, { checkpointer: new MemorySaver() });
    const options = { callbacks, configurable: { thread_id: "t1" } };
    await agent.invoke(question, options);
    const { messages } = await agent.invoke({ messages: [new HumanMessage("And now?")] }, options);
    expect(messages.filter((each) => ToolMessage.isInstance(each))).toHaveLength(2);
    expect(await tools()).toEqual(neverRan);
  });
});

describe("calls that go on are events of what ran, and nothing else", () => {
  test.each([
    ["says nothing", () => undefined],
    ["adds a message of somebody else", () => ({ messages: [new HumanMessage("hurry")] })],
    [
      "rewrites them under another answer",
      ({ tool_calls: calls = [] }) => ({ messages: [new AIMessage({ content: "", tool_calls: calls })] }),
    ],
  ] satisfies [string, Parameters<typeof afterModel>[0]][])("where a middleware %s", async (_, hook) => {
    const { callbacks, tools } = setUp();
    await agentWith([afterModel(hook)]).invoke(question, { callbacks });
    expect(await tools()).toEqual(["a success", "b success"]);
  });

  test("where a middleware runs the tools itself", async () => {
    const { callbacks, tools } = setUp();
    const guard = afterModel(async ({ tool_calls: calls = [] }) => ({
      messages: await Promise.all(calls.map((each) => refund.invoke({ ...each, type: "tool_call" }))),
      jumpTo: "model",
    }));
    await agentWith([guard]).invoke(question, { callbacks });
    expect(await tools()).toEqual(["a success", "b success"]);
  });

  test("where a middleware waits for a person", async () => {
    const { callbacks, tools } = setUp();
    const asking = afterModel(() => void interrupt("go on?"));
    const agent = agentWith([asking], two, { checkpointer: new MemorySaver() });
    const options = { callbacks, configurable: { thread_id: "t1" } };
    await agent.invoke(question, options);
    expect(await tools()).toEqual([]);
    await agent.invoke(new Command({ resume: "yes" }) as never, options);
    expect(await tools()).toEqual(["a success", "b success"]);
  });

  test("where a middleware runs the tools itself and keeps what they give", async () => {
    const { callbacks, tools } = setUp();
    const guard = afterModel(async ({ tool_calls: calls = [] }) => {
      await Promise.all(calls.map((each) => refund.invoke({ ...each, type: "tool_call" })));
      return { jumpTo: "end" };
    });
    await agentWith([guard]).invoke(question, { callbacks });
    expect(await tools()).toEqual(["a success", "b success"]);
  });

  test("where a middleware after another looks at calls that were answered before it", async () => {
    const { callbacks, tools } = setUp();
    const denied = () => ({
      messages: [new ToolMessage({ content: "no", tool_call_id: "a", status: "error" })],
    });
    const end = () => ({ messages: [new HumanMessage("enough")], jumpTo: "end" as const });
    const ending = createMiddleware({ ...afterModel(end), name: "Ending" } as never);
    await agentWith([ending, afterModel(denied)]).invoke(question, { callbacks });
    expect(await tools()).toEqual(neverRan);
  });
});
