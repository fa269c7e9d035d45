import { GraphInterrupt, NodeInterrupt, ParentCommand } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { thrownKind } from "../../src/langchain/thrown-kind.ts";

const named = (name: string, message = "x") => Object.assign(new Error(message), { name });
class APIUserAbortError extends Error {}

test.each([
  ["waits", new GraphInterrupt([{ id: "i1" }])],
  ["waits", new NodeInterrupt("ask")],
  ["waits", { is_bubble_up: true, interrupts: [] }],
  ["hands_over", new ParentCommand({ goto: "other" } as never)],
  ["cancelled", { is_bubble_up: true, reason: "shutdown" }],
  ["cancelled", new DOMException("gone", "AbortError")],
  ["cancelled", named("ModelAbortError")],
  ["cancelled", new APIUserAbortError("x")],
  ["cancelled", new Error("AbortError")],
  ["cancelled", new Error("Abort")],
  ["cancelled", new Error("Request was aborted.")],
  ["cancelled", Object.assign(new Error("x"), { code: "ABORT_ERR" })],
  ["failed", new DOMException("late", "TimeoutError")],
  ["failed", named("GraphInterrupt")],
  ["failed", Object.assign(named("GraphInterrupt"), { interrupts: [{ id: "i1" }], is_bubble_up: "yes" })],
  ["failed", named("GraphRecursionError")],
  ["failed", new Error("the user said: Abort")],
  ["failed", "AbortError"],
  ["failed", undefined],
  ["failed", null],
])("%s: %o", (kind, error) => {
  expect(thrownKind(error)).toBe(kind);
});

test("the application's own reason cancels the call it aborted, and no other error does", () => {
  const controller = new AbortController();
  const reason = new Error("user left");
  expect(thrownKind(reason, controller.signal)).toBe("failed");
  controller.abort(reason);
  expect(thrownKind(reason, controller.signal)).toBe("cancelled");
  expect(thrownKind(new Error("user left"), controller.signal)).toBe("failed");
});

test("a deadline is a failure although a signal tells it", () => {
  const controller = new AbortController();
  controller.abort(new DOMException("late", "TimeoutError"));
  expect(thrownKind(controller.signal.reason, controller.signal)).toBe("failed");
});
