import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { fakeModel } from "@langchain/core/testing";
import { Command, END, MemorySaver, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { createAgent, humanInTheLoopMiddleware, tool } from "langchain";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ComplianceGuardHandler } from "../../src/langchain/index.ts";
import { startRecording } from "../support/recording.ts";

const refund = tool(({ amount }) => `${amount} refunded`, {
  name: "refund",
  description: "refunds",
  schema: z.object({ amount: z.number() }),
});

interface Asked {
  readonly __interrupt__: readonly {
    readonly id: string;
    readonly value: { readonly actionRequests: readonly { readonly args: { readonly amount: number } }[] };
  }[];
}

/**
 * Two agents in parallel ask about a refund of 1 and one of 2, and both are answered at once, in another process. Their calls have the same
 * id, as with some providers.
 */
async function decide(answers: { readonly one: object; readonly two: object }, isTurned: boolean) {
  const agentOf = (amount: number) =>
    createAgent({
      model: fakeModel()
        .respondWithTools([{ id: "call_0", name: "refund", args: { amount } }])
        .respond(new AIMessage("Done.")),
      tools: [refund],
      middleware: [humanInTheLoopMiddleware({ interruptOn: { refund: true } } as never) as never],
    }).graph as never;
  const graph = new StateGraph(MessagesAnnotation)
    .addNode("one", agentOf(1))
    .addNode("two", agentOf(2))
    .addEdge(START, "one" as never)
    .addEdge(START, "two" as never)
    .addEdge("one" as never, END)
    .addEdge("two" as never, END)
    .compile({ checkpointer: new MemorySaver() });
  const configurable = { thread_id: "t1" };
  const asked = (await graph.invoke(
    { messages: [new HumanMessage("?")] },
    { configurable },
  )) as unknown as Asked;
  const given = asked.__interrupt__.map(({ id, value }) => {
    const isFirst = value.actionRequests[0]?.args.amount === 1;
    return [id, isFirst ? answers.one : answers.two] as const;
  });
  const resume = Object.fromEntries(isTurned ? given.reverse() : given);
  const { recorder, events } = startRecording();
  const callbacks = [new ComplianceGuardHandler({ recorder })];
  await graph.invoke(new Command({ resume }), { configurable, callbacks });
  const decided = (await events()).filter((event) => "humanOversight" in event);
  const amountIn = (text: string) => Number(/"amount":(\d+)/.exec(text)?.[1]);
  return new Map(
    decided.map((event) => [
      amountIn(JSON.stringify(event.input)),
      { ...event.humanOversight, output: event.output, reason: event.metadata["reason"] },
    ]),
  );
}

const approved = (more: object = {}) => ({ decisions: [{ type: "approve" }], ...more });
const edited = {
  decisions: [{ type: "edit", editedAction: { name: "refund", args: { amount: 7 } } }],
  reviewerId: "alice",
};
const rejected = (message: string, reviewerId: string) => ({
  decisions: [{ type: "reject", message }],
  reviewerId,
});

describe.each([
  ["in the order of the questions", false],
  ["in the other order", true],
])("answers to two reviews at once, given %s", (_, isTurned) => {
  test("belong to the review they were given for", async () => {
    const decided = await decide({ one: edited, two: approved({ reviewerId: "bob" }) }, isTurned);
    expect(decided.get(1)).toMatchObject({
      decision: "override",
      reviewerId: "alice",
      output: { name: "refund", arguments: { amount: 7 } },
    });
    expect(decided.get(2)).toMatchObject({ decision: "approve", reviewerId: "bob" });
    expect(decided.size).toBe(2);
  });

  test("of which one rejects, or both do with words of their own, too", async () => {
    const one = await decide({ one: approved(), two: rejected("no", "bob") }, isTurned);
    expect([one.get(1), one.get(2)]).toMatchObject([{ decision: "approve" }, { decision: "reject" }]);
    const both = await decide({ one: rejected("too much", "alice"), two: rejected("no", "bob") }, isTurned);
    expect(both.get(1)).toMatchObject({ reason: "too much", reviewerId: "alice" });
    expect(both.get(2)).toMatchObject({ reason: "no", reviewerId: "bob" });
  });

  test("name nobody where nothing tells whose is which", async () => {
    const answers = { one: approved({ reviewerId: "alice" }), two: approved({ reviewerId: "bob" }) };
    const decided = await decide(answers, isTurned);
    for (const each of decided.values()) {
      expect(each).toMatchObject({ decision: "approve" });
      expect(each).not.toHaveProperty("reviewerId");
    }
    expect(decided.size).toBe(2);
    const same = await decide({ one: answers.one, two: answers.one }, isTurned);
    expect([...same.values()].map((each) => each as object)).toMatchObject([
      { reviewerId: "alice" },
      { reviewerId: "alice" },
    ]);
  });
});
