import { ComplianceGuardError } from "../core/errors.ts";
import type { EventSink } from "../core/event-sink.ts";
import type { RunDescription } from "./run.ts";

/** What happens to a call whose start record cannot be kept: it goes on, or it is refused. */
export type FailurePolicy = "continue" | "block";

/** The option as users write it. */
export type OnFailure = FailurePolicy | ((run: RunDescription) => FailurePolicy);

/**
 * The policy as a function of the run. A function that throws blocks: a policy nobody can read must not open the door.
 * @throws {ComplianceGuardError} `invalid_option` where the option is none, or may block but the sink keeps no start records.
 */
export function failurePolicy(
  option: OnFailure | undefined,
  sink: EventSink,
): (run: RunDescription) => FailurePolicy {
  const policy = option ?? "continue";
  if (policy !== "continue" && policy !== "block" && typeof policy !== "function") {
    throw new ComplianceGuardError(
      "invalid_option",
      'onFailure must be "continue", "block" or a function of the run',
    );
  }
  if (policy !== "continue" && !sink.begin) {
    throw new ComplianceGuardError(
      "invalid_option",
      "onFailure can only block with a sink that keeps start records (one with a begin method): a sink that sends directly has none",
    );
  }
  if (typeof policy !== "function") return () => policy;
  return (run) => {
    try {
      return policy(run) === "continue" ? "continue" : "block";
    } catch {
      return "block";
    }
  };
}
