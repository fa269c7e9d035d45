export { ComplianceGuardHandler, type ComplianceGuardHandlerOptions } from "./handler.ts";
export type { ExposeDocument, LangChainDocument } from "./retrieval.ts";
export { humanReviewTool, requireHumanReview } from "./review-tool.ts";
