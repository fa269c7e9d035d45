import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { fakeModel } from "@langchain/core/testing";
import { Command, MemorySaver } from "@langchain/langgraph";
import { type AgentMiddleware, createAgent, humanInTheLoopMiddleware, tool } from "langchain";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { reference } from "../../src/core/digest.ts";
import { ComplianceGuardHandler } from "../../src/langchain/index.ts";
import { ResumedAnswers } from "../../src/langchain/resumed-answers.ts";
import { StockReview } from "../../src/langchain/stock-review.ts";
import { decisionFact } from "../../src/langchain/stock-review-facts.ts";
import { type RecordedEvent, type Recording, startRecording, statusOf } from "../support/recording.ts";

const toolOf = (name: string) =>
  tool(async (input: unknown) => JSON.stringify(input), {
    name,
    description: "does it",
    schema: z.object({ amount: z.number() }),
  });
const refund = (id: string, amount: number) => ({ id, name: "refund", args: { amount } });
const note = (id: string, amount = 1) => ({ id, name: "note", args: { amount } });
const question = { messages: [new HumanMessage("Please refund me.")] };

/** An agent whose refunds a person decides about, and whose notes nobody does. */
function setUp(calls: readonly { id: string; name: string; args: object }[]) {
  const model = fakeModel()
    .respondWithTools([...calls])
    .respond(new AIMessage("Done."));
  const review = humanInTheLoopMiddleware({ interruptOn: { refund: true } } as never);
  const agent = createAgent({
    model,
    tools: [toolOf("refund"), toolOf("note")],
    middleware: [review as unknown as AgentMiddleware],
    checkpointer: new MemorySaver(),
  });
  const options = (recording: Recording, metadata: object = {}) => ({
    callbacks: [new ComplianceGuardHandler({ recorder: recording.recorder })],
    configurable: { thread_id: "t1" },
    metadata: { ...metadata },
  });
  const ask = (recording: Recording) => agent.invoke(question, options(recording));
  const answer = (recording: Recording, resume: unknown, metadata?: object) =>
    agent.invoke(new Command({ resume }), options(recording, metadata));
  return { ask, answer };
}

interface ReviewEvent extends RecordedEvent {
  readonly humanOversight: Readonly<Record<string, unknown>>;
  readonly systemState: RecordedEvent["systemState"] & { readonly review: Readonly<Record<string, string>> };
}

const reviewsOf = async ({ events }: Recording) =>
  (await events()).filter((event) => "humanOversight" in event) as ReviewEvent[];
const toolsOf = async ({ events }: Recording) =>
  (await events()).filter((event) => event.actor?.type === "tool");
const input = (id: string, amount: number) => ({
  name: id.startsWith("n") ? "note" : "refund",
  arguments: { amount },
});
const edit = (amount: number, name = "refund") => ({
  type: "edit",
  editedAction: { name, args: { amount } },
});

describe("what a person is asked", () => {
  test("is an event a call, bound to the model call that proposed it", async () => {
    const recording = startRecording();
    await setUp([refund("r1", 5), note("n1"), refund("r2", 5)]).ask(recording);
    const [first, second, ...others] = await reviewsOf(recording);
    expect(others).toEqual([]);
    const [model] = (await recording.events()).filter(({ actor }) => actor?.type === "model");
    expect(first).toMatchObject({
      correlationId: model?.correlationId,
      humanOversight: { decision: "pending", interventionType: "review_request" },
      input: {
        proposed: input("r1", 5),
        name: "refund",
        allowed_decisions: ["approve", "edit", "reject"],
      },
      output: {},
      metadata: { tool_call_id: "r1" },
      systemState: {
        review: { reviewed_event_id: model?.eventId, reviewed_reference: reference(input("r1", 5)) },
      },
    });
    expect(second?.metadata).toMatchObject({ tool_call_id: "r2" });
    expect(second?.eventId).not.toBe(first?.eventId);
    expect(second?.systemState.review["request_id"]).not.toBe(first?.systemState.review["request_id"]);
  });

  test("again is the same event", async () => {
    const recording = startRecording();
    const { ask, answer } = setUp([refund("r1", 5)]);
    await ask(recording);
    await answer(recording, { "no such interrupt": true }).catch(() => {});
    const asked = await reviewsOf(recording);
    expect(asked.length).toBeGreaterThan(0);
    expect(new Set(asked.map(({ eventId }) => eventId)).size).toBe(1);
  });
});

describe("what a person decided", () => {
  /** Asks in one process and answers in another, which knows nothing of the first. */
  async function decide(calls: Parameters<typeof setUp>[0], resume: unknown, metadata?: object) {
    const agent = setUp(calls);
    const asking = startRecording();
    await agent.ask(asking);
    const recording = startRecording();
    await agent.answer(recording, resume, metadata);
    return {
      asked: await reviewsOf(asking),
      decided: await reviewsOf(recording),
      tools: await toolsOf(recording),
    };
  }

  test("approved: what ran is what was proposed", async () => {
    const { asked, decided, tools } = await decide([refund("r1", 5)], { decisions: [{ type: "approve" }] });
    expect(decided).toHaveLength(1);
    expect(decided[0]).toMatchObject({
      actor: { type: "reviewer" },
      input: { proposed: input("r1", 5) },
      output: { final: input("r1", 5) },
      humanOversight: { decision: "approve", interventionType: "approval", reviewerType: "unattributed" },
      systemState: {
        review: { authentication: "none", request_id: asked[0]?.systemState.review["request_id"] },
      },
    });
    expect(decided[0]?.humanOversight).not.toHaveProperty("reviewerId");
    expect(tools.map(({ input: ran }) => ran)).toEqual([input("r1", 5)]);
  });

  test("edited: the proposal and what ran instead", async () => {
    const { decided, tools } = await decide([refund("r1", 500)], { decisions: [edit(50)] });
    expect(decided).toMatchObject([
      {
        input: input("r1", 500),
        output: input("r1", 50),
        humanOversight: { decision: "override", interventionType: "override" },
        systemState: { review: { reviewed_reference: reference(input("r1", 500)) } },
      },
    ]);
    expect(tools.map(({ input: ran }) => ran)).toEqual([input("r1", 50)]);
  });

  test("edited to another tool", async () => {
    const { decided } = await decide([refund("r1", 500)], { decisions: [edit(50, "note")] });
    expect(decided).toMatchObject([{ output: { name: "note", arguments: { amount: 50 } } }]);
  });

  test("rejected: the reason stays sealed, and the call is an event that never ran", async () => {
    const resume = { decisions: [{ type: "reject", message: "canary-reason" }] };
    const { decided, tools } = await decide([refund("r1", 5)], resume);
    expect(decided).toMatchObject([
      {
        input: input("r1", 5),
        output: { rejected: true },
        humanOversight: { decision: "reject", interventionType: "override" },
        metadata: { reason: "canary-reason", tool_call_id: "r1" },
      },
    ]);
    expect(decided[0]?.humanOversight).not.toHaveProperty("notes");
    expect(tools.map(statusOf)).toEqual(["error:ToolNotExecuted"]);
  });

  test.each([
    ["all asked about", [refund("r1", 1), refund("r2", 2), refund("r3", 3)], ["r1", "r2", "r3"]],
    [
      "one let pass in front",
      [note("n1"), refund("r1", 1), refund("r2", 2), refund("r3", 3)],
      ["r1", "r2", "r3"],
    ],
    [
      "one let pass between",
      [refund("r1", 1), note("n1"), refund("r2", 2), refund("r3", 3)],
      ["r1", "r2", "r3"],
    ],
    [
      "one let pass behind",
      [refund("r1", 1), refund("r2", 2), refund("r3", 3), note("n1")],
      ["r1", "r2", "r3"],
    ],
  ])("of several calls belongs to the right ones, %s", async (_, calls, ids) => {
    const resume = { decisions: [edit(10), { type: "approve" }, edit(30)] };
    const { decided } = await decide(calls, resume);
    expect(decided.map(({ metadata }) => metadata["tool_call_id"])).toEqual(ids);
    expect(decided.map(({ humanOversight }) => humanOversight["decision"])).toEqual([
      "override",
      "approve",
      "override",
    ]);
  });

  test.each([
    ["nobody let pass", [refund("r1", 1), refund("r2", 2), refund("r3", 3)], ["r1", "r3"]],
    ["one let pass", [note("n1"), refund("r1", 1), refund("r2", 2), refund("r3", 3)], ["n1", "r1", "r3"]],
  ])(
    "with one rejection drops the others, which are events that never ran: %s",
    async (_, calls, dropped) => {
      const resume = { decisions: [{ type: "approve" }, { type: "reject" }, edit(30)] };
      const { decided, tools } = await decide(calls, resume);
      expect(decided.map(({ humanOversight }) => humanOversight["decision"])).toEqual([
        "approve",
        "reject",
        "override",
      ]);
      expect(decided.map(({ metadata }) => metadata["tool_call_id"])).toEqual(["r1", "r2", "r3"]);
      expect(new Set(tools.map(statusOf))).toEqual(new Set(["error:ToolNotExecuted"]));
      expect(tools.map(({ metadata }) => metadata["tool_call_id"]).sort()).toEqual([...dropped, "r2"].sort());
    },
  );

  test("by interrupt id is the same", async () => {
    const resume = { "53b0dfe027dd4cce5d80116029b990a7": { decisions: [{ type: "approve" }] } };
    const agent = setUp([refund("r1", 5)]);
    const recording = startRecording();
    const state = (await agent.ask(recording)) as { __interrupt__?: { id: string }[] };
    const [answer] = Object.values(resume);
    await agent.answer(recording, { [state.__interrupt__?.[0]?.id ?? ""]: answer });
    const [, decided, ...others] = await reviewsOf(recording);
    expect(others).toEqual([]);
    expect(decided?.humanOversight).toMatchObject({ decision: "approve" });
    expect(decided?.systemState.review).toHaveProperty("reviewed_event_id");
  });

  test("edited to arguments that do not fit: decided so, and an event of a call that never ran", async () => {
    const editedAction = { name: "refund", args: { amount: "a lot" } };
    const resume = { decisions: [{ type: "edit", editedAction }] };
    const { decided, tools } = await decide([refund("r1", 500)], resume);
    expect(decided).toMatchObject([
      { input: input("r1", 500), output: { name: "refund", arguments: { amount: "a lot" } } },
    ]);
    expect(tools.map(statusOf)).toEqual(["error:ToolNotExecuted"]);
  });

  test("is decided once, though the answer is sent again", async () => {
    const agent = setUp([refund("r1", 5)]);
    await agent.ask(startRecording());
    const recording = startRecording();
    await agent.answer(recording, { decisions: [{ type: "approve" }] });
    await agent.answer(recording, { decisions: [{ type: "reject", message: "too late" }] }).catch(() => {});
    const decided = await reviewsOf(recording);
    expect(decided.map(({ humanOversight }) => humanOversight["decision"])).toEqual(["approve"]);
    expect((await toolsOf(recording)).map(statusOf)).toEqual(["success"]);
  });

  test("with the wrong number of answers is nothing decided", async () => {
    const agent = setUp([refund("r1", 1), refund("r2", 2)]);
    await agent.ask(startRecording());
    const recording = startRecording();
    await agent.answer(recording, { decisions: [{ type: "approve" }] }).catch(() => {});
    expect(await reviewsOf(recording)).toEqual([]);
  });
});

test("an agent that asks nobody records no review and has no trouble", async () => {
  const recording = startRecording();
  await setUp([note("n1")]).ask(recording);
  expect(await reviewsOf(recording)).toEqual([]);
  expect(recording.troubles).toEqual([]);
});

describe("one pass through the middleware", () => {
  const proposal = () => ({
    type: "ai",
    content: "",
    tool_calls: [{ id: "r1", name: "refund", args: { amount: 5 } }],
  });
  const kept = { messages: [proposal()] };

  test("takes each answer once", () => {
    const answers = new ResumedAnswers({ a: { decisions: [{ type: "approve" }] } });
    const pass = () => new StockReview({ messages: [proposal()] }, "place");
    expect(pass().decided(answers, kept)).toHaveLength(1);
    expect(pass().decided(answers, kept)).toEqual([]);
  });

  test("leaves an answer that is for another", () => {
    const answers = new ResumedAnswers({ a: { decisions: [{ type: "approve" }, { type: "approve" }] } });
    expect(new StockReview({ messages: [proposal()] }, "place").decided(answers, kept)).toEqual([]);
    expect(new StockReview({ messages: [proposal()] }, "place").decided(answers, undefined)).toEqual([]);
  });

  test("holds proposal and answer as they were, whatever becomes of them", () => {
    const proposed = proposal();
    const resume = { decisions: [{ type: "edit", editedAction: { name: "refund", args: { amount: 50 } } }] };
    const review = new StockReview({ messages: [proposed] }, "place");
    const answers = new ResumedAnswers(resume);
    for (const call of proposed.tool_calls) call.args.amount = 1;
    for (const decision of resume.decisions) decision.editedAction.args.amount = 2;
    expect(review.decided(answers, kept)).toMatchObject([
      { call: { args: { amount: 5 } }, edited: { args: { amount: 50 } } },
    ]);
  });

  test("is another fact at another place, though providers repeat the ids of calls", () => {
    const decision = { call: { id: "r1", name: "refund", args: {} }, type: "approve" } as const;
    const at = (place: string) =>
      decisionFact(decision, { place, correlationId: "c", metadata: {} }, { callOf: () => undefined });
    expect(at("a").derivedFrom).toEqual(at("a").derivedFrom);
    expect(at("a").derivedFrom).not.toEqual(at("b").derivedFrom);
    expect(at("a").review?.["request_id"]).not.toBe(at("b").review?.["request_id"]);
  });
});

describe("who decided", () => {
  async function oversight(resume: unknown, metadata?: object) {
    const agent = setUp([refund("r1", 5)]);
    await agent.ask(startRecording());
    const recording = startRecording();
    await agent.answer(recording, resume, metadata);
    const [decided] = await reviewsOf(recording);
    return {
      actor: decided?.actor,
      ...decided?.humanOversight,
      authentication: decided?.systemState.review["authentication"],
    };
  }

  test("is who the application's own login says, whatever the answer claims", async () => {
    const resume = { decisions: [{ type: "approve", reviewerId: "mallory" }] };
    expect(await oversight(resume, { complianceguard: { reviewerId: "alice@corp" } })).toMatchObject({
      reviewerId: "alice@corp",
      actor: { type: "human" },
      reviewerType: "human",
      authentication: "host",
    });
  });

  test.each([
    [{ decisions: [{ type: "approve", reviewerId: "alice@corp" }] }],
    [{ decisions: [{ type: "approve" }], reviewerId: "alice@corp" }],
  ])("is only asserted where the answer itself says it: %j", async (resume) => {
    expect(await oversight(resume)).toMatchObject({
      reviewerId: "alice@corp",
      reviewerType: "unattributed",
      authentication: "asserted",
    });
  });
});
