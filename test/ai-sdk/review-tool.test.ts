import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import {
  complianceGuardMiddleware,
  humanReviewTool,
  recordTools,
  requireHumanReview,
} from "../../src/ai-sdk/index.ts";
import { reference } from "../../src/core/digest.ts";
import type { ReviewDecision } from "../../src/review/decision.ts";
import { hostReviewer, type Reviewer } from "../../src/review/reviewer.ts";
import { type Body, deciding } from "../review/fixtures.ts";
import { collect, type Sdk, sdks } from "../support/ai-sdks.ts";
import { startRecording } from "../support/recording.ts";
import { type ScriptedModel, scriptedModel } from "../support/scripted-model.ts";

const decisions = {
  approve: { type: "approve", reviewerId: "alice" },
  edit: { type: "edit", reviewerId: "alice", reason: "over the limit", final: { amount: 50 } },
  reject: { type: "reject", reviewerId: "alice", reason: "no receipt" },
  respond: { type: "respond", reviewerId: "alice", message: "Ask for the receipt" },
} satisfies Record<string, ReviewDecision>;

const kindOf = (event: Body): string => event.humanOversight?.decision ?? event.systemState.run.kind;

interface Refund {
  readonly amount: number;
  readonly currency: string;
}

/** What the model was told a tool gave, in its last prompt. */
function toldTo(model: ScriptedModel): Body {
  const message = model.calls.at(-1)?.prompt.findLast((each) => (each as Body).role === "tool") as Body;
  return message.content[0].output;
}

/** An agent of this SDK whose model calls one tool and then ends. */
function agent(sdk: Sdk, version: "v2" | "v3" | "v4", toolName: string, input: object) {
  const recording = startRecording();
  const { recorder } = recording;
  const call = { type: "tool-call", toolCallId: "call_1", toolName, input: JSON.stringify(input) };
  const inner = scriptedModel(version, [{ content: [call], finish: "tool-calls" }, {}]);
  const model = sdk.wrapLanguageModel({ model: inner, middleware: complianceGuardMiddleware({ recorder }) });
  const run = async (tools: object) =>
    await sdk.generateText({ model, tools, prompt: "Refund me 500.", stopWhen: sdk.stepCountIs(3) });
  const all = async (): Promise<Body[]> => [...(await recording.events())];
  const first = async (kind: string): Promise<Body> => (await all()).find((event) => kindOf(event) === kind);
  const outline = async () => (await all()).map(kindOf);
  return { ...recording, inner, model, run, all, first, outline };
}

describe.each(sdks)("$name", ({ sdk, version, release }) => {
  // The first 5.x has no generator tools, and throws where later ones tell the model that arguments are invalid.
  const testFromLater5 = test.skipIf(release === "5.0.0");

  function refundAgent(reviewer: Reviewer, options: object = {}) {
    const world = agent(sdk, version, "refund", { amount: 500, currency: "EUR" });
    const execute = vi.fn(async ({ amount, currency }: Refund, _options: object) => ({
      refunded: amount,
      currency,
    }));
    const inputSchema = z.object({ amount: z.number().positive(), currency: z.string().default("EUR") });
    const plain = sdk.tool({ description: "Refunds.", inputSchema, execute });
    const reviewed = requireHumanReview(plain, { recorder: world.recorder, reviewer, ...options });
    const refund = async () => {
      await world.run(recordTools({ refund: reviewed }, { recorder: world.recorder }));
      return toldTo(world.inner);
    };
    return { ...world, execute, plain, reviewed, refund };
  }

  describe("a tool the application insists on reviewing", () => {
    test("runs with what was approved, and the references meet", async () => {
      const { reviewer, asked } = deciding(decisions.approve);
      const { refund, execute, first, outline } = refundAgent(reviewer, { question: "Refund?" });
      expect(await refund()).toEqual({ type: "json", value: { refunded: 500, currency: "EUR" } });
      expect(execute).toHaveBeenCalledOnce();
      expect(asked).toMatchObject([
        {
          subject: { kind: "tool_call", name: "refund", proposed: { amount: 500, currency: "EUR" } },
          question: "Refund?",
          askedBy: "application",
        },
      ]);
      expect(await outline()).toEqual(["model", "tool", "pending", "approve", "model"]);
      const [run, approval] = [await first("tool"), await first("approve")];
      expect(approval.correlationId).toBe((await first("model")).correlationId);
      expect(approval.systemState.review).toMatchObject({
        reviewed_event_id: run.eventId,
        reviewed_reference: run.inputReference,
        shown_reference: (await first("pending")).inputReference,
      });
      expect(run.systemState.performance.provider_status).toBe("success");
    });

    test("runs with what the reviewer edited, and is recorded with it", async () => {
      const { reviewer } = deciding(decisions.edit);
      const { refund, execute, first } = refundAgent(reviewer);
      expect(await refund()).toEqual({ type: "json", value: { refunded: 50, currency: "EUR" } });
      expect(execute).toHaveBeenCalledExactlyOnceWith({ amount: 50, currency: "EUR" }, expect.anything());
      const [run, override] = [await first("tool"), await first("override")];
      expect(override.systemState.review.reviewed_event_id).toBe(run.eventId);
      expect(override.inputReference).toBe(
        reference({ name: "refund", arguments: { amount: 500, currency: "EUR" } }),
      );
      expect(override.outputReference).toBe(reference({ name: "refund", arguments: { amount: 50 } }));
      expect(run.input).toEqual({ name: "refund", arguments: { amount: 50, currency: "EUR" } });
      expect(run.systemState.run.arguments_modified).toBe(true);
    });

    test("does not run when rejected: the model gets the framework's own denial", async () => {
      const { reviewer } = deciding(decisions.reject);
      const { refund, execute, first, outline } = refundAgent(reviewer);
      const text = "Rejected in review: no receipt";
      expect(await refund()).toEqual(
        version === "v2" ? { type: "error-text", value: text } : { type: "execution-denied", reason: text },
      );
      expect(execute).not.toHaveBeenCalled();
      expect(await outline()).toEqual(["model", "tool", "pending", "reject", "model"]);
      const run = await first("tool");
      expect(run.systemState.performance.provider_status).toBe("error:ToolNotExecuted");
      expect(run).toMatchObject({ output: { result: text }, metadata: { executed: false } });
      expect((await first("reject")).inputReference).toBe(run.inputReference);
    });

    test.each([
      ["the reviewer fails", {}, "failed", "Rejected: the review failed."],
      ["nobody answers in time", { expiresAfterMs: 1 }, "expired", "Rejected: nobody reviewed it in time."],
    ])("does not run when %s", async (_, options, decision, text) => {
      const reviewer = hostReviewer(() =>
        "expiresAfterMs" in options ? new Promise(() => {}) : Promise.reject(new Error("down")),
      );
      const { refund, execute, outline } = refundAgent(reviewer, options);
      expect(Object.values(await refund())).toContain(text);
      expect(execute).not.toHaveBeenCalled();
      expect(await outline()).toContain(decision);
    });

    test("input that changes while a person looks at it does not run", async () => {
      const input = { amount: 500, currency: "EUR" };
      const reviewer = hostReviewer(async () => {
        input.amount = 5000;
        return decisions.approve;
      });
      const { reviewed, execute, first } = refundAgent(reviewer);
      expect(await reviewed.execute(input, { toolCallId: "call_1" } as never)).toMatchObject({
        complianceGuardReview: "rejected",
      });
      expect(execute).not.toHaveBeenCalled();
      expect(await first("not_applied")).toBeDefined();
    });

    test("a person's answer can stand in for the tool", async () => {
      const { reviewer } = deciding(decisions.respond);
      const { refund, execute } = refundAgent(reviewer, { allowedDecisions: ["approve", "respond"] });
      expect(await refund()).toEqual({ type: "text", value: "Ask for the receipt" });
      expect(execute).not.toHaveBeenCalled();
    });

    test("an edit the schema does not accept is no decision", async () => {
      const { reviewer } = deciding({ ...decisions.edit, final: { amount: -50 } });
      const { refund, execute, first } = refundAgent(reviewer);
      await refund();
      expect(execute).not.toHaveBeenCalled();
      expect((await first("failed")).systemState.review.failure).toBe("invalid_edit");
    });

    test("what `when` exempts runs unasked, and is on record as policy", async () => {
      const { reviewer, asked } = deciding();
      const { refund, execute, first } = refundAgent(reviewer, {
        when: ({ amount }: { amount: number }) => amount > 1000,
      });
      await refund();
      expect(execute).toHaveBeenCalledOnce();
      expect(asked).toEqual([]);
      expect((await first("approve")).humanOversight.reviewerType).toBe("policy");
    });

    test("recorded inside the review, its run begins with what it executes, or never ran", async () => {
      for (const [decision, status] of [
        [decisions.edit, "success"],
        [decisions.reject, "error:ToolNotExecuted"],
      ] as const) {
        const { run, recorder, plain, outline, first } = refundAgent(deciding(decision).reviewer);
        const recorded = recordTools({ refund: plain }, { recorder }).refund;
        const refund = requireHumanReview(recorded, { recorder, reviewer: deciding(decision).reviewer });
        await run(recordTools({ refund }, { recorder }));
        const override = decision === decisions.edit ? "override" : "reject";
        expect(await outline()).toEqual(["model", "pending", override, "tool", "model"]);
        const ran = await first("tool");
        expect(ran.systemState.performance.provider_status).toBe(status);
        expect(ran.systemState.run.arguments_modified).toBe(decision === decisions.edit ? true : undefined);
        expect((await first(override)).systemState.review.reviewed_event_id).toBe(
          (await first("model")).eventId,
        );
      }
    });

    testFromLater5("gives its outputs one by one where it is a generator", async () => {
      const { recorder, model } = agent(sdk, version, "count", {});
      async function* execute() {
        yield 1;
        yield 2;
      }
      const inputSchema = sdk.jsonSchema({ type: "object" });
      const plain = sdk.tool({ description: "Counts.", inputSchema, execute });
      for (const [decision, outputs] of [
        [decisions.approve, [1, 2, 2]],
        [
          decisions.reject,
          [expect.objectContaining({ complianceGuardReview: "rejected" }), expect.anything()],
        ],
      ] as const) {
        const count = requireHumanReview(plain, { recorder, reviewer: deciding(decision).reviewer });
        const call = { type: "tool-call", toolCallId: "call_1", toolName: "count", input: "{}" };
        const inner = scriptedModel(version, [{ content: [call], finish: "tool-calls" }]);
        const { fullStream } = sdk.streamText({ model: inner, tools: { count }, prompt: "Count." });
        const results = (await collect(fullStream)).filter(({ type }) => type === "tool-result") as Body[];
        expect(results.map(({ output }) => output)).toEqual(outputs);
      }
      expect(model).toBeDefined();
    });

    test("an output in pieces that nobody reads in pieces is its last", async () => {
      const { recorder } = agent(sdk, version, "count", {});
      async function* pieces() {
        yield 1;
        yield 2;
      }
      const plain = sdk.tool({
        description: "Counts.",
        inputSchema: sdk.jsonSchema({ type: "object" }),
        execute: () => pieces(),
      });
      const count = requireHumanReview(plain, { recorder, reviewer: deciding(decisions.approve).reviewer });
      expect(await (count.execute as () => unknown)()).toBe(2);
    });

    test("stays what it is apart from that", async () => {
      const { plain, reviewed } = refundAgent(deciding().reviewer);
      expect({ ...reviewed, execute: undefined, toModelOutput: undefined }).toEqual({
        ...plain,
        execute: undefined,
        toModelOutput: undefined,
      });
      expect(reviewed.execute).not.toBe(plain.execute);
      const inherited = Object.create({ strict: true }, Object.getOwnPropertyDescriptors(plain));
      const { recorder } = startRecording();
      const { reviewer } = deciding();
      expect(requireHumanReview(inherited, { recorder, reviewer })).toHaveProperty("strict", true);
    });

    test("its own toModelOutput still makes what the model sees of an output", async () => {
      const { recorder, inner, run } = agent(sdk, version, "refund", { amount: 500 });
      const seen: unknown[] = [];
      const plain = sdk.tool({
        description: "Refunds.",
        inputSchema: sdk.jsonSchema({ type: "object" }),
        execute: async () => ({ refunded: 500 }),
        toModelOutput: (argument: unknown) => {
          seen.push(argument);
          return { type: "text", value: "done" };
        },
      });
      const approving = requireHumanReview(plain, {
        recorder,
        reviewer: deciding(decisions.approve).reviewer,
      });
      await run({ refund: approving });
      expect(toldTo(inner)).toEqual({ type: "text", value: "done" });
      const output = { refunded: 500 };
      expect(seen).toContainEqual(
        version === "v2" ? output : { toolCallId: "call_1", input: { amount: 500 }, output },
      );
    });

    test("a rejection is still one when its message comes back as JSON", async () => {
      const { reviewed } = refundAgent(deciding(decisions.reject).reviewer);
      const output = JSON.parse(
        JSON.stringify(await reviewed.execute({ amount: 5, currency: "EUR" }, {} as never)),
      );
      const toModelOutput = (reviewed as Body).toModelOutput;
      expect(toModelOutput(output)).toMatchObject({ type: "error-text" });
      expect(toModelOutput({ toolCallId: "call_1", input: {}, output })).toMatchObject({
        type: "execution-denied",
      });
    });

    test("outputs that only look like ours stay as they are", async () => {
      const { reviewed } = refundAgent(deciding().reviewer);
      const toModelOutput = (reviewed as Body).toModelOutput;
      for (const output of [{ rejected: true }, { toolCallId: "x", output: 1 }, null, [1], 5]) {
        expect(toModelOutput(output)).toEqual({ type: "json", value: output });
        const call = { toolCallId: "call_1", input: {}, output };
        expect(toModelOutput(call)).toEqual({ type: "json", value: output });
      }
      expect(toModelOutput("text")).toEqual({ type: "text", value: "text" });
      expect(toModelOutput(undefined)).toEqual({ type: "json", value: null });
    });

    test("a call that is given up gets its own reason back", async () => {
      const giveUp = new AbortController();
      const reviewer = hostReviewer(() => {
        giveUp.abort(new Error("user left"));
        return new Promise(() => {});
      });
      const { reviewed, execute } = refundAgent(reviewer);
      const options = { toolCallId: "call_1", abortSignal: giveUp.signal } as never;
      await expect(reviewed.execute({ amount: 500, currency: "EUR" }, options)).rejects.toThrow("user left");
      expect(execute).not.toHaveBeenCalled();
    });
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
      [
        "responded",
        decisions.respond,
        { decision: "responded", response: "Ask for the receipt" },
        "override",
      ],
    ])("%s: it is told what was decided and the final output", async (_, decision, result, recorded) => {
      const { recorder, inner, run, first, outline } = agent(sdk, version, "human_review", {
        proposed,
        question: "Send this?",
      });
      const { reviewer, asked } = deciding(decision);
      await run(recordTools({ human_review: humanReviewTool({ recorder, reviewer }) }, { recorder }));
      expect(toldTo(inner)).toEqual({ type: "json", value: result });
      expect(asked).toMatchObject([
        { subject: { kind: "output", proposed }, question: "Send this?", askedBy: "model" },
      ]);
      expect(await outline()).toEqual(["model", "tool", "pending", recorded, "model"]);
      const decided = await first(recorded);
      expect(decided.correlationId).toBe((await first("model")).correlationId);
      expect(decided.systemState.review).toMatchObject({
        reviewed_event_id: (await first("model")).eventId,
        reviewed_reference: reference({
          messages: [{ role: "assistant", parts: [{ type: "text", content: proposed }] }],
        }),
      });
    });

    testFromLater5("its schema reaches the model, and what does not fit it reaches nobody", async () => {
      const { recorder, inner, run } = agent(sdk, version, "human_review", { proposed: 5 });
      const { reviewer, asked } = deciding();
      await run({ human_review: humanReviewTool({ recorder, reviewer, description: "Asks the boss." }) });
      expect(inner.calls[0]?.["tools"]).toMatchObject([
        { name: "human_review", description: "Asks the boss.", inputSchema: { required: ["proposed"] } },
      ]);
      expect(asked).toEqual([]);
    });

    test.each([[null], [{}], [{ proposed: "x", question: 5 }], [{ proposed: "x", context: {} }]])(
      "%j does not fit",
      (input) => {
        const { recorder } = agent(sdk, version, "human_review", {});
        const { inputSchema } = humanReviewTool({ recorder, reviewer: deciding().reviewer });
        expect((inputSchema as Body).validate(input)).toMatchObject({
          success: false,
          error: expect.any(Error),
        });
      },
    );
  });
});

describe("schemas of any form check an edit", () => {
  const { recorder } = startRecording();
  const sdk = sdks.at(-1)?.sdk as Sdk;
  const amount = z.object({ amount: z.number() });
  const validate = (value: unknown) =>
    amount.safeParse(value).success
      ? { success: true, value: { amount: 7 } }
      : { success: false, error: new Error("no") };

  test.each<[string, unknown, object]>([
    ["zod", amount, { amount: 50 }],
    ["the framework's own", { ...(sdk.jsonSchema({ type: "object" }) as object), validate }, { amount: 7 }],
    ["one that is made when it is needed", () => ({ validate }), { amount: 7 }],
    ["one that is made with zod", () => amount, { amount: 50 }],
  ])("%s", async (_, inputSchema, executed) => {
    const execute = vi.fn(async () => "ran");
    const run = async (final: unknown) => {
      const { reviewer } = deciding({ ...decisions.edit, final });
      const options = { recorder, reviewer, name: "refund" };
      return await requireHumanReview(
        { inputSchema, execute: execute as (...args: unknown[]) => unknown },
        options,
      ).execute({ amount: 500 }, {});
    };
    expect(await run({ amount: "fifty" })).toMatchObject({ complianceGuardReview: "rejected" });
    expect(execute).not.toHaveBeenCalled();
    expect(await run({ amount: 50 })).toBe("ran");
    expect(execute).toHaveBeenCalledExactlyOnceWith(executed, {});
  });
});

test("a tool without execute is refused", () => {
  const { recorder } = startRecording();
  expect(() => requireHumanReview({ inputSchema: {} }, { recorder, reviewer: deciding().reviewer })).toThrow(
    expect.objectContaining({ code: "invalid_argument" }),
  );
});

test("the name an application gives is the one that is shown and recorded", async () => {
  const { recorder, events } = startRecording();
  const { reviewer, asked } = deciding(decisions.reject);
  const tool = { execute: async (_input: object, _options: object) => "ran" };
  await requireHumanReview(tool, { recorder, reviewer, name: "refund" }).execute({}, {});
  expect(asked[0]?.subject.name).toBe("refund");
  expect((await events()).find((event) => event.actor?.type === "tool")?.actor?.name).toBe("refund");
});
