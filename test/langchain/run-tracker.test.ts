import { describe, expect, test } from "vitest";
import { ComplianceGuardError } from "../../src/core/errors.ts";
import { RunTracker } from "../../src/langchain/run-tracker.ts";
import type { Run, RunEnd, RunStart } from "../../src/recorder/run.ts";
import type { Trouble } from "../../src/recorder/trouble.ts";

/** A recorder that keeps what it is told, and whose events are kept when `release` is called. */
function setUp(options: { readonly isRefusing?: boolean } = {}) {
  const settled: [string, ...unknown[]][] = [];
  const starts: RunStart[] = [];
  const troubles: Trouble[] = [];
  const waiting = new Map<string, () => void>();
  const refusal = new ComplianceGuardError("record_not_kept", "refused");
  const runOf = (runId: string): Run => {
    const settle =
      (how: string) =>
      (...said: unknown[]) => {
        settled.push([how, ...said]);
        return new Promise<void>((resolve) => void waiting.set(runId, resolve));
      };
    const run = {
      eventId: "event",
      touch: () => {},
      firstToken: () => void settled.push(["first token"]),
      admitted: options.isRefusing ? Promise.reject(refusal) : Promise.resolve(),
      succeed: settle("succeed"),
      fail: settle("fail"),
    };
    return run as unknown as Run;
  };
  const recorder = {
    isBlocking: options.isRefusing === true,
    abandonAfterMs: 900_000,
    start: (start: RunStart) => {
      starts.push(start);
      return runOf(start.runId ?? "");
    },
    reportTrouble: (trouble: Trouble) => void troubles.push(trouble),
    record: async () => ({}) as never,
    callOf: () => undefined,
    inTime: async (work: Promise<unknown>) => void (await work),
  };
  const tracker = new RunTracker<string>(recorder);
  const start = (runId: string, parentRunId?: string, isStreamed = false) =>
    tracker.start({ runId, parentRunId }, () => ({
      start: { kind: "model", input: () => ({}) },
      details: "of the run",
      isStreamed,
    }));
  const release = (...runIds: string[]) => {
    for (const runId of runIds) waiting.get(runId)?.();
  };
  const end = (runId: string) => tracker.end(runId, ({ run }) => run.succeed());
  return { tracker, settled, starts, troubles, start, end, release };
}

/** Whether `work` is over once everything that is ready to go on has gone on. */
async function isOver(work: Promise<unknown>): Promise<boolean> {
  const turn = new Promise<"not yet">((resolve) => setImmediate(() => resolve("not yet")));
  return (await Promise.race([work.then(() => "over"), turn])) === "over";
}

describe("waiting for events", () => {
  test("a plain run waits until its event is kept", async () => {
    const { start, end, release } = setUp();
    await start("run");
    const ended = end("run");
    expect(await isOver(ended)).toBe(false);
    release("run");
    expect(await isOver(ended)).toBe(true);
  });

  test("a run whose result is handed out in parts does not", async () => {
    const { tracker, start, end } = setUp();
    await start("deferred", undefined, true);
    expect(await isOver(end("deferred"))).toBe(true);
    await start("tokens");
    tracker.streamed("tokens", () => false);
    expect(await isOver(end("tokens"))).toBe(true);
  });

  test("a plain root waits for what was streamed below it", async () => {
    const { tracker, start, end, release } = setUp();
    await start("root");
    await start("step", "root");
    await start("streamed", "step");
    tracker.streamed("streamed", () => true);
    expect(await isOver(end("streamed"))).toBe(true);
    const step = end("step");
    const root = end("root");
    release("step", "root");
    expect(await isOver(step)).toBe(true);
    expect(await isOver(root)).toBe(false);
    release("streamed");
    expect(await isOver(root)).toBe(true);
  });

  test("a chain whose steps wait for their input is streamed itself, but not what runs it", async () => {
    const { start, end } = setUp();
    await start("root");
    await start("chain", "root");
    await start("step", "chain", true);
    await end("step");
    expect(await isOver(end("chain"))).toBe(true);
    expect(await isOver(end("root"))).toBe(false);
  });

  test("a step of a sequence waits for nothing, the next one that may do something and the sequence's end wait for it", async () => {
    const { tracker, start, end, release } = setUp();
    const begin = (runId: string, parentRunId: string | undefined, more: object) =>
      tracker.start({ runId, parentRunId }, () => ({
        start: { kind: "step", input: () => ({}) },
        details: "of the run",
        ...more,
      }));
    await begin("sequence", undefined, { isSequence: true });
    await start("model", "sequence");
    expect(await isOver(end("model"))).toBe(true);
    expect(await isOver(begin("parser", "sequence", { isPure: true }))).toBe(true);
    const acting = begin("acting", "sequence", {});
    expect(await isOver(acting)).toBe(false);
    const ended = end("sequence");
    release("sequence");
    expect(await isOver(ended)).toBe(false);
    release("model");
    expect(await isOver(acting)).toBe(true);
    expect(await isOver(ended)).toBe(true);
  });

  test("a step that ends after its sequence waits for itself: nobody else does", async () => {
    const { tracker, start, end, release } = setUp();
    await tracker.start({ runId: "sequence", parentRunId: undefined }, () => ({
      start: { kind: "chain", input: () => ({}) },
      details: "of the run",
      isSequence: true,
    }));
    await start("late", "sequence");
    const sequence = end("sequence");
    release("sequence");
    await sequence;
    const late = end("late");
    expect(await isOver(late)).toBe(false);
    release("late");
    expect(await isOver(late)).toBe(true);
  });

  test("a root that is streamed itself waits for nothing", async () => {
    const { start, end } = setUp();
    await start("root", undefined, true);
    await start("streamed", "root", true);
    await end("streamed");
    expect(await isOver(end("root"))).toBe(true);
  });
});

test("the first part with something in it is the first token", async () => {
  const { tracker, settled, start } = setUp();
  await start("run");
  tracker.streamed("run", () => false);
  expect(settled).toEqual([]);
  tracker.streamed("run", () => true);
  expect(settled).toEqual([["first token"]]);
});

test("nothing of a run's content is held once it is settled, though it stays findable as a parent", async () => {
  const { tracker, start, release } = setUp();
  await start("run");
  const run = tracker.hear("run");
  expect(run?.details).toBe("of the run");
  const ended = tracker.end("run", ({ run: handle }) => handle.succeed());
  release("run");
  await ended;
  expect(run?.details).toBeUndefined();
});

test("a run that was refused is forgotten: LangChain tells no end of it", async () => {
  const { tracker, start } = setUp({ isRefusing: true });
  await expect(start("run")).rejects.toMatchObject({ code: "record_not_kept" });
  expect(tracker.hear("run")).toBeUndefined();
});

describe("what cannot be read", () => {
  const unreadable = { output: { unrepresentable: "output" } } satisfies RunEnd;
  const broken = () => {
    throw new Error("canary");
  };

  test("at the start is reported and stops nothing", async () => {
    const { tracker, troubles } = setUp();
    await tracker.start({ runId: "run", parentRunId: undefined }, broken);
    expect(troubles).toMatchObject([{ code: "record_not_kept" }]);
  });

  test("at the end does not cost the event", async () => {
    const { tracker, settled, troubles, start, release } = setUp();
    await start("run");
    const ended = tracker.end("run", broken);
    await isOver(ended);
    release("run");
    await ended;
    expect(settled).toEqual([["succeed", unreadable]]);
    expect(troubles).toMatchObject([{ code: "record_not_kept", eventId: "event" }]);
  });

  test("of a failed run leaves it failed", async () => {
    const { tracker, settled, start, release } = setUp();
    await start("run");
    const error = new Error("x");
    const ended = tracker.endThrown("run", error, broken);
    await isOver(ended);
    release("run");
    await ended;
    expect(settled).toEqual([["fail", error, unreadable]]);
  });
});
