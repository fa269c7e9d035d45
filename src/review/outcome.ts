/** How a review ended, for whoever waited for it. */
export type ReviewOutcome =
  | { readonly decision: "approved"; readonly final: unknown }
  | { readonly decision: "edited"; readonly final: unknown; readonly reason: string }
  | { readonly decision: "responded"; readonly message: string }
  | { readonly decision: "rejected"; readonly cause: RejectionCause; readonly reason?: string | undefined };

/** Who or what rejected: a reviewer, or the review's own way of failing safely. */
export type RejectionCause = "reviewer" | "expired" | "failed" | "not_applied";

const explanations: Readonly<Record<RejectionCause, string>> = {
  reviewer: "Rejected in review",
  expired: "Rejected: nobody reviewed it in time",
  failed: "Rejected: the review failed",
  not_applied: "Rejected: what would have run is not exactly what a reviewer could be shown",
};

/** What a model is told of a rejection. */
export function explainRejection({
  cause,
  reason,
}: Extract<ReviewOutcome, { decision: "rejected" }>): string {
  return reason === undefined ? `${explanations[cause]}.` : `${explanations[cause]}: ${reason}`;
}

/** What an agent that asked for a review is given back. */
export type ReviewResult =
  | { readonly decision: "approved"; readonly finalOutput: unknown }
  | { readonly decision: "edited"; readonly finalOutput: unknown; readonly reason: string }
  | { readonly decision: "responded"; readonly response: string }
  | { readonly decision: "rejected"; readonly reason: string };

/** The outcome in the words an agent reads. */
export function reviewResult(outcome: ReviewOutcome): ReviewResult {
  switch (outcome.decision) {
    case "approved":
      return { decision: "approved", finalOutput: outcome.final };
    case "edited":
      return { decision: "edited", finalOutput: outcome.final, reason: outcome.reason };
    case "responded":
      return { decision: "responded", response: outcome.message };
    case "rejected":
      return { decision: "rejected", reason: explainRejection(outcome) };
  }
}
