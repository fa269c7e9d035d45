import { expect, test } from "vitest";
import { startFacts, startMetadata } from "../../src/langchain/start-context.ts";

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
