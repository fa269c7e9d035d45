import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { startRecording } from "../support/recording.ts";

const MB = 2 ** 20;
const RUNS = 64;

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

function heapMb(): number {
  for (let time = 0; time < 3; time++) collect();
  return process.memoryUsage().heapUsed / MB;
}

test.each([
  { what: "nothing where only references are recorded", options: { keys: undefined }, heldMb: 0 },
  { what: "what may have to be sealed", options: {}, heldMb: RUNS },
])("of 64 open runs with 1 MB of content each it holds $what", async ({ options, heldMb }) => {
  const { recorder, sink } = startRecording(options);
  const before = heapMb();
  const runs = Array.from({ length: RUNS }, (_, index) =>
    recorder.start({ kind: "chain", input: () => ({ value: `${index}${"x".repeat(MB)}` }) }),
  );
  const held = heapMb() - before;
  expect(held).toBeGreaterThan(heldMb - 4);
  expect(held).toBeLessThan(heldMb + 8);
  await Promise.all(runs.map((run) => run.succeed({})));
  expect(sink.events).toHaveLength(RUNS);
});
