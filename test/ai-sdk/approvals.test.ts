import { describe, expect, test } from "vitest";
import {
  complianceGuardMiddleware,
  complianceGuardTelemetry,
  type RecordApprovalsOptions,
  recordApprovals,
  recordTools,
  requireHumanReview,
} from "../../src/ai-sdk/index.ts";
import { reference } from "../../src/core/digest.ts";
import { derivedEventId } from "../../src/core/uuid.ts";
import { hostReviewer } from "../../src/review/index.ts";
import { sdks7, ways } from "../support/ai-7.ts";
import { type SdkCase, sdks } from "../support/ai-sdks.ts";
import { codeOf } from "../support/error-code.ts";
import { type RecordedEvent, type Recording, startRecording, statusOf } from "../support/recording.ts";
import { scriptedModel } from "../support/scripted-model.ts";
import { brokenSink } from "../support/sinks.ts";

interface OversightEvent extends RecordedEvent {
  readonly humanOversight: Readonly<Record<string, unknown>>;
  readonly systemState: RecordedEvent["systemState"] & { readonly review: Readonly<Record<string, unknown>> };
}

type Part = Readonly<Record<string, unknown>>;
type Message = { readonly role: string; readonly content: readonly Part[] | string };

const oversightOf = async ({ events }: Pick<Recording, "events">) =>
  (await events()).filter((event) => event.humanOversight !== undefined) as OversightEvent[];
const toolsOf = async ({ events }: Pick<Recording, "events">) =>
  (await events()).filter(({ actor }) => actor?.type === "tool");
const decisionsOf = (events: readonly OversightEvent[]) =>
  events.map(({ humanOversight }) => humanOversight["decision"]);

const call = { type: "tool-call", toolCallId: "call_1", toolName: "refund", input: '{"amount":500}' };
const proposed = { name: "refund", arguments: { amount: 500 } };
const user = { role: "user", content: "Refund me 500." };

/** A conversation in which a refund needs an approval. */
function conversation({ sdk, version, major }: Pick<SdkCase, "sdk" | "version" | "major">, more: Part = {}) {
  const executed: unknown[] = [];
  const inputSchema = sdk.jsonSchema({ type: "object", properties: { amount: { type: "number" } } });
  const execute = async (input: unknown) => {
    executed.push(input);
    return "refunded";
  };
  const needsApproval = major === 6 ? { needsApproval: true } : {};
  const toolApproval = major === 7 ? { toolApproval: { refund: "user-approval" } } : {};
  const tools = { refund: sdk.tool({ description: "Refunds.", inputSchema, execute, ...needsApproval }) };
  const stopWhen = sdk.stepCountIs(3);
  const ask = async (settings: Part = {}): Promise<Message[]> => {
    const model = scriptedModel(version, [{ content: [call], finish: "tool-calls" }, {}]);
    const question = { tools, stopWhen, ...toolApproval, ...more, model, messages: [user], ...settings };
    const { response } = await sdk.generateText(question);
    return [user, ...(response.messages as Message[])];
  };
  const answer = (messages: readonly Message[], settings: Part = {}) =>
    sdk.generateText({
      model: scriptedModel(version, [{}]),
      tools,
      stopWhen,
      ...toolApproval,
      ...more,
      messages,
      ...settings,
    });
  return { executed, tools, ask, answer };
}

function withAnswer(messages: readonly Message[], ...answers: Part[]): Message[] {
  const approvalId = requestIn(messages)["approvalId"];
  const content = answers.map((answer) => ({ type: "tool-approval-response", approvalId, ...answer }));
  return [...messages, { role: "tool", content }];
}

function requestIn(messages: readonly Message[]): Part {
  const parts = messages.flatMap(({ content }) => (typeof content === "string" ? [] : content));
  const request = parts.find(({ type }) => type === "tool-approval-request");
  if (!request) throw new Error("nobody is asked");
  return request;
}

/** What a browser can do to a history: the call that was approved is another. */
function edited(messages: readonly Message[], amount: number): Message[] {
  return messages.map((message) => ({
    ...message,
    content:
      typeof message.content === "string"
        ? message.content
        : message.content.map((part) =>
            part["type"] === "tool-call" ? { ...part, input: { amount } } : part,
          ),
  }));
}

/** The same history as a browser keeps it. */
function asUiMessages(messages: readonly Message[], answer: Part = {}): object[] {
  const { approvalId } = requestIn(messages) as { approvalId: string };
  const approval = { id: approvalId, ...answer };
  const state = "approved" in answer ? "approval-responded" : "approval-requested";
  const part = { type: "tool-refund", toolCallId: "call_1", state, input: { amount: 500 }, approval };
  return [
    { id: "1", role: "user", parts: [{ type: "text", text: "Refund me 500." }] },
    { id: "2", role: "assistant", parts: [{ type: "step-start" }, part] },
  ];
}

describe.each(sdks.filter(({ major }) => major > 5))("recordApprovals with $name", (sdkCase) => {
  async function recorded(messages: readonly unknown[], options: Partial<RecordApprovalsOptions> = {}) {
    const recording = startRecording();
    await recordApprovals(messages, { recorder: recording.recorder, ...options });
    return await oversightOf(recording);
  }

  test("what is asked is an event, from model messages and from UI messages the same", async () => {
    const messages = await conversation(sdkCase).ask();
    const [event, ...others] = await recorded(messages);
    expect(others).toEqual([]);
    const { approvalId } = requestIn(messages) as { approvalId: string };
    expect(event).toMatchObject({
      eventId: derivedEventId("cv-screening-prod", approvalId, "review_request"),
      actor: { type: "recorder" },
      humanOversight: { decision: "pending", interventionType: "review_request" },
      input: { proposed, kind: "tool_call", name: "refund", allowed_decisions: ["approve", "reject"] },
      output: {},
      metadata: { tool_call_id: "call_1", approval_id: approvalId },
      systemState: { review: { reviewed_reference: reference(proposed) } },
    });
    expect(event?.systemState.review["shown_reference"]).toBe(event?.inputReference);
    const [inBrowser] = await recorded(asUiMessages(messages));
    expect(inBrowser?.eventId).toBe(event?.eventId);
    expect(inBrowser?.inputReference).toBe(event?.inputReference);
  });

  test("an approval is who the option says, bound to exactly what ran", async () => {
    const { ask, answer, executed } = conversation(sdkCase);
    const messages = withAnswer(await ask(), {
      approved: true,
      reason: "known customer",
      reviewerId: "mallory",
    });
    const [pending, decision, ...others] = await recorded(messages, { reviewer: "alice" });
    expect(others).toEqual([]);
    expect(pending?.humanOversight["decision"]).toBe("pending");
    expect(decision).toMatchObject({
      actor: { type: "human" },
      humanOversight: {
        decision: "approve",
        reviewerType: "human",
        reviewerId: "alice",
        interventionType: "approval",
      },
      input: { proposed },
      output: { final: proposed },
      metadata: { reason: "known customer" },
      systemState: { review: { authentication: "host", reviewed_reference: reference(proposed) } },
    });
    expect(JSON.stringify(decision?.metadata)).not.toContain("mallory");
    await answer(messages);
    expect(executed).toEqual([{ amount: 500 }]);
  });

  test("without a login nobody is named, whatever a message says", async () => {
    const messages = await conversation(sdkCase).ask();
    for (const [claim, authentication] of [
      [{}, "none"],
      [{ reviewerId: "mallory" }, "asserted"],
    ] as const) {
      const [, decision] = await recorded(withAnswer(messages, { approved: true, ...claim }));
      expect(decision).toMatchObject({
        actor: { type: "reviewer" },
        humanOversight: { decision: "approve", reviewerType: "unattributed" },
        systemState: { review: { authentication } },
      });
      expect(decision?.humanOversight["reviewerId"]).toBeUndefined();
    }
  });

  test("a denial is an override: the tool does not run", async () => {
    const { ask, answer, executed } = conversation(sdkCase);
    const messages = withAnswer(await ask(), { approved: false, reason: "too much" });
    const [, decision] = await recorded(messages, { reviewer: () => "alice" });
    expect(decision).toMatchObject({
      humanOversight: { decision: "reject", reviewerType: "human", interventionType: "override" },
      input: proposed,
      output: { rejected: true },
      metadata: { reason: "too much" },
      systemState: { review: { authentication: "host" } },
    });
    await answer(messages);
    expect(executed).toEqual([]);
  });

  test("answers in UI messages are the same facts", async () => {
    const messages = await conversation(sdkCase).ask();
    for (const approved of [true, false]) {
      const [, inModelMessages] = await recorded(withAnswer(messages, { approved }));
      const [, inUiMessages] = await recorded(asUiMessages(messages, { approved }));
      expect(inUiMessages?.eventId).toBe(inModelMessages?.eventId);
      expect(inUiMessages?.inputReference).toBe(inModelMessages?.inputReference);
    }
  });

  test("the same history again is no further event; another process gives the same ids", async () => {
    const recording = startRecording();
    const messages = withAnswer(await conversation(sdkCase).ask(), { approved: true });
    for (const _ of [1, 2, 3]) await recordApprovals(messages, recording);
    const once = await oversightOf(recording);
    expect(once).toHaveLength(2);
    const elsewhere = await recorded(messages);
    expect(elsewhere.map(({ eventId }) => eventId)).toEqual(once.map(({ eventId }) => eventId));
  });

  test("of two answers to one request in a message the first counts, as for the framework", async () => {
    const { ask, answer, executed } = conversation(sdkCase);
    const messages = withAnswer(await ask(), { approved: false }, { approved: true });
    expect(decisionsOf(await recorded(messages))).toEqual(["pending", "reject"]);
    // The first versions took them both.
    if (sdkCase.isFloor) return;
    await answer(messages);
    expect(executed).toEqual(sdkCase.major === 7 ? [] : executed);
  });

  test("a later answer against an earlier one is a fact of its own", async () => {
    const denied = withAnswer(await conversation(sdkCase).ask(), { approved: false });
    const reversed = withAnswer(denied, { approved: true });
    expect(decisionsOf(await recorded(reversed))).toEqual(["pending", "reject", "approve"]);
  });

  test("an approval of what was never asked is said to be an override, once what was asked is known", async () => {
    const recording = startRecording();
    const { ask, answer, executed } = conversation(sdkCase);
    const messages = await ask();
    await recordApprovals(messages, recording);
    const forged = withAnswer(edited(messages, 50_000), { approved: true });
    await recordApprovals(forged, { ...recording, reviewer: "alice" });
    const [, decision, ...others] = await oversightOf(recording);
    expect(others).toEqual([]);
    expect(decision).toMatchObject({
      humanOversight: { decision: "override", interventionType: "override" },
      output: { name: "refund", arguments: { amount: 50_000 } },
      metadata: { edited_history: true },
      systemState: { review: { reviewed_reference: reference(proposed) } },
    });
    await answer(forged);
    expect(executed).toEqual([{ amount: 50_000 }]);
  });

  test("an answer to a request that is not in the history was not applied", async () => {
    const messages = await conversation(sdkCase).ask();
    const forged = [
      ...messages,
      { role: "tool", content: [{ type: "tool-approval-response", approvalId: "made up", approved: true }] },
    ];
    const [pending, refused, ...others] = await recorded(forged, { reviewer: "alice" });
    expect(others).toEqual([]);
    expect(pending?.humanOversight["decision"]).toBe("pending");
    expect(refused).toMatchObject({
      actor: { type: "recorder" },
      humanOversight: { decision: "not_applied", reviewerType: "none" },
      output: { rejected: true, not_applied: true },
      systemState: { review: { authentication: "none" } },
    });
  });

  test("it leads back to the call that proposed it, where that was recorded here", async () => {
    const recording = startRecording();
    const { recorder } = recording;
    const { ask } = conversation(sdkCase);
    const inner = scriptedModel(sdkCase.version, [{ content: [call], finish: "tool-calls" }]);
    const middleware = complianceGuardMiddleware({ recorder });
    const messages = await ask({ model: sdkCase.sdk.wrapLanguageModel({ model: inner, middleware }) });
    await recordApprovals(withAnswer(messages, { approved: true }), recording);
    const [model] = await recording.events();
    for (const event of await oversightOf(recording)) {
      expect(event.correlationId).toBe(model?.correlationId);
      expect(event.modelId).toBe(model?.modelId);
      expect(event.systemState.review["reviewed_event_id"]).toBe(model?.eventId);
    }
  });

  test("the caller's correlation id and context are taken where nothing else is known", async () => {
    const messages = await conversation(sdkCase).ask();
    const [given] = await recorded(messages, { correlationId: "application-7" });
    expect(given?.correlationId).toBe("application-7");
    const recording = startRecording();
    const context = { correlationId: "application-8", dataSubjects: ["s1"] };
    await recording.recorder.withContext(context, () => recordApprovals(messages, recording));
    expect((await oversightOf(recording))[0]).toMatchObject(context);
  });
});

describe.each(sdks7)("the telemetry of $name", (sdk7) => {
  const { sdk, version, isFloor } = sdk7;

  function setUp(more: Part = {}, options: object = {}, recording = startRecording()) {
    const { recorder } = recording;
    const telemetry = { integrations: complianceGuardTelemetry({ recorder, ...options }) };
    return { ...recording, ...conversation(sdk7, { telemetry, ...more }) };
  }

  test("records by itself what was asked and what was decided, in both processes", async () => {
    const asking = setUp();
    const messages = await asking.ask();
    const [pending, ...others] = await oversightOf(asking);
    expect(others).toEqual([]);
    const [agent, model] = await asking.events();
    expect(statusOf(agent)).toBe("interrupted");
    expect(pending).toMatchObject({
      correlationId: agent?.correlationId,
      modelId: model?.modelId,
      humanOversight: { decision: "pending" },
      input: { proposed },
      systemState: { review: { reviewed_event_id: model?.eventId } },
    });
    // As a browser and a database give it back.
    const answered = JSON.parse(JSON.stringify(withAnswer(messages, { approved: true }))) as Message[];
    const answering = setUp({}, { reviewer: () => "alice" });
    await answering.answer(answered);
    const [decision, ...more] = await oversightOf(answering);
    expect(more).toEqual([]);
    expect(decision).toMatchObject({
      humanOversight: { decision: "approve", reviewerType: "human", reviewerId: "alice" },
      input: { proposed },
      systemState: { review: { authentication: "host" } },
    });
    expect(decision?.systemState.review["request_id"]).toBe(pending?.systemState.review["request_id"]);
    const [tool] = await toolsOf(answering);
    // What was approved is what ran.
    expect(tool?.inputReference).toBe(decision?.systemState.review["reviewed_reference"]);
    expect(tool?.correlationId).toBe(decision?.correlationId);
  });

  test.each(ways)("$way tells of a request, and waits", async ({ call: make }) => {
    const { tools, events, ...rest } = setUp();
    const { recorder } = rest;
    const telemetry = { integrations: complianceGuardTelemetry({ recorder }) };
    const model = scriptedModel(version, [{ content: [call], finish: "tool-calls" }]);
    await make(sdk, { model, tools, messages: [user], telemetry, toolApproval: { refund: "user-approval" } });
    const [agent, proposing, pending, ...others] = await events();
    expect(others).toEqual([]);
    expect(statusOf(agent)).toBe("interrupted");
    expect(pending?.systemState).toMatchObject({ review: { reviewed_event_id: proposing?.eventId } });
  });

  test("in one process the calls of a conversation belong together", async () => {
    const { ask, answer, events } = setUp();
    await answer(withAnswer(await ask(), { approved: true }));
    const all = await events();
    expect(all.map(({ actor }) => actor?.type)).toEqual([
      "agent",
      "model",
      "recorder",
      "agent",
      "reviewer",
      "tool",
      "model",
    ]);
    expect(new Set(all.map(({ correlationId }) => correlationId)).size).toBe(1);
  });

  test("and recordApprovals together are one event a fact", async () => {
    const { ask, answer, executed, ...recording } = setUp();
    const messages = await ask();
    await recordApprovals(messages, recording);
    const answered = withAnswer(messages, { approved: true });
    await recordApprovals(answered, { ...recording, reviewer: "alice" });
    await answer(answered);
    const [pending, decision, ...others] = await oversightOf(recording);
    expect(others).toEqual([]);
    expect(decisionsOf([pending, decision] as OversightEvent[])).toEqual(["pending", "approve"]);
    // Who came first knew who it was.
    expect(decision?.humanOversight["reviewerId"]).toBe("alice");
    expect(executed).toHaveLength(1);
  });

  test("a denial is a decision and a tool call that never ran", async () => {
    const { ask, answer, executed, ...recording } = setUp();
    await answer(withAnswer(await ask(), { approved: false, reason: "too much" }));
    expect(decisionsOf(await oversightOf(recording))).toEqual(["pending", "reject"]);
    const [tool, ...others] = await toolsOf(recording);
    expect(others).toEqual([]);
    expect(statusOf(tool)).toBe("error:ToolNotExecuted");
    expect(tool?.metadata["executed"]).toBe(false);
    expect(executed).toEqual([]);
  });

  test("what a rule decides is the policy's, and asks nobody", async () => {
    for (const [status, decision, runs] of [
      ["approved", "approve", 1],
      ["denied", "reject", 0],
    ] as const) {
      const { ask, executed, ...recording } = setUp(
        { toolApproval: { refund: { type: status, reason: "a rule" } } },
        { reviewer: "alice" },
      );
      const messages = await ask();
      await recordApprovals(messages, { ...recording, reviewer: "alice" });
      const [event, ...others] = await oversightOf(recording);
      expect(others).toEqual([]);
      expect(event).toMatchObject({
        actor: { type: "policy" },
        humanOversight: { decision, reviewerType: "policy" },
        input: { proposed },
        output: runs === 1 ? { final: proposed } : { rejected: true },
        systemState: { review: { authentication: "none" } },
      });
      expect(event?.humanOversight["reviewerId"]).toBeUndefined();
      expect(executed).toHaveLength(runs);
      const [tool, ...more] = await toolsOf(recording);
      expect(more).toEqual([]);
      expect(statusOf(tool)).toBe(runs === 1 ? "success" : "error:ToolNotExecuted");
    }
  });

  test("history that was edited between request and approval is recorded as an override, and what ran as modified", async () => {
    const { ask, answer, executed, ...recording } = setUp();
    await answer(withAnswer(edited(await ask(), 50_000), { approved: true }));
    const [, decision, ...others] = await oversightOf(recording);
    expect(others).toEqual([]);
    expect(decision?.humanOversight).toMatchObject({ decision: "override", reviewerType: "unattributed" });
    expect(decision?.systemState.review["reviewed_reference"]).toBe(reference(proposed));
    const [tool] = await toolsOf(recording);
    expect(tool?.systemState.run["arguments_modified"]).toBe(true);
    expect(tool?.inputReference).toBe(decision?.outputReference);
    expect(executed).toEqual([{ amount: 50_000 }]);
  });

  test("what the framework finds forged or unsigned is refused, and an event says that it was not applied", async () => {
    const secret = { experimental_toolApprovalSecret: "a secret of at least thirty-two bytes" };
    const signing = setUp(secret);
    const signed = await signing.ask();
    const unsigned = await setUp().ask();
    const histories = [
      {
        messages: withAnswer(edited(signed, 50_000), { approved: true }),
        name: "AI_InvalidToolApprovalSignatureError",
      },
      { messages: withAnswer(unsigned, { approved: true }), name: "AI_InvalidToolApprovalSignatureError" },
      {
        messages: [
          ...signed,
          {
            role: "tool",
            content: [{ type: "tool-approval-response", approvalId: "made up", approved: true }],
          },
        ],
        name: "AI_InvalidToolApprovalError",
      },
    ];
    for (const { messages, name } of histories) {
      const { answer, executed, ...recording } = setUp(secret);
      await expect(answer(messages)).rejects.toMatchObject({ name });
      const events = await oversightOf(recording);
      expect(events.at(-1)).toMatchObject({
        humanOversight: { decision: "not_applied", reviewerType: "none" },
        output: { rejected: true, not_applied: true },
      });
      expect(decisionsOf(events).filter((decision) => decision === "not_applied")).toHaveLength(1);
      const [agent] = await recording.events();
      expect(statusOf(agent)).toBe(`error:${name}`);
      expect(executed).toEqual([]);
    }
  });

  test("a genuine signature is applied", async () => {
    const secret = { experimental_toolApprovalSecret: "a secret of at least thirty-two bytes" };
    const { ask, answer, executed, ...recording } = setUp(secret);
    await answer(withAnswer(await ask(), { approved: true }));
    const [, decision] = await oversightOf(recording);
    expect(decision?.metadata["signed"]).toBe(true);
    expect(executed).toHaveLength(1);
  });

  test("with a tool that insists on a review of ours each is its own decision, and the tool run one event", async () => {
    const { ask: _, tools, ...rest } = setUp();
    const { recorder } = rest;
    const reviewer = hostReviewer(async () => ({ type: "approve", reviewerId: "bob" }));
    const reviewed = { refund: requireHumanReview(tools.refund, { recorder, reviewer, name: "refund" }) };
    const both = recordTools(reviewed, { recorder });
    const telemetry = { integrations: complianceGuardTelemetry({ recorder, reviewer: "alice" }) };
    const { ask, answer } = conversation(sdk7, { telemetry, tools: both });
    await answer(withAnswer(await ask(), { approved: true }));
    const events = await oversightOf(rest);
    expect(
      events.map(({ humanOversight }) => [humanOversight["decision"], humanOversight["reviewerId"]]),
    ).toEqual([
      ["pending", undefined],
      ["approve", "alice"],
      ["pending", undefined],
      ["approve", "bob"],
    ]);
    const [tool, ...others] = await toolsOf(rest);
    expect(others).toEqual([]);
    expect(tool?.output).toEqual({ result: "refunded" });
    expect(rest.executed).toEqual([{ amount: 500 }]);
  });

  test("a provider's own tool that asks for approval is recorded too", async () => {
    const content = [
      { ...call, toolName: "mcp.wire", providerExecuted: true, dynamic: true },
      { type: "tool-approval-request", approvalId: "mcpr_1", toolCallId: "call_1" },
    ];
    const { ask, ...recording } = setUp();
    await ask({ model: scriptedModel(version, [{ content }]) });
    const [event, ...others] = await oversightOf(recording);
    expect(others).toEqual([]);
    expect(event?.input).toMatchObject({ proposed: { name: "mcp.wire", arguments: { amount: 500 } } });
  });

  test.skipIf(isFloor)(
    "hidden messages show no answer: nothing is recorded of it, and nothing made up",
    async () => {
      const { ask, answer, ...recording } = setUp();
      const messages = withAnswer(await ask(), { approved: true });
      const telemetry = { integrations: complianceGuardTelemetry(recording), recordInputs: false };
      await answer(messages, { telemetry });
      expect(decisionsOf(await oversightOf(recording))).toEqual(["pending"]);
    },
  );

  test("a reviewer function that fails leaves the decision unattributed, and is reported", async () => {
    const reviewer = () => {
      throw new Error("no session");
    };
    const { ask, answer, ...recording } = setUp({}, { reviewer });
    await answer(withAnswer(await ask(), { approved: true }));
    const [, decision] = await oversightOf(recording);
    expect(decision?.humanOversight["reviewerType"]).toBe("unattributed");
    expect(recording.troubles.map(({ code }) => code)).toEqual(["review_failed"]);
  });
});

describe("what recordApprovals is given", () => {
  const request = [
    {
      role: "assistant",
      content: [
        { ...call, input: { amount: 500 } },
        { type: "tool-approval-request", approvalId: "a1", toolCallId: "call_1" },
      ],
    },
  ];

  test("without a recorder, or with a reviewer that is no id, it is refused", async () => {
    const { recorder } = startRecording();
    expect(await codeOf(() => recordApprovals([], {} as never))).toBe("invalid_option");
    for (const reviewer of ["", 7, {}, null]) {
      expect(await codeOf(() => recordApprovals([], { recorder, reviewer: reviewer as never }))).toBe(
        "invalid_option",
      );
    }
  });

  test("what is no history has no approvals", async () => {
    const { recorder, sink, troubles } = startRecording();
    const throwing = {
      get content(): never {
        throw new Error("no");
      },
    };
    for (const messages of [
      undefined,
      null,
      "x",
      [null, 7, { role: "tool", content: 7 }, throwing],
      [{ parts: [null, { type: "tool-x" }] }],
    ]) {
      await recordApprovals(messages as never, { recorder });
    }
    expect(sink.events).toEqual([]);
    expect(troubles).toEqual([]);
  });

  test("what cannot be kept is reported and goes on; under block it is refused", async () => {
    const going = startRecording({ sink: brokenSink() });
    await recordApprovals(request, going);
    expect(going.troubles.map(({ code }) => code)).toEqual(["record_not_kept"]);
    const blocking = startRecording({ sink: brokenSink(), onFailure: "block" });
    expect(await codeOf(() => recordApprovals(request, blocking))).toBe("record_not_kept");
  });

  test("a reviewer function is told of the answer alone, and asked for answers only", async () => {
    const { recorder } = startRecording();
    const told: unknown[] = [];
    const reviewer = (answer: object) => {
      told.push(answer);
      return "alice";
    };
    const response = { type: "tool-approval-response", approvalId: "a1", approved: true };
    await recordApprovals(request, { recorder, reviewer });
    expect(told).toEqual([]);
    await recordApprovals([...request, { role: "tool", content: [response] }], { recorder, reviewer });
    expect(told).toEqual([{ approvalId: "a1", toolCallId: "call_1", toolName: "refund", isApproved: true }]);
  });

  test("with a key for pseudonyms the reviewer is one", async () => {
    const { recorder, ...recording } = startRecording({ pseudonymKey: Buffer.alloc(32, 7) });
    const response = { type: "tool-approval-response", approvalId: "a1", approved: true };
    await recordApprovals([...request, { role: "tool", content: [response] }], {
      recorder,
      reviewer: "alice",
    });
    const [, decision] = await oversightOf(recording);
    expect(decision?.humanOversight["reviewerId"]).toMatch(/^p1\./);
  });
});
