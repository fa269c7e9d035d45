import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import type { Run } from "../../src/recorder/run.ts";
import { type KnownCall, ToolCallMemory } from "../../src/recorder/tool-call-memory.ts";

const call = (correlationId: string, modelEventId: string, ...proposals: string[]): KnownCall => ({
  name: "score",
  root: { id: correlationId, modelId: undefined, declaredTools: new Set() },
  correlationId,
  modelId: "gpt-5",
  modelEventId,
  proposals: proposals.join(" "),
});

describe("a call that is remembered", () => {
  test("is the latest of its id for who knows where it belongs", () => {
    const calls = new ToolCallMemory();
    calls.remember("call_0", call("first", "a"));
    calls.remember("call_0", call("second", "b"));
    calls.remember("call_0", call("first", "c"));
    expect(calls.get("call_0", "first")?.modelEventId).toBe("c");
    expect(calls.get("call_0", "second")?.modelEventId).toBe("b");
    expect(calls.within("call_0", "second")?.modelEventId).toBe("b");
    expect(calls.within("call_0", "elsewhere")).toBeUndefined();
    expect(calls.latestKnown(["call_0", "unknown"], "second")?.modelEventId).toBe("b");
    expect(calls.get("unknown", "first")).toBeUndefined();
  });

  test("is found by its id alone as long as one correlation knows it", () => {
    const calls = new ToolCallMemory();
    calls.remember("call_0", call("first", "a"));
    expect(calls.get("call_0")?.modelEventId).toBe("a");
    expect(calls.get("call_0", "elsewhere")?.modelEventId).toBe("a");
  });

  test("is the one that proposed just this where several correlations know its id, and none where that is not one", () => {
    const calls = new ToolCallMemory();
    calls.remember("call_0", call("first", "a", "5", "6"));
    calls.remember("call_0", call("second", "b", "6", "7"));
    expect(calls.get("call_0")).toBeUndefined();
    expect(calls.get("call_0", "elsewhere", () => "5")?.modelEventId).toBe("a");
    expect(calls.get("call_0", undefined, () => "7")?.modelEventId).toBe("b");
    expect(calls.get("call_0", undefined, () => "6")).toBeUndefined();
    expect(calls.get("call_0", undefined, () => "8")).toBeUndefined();
    expect(calls.get("call_0", undefined, () => undefined)).toBeUndefined();
  });

  test("no longer knows its run when that is over, wherever it is looked for", () => {
    const calls = new ToolCallMemory();
    const run = { correlationId: "first" } as Run;
    calls.remember("call_0", { ...call("first", "a"), toolRun: run });
    calls.forgetRun("call_0", { correlationId: "first" } as Run);
    expect(calls.get("call_0")?.toolRun).toBe(run);
    calls.forgetRun("call_0", run);
    expect(calls.get("call_0")).toMatchObject({ modelEventId: "a", toolRun: undefined });
    expect(calls.get("call_0", "first")).toMatchObject({ modelEventId: "a", toolRun: undefined });
  });

  test("is forgotten when there are too many, the oldest first", () => {
    const calls = new ToolCallMemory(32);
    const ids = Array.from({ length: 500 }, (_, index) => `call_${index}`);
    for (const [index, id] of ids.entries()) {
      calls.remember(id, call("first", id));
      const isKnown = ids.slice(0, index + 1).map((each) => calls.get(each) !== undefined);
      const known = isKnown.filter(Boolean).length;
      expect(known).toBeLessThanOrEqual(32);
      expect(isKnown.slice(-known)).not.toContain(false);
      expect(known).toBeGreaterThanOrEqual(Math.min(index + 1, 16));
    }
  });

  test("is forgotten when one id is used everywhere, the oldest correlation first", () => {
    const calls = new ToolCallMemory();
    const correlations = Array.from({ length: 600 }, (_, index) => `correlation ${index}`);
    for (const [index, correlationId] of correlations.entries()) {
      calls.remember("call_0", call(correlationId, "a"));
      expect(calls.within("call_0", correlations[Math.max(0, index - 255)] ?? "")).toBeDefined();
      expect(calls.within("call_0", correlations[index - 256] ?? "")).toBeUndefined();
    }
  });

  test("is not forgotten while it is told again and again, however many others come", () => {
    const calls = new ToolCallMemory(32);
    for (let index = 0; index < 500; index++) {
      calls.remember("call_0", call("first", `model ${index}`));
      calls.remember(`call_${index + 1}`, call("first", "other"));
      expect(calls.get("call_0")?.modelEventId).toBe(`model ${index}`);
    }
  });

  test("no longer knows a run that is over also where it has got old", () => {
    const calls = new ToolCallMemory(4);
    const run = { correlationId: "first" } as Run;
    calls.remember("call_0", { ...call("first", "a"), toolRun: run });
    for (const id of ["call_1", "call_2"]) calls.remember(id, call("first", "b"));
    calls.forgetRun("call_0", run);
    expect(calls.get("call_0")).toMatchObject({ modelEventId: "a", toolRun: undefined });
  });

  test("does not hold a run that is over, also where it had got old before", async () => {
    const calls = new ToolCallMemory(4);
    const held = (): WeakRef<Run> => {
      const run = { correlationId: "first" } as Run;
      calls.remember("call_0", { ...call("first", "a"), toolRun: run });
      calls.remember("call_1", call("first", "b"));
      calls.forgetRun("call_0", run);
      return new WeakRef(run);
    };
    const run = held();
    await setImmediate();
    setFlagsFromString("--expose-gc");
    runInNewContext("gc")();
    expect(run.deref()).toBeUndefined();
    expect(calls.get("call_0")?.modelEventId).toBe("a");
  });
});
