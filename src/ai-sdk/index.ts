export {
  type ApprovalAnswer,
  type ApprovalReviewer,
  type RecordApprovalsOptions,
  recordApprovals,
} from "./approvals.ts";
export type { ComplianceGuardCallOptions } from "./call-options.ts";
export {
  complianceGuardEmbeddingMiddleware,
  type EmbeddingModelMiddleware,
} from "./embedding-middleware.ts";
export { complianceGuardImageMiddleware, type ImageModelMiddleware } from "./image-middleware.ts";
export { complianceGuardMiddleware } from "./middleware.ts";
export { recordOutputFailure } from "./output-failure.ts";
export type { RecorderOption } from "./recorder-option.ts";
export type { ReviewAnswer } from "./review-answer.ts";
export type { RequireHumanReviewToolOptions } from "./review-gate.ts";
export { type HumanReviewTool, humanReviewTool, requireHumanReview } from "./review-tool.ts";
export {
  type ComplianceGuardTelemetry,
  complianceGuardTelemetry,
  type ExecuteOptions,
  type TelemetryOptions,
} from "./telemetry.ts";
export type { TelemetryCall, TelemetryRecorder } from "./telemetry-recorder.ts";
export { recordTools } from "./tools.ts";
export { recordUnexecutedCalls } from "./unexecuted-calls.ts";
