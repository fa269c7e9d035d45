import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { fakeModel } from "@langchain/core/testing";
import { DynamicTool, StructuredTool } from "@langchain/core/tools";
import { createAgent, tool } from "langchain";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { reference } from "../../src/core/digest.ts";
import { ComplianceGuardHandler, humanReviewTool, requireHumanReview } from "../../src/langchain/index.ts";
import type { ReviewDecision } from "../../src/review/decision.ts";
import { hostReviewer } from "../../src/review/reviewer.ts";
import { type Body, deciding } from "../review/fixtures.ts";
import { startRecording } from "../support/recording.ts";

const question = { messages: [new HumanMessage("Refund me 500.")] };
const decisions = {
  approve: { type: "approve", reviewerId: "alice" },
  edit: { type: "edit", reviewerId: "alice", reason: "over the limit", final: { amount: 50 } },
  reject: { type: "reject", reviewerId: "alice", reason: "no receipt" },
  respond: { type: "respond", reviewerId: "alice", message: "Ask for the receipt" },
} satisfies Record<string, ReviewDecision>;

function setUp() {
  const recording = startRecording();
  const callbacks = [new ComplianceGuardHandler({ recorder: recording.recorder })];
  const all = async (): Promise<Body[]> => [...(await recording.events())];
  const kind = (event: Body): unknown => event.humanOversight?.decision ?? event.systemState.run.kind;
  const outline = async () => (await all()).map(kind);
  const first = async (wanted: string): Promise<Body> =>
    (await all()).find((event) => kind(event) === wanted);
  return { ...recording, callbacks, all, first, outline };
}

/** A refund that needs a person, in an agent whose model asks for it once and then says "Done.". */
function refundAgent(
  reviewer: ReturnType<typeof deciding>["reviewer"],
  options: object = {},
  args: object = { amount: 500 },
) {
  const world = setUp();
  const refund = vi.fn(async ({ amount, currency }: { amount: number; currency: string }) => ({
    refunded: amount,
    currency,
  }));
  const schema = z.object({ amount: z.number().positive(), currency: z.string().default("EUR") });
  const plain = tool(refund, { name: "refund", description: "refunds", schema });
  const reviewed = requireHumanReview(plain, { recorder: world.recorder, reviewer, ...options });
  const model = fakeModel()
    .respondWithTools([{ name: "refund", args, id: "call_1" }])
    .respond(new AIMessage("Done."));
  const agent = createAgent({ model, tools: [reviewed] });
  const invoke = async () => {
    const { messages } = await agent.invoke(question, { callbacks: world.callbacks });
    return (messages as unknown[]).find((each) => ToolMessage.isInstance(each)) as ToolMessage;
  };
  return { ...world, refund, plain, reviewed, invoke };
}

describe("a tool the application insists on reviewing", () => {
  test("runs with what was approved, and the references meet", async () => {
    const { reviewer, asked } = deciding(decisions.approve);
    const { invoke, refund, first, outline } = refundAgent(reviewer, {
      question: ({ amount }: { amount: number }) => `Refund ${amount}?`,
      context: () => ({ orders: 3 }),
    });
    expect(await invoke()).toMatchObject({ content: '{"refunded":500,"currency":"EUR"}', status: "success" });
    expect(refund).toHaveBeenCalledOnce();
    expect(asked).toMatchObject([
      {
        subject: { kind: "tool_call", name: "refund", proposed: { amount: 500 } },
        question: "Refund 500?",
        context: { orders: 3 },
        askedBy: "application",
        systemId: "cv-screening-prod",
      },
    ]);
    expect(await outline()).toEqual(["agent", "model", "pending", "approve", "tool", "model"]);
    const [agent, model, approval, run] = [
      await first("agent"),
      await first("model"),
      await first("approve"),
      await first("tool"),
    ];
    expect(approval.correlationId).toBe(agent.correlationId);
    expect(approval.systemState.review).toMatchObject({
      reviewed_event_id: model.eventId,
      reviewed_reference: run.inputReference,
      shown_reference: (await first("pending")).inputReference,
      authentication: "host",
    });
    expect(run.input).toEqual({ name: "refund", arguments: { amount: 500 } });
    expect(approval.metadata).toMatchObject({ tool_call_id: "call_1" });
  });

  test("runs with what the reviewer edited, and is recorded with it", async () => {
    const { reviewer } = deciding(decisions.edit);
    const { invoke, refund, first } = refundAgent(reviewer);
    expect(await invoke()).toMatchObject({
      content: '{"refunded":50,"currency":"EUR"}',
      tool_call_id: "call_1",
    });
    expect(refund).toHaveBeenCalledExactlyOnceWith({ amount: 50, currency: "EUR" }, expect.anything());
    const [override, run] = [await first("override"), await first("tool")];
    expect(override.inputReference).toBe(reference({ name: "refund", arguments: { amount: 500 } }));
    expect(override.outputReference).toBe(run.inputReference);
    expect(run.systemState.run.arguments_modified).toBe(true);
  });

  test("does not run when rejected: the model is told, and the call is on record", async () => {
    const { reviewer } = deciding(decisions.reject);
    const { invoke, refund, first, outline } = refundAgent(reviewer);
    expect(await invoke()).toMatchObject({
      status: "error",
      name: "refund",
      tool_call_id: "call_1",
      content: "Rejected in review: no receipt",
    });
    expect(refund).not.toHaveBeenCalled();
    expect(await outline()).toEqual(["agent", "model", "pending", "reject", "tool", "model"]);
    const [rejection, run] = [await first("reject"), await first("tool")];
    expect(rejection.inputReference).toBe(run.inputReference);
    expect(rejection.outputReference).toBe(reference({ rejected: true }));
    expect(run.systemState.performance.provider_status).toBe("error:ToolNotExecuted");
  });

  test.each([
    ["the reviewer fails", {}, "failed", "Rejected: the review failed."],
    ["nobody answers in time", { expiresAfterMs: 1 }, "expired", "Rejected: nobody reviewed it in time."],
  ])("does not run when %s", async (_, options, decision, content) => {
    const reviewer = hostReviewer(() =>
      "expiresAfterMs" in options ? new Promise(() => {}) : Promise.reject(new Error("down")),
    );
    const { invoke, refund, outline } = refundAgent(reviewer, options);
    expect(await invoke()).toMatchObject({ status: "error", content });
    expect(refund).not.toHaveBeenCalled();
    expect(await outline()).toContain(decision);
  });

  test("arguments that change while a person looks at them do not run", async () => {
    const call = { type: "tool_call" as const, id: "call_1", name: "refund", args: { amount: 500 } };
    const reviewer = hostReviewer(async () => {
      call.args.amount = 5000;
      return decisions.approve;
    });
    const { reviewed, refund, first } = refundAgent(reviewer);
    expect(await reviewed.invoke(call)).toMatchObject({ status: "error" });
    expect(refund).not.toHaveBeenCalled();
    expect(await first("not_applied")).toMatchObject({ humanOversight: { reviewerType: "none" } });
  });

  test("a person's answer can stand in for the tool", async () => {
    const { reviewer } = deciding(decisions.respond);
    const { invoke, refund } = refundAgent(reviewer, { allowedDecisions: ["approve", "respond"] });
    expect(await invoke()).toMatchObject({ status: "success", content: "Ask for the receipt" });
    expect(refund).not.toHaveBeenCalled();
  });

  test("arguments that do not fit are answered without a review", async () => {
    const { reviewer, asked } = deciding();
    const { invoke, refund } = refundAgent(reviewer, {}, { amount: -5 });
    expect(await invoke()).toMatchObject({ status: "error", content: expect.stringContaining("amount: ") });
    expect(asked).toEqual([]);
    expect(refund).not.toHaveBeenCalled();
  });

  test("an edit that does not fit is no decision", async () => {
    const { reviewer } = deciding({ ...decisions.edit, final: { amount: "fifty" } });
    const { invoke, refund, first } = refundAgent(reviewer);
    expect(await invoke()).toMatchObject({ status: "error", content: "Rejected: the review failed." });
    expect(refund).not.toHaveBeenCalled();
    expect((await first("failed")).systemState.review.failure).toBe("invalid_edit");
  });

  test("an edit that does not fit a JSON Schema is refused by the tool itself", async () => {
    const { recorder, first } = setUp();
    const { reviewer } = deciding({ ...decisions.edit, final: { amount: "fifty" } });
    const schema = {
      type: "object",
      properties: { amount: { type: "number" } },
      required: ["amount"],
    } as const;
    const run = vi.fn(async () => "ok");
    const reviewed = requireHumanReview(tool(run, { name: "refund", description: "refunds", schema }), {
      recorder,
      reviewer,
    });
    await expect(reviewed.invoke({ amount: 500 })).rejects.toThrow("did not match expected schema");
    expect(run).not.toHaveBeenCalled();
    expect(await first("override")).toBeDefined();
  });

  test("what `when` exempts runs unasked, and is on record as policy", async () => {
    const { reviewer, asked } = deciding();
    const { invoke, refund, first } = refundAgent(reviewer, {
      when: ({ amount }: { amount: number }) => amount > 1000,
    });
    expect(await invoke()).toMatchObject({ status: "success" });
    expect(refund).toHaveBeenCalledOnce();
    expect(asked).toEqual([]);
    expect((await first("approve")).humanOversight.reviewerType).toBe("policy");
  });

  test("calls made side by side are reviewed each for itself", async () => {
    const { recorder, callbacks, all } = setUp();
    const reviewer = hostReviewer(async ({ subject }) =>
      (subject.proposed as { amount: number }).amount > 100 ? decisions.reject : decisions.approve,
    );
    const ran: number[] = [];
    const schema = z.object({ amount: z.number() });
    const plain = tool(async ({ amount }) => void ran.push(amount), {
      name: "refund",
      description: "refunds",
      schema,
    });
    const model = fakeModel()
      .respondWithTools([
        { name: "refund", args: { amount: 5 }, id: "call_1" },
        { name: "refund", args: { amount: 500 }, id: "call_2" },
      ])
      .respond(new AIMessage("Done."));
    const tools = [requireHumanReview(plain, { recorder, reviewer })];
    await createAgent({ model, tools }).invoke(question, { callbacks });
    expect(ran).toEqual([5]);
    const decided = (await all()).filter(
      ({ humanOversight }) => humanOversight && humanOversight.decision !== "pending",
    );
    expect(
      decided.map(({ metadata, humanOversight }) => [metadata.tool_call_id, humanOversight.decision]).sort(),
    ).toEqual([
      ["call_1", "approve"],
      ["call_2", "reject"],
    ]);
  });
});

describe("every way to a reviewed tool's function leads past the reviewer", () => {
  const call = { type: "tool_call" as const, id: "call_1", name: "refund", args: { amount: 500 } };
  type Tool = ReturnType<typeof refundAgent>["reviewed"];

  test.each<[string, (reviewed: Tool) => Promise<unknown>]>([
    ["invoke", (reviewed) => reviewed.invoke(call)],
    ["call", (reviewed) => reviewed.call({ amount: 500 }, { toolCall: call } as never)],
    ["batch", (reviewed) => reviewed.batch([call])],
    [
      "stream",
      async (reviewed) => {
        for await (const _ of await reviewed.stream(call));
      },
    ],
    [
      "streamEvents",
      async (reviewed) => {
        for await (const _ of reviewed.streamEvents(call, { version: "v2" }));
      },
    ],
    ["withConfig", (reviewed) => reviewed.withConfig({ tags: ["x"] }).invoke(call)],
    ["pipe", (reviewed) => reviewed.pipe((message: unknown) => message as object).invoke(call)],
    ["withRetry", (reviewed) => reviewed.withRetry({ stopAfterAttempt: 1 }).invoke(call)],
    [
      "func",
      async (reviewed) =>
        await reviewed.func({ amount: 500, currency: "EUR" }, undefined, { toolCall: call } as never),
    ],
    [
      "_call",
      (reviewed) =>
        (reviewed as unknown as { _call(...args: unknown[]): Promise<unknown> })._call(
          { amount: 500 },
          undefined,
          { toolCallId: "call_1" },
        ),
    ],
  ])("%s", async (_, execute) => {
    const rejecting = deciding(decisions.reject);
    const rejected = refundAgent(rejecting.reviewer);
    await execute(rejected.reviewed);
    expect(rejecting.asked).toHaveLength(1);
    expect(rejected.refund).not.toHaveBeenCalled();

    const approving = deciding(decisions.approve);
    const approved = refundAgent(approving.reviewer);
    await execute(approved.reviewed);
    expect(approving.asked).toHaveLength(1);
    expect(approved.refund).toHaveBeenCalledOnce();
  });

  test("the plain tool stays what it is, the reviewed one has its name, schema and type", () => {
    const { plain, reviewed, refund } = refundAgent(deciding().reviewer);
    expect(reviewed).not.toBe(plain);
    expect(reviewed).toBeInstanceOf(plain.constructor);
    expect([reviewed.name, reviewed.description, reviewed.schema]).toEqual([
      plain.name,
      plain.description,
      plain.schema,
    ]);
    expect(refund).not.toHaveBeenCalled();
  });

  test("the run of a tool begins after the decision, also where it is called the old way", async () => {
    const { reviewed, callbacks, outline } = refundAgent(
      deciding(decisions.reject, decisions.approve).reviewer,
    );
    const call = async (): Promise<unknown> =>
      await reviewed.call({ amount: 500 }, { callbacks }).catch(() => {});
    await call();
    expect(await outline()).toEqual(["pending", "reject"]);
    await call();
    expect(await outline()).toEqual(["pending", "reject", "pending", "approve", "tool"]);
  });

  test("a tool of the application's own class is reviewed too, and keeps its private fields", async () => {
    const run = vi.fn(async () => "ran");
    class Refund extends StructuredTool {
      readonly #limit = 100;
      readonly name = "refund";
      readonly description = "refunds";
      readonly schema = z.object({ amount: z.number() });
      get limit(): number {
        return this.#limit;
      }
      override _call(_args: { amount: number }): Promise<string> {
        return run();
      }
    }
    const { recorder } = setUp();
    const { reviewer, asked } = deciding(decisions.approve, decisions.reject);
    const reviewed = requireHumanReview(new Refund(), { recorder, reviewer });
    expect(reviewed.limit).toBe(100);
    expect(await reviewed.invoke({ amount: 5 })).toBe("ran");
    await expect(reviewed._call({ amount: 5 })).rejects.toMatchObject({ code: "review_rejected" });
    expect(asked).toHaveLength(2);
    expect(run).toHaveBeenCalledOnce();
  });

  test("a tool that takes plain text is reviewed too", async () => {
    const { recorder } = setUp();
    const { reviewer, asked } = deciding({ ...decisions.edit, final: "SELECT 1" });
    const run = vi.fn(async (text: string) => `ran ${text}`);
    const query = new DynamicTool({ name: "query", description: "runs SQL", func: run });
    expect(await requireHumanReview(query, { recorder, reviewer }).invoke("DROP TABLE users")).toBe(
      "ran SELECT 1",
    );
    expect(asked[0]?.subject.proposed).toBe("DROP TABLE users");
  });
});

describe("a caller without a tool call id", () => {
  test.each([
    ["review_rejected", decisions.reject],
    ["review_failed", { type: "approve" }],
  ])("gets %s, without the reason, which is content", async (code, decision) => {
    const { reviewed, refund } = refundAgent(deciding(decision).reviewer);
    const refusal = await reviewed.invoke({ amount: 500 }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code });
    expect(String(refusal)).not.toContain("receipt");
    expect(refund).not.toHaveBeenCalled();
  });

  test("gets review_not_bound where arguments cannot be shown", async () => {
    const { recorder } = setUp();
    const anything = tool(async () => "ran", {
      name: "anything",
      description: "d",
      schema: z.object({ f: z.any() }),
    });
    const reviewed = requireHumanReview(anything, { recorder, reviewer: deciding().reviewer });
    await expect(reviewed.invoke({ f: () => {} })).rejects.toMatchObject({ code: "review_not_bound" });
  });

  test("gets the plain answer, and invalid_argument for arguments that do not fit", async () => {
    const { reviewed } = refundAgent(deciding(decisions.respond).reviewer, { allowedDecisions: ["respond"] });
    expect(await reviewed.invoke({ amount: 500 })).toBe("Ask for the receipt");
    await expect(reviewed.invoke({ amount: -5 })).rejects.toMatchObject({ code: "invalid_argument" });
  });
});

test("a call that is given up gets its own reason back", async () => {
  const giveUp = new AbortController();
  const reviewer = hostReviewer(() => {
    giveUp.abort(new Error("user left"));
    return new Promise(() => {});
  });
  const { reviewed, refund } = refundAgent(reviewer);
  await expect(reviewed.invoke({ amount: 500 }, { signal: giveUp.signal })).rejects.toThrow("user left");
  expect(refund).not.toHaveBeenCalled();
});

test.each([
  ["no tool", {}],
  ["a tool only its provider runs", { type: "web_search", name: "web_search" }],
])("%s is refused", (_, wrong) => {
  const { recorder } = setUp();
  expect(() => requireHumanReview(wrong, { recorder, reviewer: deciding().reviewer })).toThrow(
    expect.objectContaining({ code: "invalid_argument" }),
  );
});

describe("a tool with which an agent asks", () => {
  const proposed = "Dear Ms Roe, you get 500 EUR.";

  test.each<[string, unknown, object, string]>([
    ["approved", decisions.approve, { decision: "approved", finalOutput: proposed }, "approve"],
    [
      "edited",
      { ...decisions.edit, final: "Dear Ms Roe" },
      { decision: "edited", finalOutput: "Dear Ms Roe", reason: "over the limit" },
      "override",
    ],
    [
      "rejected",
      decisions.reject,
      { decision: "rejected", reason: "Rejected in review: no receipt" },
      "reject",
    ],
    ["responded", decisions.respond, { decision: "responded", response: "Ask for the receipt" }, "override"],
    [
      "an edit that is no text",
      { ...decisions.edit, final: 5 },
      { decision: "rejected", reason: "Rejected: the review failed." },
      "failed",
    ],
  ])("%s: it is told what was decided and the final output", async (_, decision, result, recorded) => {
    const { recorder, callbacks, first, outline } = setUp();
    const { reviewer, asked } = deciding(decision);
    const args = { proposed, question: "Send this?", context: "Order 7" };
    const model = fakeModel()
      .respondWithTools([{ name: "human_review", args, id: "call_1" }])
      .respond(new AIMessage("Done."));
    const agent = createAgent({ model, tools: [humanReviewTool({ recorder, reviewer })] });
    const { messages } = await agent.invoke(question, { callbacks });
    const told = (messages as unknown[]).find((each) => ToolMessage.isInstance(each)) as ToolMessage;
    expect(JSON.parse(told.text)).toEqual(result);
    expect(asked).toMatchObject([
      {
        subject: { kind: "output", proposed },
        question: "Send this?",
        context: "Order 7",
        askedBy: "model",
        allowedDecisions: ["approve", "edit", "reject", "respond"],
      },
    ]);
    expect(await outline()).toEqual(["agent", "model", "tool", "pending", recorded, "model"]);
    const [agentRun, proposing, pending, decided] = [
      await first("agent"),
      await first("model"),
      await first("pending"),
      await first(recorded),
    ];
    expect(pending.actor).toEqual({ type: "agent" });
    expect(decided.correlationId).toBe(agentRun.correlationId);
    expect(decided.systemState.review).toMatchObject({
      reviewed_event_id: proposing.eventId,
      reviewed_reference: reference({
        messages: [{ role: "assistant", parts: [{ type: "text", content: proposed }] }],
      }),
      shown_reference: pending.inputReference,
    });
  });

  test("may have a name and a description of the application's", () => {
    const { recorder } = setUp();
    const { reviewer } = deciding();
    expect(
      humanReviewTool({ recorder, reviewer, name: "ask_boss", description: "Asks the boss." }),
    ).toMatchObject({
      name: "ask_boss",
      description: "Asks the boss.",
    });
  });
});
