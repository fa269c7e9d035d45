import { describe, expect, test } from "vitest";
import type { Run } from "../../src/recorder/run.ts";
import { type KnownCall, ToolCallMemory } from "../../src/recorder/tool-call-memory.ts";

const call = (correlationId: string, modelEventId: string): KnownCall => ({
  name: "score",
  root: { id: correlationId, modelId: undefined, declaredTools: new Set() },
  correlationId,
  modelId: "gpt-5",
  modelEventId,
  argumentsReference: undefined,
});

describe("a call that is remembered", () => {
  test("is the latest of its id, but for who knows where it belongs", () => {
    const calls = new ToolCallMemory();
    calls.remember("call_0", call("first", "a"));
    calls.remember("call_0", call("second", "b"));
    calls.remember("call_0", call("first", "c"));
    calls.remember("call_0", call("third", "d"));
    expect(calls.get("call_0")?.modelEventId).toBe("d");
    expect(calls.get("call_0", "first")?.modelEventId).toBe("c");
    expect(calls.get("call_0", "second")?.modelEventId).toBe("b");
    expect(calls.get("call_0", "elsewhere")?.modelEventId).toBe("d");
    expect(calls.latestKnown(["call_0", "unknown"], "second")?.modelEventId).toBe("b");
    expect(calls.get("unknown", "first")).toBeUndefined();
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
    const calls = new ToolCallMemory(2);
    for (const id of ["a", "b", "c"]) calls.remember(id, call("first", id));
    expect(["a", "b", "c"].map((id) => calls.get(id, "first")?.modelEventId)).toEqual([undefined, "b", "c"]);
  });
});
