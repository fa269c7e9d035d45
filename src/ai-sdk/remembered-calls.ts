import type { ComplianceGuardError } from "../core/errors.ts";
import type { Recorder } from "../recorder/recorder.ts";
import type { Run } from "../recorder/run.ts";
import type { Attempt, CallTie } from "./attempts.ts";
import { type ComplianceGuardCallOptions, readCallOptions, withoutCallOptions } from "./call-options.ts";
import { frameworkVersion } from "./call-settings.ts";
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

/**
 * On the parameters object that the framework carries from `transformParams` to the model, and so to middleware further in, seen by
 * nobody who copies it. The engine frees it with the object; as the value of a WeakMap it would live on, content and all, until the
 * next collection of everything. One name for all loaded copies of this package.
 */
const REMEMBERED: unique symbol = Symbol.for("complianceguard.ai-sdk.remembered-call") as never;

function rememberedOf(params: object): RememberedCall | undefined {
  return (params as { readonly [REMEMBERED]?: RememberedCall })[REMEMBERED];
}

/** Takes our own options off the parameters and remembers them under the object it returns. */
export function rememberCall<T extends object>(
  params: T,
  onInvalid: (error: ComplianceGuardError) => void,
): T {
  const outer = rememberedOf(params);
  const own = member(member(params, "providerOptions"), "complianceguard");
  const options = own === undefined ? (outer?.options ?? {}) : readCallOptions(own, onInvalid);
  const stripped = withoutCallOptions(params);
  const value: RememberedCall = { options, tie: tieOf(params), outer };
  return Object.defineProperty(stripped, REMEMBERED, { value });
}

/** What the caller told about the call. */
export function callOptionsOf(params: object): ComplianceGuardCallOptions {
  return rememberedOf(params)?.options ?? {};
}

/** By what attempts at the call can be told from other calls. */
export function callTieOf(params: object): CallTie {
  return rememberedOf(params)?.tie ?? NOTHING_TIES;
}

/**
 * The call under way: `start()`, unless middleware of the same recorder further out has started this very call. A model that
 * is wrapped twice still gives one event an attempt, and it is the one seen nearest to the provider.
 */
export function startedCall(params: object, recorder: Recorder, start: () => StartedCall): StartedCall {
  const known = rememberedOf(params);
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
