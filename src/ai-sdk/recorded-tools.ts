import type { Recorder } from "../recorder/recorder.ts";
import { shared } from "./shared.ts";

const namesByRecorder = shared("recorded-tools", () => new WeakMap<Recorder, Set<string>>());

/** The recorder sees every run of the tool of that name: `recordTools` has wrapped its `execute`. */
export function markRecordedTool(name: string, recorder: Recorder): void {
  const names = namesByRecorder.get(recorder) ?? new Set<string>();
  namesByRecorder.set(recorder, names.add(name));
}

/** True where a run of the tool could not have gone unseen. */
export function isRecordedTool(name: string, recorder: Recorder): boolean {
  return namesByRecorder.get(recorder)?.has(name) === true;
}
