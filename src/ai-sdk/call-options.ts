import type { ComplianceGuardError } from "../core/errors.ts";
import { type CallerLabels, readCallerLabels } from "../recorder/caller-labels.ts";
import { member } from "./unknown-shape.ts";

/** What a caller tells about one call, in `providerOptions.complianceguard`. It never reaches the provider. */
export type ComplianceGuardCallOptions = CallerLabels;

/**
 * Takes the options apart, keeping what is well-formed.
 * @param onInvalid Hears of each field that is not: a call is not refused for a label.
 */
export function readCallOptions(
  options: unknown,
  onInvalid: (error: ComplianceGuardError) => void,
): ComplianceGuardCallOptions {
  return readCallerLabels(options, "providerOptions.complianceguard", onInvalid, [
    "correlationId",
    "dataSubjects",
    "metadata",
  ]);
}

/** The parameters without our own options: a gateway would send them on. The caller's object is left as it is. */
export function withoutCallOptions<T extends object>(params: T): T {
  const providerOptions = member(params, "providerOptions");
  if (member(providerOptions, "complianceguard") === undefined) return { ...params };
  const { complianceguard: _, ...others } = providerOptions as Readonly<Record<string, unknown>>;
  return { ...params, providerOptions: others };
}
