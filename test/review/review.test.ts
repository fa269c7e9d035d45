import { getEventListeners } from "node:events";
import { afterEach, describe, expect, test, vi } from "vitest";
import { decryptEvent } from "../../src/core/decrypt-event.ts";
import { reference } from "../../src/core/digest.ts";
import { toolInput } from "../../src/recorder/neutral-form.ts";
import type { Recorder } from "../../src/recorder/recorder.ts";
import type { Run } from "../../src/recorder/run.ts";
import { decisionTypes, type ReviewDecision, type ReviewRequest } from "../../src/review/decision.ts";
import type { Proposal } from "../../src/review/proposal.ts";
import { prepareReview } from "../../src/review/review.ts";
import type { ReviewOptions } from "../../src/review/review-options.ts";
import { hostReviewer, policyReviewer, type Reviewer } from "../../src/review/reviewer.ts";
import { type Body, deciding, payloadKey, recording } from "./fixtures.ts";

const refund = { customer: "c-7", amount: 500 };
const proposedCall = toolInput("refund", refund);
const proposal: Proposal = {
  kind: "tool_call",
  name: "refund",
  proposed: refund,
  askedBy: "application",
  toolCallId: "call_1",
};

/** A review of the refund that a model proposed and a run waits to make. */
async function setUp(reviewer: Reviewer, options: Partial<ReviewOptions> = {}) {
  const world = recording();
  const { model, tool } = await startedCall(world.recorder);
  const review = prepareReview(
    { recorder: world.recorder, reviewer, clock: world.clock, ...options },
    decisionTypes,
  );
  return { ...world, model, tool, review };
}

async function startedCall(recorder: Recorder): Promise<{ model: Run; tool: Run }> {
  const model = recorder.start({
    kind: "model",
    modelId: "gpt-5",
    input: () => ({}),
    declaredTools: ["refund"],
  });
  await model.succeed({
    modelId: "gpt-5",
    proposedCalls: [{ id: "call_1", name: "refund", arguments: refund }],
  });
  const tool = recorder.start({
    kind: "tool",
    name: "refund",
    toolCallId: "call_1",
    input: () => proposedCall,
  });
  return { model, tool };
}

const opened = async (event: Body): Promise<Body> => await decryptEvent(event, payloadKey);

afterEach(() => vi.useRealTimers());

describe("what is recorded of a decision", () => {
  test("a request is recorded with everything the person is shown", async () => {
    const { reviewer, asked } = deciding({ type: "approve", reviewerId: "alice" });
    const { review, reviews, tool } = await setUp(reviewer, { expiresAfterMs: 60_000 });
    await review({ ...proposal, question: "Fine?", context: { orders: 3 } });
    const [request] = reviews();
    expect(request).toMatchObject({
      actor: { type: "recorder" },
      correlationId: tool.correlationId,
      modelId: "gpt-5",
      humanOversight: { decision: "pending", interventionType: "review_request" },
      outputReference: reference({}),
    });
    expect(request.systemState.review).toEqual({
      request_id: asked[0]?.id,
      reviewed_event_id: tool.eventId,
      reviewed_reference: tool.inputReference,
      shown_reference: request.inputReference,
      requested_at_utc: "2026-05-01T12:00:00Z",
    });
    expect((await opened(request)).input).toEqual({
      proposed: proposedCall,
      kind: "tool_call",
      name: "refund",
      question: "Fine?",
      context: { orders: 3 },
      asked_by: "application",
      allowed_decisions: ["approve", "edit", "reject", "respond"],
      request_id: asked[0]?.id,
      system_id: "refunds-prod",
      correlation_id: tool.correlationId,
      requested_at_utc: "2026-05-01T12:00:00Z",
      expires_at_utc: "2026-05-01T12:01:00Z",
    });
    expect(asked[0]).toMatchObject({ expiresAtUtc: "2026-05-01T12:01:00Z", askedBy: "application" });
  });

  test("an approval names the person, what was shown and what was approved", async () => {
    const asked: ReviewRequest[] = [];
    const reviewer = hostReviewer(async (request) => {
      asked.push(request);
      clock.wall += 1500;
      return { type: "approve", reviewerId: "alice", reason: "checked" };
    });
    const { review, reviews, tool, clock } = await setUp(reviewer);
    expect(await review(proposal)).toEqual({ decision: "approved", final: refund });
    const [request, approval, ...others] = reviews();
    expect(others).toEqual([]);
    expect(approval).toMatchObject({
      actor: { type: "human" },
      correlationId: tool.correlationId,
      humanOversight: {
        decision: "approve",
        reviewerType: "human",
        reviewerId: "alice",
        interventionType: "approval",
        notes: "checked",
      },
      inputReference: reference({ proposed: proposedCall }),
      outputReference: reference({ final: proposedCall }),
    });
    expect(approval.systemState.review).toEqual({
      request_id: asked[0]?.id,
      reviewed_event_id: tool.eventId,
      reviewed_reference: tool.inputReference,
      shown_reference: request.inputReference,
      requested_at_utc: "2026-05-01T12:00:00Z",
      decided_at_utc: "2026-05-01T12:00:01.5Z",
      authentication: "host",
    });
  });

  test("an edit is an override from what was proposed to what runs", async () => {
    const final = { customer: "c-7", amount: 50 };
    const { reviewer } = deciding({ type: "edit", reviewerId: "alice", reason: "over the limit", final });
    const { review, reviews, tool } = await setUp(reviewer);
    expect(await review(proposal)).toEqual({ decision: "edited", final, reason: "over the limit" });
    const [request, override] = reviews();
    expect(override).toMatchObject({
      actor: { type: "human" },
      correlationId: tool.correlationId,
      inputReference: tool.inputReference,
      outputReference: reference(toolInput("refund", final)),
      humanOversight: {
        decision: "override",
        reviewerType: "human",
        reviewerId: "alice",
        interventionType: "override",
        notes: "over the limit",
      },
      systemState: {
        review: {
          reviewed_event_id: tool.eventId,
          reviewed_reference: tool.inputReference,
          shown_reference: request.inputReference,
          authentication: "host",
        },
      },
    });
  });

  test("a rejection is an override to nothing", async () => {
    const { reviewer } = deciding({ type: "reject", reviewerId: "alice", reason: "not a customer" });
    const { review, reviews, tool } = await setUp(reviewer);
    expect(await review(proposal)).toEqual({
      decision: "rejected",
      cause: "reviewer",
      reason: "not a customer",
    });
    expect(reviews()[1]).toMatchObject({
      inputReference: tool.inputReference,
      outputReference: reference({ rejected: true }),
      humanOversight: {
        decision: "reject",
        reviewerType: "human",
        reviewerId: "alice",
        interventionType: "override",
        notes: "not a customer",
      },
    });
  });

  test("a response stays in the content and is no note in clear", async () => {
    const { reviewer } = deciding({ type: "respond", reviewerId: "alice", message: "Ask for the receipt" });
    const { review, reviews, tool, sink } = await setUp(reviewer);
    expect(await review(proposal)).toEqual({ decision: "responded", message: "Ask for the receipt" });
    expect(reviews()[1]).toMatchObject({
      inputReference: tool.inputReference,
      outputReference: reference({ response: "Ask for the receipt" }),
      humanOversight: { decision: "override", reviewerType: "human", interventionType: "override" },
    });
    expect(JSON.stringify(sink.events)).not.toContain("receipt");
  });

  test.each<[ReviewDecision["type"], object, object, string, string]>([
    ["approve", { type: "approve" }, { final: proposedCall }, "approve", "approval"],
    ["reject", { type: "reject", reason: "too much" }, { rejected: true }, "reject", "override"],
    ["respond", { type: "respond", message: "no" }, { response: "no" }, "override", "override"],
    [
      "edit",
      { type: "edit", reason: "capped", final: { amount: 5 } },
      { final: toolInput("refund", { amount: 5 }) },
      "override",
      "override",
    ],
  ])("a policy's %s is recorded as policy, and nobody is asked", async (_, decision, output, word, kind) => {
    const { review, reviews, tool } = await setUp(policyReviewer("limits", () => decision as never));
    await review(proposal);
    const [event, ...others] = reviews();
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      actor: { type: "policy" },
      inputReference: reference({ proposed: proposedCall }),
      outputReference: reference(output),
      humanOversight: {
        decision: word,
        reviewerType: "policy",
        reviewerId: "limits",
        interventionType: kind,
      },
    });
    expect(event.systemState.review).toMatchObject({
      reviewed_event_id: tool.eventId,
      authentication: "none",
    });
    expect(event.systemState.review).not.toHaveProperty("shown_reference");
  });

  test("what `when` exempts is recorded as policy, the rest is asked", async () => {
    const { reviewer, asked } = deciding({ type: "approve", reviewerId: "alice" });
    const when = (args: unknown): boolean => (args as typeof refund).amount > 100;
    const { review, reviews } = await setUp(reviewer, { when });
    const small = { customer: "c-7", amount: 5 };
    expect(await review({ ...proposal, proposed: small })).toEqual({ decision: "approved", final: small });
    expect(asked).toEqual([]);
    expect(reviews()).toMatchObject([{ humanOversight: { decision: "approve", reviewerType: "policy" } }]);
    await review(proposal);
    expect(asked).toHaveLength(1);
  });

  test("a `when` that throws leaves the decision with the reviewer", async () => {
    const { reviewer, asked } = deciding({ type: "approve", reviewerId: "alice" });
    const when = (): boolean => {
      throw new Error("no such account");
    };
    const { review, troubles } = await setUp(reviewer, { when });
    await review(proposal);
    expect(asked).toHaveLength(1);
    expect(troubles).toMatchObject([{ code: "review_failed" }]);
  });

  test("nobody in time is an expiry without a reviewer, and a rejection", async () => {
    vi.useFakeTimers();
    let signal: AbortSignal | undefined;
    const silent = hostReviewer((_, options) => {
      signal = options.signal;
      return new Promise(() => {});
    });
    const { review, reviews, tool } = await setUp(silent, { expiresAfterMs: 1000 });
    const waiting = review(proposal);
    await vi.advanceTimersByTimeAsync(999);
    expect(signal?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await waiting).toEqual({ decision: "rejected", cause: "expired" });
    expect(signal?.aborted).toBe(true);
    const expired = reviews()[1];
    expect(expired).toMatchObject({
      actor: { type: "recorder" },
      inputReference: reference({ proposed: proposedCall }),
      outputReference: reference({ rejected: true, expired: true }),
      systemState: { review: { authentication: "none", reviewed_event_id: tool.eventId } },
    });
    expect(expired.humanOversight).toEqual({ decision: "expired", reviewerType: "none" });
  });
});

describe("who decided", () => {
  const approve = async (): Promise<ReviewDecision> => ({ type: "approve", reviewerId: "alice" });

  test.each([
    ["session", "human", "human"],
    ["host", "human", "human"],
    ["os_user", "human", "human"],
    ["asserted", "unattributed", "reviewer"],
    [undefined, "unattributed", "reviewer"],
  ] as const)(
    "a reviewer authenticated as %s is recorded as %s",
    async (authentication, reviewerType, type) => {
      const reviewer = authentication ? Object.assign(approve.bind(null), { authentication }) : approve;
      const { review, reviews } = await setUp(reviewer);
      await review(proposal);
      expect(reviews()[1]).toMatchObject({
        actor: { type },
        humanOversight: { reviewerType },
        systemState: { review: { authentication: authentication ?? "asserted" } },
      });
    },
  );

  test("an override by a reviewer who is only asserted is unattributed too", async () => {
    const { review, reviews } = await setUp(async () => ({
      type: "reject",
      reviewerId: "alice",
      reason: "no",
    }));
    await review(proposal);
    expect(reviews()[1]).toMatchObject({
      actor: { type: "reviewer" },
      humanOversight: { decision: "reject", reviewerType: "unattributed" },
      systemState: { review: { authentication: "asserted" } },
    });
  });

  test("a decision cannot say how its reviewer was authenticated", async () => {
    const forged = {
      type: "approve",
      reviewerId: "mallory",
      authentication: "session",
      reviewerType: "human",
    };
    const { review, reviews } = await setUp(async () => forged as ReviewDecision);
    await review(proposal);
    expect(reviews()[1]).toMatchObject({
      humanOversight: { reviewerType: "unattributed" },
      systemState: { review: { authentication: "asserted" } },
    });
  });

  test("the reviewer's id goes out as a pseudonym where there is a key for it", async () => {
    const world = recording({ pseudonymKey: Buffer.alloc(32, 1) });
    const { reviewer } = deciding({ type: "approve", reviewerId: "alice@example.com" });
    await prepareReview({ recorder: world.recorder, reviewer }, decisionTypes)(proposal);
    expect(world.reviews()[1].humanOversight.reviewerId).toMatch(/^p1\./);
    expect(JSON.stringify(world.sink.events)).not.toContain("alice");
  });

  test.each([
    ["is required", { requireAuthentication: true }, undefined],
    ["is denied", {}, "none"],
  ] as const)(
    "an unauthenticated reviewer is not asked where authentication %s",
    async (_, options, authentication) => {
      const ask = vi.fn(approve);
      const { review, reviews } = await setUp(Object.assign(ask, authentication && { authentication }), {
        ...options,
        onFailure: "wait",
      });
      expect(await review(proposal)).toEqual({ decision: "rejected", cause: "failed" });
      expect(ask).not.toHaveBeenCalled();
      expect(reviews()[1]).toMatchObject({
        humanOversight: { decision: "failed", reviewerType: "none" },
        systemState: { review: { failure: "unauthenticated" } },
      });
    },
  );
});

describe("a review that fails is a rejection", () => {
  test.each([
    ["reviewer_error", hostReviewer(() => Promise.reject(new Error("chat is down")))],
    [
      "reviewer_error",
      hostReviewer(() => {
        throw new Error("chat is down");
      }),
    ],
    ["invalid_decision", deciding({ type: "approve" }).reviewer],
    ["invalid_decision", deciding(undefined).reviewer],
    ["invalid_decision", deciding({ type: "sign", reviewerId: "alice" }).reviewer],
  ])("%s", async (failure, reviewer) => {
    const { review, reviews, troubles } = await setUp(reviewer);
    expect(await review(proposal)).toEqual({ decision: "rejected", cause: "failed" });
    expect(reviews()[1]).toMatchObject({
      inputReference: reference({ proposed: proposedCall }),
      outputReference: reference({ rejected: true, failed: true }),
      humanOversight: { decision: "failed", reviewerType: "none" },
      systemState: { review: { failure } },
    });
    expect(troubles).toMatchObject([{ code: "review_failed" }]);
  });

  test("a decision that is not allowed does not count", async () => {
    const { reviewer } = deciding({ type: "edit", reviewerId: "alice", reason: "less", final: {} });
    const { review } = await setUp(reviewer, { allowedDecisions: ["reject", "approve"] });
    expect(await review(proposal)).toEqual({ decision: "rejected", cause: "failed" });
  });

  test.each([
    ["does not fit", async () => ({ problem: "amount must be positive" })],
    ["cannot be checked", () => Promise.reject(new Error("schema"))],
  ])("an edit that %s is not applied", async (_, accept) => {
    const { reviewer } = deciding({
      type: "edit",
      reviewerId: "alice",
      reason: "less",
      final: { amount: -1 },
    });
    const { review, reviews } = await setUp(reviewer);
    expect(await review({ ...proposal, accept })).toEqual({ decision: "rejected", cause: "failed" });
    expect(reviews()[1]).toMatchObject({ systemState: { review: { failure: "invalid_edit" } } });
  });

  test("an edit runs what the schema makes of it, and a reviewer can ask beforehand", async () => {
    const problems: (string | undefined)[] = [];
    const reviewer = hostReviewer(async (_, { problemWith }) => {
      problems.push(await problemWith?.({ amount: -1 }), await problemWith?.({ amount: 1 }));
      return { type: "edit", reviewerId: "alice", reason: "less", final: { amount: 1 } };
    });
    const accept = async (final: unknown) =>
      (final as typeof refund).amount > 0
        ? { value: { amount: 1, currency: "EUR" } }
        : { problem: "too small" };
    const { review } = await setUp(reviewer);
    expect(await review({ ...proposal, accept })).toMatchObject({ final: { amount: 1, currency: "EUR" } });
    expect(problems).toEqual(["too small", undefined]);
  });

  test("a review that waits out failures asks again until there is a decision", async () => {
    vi.useFakeTimers();
    let calls = 0;
    const reviewer = hostReviewer(async () => {
      calls += 1;
      if (calls < 3) throw new Error("chat is down");
      return { type: "approve", reviewerId: "alice" };
    });
    const { review, reviews, troubles } = await setUp(reviewer, { onFailure: "wait", retryAfterMs: 100 });
    const waiting = review(proposal);
    await vi.advanceTimersByTimeAsync(200);
    expect(await waiting).toMatchObject({ decision: "approved" });
    expect(reviews().map(({ humanOversight }) => humanOversight.decision)).toEqual(["pending", "approve"]);
    expect(troubles).toHaveLength(2);
  });

  test("waiting out failures ends with the time", async () => {
    vi.useFakeTimers();
    const reviewer = hostReviewer(() => Promise.reject(new Error("chat is down")));
    const { review } = await setUp(reviewer, { onFailure: "wait", retryAfterMs: 100, expiresAfterMs: 250 });
    const waiting = review(proposal);
    await vi.advanceTimersByTimeAsync(250);
    expect(await waiting).toEqual({ decision: "rejected", cause: "expired" });
    // What waited for the record of it looks once more after ten seconds; then there is only what waits for the open run.
    await vi.advanceTimersByTimeAsync(10_000);
    expect(vi.getTimerCount()).toBe(1);
  });

  test("a deadline that is waited out passes, and the answer after it counts", async () => {
    vi.useFakeTimers();
    const reviewer = hostReviewer(
      () =>
        new Promise((resolve) => setTimeout(() => resolve({ type: "approve", reviewerId: "alice" }), 5000)),
    );
    const { review } = await setUp(reviewer, { expiresAfterMs: 1000, onExpiry: "wait" });
    const waiting = review(proposal);
    await vi.advanceTimersByTimeAsync(5000);
    expect(await waiting).toMatchObject({ decision: "approved" });
  });

  test.each([
    [
      "expires",
      { expiresAfterMs: 1000, onExpiry: "escalate" },
      () => new Promise<never>(() => {}),
      undefined,
    ],
    ["fails", { onFailure: "escalate" }, () => Promise.reject(new Error("down")), "reviewer_error"],
  ] as const)(
    "a review that %s goes to the next reviewer, as a request of its own",
    async (_, options, first, failure) => {
      vi.useFakeTimers();
      const { reviewer: escalateTo } = deciding({ type: "approve", reviewerId: "boss" });
      const { review, reviews } = await setUp(hostReviewer(first), { ...options, escalateTo });
      const waiting = review(proposal);
      await vi.advanceTimersByTimeAsync(1000);
      expect(await waiting).toMatchObject({ decision: "approved" });
      const events = reviews();
      expect(events.map(({ humanOversight }) => humanOversight.decision)).toEqual([
        "pending",
        "escalated",
        "pending",
        "approve",
      ]);
      const [asked, escalated, askedNext, approval] = events.map((event) => event.systemState.review);
      expect(events[1]).toMatchObject({
        outputReference: reference({ escalated: true }),
        humanOversight: { reviewerType: "none" },
      });
      expect(escalated.request_id).toBe(asked.request_id);
      expect(escalated.failure).toBe(failure);
      expect(askedNext).toMatchObject({ escalated_from: asked.request_id });
      expect(askedNext.request_id).not.toBe(asked.request_id);
      expect(approval.request_id).toBe(askedNext.request_id);
      expect(new Set(events.map(({ correlationId }) => correlationId)).size).toBe(1);
    },
  );

  test("the second reviewer's silence or failure is a rejection", async () => {
    const down = hostReviewer(() => Promise.reject(new Error("down")));
    const { review, reviews } = await setUp(down, { onFailure: "escalate", escalateTo: down });
    expect(await review(proposal)).toEqual({ decision: "rejected", cause: "failed" });
    expect(reviews()).toHaveLength(4);
  });

  test("the second reviewer is not waited for, whatever the first was granted", async () => {
    vi.useFakeTimers();
    const escalateTo = hostReviewer(() => Promise.reject(new Error("down")));
    const silent = hostReviewer(() => new Promise(() => {}));
    const options = { expiresAfterMs: 1000, onExpiry: "escalate", onFailure: "wait", escalateTo } as const;
    const { review } = await setUp(silent, options);
    const waiting = review(proposal);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await waiting).toEqual({ decision: "rejected", cause: "failed" });
  });

  test("the answer that comes after the expiry changes nothing", async () => {
    vi.useFakeTimers();
    let answer: (decision: ReviewDecision) => void = () => {};
    const slow = hostReviewer(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    const { review, reviews } = await setUp(slow, { expiresAfterMs: 1000 });
    const waiting = review(proposal);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await waiting).toMatchObject({ cause: "expired" });
    answer({ type: "approve", reviewerId: "alice" });
    await vi.advanceTimersByTimeAsync(1000);
    expect(reviews()).toHaveLength(2);
  });
});

describe("what runs is what was shown", () => {
  const cycle: { itself?: unknown } = {};
  cycle.itself = cycle;

  test("the reviewer's copy is frozen and the copy that runs is nobody else's", async () => {
    const { reviewer, asked } = deciding({ type: "approve", reviewerId: "alice" });
    const { review } = await setUp(reviewer);
    const live = { customer: "c-7", amount: 500 };
    const outcome = await review({ ...proposal, proposed: live });
    expect(outcome).toEqual({ decision: "approved", final: live });
    expect((outcome as { final: unknown }).final).not.toBe(live);
    expect(Object.isFrozen(asked[0]?.subject.proposed)).toBe(true);
    expect((outcome as { final: unknown }).final).not.toBe(asked[0]?.subject.proposed);
  });

  test("nothing of a request can be changed by whoever is asked", async () => {
    const { reviewer, asked } = deciding({ type: "approve", reviewerId: "alice" });
    const { review } = await setUp(reviewer);
    const context = { customer: { orders: [3] } };
    await review({ ...proposal, proposed: { items: [{ amount: 1 }] }, context });
    const [request] = asked as [ReviewRequest];
    expect(request.context).toEqual(context);
    const parts = (value: unknown): unknown[] =>
      typeof value === "object" && value !== null ? [value, ...Object.values(value).flatMap(parts)] : [];
    expect(parts(request).length).toBeGreaterThan(8);
    expect(parts(request).every(Object.isFrozen)).toBe(true);
    expect(Object.isFrozen(context)).toBe(false);
  });

  test("arguments that change during the review do not run, approved or edited", async () => {
    for (const decision of [
      { type: "approve", reviewerId: "alice" },
      { type: "edit", reviewerId: "alice", reason: "less", final: { amount: 5 } },
    ] as const) {
      const live = { customer: "c-7", amount: 500 };
      const { review, reviews } = await setUp(
        hostReviewer(async () => {
          live.amount = 5000;
          return decision;
        }),
      );
      expect(await review({ ...proposal, proposed: live })).toEqual({
        decision: "rejected",
        cause: "not_applied",
      });
      expect(reviews()[2]).toMatchObject({
        inputReference: reference({ proposed: proposedCall }),
        outputReference: reference({ rejected: true, not_applied: true }),
        humanOversight: { decision: "not_applied", reviewerType: "none" },
      });
    }
  });

  test.each([
    ["a function", { amount: 5, send: () => {} }],
    ["a cycle", cycle],
    ["a map", { items: new Map() }],
    ["bytes", { file: new Uint8Array(3) }],
    ["a lone surrogate", { name: "\ud800" }],
  ])(
    "arguments with %s cannot be shown exactly, so nobody is asked and nothing runs",
    async (_, proposed) => {
      const { reviewer, asked } = deciding({ type: "approve", reviewerId: "alice" });
      const { review, reviews } = await setUp(reviewer);
      expect(await review({ ...proposal, proposed })).toEqual({ decision: "rejected", cause: "not_applied" });
      expect(asked).toEqual([]);
      expect(reviews()).toMatchObject([{ humanOversight: { decision: "not_applied" } }]);
    },
  );

  test("dates and big integers are shown in full and run as they are", async () => {
    const { reviewer, asked } = deciding({ type: "approve", reviewerId: "alice" });
    const { review } = await setUp(reviewer);
    const proposed = { due: new Date(0), cents: 12345678901234567891n, small: 5n };
    expect(await review({ ...proposal, proposed })).toEqual({ decision: "approved", final: proposed });
    expect(asked[0]?.subject.proposed).toEqual({
      due: "1970-01-01T00:00:00.000Z",
      cents: "12345678901234567891",
      small: 5,
    });
  });

  test("a text answer is reviewed as the output of the model that gives it", async () => {
    const { reviewer } = deciding({
      type: "edit",
      reviewerId: "alice",
      reason: "tone",
      final: "Dear Ms Roe",
    });
    const { review, reviews } = await setUp(reviewer);
    const outcome = await review({ kind: "output", proposed: "Hey", askedBy: "model" });
    expect(outcome).toEqual({ decision: "edited", final: "Dear Ms Roe", reason: "tone" });
    const answer = (content: string) => ({
      messages: [{ role: "assistant", parts: [{ type: "text", content }] }],
    });
    expect(reviews()).toMatchObject([
      { actor: { type: "agent" } },
      { inputReference: reference(answer("Hey")), outputReference: reference(answer("Dear Ms Roe")) },
    ]);
  });

  test("an answer proposed in a call of the review tool is the decision of the model that made the call", async () => {
    const { reviewer } = deciding({ type: "approve", reviewerId: "alice" });
    const { review, reviews, model } = await setUp(reviewer);
    await review({ kind: "output", proposed: "Dear Ms Roe", askedBy: "model", toolCallId: "call_1" });
    expect(reviews()[1].systemState.review.reviewed_event_id).toBe(model.eventId);
  });

  test("text arguments stay the text they are", async () => {
    const { reviewer, asked } = deciding({ type: "approve", reviewerId: "alice" });
    const { review, reviews } = await setUp(reviewer);
    expect(await review({ ...proposal, proposed: '{"a":1}' })).toEqual({
      decision: "approved",
      final: '{"a":1}',
    });
    expect(asked[0]?.subject.proposed).toBe('{"a":1}');
    const component = { name: "refund", arguments: '{"a":1}' };
    expect(reviews()[1]).toMatchObject({ inputReference: reference({ proposed: component }) });
  });

  test("any other answer is reviewed as the value an agent returns", async () => {
    const { reviewer } = deciding({ type: "reject", reviewerId: "alice", reason: "no" });
    const { review, reviews } = await setUp(reviewer);
    await review({ kind: "output", proposed: { grade: 5 }, askedBy: "model" });
    expect(reviews()[1]).toMatchObject({ inputReference: reference({ value: { grade: 5 } }) });
  });
});

describe("where a review belongs", () => {
  test("without a run the proposing model's event is the one under review", async () => {
    const { reviewer } = deciding({ type: "approve", reviewerId: "alice" });
    const { review, reviews, model, tool } = await setUp(reviewer);
    await tool.fail(new Error("first attempt"));
    await review(proposal);
    expect(reviews()[1]).toMatchObject({
      correlationId: model.correlationId,
      systemState: { review: { reviewed_event_id: model.eventId } },
    });
  });

  test("a run that is left out of the record is not named as the event under review", async () => {
    const world = recording({ record: { tools: false } });
    const { model } = await startedCall(world.recorder);
    const { reviewer } = deciding({ type: "approve", reviewerId: "alice" });
    await prepareReview({ recorder: world.recorder, reviewer }, decisionTypes)(proposal);
    expect(world.reviews()[1].systemState.review.reviewed_event_id).toBe(model.eventId);
  });

  test("an unknown call belongs to what encloses it, else to its own request", async () => {
    const { reviewer } = deciding(
      { type: "approve", reviewerId: "alice" },
      { type: "approve", reviewerId: "alice" },
    );
    const { review, reviews, recorder } = await setUp(reviewer);
    const unknown = { ...proposal, toolCallId: undefined };
    await recorder.withContext({ correlationId: "case-9" }, () => review(unknown));
    await review(unknown);
    const correlations = reviews().map(({ correlationId }) => correlationId);
    expect(correlations.slice(0, 2)).toEqual(["case-9", "case-9"]);
    expect(correlations[2]).toBe(correlations[3]);
    expect(reviews()[0].systemState.review).not.toHaveProperty("reviewed_event_id");
  });

  test("a run that waits for a person does not age, and ages again afterwards", async () => {
    vi.useFakeTimers();
    const world = recording({ abandonAfterMs: 1000 });
    const { tool } = await startedCall(world.recorder);
    const reviewer = hostReviewer(
      () =>
        new Promise((resolve) => setTimeout(() => resolve({ type: "approve", reviewerId: "alice" }), 60_000)),
    );
    const waiting = prepareReview({ recorder: world.recorder, reviewer }, decisionTypes)(proposal);
    await vi.advanceTimersByTimeAsync(60_000);
    await waiting;
    expect(tool.isSettled).toBe(false);
    await vi.advanceTimersByTimeAsync(1000);
    expect(tool.isSettled).toBe(true);
  });

  test("a call that is given up gets its own reason back, and the review ends on record", async () => {
    const giveUp = new AbortController();
    const reviewer = hostReviewer((_, { signal }) => {
      queueMicrotask(() => giveUp.abort(new Error("user left")));
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    });
    const { review, reviews } = await setUp(reviewer);
    await expect(review({ ...proposal, signal: giveUp.signal })).rejects.toThrow("user left");
    expect(reviews()[1]).toMatchObject({
      outputReference: reference({ rejected: true, cancelled: true }),
      humanOversight: { decision: "cancelled", reviewerType: "none" },
    });
  });

  test("a review that is over listens to nothing any more", async () => {
    const { reviewer } = deciding({ type: "approve", reviewerId: "alice" });
    const { review } = await setUp(reviewer);
    const { signal } = new AbortController();
    await review({ ...proposal, signal });
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  test("a call that is given up already is not even asked about", async () => {
    const { reviewer, asked } = deciding({ type: "approve", reviewerId: "alice" });
    const { review, reviews } = await setUp(reviewer);
    const signal = AbortSignal.abort(new Error("user left"));
    await expect(review({ ...proposal, signal })).rejects.toThrow("user left");
    expect(asked).toEqual([]);
    expect(reviews()).toEqual([]);
  });
});

describe("when the record cannot be kept", () => {
  const failing = () => {
    const world = recording();
    world.sink.submit = () => Promise.reject(new Error("disk full"));
    return world;
  };

  test("under continue the review goes on, and the trouble is told", async () => {
    const { recorder, troubles } = failing();
    const { reviewer } = deciding({ type: "approve", reviewerId: "alice" });
    const outcome = await prepareReview({ recorder, reviewer }, decisionTypes)(proposal);
    expect(outcome).toMatchObject({ decision: "approved" });
    expect(troubles).toMatchObject([{ code: "record_not_kept" }, { code: "record_not_kept" }]);
  });

  test("under block nobody is asked and nothing is approved", async () => {
    const world = recording({ onFailure: "block" });
    world.sink.submit = () => Promise.reject(new Error("disk full"));
    const { reviewer, asked } = deciding({ type: "approve", reviewerId: "alice" });
    await expect(
      prepareReview({ recorder: world.recorder, reviewer }, decisionTypes)(proposal),
    ).rejects.toMatchObject({ code: "record_not_kept" });
    expect(asked).toEqual([]);
  });
});

describe("options", () => {
  const { recorder } = recording();
  const { reviewer } = deciding();

  test.each<[string, object]>([
    ["no reviewer", { reviewer: undefined }],
    ["no recorder", { recorder: undefined }],
    ["an unknown decision", { allowedDecisions: ["approve", "sign"] }],
    ["no decisions", { allowedDecisions: [] }],
    ["a negative time", { expiresAfterMs: -1 }],
    ["a time no timer can keep", { expiresAfterMs: 2 ** 31 }],
    ["no number", { retryAfterMs: Number.NaN }],
    ["an unknown fallback", { onExpiry: "approve" }],
    ["an escalation to nobody", { onFailure: "escalate" }],
    ["an escalation to no reviewer", { escalateTo: {} }],
  ])("%s is refused", (_, wrong) => {
    expect(() => prepareReview({ recorder, reviewer, ...wrong } as ReviewOptions, decisionTypes)).toThrow(
      expect.objectContaining({ code: "invalid_option" }),
    );
  });

  test("decisions are offered in one order, whatever order they were given in", async () => {
    const { reviewer: approving, asked } = deciding({ type: "approve", reviewerId: "alice" });
    const { review } = await setUp(approving, { allowedDecisions: ["reject", "approve", "reject"] });
    await review(proposal);
    expect(asked[0]?.allowedDecisions).toEqual(["approve", "reject"]);
  });
});
