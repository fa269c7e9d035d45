import { ComplianceGuardError } from "../core/errors.ts";
import type { Recorder } from "../recorder/recorder.ts";
import { member } from "./unknown-shape.ts";

/** What every piece of this integration needs. */
export interface RecorderOption {
  /** Made by `createRecorder`; one for the whole application. */
  readonly recorder: Recorder;
}

/**
 * The recorder of the options, looked at once so that a mistake shows where it was made.
 * @throws {ComplianceGuardError} `invalid_option` where there is none.
 */
export function requireRecorder(functionName: string, options: RecorderOption): Recorder {
  const recorder = member(options, "recorder");
  if (typeof member(recorder, "start") === "function") return recorder as Recorder;
  throw new ComplianceGuardError(
    "invalid_option",
    `${functionName} needs { recorder }: pass the one that createRecorder(…) returned`,
  );
}
