import { ComplianceGuardError, type ErrorCode } from "../core/errors.ts";
import type { RejectionCause, ReviewOutcome } from "./outcome.ts";
import type { Acceptance } from "./proposal.ts";
import { prepareReview } from "./review.ts";
import type { ReviewOptions } from "./review-options.ts";

/** A tool that runs only after a person's decision. */
export interface RequireHumanReviewOptions extends ReviewOptions {
  /** What the reviewer is asked, by your application. */
  readonly question?: string | ((args: unknown) => string) | undefined;
  /** What the reviewer should know, from your application: the customer's record, the limit that applies. */
  readonly context?: ((args: unknown) => unknown) | undefined;
}

/** A tool call that waits, as the framework shows it. */
export interface WaitingCall {
  readonly name: string;
  readonly args: unknown;
  readonly toolCallId: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly accept: ((final: unknown) => Promise<Acceptance>) | undefined;
}

/**
 * Prepares the reviews an application insists on.
 * @throws {ComplianceGuardError} `invalid_option`, naming the option and the remedy.
 */
export function prepareRequiredReview(
  options: RequireHumanReviewOptions,
): (call: WaitingCall) => Promise<ReviewOutcome> {
  const review = prepareReview(options, ["approve", "edit", "reject"]);
  const { question, context } = options;
  return async ({ name, args, toolCallId, signal, accept }) =>
    await review({
      kind: "tool_call",
      name,
      proposed: args,
      question: typeof question === "function" ? question(args) : question,
      context: context?.(args),
      askedBy: "application",
      toolCallId,
      signal,
      accept,
    });
}

const codes: Readonly<Record<RejectionCause, ErrorCode>> = {
  reviewer: "review_rejected",
  expired: "review_failed",
  failed: "review_failed",
  not_applied: "review_not_bound",
};

/** The error for a caller that is no model. It does not hold the reason, which is content. */
export function rejectionError(name: string, cause: RejectionCause): ComplianceGuardError {
  const what = {
    reviewer: "was rejected in review",
    expired: "was not reviewed in time",
    failed: "could not be reviewed",
  };
  return new ComplianceGuardError(
    codes[cause],
    cause === "not_applied"
      ? `The call of ${name} did not run: what would have run is not exactly what a reviewer could be shown`
      : `The call of ${name} did not run: it ${what[cause]}`,
  );
}
