import { expect, test } from "vitest";
import { ModelCall } from "../../src/ai-sdk/model-call.ts";
import type { Run } from "../../src/recorder/run.ts";
import { collect } from "../support/ai-sdks.ts";
import { startRecording } from "../support/recording.ts";
import { streamOf, streamParts } from "../support/scripted-model.ts";

/** A stream's parts through a call, and the names of what was called on its run, in order. */
async function calledOnRun(parts: readonly object[]): Promise<string[]> {
  const called: string[] = [];
  const run = new Proxy({} as Run, { get: (_, name) => async () => void called.push(String(name)) });
  const call = new ModelCall(run, startRecording().recorder, undefined, () => called.push("outcome"));
  await collect(call.tap(streamOf(parts)));
  await new Promise(setImmediate);
  return called.filter((name) => name !== "onAbandon");
}

test("a stream that finishes and ends settles its run once", async () => {
  const called = await calledOnRun(streamParts("v4", {}));
  expect(called.filter((name) => name !== "touch" && name !== "firstToken")).toEqual(["outcome", "succeed"]);
});

test("every part is a sign of life", async () => {
  expect(await calledOnRun([{ type: "ping" }, { type: "of tomorrow" }])).toEqual([
    "touch",
    "touch",
    "outcome",
    "truncate",
  ]);
});

test.each([
  [{ type: "tool-call", toolCallId: "c", toolName: "score", input: "{}" }],
  [{ type: "file", mediaType: "image/png", data: "" }],
  [{ type: "text-delta", id: "0", delta: "Y" }],
  [{ type: "reasoning-delta", id: "0", delta: "Y" }],
  [{ type: "tool-input-delta", id: "0", delta: "{" }],
])("the first token may be a part of any kind that says something", async (part) => {
  expect((await calledOnRun([part]))[0]).toBe("firstToken");
});
