import type { ComplianceGuardError } from "../core/errors.ts";
import type { Recorder } from "../recorder/recorder.ts";
import type { Run } from "../recorder/run.ts";
import type { Attempt, CallTie } from "./attempts.ts";
import { type ComplianceGuardCallOptions, readCallOptions, withoutCallOptions } from "./call-options.ts";
import { frameworkVersion } from "./call-settings.ts";
import { shared } from "./shared.ts";
import { member } from "./unknown-shape.ts";

/** A call under way. */
export interface StartedCall {
  readonly run: Run;
  readonly attempt: Attempt;
}

/** What is known of a call between the hook that sees its options and the one that makes it. */
interface RememberedCall {
  readonly options: ComplianceGuardCallOptions;
  readonly tie: CallTie;
  /** The same call as the next middleware of ours further out saw it. */
  readonly outer: RememberedCall | undefined;
  started?: { readonly recorder: Recorder; readonly call: StartedCall };
}

/** By the parameters object that the framework carries from `transformParams` to the model, and so to middleware further in. */
const remembered = shared("remembered-calls", () => new WeakMap<object, RememberedCall>());

/** Takes our own options off the parameters and remembers them under the object it returns. */
export function rememberCall<T extends object>(
  params: T,
  onInvalid: (error: ComplianceGuardError) => void,
): T {
  const outer = remembered.get(params);
  const own = member(member(params, "providerOptions"), "complianceguard");
  const options = own === undefined ? (outer?.options ?? {}) : readCallOptions(own, onInvalid);
  const stripped = withoutCallOptions(params);
  remembered.set(stripped, { options, tie: tieOf(params), outer });
  return stripped;
}

/** What the caller told about the call. */
export function callOptionsOf(params: object): ComplianceGuardCallOptions {
  return remembered.get(params)?.options ?? {};
}

/** By what attempts at the call can be told from other calls. */
export function callTieOf(params: object): CallTie {
  return remembered.get(params)?.tie ?? NOTHING_TIES;
}

/**
 * The call under way: `start()`, unless middleware of the same recorder further out has started this very call. A model that
 * is wrapped twice still gives one event an attempt, and it is the one seen nearest to the provider.
 */
export function startedCall(params: object, recorder: Recorder, start: () => StartedCall): StartedCall {
  const known = remembered.get(params);
  const outer = known?.outer?.started;
  if (known?.outer && outer?.recorder === recorder) {
    // Taken over once: a second call from out there (another attempt, another model) is a run of its own.
    delete known.outer.started;
    known.started = outer;
    return outer.call;
  }
  const call = start();
  if (known) known.started = { recorder, call };
  return call;
}

const NOTHING_TIES: CallTie = { objects: [], isSure: false };

function tieOf(params: object): CallTie {
  const signal = member(params, "abortSignal");
  // No middleware makes a signal anew.
  if (isObject(signal)) return { objects: [signal], isSure: true };
  const headers = member(params, "headers");
  // With its version in them they are the framework's own, made for this call alone.
  if (isObject(headers) && frameworkVersion(params) !== undefined)
    return { objects: [headers], isSure: false };
  // What else a caller gives may be the same for all of its calls.
  const providerOptions = member(params, "providerOptions");
  const objects = [member(providerOptions, "complianceguard"), providerOptions, headers].filter(isObject);
  return objects.length > 0 ? { objects, isSure: false } : NOTHING_TIES;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
