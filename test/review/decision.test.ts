import fc from "fast-check";
import { expect, test } from "vitest";
import { checkedDecision, type DecisionType, decisionTypes } from "../../src/review/decision.ts";

const check = (decision: unknown, allowed: readonly DecisionType[] = decisionTypes) =>
  checkedDecision(decision, allowed);
const refused = expect.objectContaining({ code: "review_failed" });

test.each([
  { type: "approve", reviewerId: "alice" },
  { type: "approve", reviewerId: "alice", reason: "checked" },
  { type: "edit", reviewerId: "alice", reason: "less", final: { amount: 5 } },
  { type: "edit", reviewerId: "alice", reason: "none", final: null },
  { type: "reject", reviewerId: "alice", reason: "no" },
  { type: "respond", reviewerId: "alice", message: "ask again" },
])("$type with what belongs to it counts", (decision) => {
  expect(check(decision)).toEqual(decision);
});

test.each([
  ["nothing", undefined],
  ["null", null],
  ["text", "approve"],
  ["no type", { reviewerId: "alice" }],
  ["an unknown type", { type: "sign", reviewerId: "alice" }],
  ["a type every object has", { type: "constructor", reviewerId: "alice" }],
  ["no reviewer", { type: "approve" }],
  ["a blank reviewer", { type: "approve", reviewerId: " \n" }],
  ["a reviewer that is no text", { type: "approve", reviewerId: 7 }],
  ["an approval with a blank reason", { type: "approve", reviewerId: "alice", reason: "" }],
  ["a rejection without a reason", { type: "reject", reviewerId: "alice" }],
  ["a rejection with a blank reason", { type: "reject", reviewerId: "alice", reason: " " }],
  ["an edit without a reason", { type: "edit", reviewerId: "alice", final: {} }],
  ["an edit to nothing", { type: "edit", reviewerId: "alice", reason: "less" }],
  [
    "an edit JSON cannot hold",
    { type: "edit", reviewerId: "alice", reason: "less", final: { x: Number.NaN } },
  ],
  ["a response without a message", { type: "respond", reviewerId: "alice", message: "" }],
])("%s is refused", (_, decision) => {
  expect(() => check(decision)).toThrow(refused);
});

test("a type that is not allowed is refused", () => {
  expect(() => check({ type: "approve", reviewerId: "alice" }, ["reject"])).toThrow(refused);
});

test("what a decision inherits does not count", () => {
  const inherited = Object.create({ type: "approve", reviewerId: "alice" });
  expect(() => check(inherited)).toThrow(refused);
  expect(() => check(Object.assign(Object.create({ reviewerId: "alice" }), { type: "approve" }))).toThrow(
    refused,
  );
  const edit = Object.assign(Object.create({ final: {} }), {
    type: "edit",
    reviewerId: "alice",
    reason: "less",
  });
  expect(() => check(edit)).toThrow(refused);
});

test("members that do not belong to the type are dropped", () => {
  const given = { type: "approve", reviewerId: "alice", final: 7, message: "x", authentication: "session" };
  expect(check(given)).toEqual({ type: "approve", reviewerId: "alice" });
});

test("the copy does not change with what it was made of", () => {
  const given = { type: "edit", reviewerId: "alice", reason: "less", final: { amount: 5 } };
  const checked = check(given);
  given.final.amount = 5000;
  expect(checked).toMatchObject({ final: { amount: 5 } });
});

test("lone surrogates in a name, reason or message are mended", () => {
  expect(check({ type: "reject", reviewerId: "a\ud800", reason: "\udfff!" })).toEqual({
    type: "reject",
    reviewerId: "a\ufffd",
    reason: "\ufffd!",
  });
});

test("whatever is given either counts with exactly its own members or is refused", () => {
  const members = {
    approve: ["reason"],
    edit: ["final", "reason"],
    reject: ["reason"],
    respond: ["message"],
  };
  const decisions = fc.record(
    {
      type: fc.oneof(fc.constantFrom(...decisionTypes), fc.string()),
      reviewerId: fc.oneof(fc.string(), fc.anything()),
      reason: fc.oneof(fc.string(), fc.anything()),
      message: fc.oneof(fc.string(), fc.anything()),
      final: fc.anything(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(decisions, (decision) => {
      try {
        const checked = check(decision);
        const { type, reviewerId, ...others } = checked;
        expect(reviewerId.trim()).not.toBe("");
        expect(members[type]).toEqual(expect.arrayContaining(Object.keys(others)));
      } catch (error) {
        expect(error).toMatchObject({ code: "review_failed" });
      }
    }),
  );
});
