import { AsyncLocalStorage } from "node:async_hooks";
import type { CallerLabels } from "../recorder/caller-labels.ts";
import type { Recorder } from "../recorder/recorder.ts";
import type { Run } from "../recorder/run.ts";
import { shared } from "./shared.ts";

/** An attempt at a model that the telemetry has started and the framework is about to make. */
export interface OfferedCall {
  readonly recorder: Recorder;
  /** Started with what the framework's events show. */
  readonly run: Run;
  /** What further calls in there belong to. */
  readonly parent: Run;
  /** The prompt as it was captured. */
  readonly prompt: unknown;
  /** 1 for the first. */
  readonly attempt: number;
  /**
   * What the middleware, nearer to the provider, says of the call where it has taken the run over: then it tells its end. Labels can
   * be hidden from telemetry, and never are from it.
   */
  taken: CallerLabels | undefined;
}

/** The attempt whose model is being called. */
export const currentModelCall: AsyncLocalStorage<OfferedCall> = shared(
  "model-call",
  () => new AsyncLocalStorage(),
);

/** The attempt around this call where it is this recorder's. */
export function offeredCall(recorder: Recorder): OfferedCall | undefined {
  const offer = currentModelCall.getStore();
  return offer?.recorder === recorder ? offer : undefined;
}
