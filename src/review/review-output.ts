import type { ReviewOutcome } from "./outcome.ts";
import { prepareReview } from "./review.ts";
import type { ReviewOptions } from "./review-options.ts";

/** An answer to be reviewed before it is given. */
export interface OutputReview extends ReviewOptions {
  /** The answer: text, or what JSON can hold. */
  readonly proposed: unknown;
  readonly question?: string | undefined;
  /** What the reviewer should know, from your application. */
  readonly context?: unknown;
  /** The correlation id of the decision under review. @default what encloses the call (`withContext`), else the request's id */
  readonly correlationId?: string | undefined;
  /** The event of the decision under review. */
  readonly reviewedEventId?: string | undefined;
  /** Aborts when nobody wants the answer any more. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Has a person decide about an answer, and records the request and the decision. Give what `outcome.final` holds, and
 * nothing where the outcome is a rejection: that is also what becomes of a review that expires or fails.
 * @throws {ComplianceGuardError} `invalid_option`, naming the option and the remedy; `record_not_kept` where the
 * recorder's failure policy is not `continue` and the review cannot be recorded.
 * @throws The signal's reason when it aborts.
 */
export async function reviewOutput(options: OutputReview): Promise<ReviewOutcome> {
  const { proposed, question, context, correlationId, reviewedEventId, signal } = options;
  const review = prepareReview(options, ["approve", "edit", "reject"]);
  return await review({
    kind: "output",
    proposed,
    question,
    context,
    correlationId,
    reviewedEventId,
    signal,
    askedBy: "application",
  });
}
