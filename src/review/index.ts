export type { AgentReviewInput, HumanReviewToolOptions } from "./agent-review.ts";
export type { DecisionType, ReviewDecision, ReviewRequest, ReviewSubject } from "./decision.ts";
export type { RejectionCause, ReviewOutcome, ReviewResult } from "./outcome.ts";
export type { RequireHumanReviewOptions } from "./required-review.ts";
export type { Fallback, ReviewOptions } from "./review-options.ts";
export { type OutputReview, reviewOutput } from "./review-output.ts";
export {
  type Authentication,
  hostReviewer,
  type PolicyDecision,
  policyReviewer,
  type Reviewer,
  type ReviewerOptions,
} from "./reviewer.ts";
export { type TerminalReviewerOptions, terminalReviewer } from "./terminal-reviewer.ts";
