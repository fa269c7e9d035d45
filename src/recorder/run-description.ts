import { toolNameInClear } from "./names.ts";
import type { RunDescription, RunStart } from "./run.ts";
import type { Links } from "./run-registry.ts";

/** What the options that are functions of a run are told of it. */
export function describe(start: RunStart, links: Links | undefined): RunDescription {
  return {
    kind: start.kind,
    correlationId: links?.correlationId ?? start.correlationId ?? "",
    framework: start.framework,
    name: start.name,
    modelId: start.modelId,
  };
}

/**
 * The name that goes out in clear, if any. A model can invent names: a tool's goes out only where the application is known to
 * have it, an agent's or a chain's only where the application says so.
 */
export function actorName(
  start: RunStart,
  { root }: Links,
  description: RunDescription,
  nameOf: ((run: RunDescription) => string | undefined) | undefined,
): string | undefined {
  if (start.kind === "tool") {
    const isKnown = start.name !== undefined && (start.isKnownName || root.declaredTools.has(start.name));
    return isKnown ? toolNameInClear(start.name) : undefined;
  }
  const name = start.kind === "agent" || start.kind === "chain" ? nameOf?.(description) : undefined;
  return typeof name === "string" ? name.toWellFormed() : undefined;
}
