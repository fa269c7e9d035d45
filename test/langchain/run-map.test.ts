import { describe, expect, test } from "vitest";
import { RunMap, type RunMapOptions } from "../../src/langchain/run-map.ts";
import type { Run } from "../../src/recorder/run.ts";

function setUp(options: RunMapOptions = {}) {
  const clock = { now: 0 };
  const runs = new RunMap<undefined>({ ...options, now: () => clock.now });
  const touched: string[] = [];
  const open = (id: string, parent?: string) =>
    runs.open(id, parent, () => {
      const run = { eventId: id, touch: () => void touched.push(id) } as unknown as Run;
      return { run, details: undefined };
    });
  return { runs, clock, touched, open };
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
    expect(open("run")).toBeUndefined();
    expect(runs.end("never")).toBeUndefined();
    expect(runs.size).toBe(0);
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
  test("are forgotten when they were silent too long", () => {
    const { runs, clock, open } = setUp({ maxSilenceMs: 100 });
    open("silent");
    open("heard");
    clock.now = 60;
    runs.hear("heard");
    clock.now = 101;
    open("new");
    expect(runs.find("silent")).toBeUndefined();
    expect(runs.find("heard")).toBeDefined();
    expect(runs.size).toBe(2);
  });

  test("are forgotten when there are too many, the longest silent first", () => {
    const { runs, open } = setUp({ maxOpen: 2 });
    open("first");
    open("second");
    runs.hear("first");
    open("third");
    expect([runs.find("first"), runs.find("second"), runs.find("third")].map(Boolean)).toEqual([
      true,
      false,
      true,
    ]);
  });

  test("do not make a root forgotten under which something lives", () => {
    const { runs, clock, open } = setUp({ maxSilenceMs: 100, maxOpen: 2 });
    open("root");
    open("broken stream", "root");
    clock.now = 90;
    open("live", "root");
    clock.now = 150;
    runs.hear("live");
    clock.now = 200;
    open("next", "root");
    expect([runs.find("root"), runs.find("broken stream")].map(Boolean)).toEqual([true, false]);
  });

  test("keep no more than the given number of ended ones", () => {
    const { runs, open } = setUp({ maxEnded: 1 });
    for (const id of ["first", "second"]) {
      open(id);
      runs.end(id);
    }
    expect([runs.find("first"), runs.find("second")].map(Boolean)).toEqual([false, true]);
  });
});
