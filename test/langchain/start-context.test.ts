import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { RunnableLambda } from "@langchain/core/runnables";
import { fakeModel } from "@langchain/core/testing";
import { createAgent, tool } from "langchain";
import { expect, test } from "vitest";
import { z } from "zod";
import { ComplianceGuardHandler } from "../../src/langchain/index.ts";
import { startFacts, startMetadata } from "../../src/langchain/start-context.ts";
import { startRecording } from "../support/recording.ts";

test("the caller's word is taken from metadata.complianceguard", () => {
  const complianceguard = { correlationId: "application-7", dataSubjects: ["applicant-7", 8, null] };
  expect(startFacts({ metadata: { complianceguard } })).toMatchObject({
    correlationId: "application-7",
    dataSubjects: ["applicant-7"],
  });
});

test.each([
  [{ complianceguard: { correlationId: 7, dataSubjects: "applicant-7" } }],
  [{ complianceguard: null }],
  [{}],
  [undefined],
])("metadata %j says nothing", (metadata) => {
  const { correlationId, dataSubjects, threadId } = startFacts({ metadata });
  expect({ correlationId, dataSubjects, threadId }).toEqual({
    correlationId: undefined,
    dataSubjects: undefined,
    threadId: undefined,
  });
});

test("labels that are malformed are reported once for a call, however many runs inherit them, and left out", async () => {
  const recording = startRecording({ record: { steps: true } });
  const callbacks = [new ComplianceGuardHandler({ recorder: recording.recorder })];
  const score = tool(async () => "7", { name: "score", description: "scores", schema: z.object({}) });
  const model = fakeModel()
    .respondWithTools([{ name: "score", args: {}, id: "call_1" }])
    .respondWithTools([{ name: "score", args: {}, id: "call_2" }])
    .respond(new AIMessage("7"));
  const agent = createAgent({ model, tools: [score] });
  const metadata = { complianceguard: { correlationId: 5, dataSubjects: "bob" } };
  await agent.invoke({ messages: [new HumanMessage("?")] }, { callbacks, metadata }).catch(() => {});
  const events = await recording.events();
  expect(events.length).toBeGreaterThan(3);
  expect(events.map(({ dataSubjects }) => dataSubjects)).toEqual(events.map(() => undefined));
  expect(new Set(events.map(({ correlationId }) => correlationId)).size).toBe(1);
  expect(recording.troubles.map(({ code }) => code)).toEqual(["invalid_option", "invalid_option"]);
  await agent.invoke({ messages: [] }, { callbacks, metadata }).catch(() => {});
  expect(recording.troubles).toHaveLength(4);
});

test("classification and metrics of a call reach every run below it, in clear and in the sealed copy", async () => {
  const recording = startRecording();
  const callbacks = [new ComplianceGuardHandler({ recorder: recording.recorder })];
  const chain = RunnableLambda.from((text: string) => text).pipe(fakeModel().respond(new AIMessage("Yes.")));
  const complianceguard = {
    correlationId: "application-7",
    dataSubjects: ["applicant-7"],
    decisionClassification: "not_classified",
    metrics: { match_score: 0.75, rank: 3 },
  };
  await chain.invoke("?", { callbacks, metadata: { complianceguard } });
  complianceguard.metrics.rank = 4;
  const events = await recording.events();
  expect(events).toHaveLength(2);
  for (const { systemState, metadata, ...event } of events) {
    const { metrics, ...labels } = complianceguard;
    expect(event).toMatchObject(labels);
    expect(systemState).toMatchObject({ metrics: { match_score: 0.75, rank: 3 } });
    expect(metadata["complianceguard"]).toMatchObject({
      event: { ...labels, systemState: { metrics: { match_score: 0.75, rank: 3 } } },
    });
  }
  expect(recording.troubles).toEqual([]);
});

test("a call without them has the recorder's classification and no metrics", async () => {
  const recording = startRecording();
  const callbacks = [new ComplianceGuardHandler({ recorder: recording.recorder })];
  await fakeModel().respond(new AIMessage("Yes.")).invoke("?", { callbacks });
  const event = await recording.only();
  expect(event.decisionClassification).toBe("automated_decision");
  expect(event.systemState).not.toHaveProperty("metrics");
});

test("wrong and misspelt labels are each told, and the event has the right ones", async () => {
  const recording = startRecording();
  const callbacks = [new ComplianceGuardHandler({ recorder: recording.recorder })];
  const complianceguard = {
    correlationId: "application-7",
    decisionClassification: 7,
    metrics: [0.7],
    canary_misspelt: "x",
    reviewerId: "alice",
  };
  await fakeModel().respond(new AIMessage("Yes.")).invoke("?", { callbacks, metadata: { complianceguard } });
  const event = await recording.only();
  expect(event).toMatchObject({
    correlationId: "application-7",
    decisionClassification: "automated_decision",
  });
  expect(recording.troubles.map(({ code, eventId }) => [code, eventId])).toEqual(
    Array(3).fill(["invalid_option", event.eventId]),
  );
  expect(recording.troubles.map(({ cause }) => String(cause)).join()).not.toContain("canary");
});

test("threads may have numbers for ids", () => {
  expect(startFacts({ metadata: { thread_id: 42 } }).threadId).toBe("42");
});

test("the framework's version is the one that calls back", () => {
  const metadata = { versions: { "@langchain/core": "1.4.0", "@langchain/openai": undefined } };
  expect(startFacts({ metadata })).toMatchObject({ framework: "langchain", frameworkVersion: "1.4.0" });
});

test.each([
  [["retry:attempt:2"], 2],
  [["a", "retry:attempt:13"], 13],
  [["retry:attempt:x"], undefined],
  [[7, "seq:step:2"], undefined],
  [undefined, undefined],
])("tags %j are attempt %s", (tags, attempt) => {
  expect(startFacts({ tags }).attempt).toBe(attempt);
});

test("the caller's metadata stands apart from the framework's, and what we read of it is left out", () => {
  const metadata = {
    tenant: "acme",
    complianceguard: { correlationId: "application-7" },
    ls_provider: "openai",
    lc_agent_name: "screener",
    langgraph_node: "model_request",
    thread_id: "t1",
    checkpoint_ns: "tools:1",
    versions: {},
  };
  const { complianceguard, tenant, ...framework } = metadata;
  expect(startMetadata({ tags: ["a"], metadata, runName: "screen" })).toEqual({
    run_name: "screen",
    tags: ["a"],
    user: { tenant },
    langchain: framework,
  });
});

test("what is not there is not recorded as empty", () => {
  const recorded = startMetadata({ tags: [], metadata: {}, runName: undefined });
  expect(Object.values(recorded)).toEqual([undefined, undefined, undefined, undefined]);
});
