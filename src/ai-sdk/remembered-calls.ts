import type { ComplianceGuardError } from "../core/errors.ts";
import type { Recorder } from "../recorder/recorder.ts";
import type { Run } from "../recorder/run.ts";
import { type ComplianceGuardCallOptions, readCallOptions, withoutCallOptions } from "./call-options.ts";
import { member } from "./unknown-shape.ts";

/** What is known of a call between the hook that sees its options and the one that makes it. */
interface RememberedCall {
  readonly options: ComplianceGuardCallOptions;
  /** The same call as the next middleware of ours further out saw it. */
  readonly outer: RememberedCall | undefined;
  run?: { readonly recorder: Recorder; readonly run: Run };
}

/** By the parameters object that the framework carries from `transformParams` to the model, and so to middleware further in. */
const remembered = new WeakMap<object, RememberedCall>();

/** Takes our own options off the parameters and remembers them under the object it returns. */
export function rememberCall<T extends object>(
  params: T,
  onInvalid: (error: ComplianceGuardError) => void,
): T {
  const outer = remembered.get(params);
  const own = member(member(params, "providerOptions"), "complianceguard");
  const options = own === undefined ? (outer?.options ?? {}) : readCallOptions(own, onInvalid);
  const stripped = withoutCallOptions(params);
  remembered.set(stripped, { options, outer });
  return stripped;
}

/** What the caller told about the call. */
export function callOptionsOf(params: object): ComplianceGuardCallOptions {
  return remembered.get(params)?.options ?? {};
}

/**
 * The run of the call: `start()`, unless middleware of the same recorder further out has started one for this very call. A model
 * that is wrapped twice still gives one event an attempt, and it is the one seen nearest to the provider.
 */
export function runOfCall(params: object, recorder: Recorder, start: () => Run): Run {
  const call = remembered.get(params);
  const started = call?.outer?.run;
  if (call?.outer && started?.recorder === recorder) {
    // Taken over once: a second call from out there (another attempt, another model) is a run of its own.
    delete call.outer.run;
    call.run = started;
    return started.run;
  }
  const run = start();
  if (call) call.run = { recorder, run };
  return run;
}
