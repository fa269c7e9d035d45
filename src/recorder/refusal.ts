import { ComplianceGuardError } from "../core/errors.ts";
import type { RunKind } from "./run.ts";

/** The error a call meets that the failure policy `block` does not let go ahead. */
export function refusal(kind: RunKind, cause: unknown): ComplianceGuardError {
  return new ComplianceGuardError(
    "record_not_kept",
    `The ${kind} call was refused: its start record could not be kept, and onFailure is "block". Mend what the cause says, or set onFailure to "continue"`,
    { cause },
  );
}
