import { expect, test } from "vitest";
import { buildOverride } from "../../src/core/override.ts";
import { caught, codeOf } from "../support/error-code.ts";

const given = { requestId: "application-7", userId: "alice", reason: "the CV was misread" };
const event = "019a0000-0000-7000-8000-000000000001";

test("an override is what the Python client's log_override sends, and nothing more", () => {
  expect(
    buildOverride({ ...given, originalOutput: { answer: "deny" }, finalOutput: { answer: "grant" } }),
  ).toEqual({
    input: { answer: "deny" },
    output: { answer: "grant" },
    correlationId: "application-7",
    decisionClassification: "automated_decision",
    humanOversight: {
      decision: "override",
      reviewerType: "human",
      reviewerId: "alice",
      interventionType: "override",
      notes: "the CV was misread",
    },
  });
});

test("nothing that was not given is added as a field", () => {
  const built = buildOverride({
    ...given,
    systemState: undefined,
    humanOversight: null,
    reviewedEventId: null,
  });
  expect(Object.keys(built)).not.toContain("systemState");
  expect(Object.keys(built.humanOversight)).toHaveLength(5);
});

test("whatever else ingestEvent takes is handed on, the payload key too", () => {
  const others = {
    eventId: event,
    systemId: "s",
    modelId: "m",
    version: "1",
    metadata: { a: 1 },
    payloadKey: "k",
    payloadKeyId: "i",
  };
  expect(buildOverride({ ...given, ...others })).toMatchObject(others);
});

test("the request's id is the correlation id, and the outputs are the components, whatever else is said", () => {
  const stray = { correlationId: "other", input: "other", output: "other" };
  expect(buildOverride({ ...stray, ...given, originalOutput: 1, finalOutput: 2 })).toMatchObject({
    correlationId: "application-7",
    input: 1,
    output: 2,
  });
});

test("a classification of the caller's is kept", () => {
  expect(buildOverride({ ...given, decisionClassification: "not_classified" }).decisionClassification).toBe(
    "not_classified",
  );
  for (const decisionClassification of [null, undefined]) {
    const override = buildOverride({ ...given, decisionClassification });
    expect(override.decisionClassification).toBe("automated_decision");
  }
});

test("the caller's humanOversight replaces single fields, but for null and undefined ones", () => {
  const humanOversight = {
    decision: "reject",
    reviewerId: null,
    notes: undefined,
    second: "bob",
    interventionType: "",
  };
  expect(buildOverride({ ...given, humanOversight }).humanOversight).toEqual({
    decision: "reject",
    reviewerType: "human",
    reviewerId: "alice",
    interventionType: "",
    notes: "the CV was misread",
    second: "bob",
  });
});

test("the reviewed event goes to systemState.review, said to be asserted", () => {
  expect(buildOverride({ ...given, reviewedEventId: event }).systemState).toEqual({
    review: { reviewed_event_id: event, authentication: "asserted" },
  });
});

test("the caller's systemState and review are kept, and not changed", () => {
  const systemState = { metrics: { a: 1 }, review: { request_id: "r", authentication: "session" } };
  const before = structuredClone(systemState);
  expect(buildOverride({ ...given, systemState, reviewedEventId: event }).systemState).toEqual({
    metrics: { a: 1 },
    review: { request_id: "r", authentication: "session", reviewed_event_id: event },
  });
  expect(systemState).toEqual(before);
});

test("a review of the caller's alone says asserted unless it says more", () => {
  expect(buildOverride({ ...given, systemState: { review: { request_id: "r" } } }).systemState).toEqual({
    review: { request_id: "r", authentication: "asserted" },
  });
});

test("a systemState without a review is handed on as it is", () => {
  const systemState = { metrics: { a: 1 } };
  expect(buildOverride({ ...given, systemState }).systemState).toBe(systemState);
  expect(buildOverride({ ...given, systemState: { review: null } }).systemState).toEqual({ review: null });
});

test("a reason may be empty, as the Python client's may", () => {
  expect(buildOverride({ ...given, reason: "" }).humanOversight).toMatchObject({ notes: "" });
});

test("a name like __proto__ in the caller's blocks is a field and nothing else", () => {
  const humanOversight = JSON.parse('{"__proto__": {"decision": "approve"}}');
  const built = buildOverride({ ...given, humanOversight }).humanOversight;
  expect(built).toMatchObject({ decision: "override" });
  expect(Object.hasOwn(built, "__proto__")).toBe(true);
  expect(Object.getPrototypeOf(built)).toBe(Object.prototype);
});

test.each([
  ["requestId", ""],
  ["requestId", undefined],
  ["userId", ""],
  ["userId", 7],
  ["reason", undefined],
  ["reason", null],
  ["humanOversight", "approved"],
  ["humanOversight", ["approve"]],
  ["systemState", "running"],
  ["reviewedEventId", "application-7"],
])("%s that is %j is refused by name", async (name, value) => {
  const error = await caught(() => buildOverride({ ...given, [name as string]: value }));
  expect(error?.code).toBe("invalid_argument");
  expect(error?.message).toContain(name);
});

test("two different reviewed events are refused", async () => {
  const other = { ...given, systemState: { review: { reviewed_event_id: event } } };
  expect(await codeOf(() => buildOverride({ ...other, reviewedEventId: event }))).toBe("nothing thrown");
  expect(await codeOf(() => buildOverride({ ...other, reviewedEventId: event.replace("1", "2") }))).toBe(
    "invalid_argument",
  );
  expect(await codeOf(() => buildOverride({ ...given, systemState: { review: "r" } }))).toBe(
    "invalid_argument",
  );
});
