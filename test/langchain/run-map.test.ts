import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { RunMap, type RunMapOptions } from "../../src/langchain/run-map.ts";
import type { Run } from "../../src/recorder/run.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp(options: RunMapOptions = {}) {
  const runs = new RunMap<undefined>(options);
  const touched: string[] = [];
  const settled = new Set<string>();
  const open = (id: string, parent?: string, { isRecorded = true } = {}) =>
    runs.open(id, parent, () => {
      const run = {
        eventId: id,
        isRecorded,
        get isSettled() {
          return settled.has(id);
        },
        touch: () => void touched.push(id),
      };
      return { run: run as unknown as Run, details: undefined };
    });
  const pass = (ms: number) => void vi.advanceTimersByTime(ms);
  return { runs, touched, open, pass, settle: (id: string) => void settled.add(id) };
}

describe("runs of one call", () => {
  test("are found by id, with the run around them and the outermost", () => {
    const { runs, open } = setUp();
    open("root");
    open("step", "root");
    const model = open("model", "step");
    expect(model?.parent?.runId).toBe("step");
    expect(model?.root.runId).toBe("root");
    expect(runs.size).toBe(3);
  });

  test("with an unknown parent are outermost themselves", () => {
    const { open } = setUp();
    const run = open("run", "unseen");
    expect(run?.parent).toBeUndefined();
    expect(run?.root).toBe(run);
  });

  test("open once and end once", () => {
    const { runs, open } = setUp();
    expect(open("run")).toBeDefined();
    expect(open("run")).toBeUndefined();
    expect(runs.end("run")?.runId).toBe("run");
    expect(runs.end("run")).toBeUndefined();
    expect(runs.end("never")).toBeUndefined();
    expect(runs.size).toBe(0);
  });

  test("may have the id of one that has ended: callers choose ids", () => {
    const { runs, open } = setUp();
    const first = open("run");
    runs.end("run");
    const second = open("run");
    expect(second).toBeDefined();
    expect(second).not.toBe(first);
    expect(runs.find("run")).toBe(second);
    expect(runs.end("run")).toBe(second);
  });

  test("find a parent that has ended already", () => {
    const { runs, open } = setUp();
    open("root");
    runs.end("root");
    expect(open("late", "root")?.root.runId).toBe("root");
  });

  test("are a sign of life of everything around them, from start to end", () => {
    const { runs, touched, open } = setUp();
    open("root");
    open("model", "root");
    touched.length = 0;
    runs.hear("model");
    expect(touched).toEqual(["model", "root"]);
    runs.end("model");
    expect(touched).toEqual(["model", "root", "model", "root"]);
  });
});

describe("runs that never end", () => {
  const abandonAfterMs = 100;
  const found = (runs: RunMap<undefined>, ...ids: string[]) => ids.map((id) => runs.find(id) !== undefined);

  test("are forgotten as long after the recorder gave them up as that took", () => {
    const { runs, open, pass, settle } = setUp({ abandonAfterMs });
    open("silent");
    pass(60);
    open("heard");
    pass(60);
    settle("silent");
    runs.hear("heard");
    expect(found(runs, "silent", "heard")).toEqual([true, true]);
    pass(180);
    expect(found(runs, "silent", "heard")).toEqual([false, true]);
    settle("heard");
    pass(200);
    expect(runs.size).toBe(0);
  });

  test("leave no timer behind, nor do those that end", () => {
    const { runs, open, pass, settle } = setUp({ abandonAfterMs });
    open("run");
    settle("run");
    pass(1000);
    expect(vi.getTimerCount()).toBe(0);
    open("ended");
    runs.end("ended");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("are waited for as long as the recorder waits: for a person that may be days", () => {
    const { runs, open, pass, settle } = setUp({ abandonAfterMs });
    open("unrecorded root", undefined, { isRecorded: false });
    open("held", "unrecorded root");
    open("unrecorded step", "held", { isRecorded: false });
    pass(100_000);
    expect(found(runs, "unrecorded root", "held", "unrecorded step")).toEqual([true, true, true]);
    settle("held");
    pass(200);
    expect(runs.size).toBe(0);
  });

  test("and are not recorded are forgotten by themselves, but not above or below what lives", () => {
    const { runs, open, pass } = setUp({ abandonAfterMs });
    open("unrecorded root", undefined, { isRecorded: false });
    open("broken step", "unrecorded root", { isRecorded: false });
    for (let round = 0; round < 3; round += 1) {
      pass(90);
      open(`live ${round}`, "unrecorded root", { isRecorded: false });
      runs.end(`live ${round}`);
    }
    expect(found(runs, "unrecorded root", "broken step")).toEqual([true, false]);
  });

  test("are not limited in number: their ends still find them", () => {
    const { runs, open } = setUp({ abandonAfterMs });
    for (let index = 0; index < 20_000; index += 1) open(`run ${index}`);
    expect(runs.end("run 0")).toBeDefined();
  });

  test("keep no more than the given number of ended ones", () => {
    const { runs, open } = setUp({ maxEnded: 1 });
    for (const id of ["first", "second"]) {
      open(id);
      runs.end(id);
    }
    expect(found(runs, "first", "second")).toEqual([false, true]);
  });
});
