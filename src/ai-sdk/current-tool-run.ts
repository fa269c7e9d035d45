import { AsyncLocalStorage } from "node:async_hooks";
import type { Recorder } from "../recorder/recorder.ts";
import type { Run } from "../recorder/run.ts";
import { shared } from "./shared.ts";

/** The tool run whose `execute` we are in: what models and tools do in there belongs to it. */
export const currentToolRun: AsyncLocalStorage<Run> = shared("tool-run", () => new AsyncLocalStorage());

/** A run that the telemetry has started for a tool call, which whoever wraps `execute` may take over. */
interface OfferedRun {
  readonly recorder: Recorder;
  readonly toolCallId: string;
}

const offered = shared("offered-tool-runs", () => new WeakMap<Run, OfferedRun>());

/** The run is the one of this call: whoever records its `execute` too records nothing new. */
export function offerToolRun(run: Run, offer: OfferedRun): void {
  offered.set(run, offer);
}

/** The run that was offered for the tool call whose `execute` this is, once. */
export function takeToolRun(recorder: Recorder, toolCallId: string | undefined): Run | undefined {
  const run = currentToolRun.getStore();
  const offer = run && offered.get(run);
  if (!offer || offer.recorder !== recorder || offer.toolCallId !== toolCallId) return undefined;
  offered.delete(run);
  return run;
}
