import { afterEach, describe, expect, test, vi } from "vitest";
import { CallRecord } from "../../src/ai-sdk/call-record.ts";
import { OpenCalls } from "../../src/ai-sdk/open-calls.ts";
import type { Recorder } from "../../src/recorder/recorder.ts";
import { startRecording } from "../support/recording.ts";

const event = (callId: string, more: object = {}) => ({ callId, operationId: "ai.generateText", ...more });

function setUp() {
  let now = 0;
  const { recorder } = startRecording();
  const calls = new OpenCalls(() => now);
  const open = (callId: string, more?: object, by: Recorder = recorder, to = calls) =>
    to.open(callId, by, () => new CallRecord(by, event(callId, more), undefined));
  const wait = (milliseconds: number) => {
    now += milliseconds;
  };
  return { calls, open, wait, recorder };
}

afterEach(() => vi.useRealTimers());

describe("the calls that are open", () => {
  test("are one telemetry's for each recorder, until they are over", async () => {
    const { calls, open, recorder } = setUp();
    const other = setUp();
    const record = open("a");
    expect(calls.of("a")).toBe(record);
    expect(other.open("a", {}, recorder)).toBeUndefined();
    expect(other.open("a")).toBeDefined();
    await record?.ended(event("a"));
    calls.closeIfOver("a");
    expect(calls.of("a")).toBeUndefined();
    expect(other.open("a", {}, recorder, new OpenCalls())).toBeDefined();
  });

  test("that asked for an object are kept after their end, in case the answer is none", async () => {
    const { calls, open } = setUp();
    const record = open("a", { output: {} });
    await record?.ended(event("a"));
    calls.closeIfOver("a");
    expect(calls.of("a")).toBe(record);
  });

  test("are swept out where nothing is under way and nothing was heard for a while", async () => {
    vi.useFakeTimers();
    const { calls, open, wait, recorder } = setUp();
    const sweep = (): unknown => vi.advanceTimersByTime(1_000);
    // A reader that walks away is told nobody: nothing follows.
    for (let index = 0; index < 60; index++) open(`quiet ${index}`);
    const agents = ["x", "y"].map((id) => open(id, { tools: { score: {} } }));
    expect(agents.every((record) => record?.isIdle === false)).toBe(true);
    wait(2_000);
    sweep();
    expect(calls.size).toBe(62);
    calls.of("quiet 0");
    wait(2_000);
    sweep();
    expect(calls.size).toBe(1 + agents.length);
    wait(4_000);
    sweep();
    expect(calls.size).toBe(agents.length);
    // Given up, an agent's run is over too, at once.
    void recorder.close();
    sweep();
    expect(calls.size).toBe(0);
  });
});
