export type { ComplianceGuardCallOptions } from "./call-options.ts";
export { complianceGuardMiddleware } from "./middleware.ts";
export type { RecorderOption } from "./recorder-option.ts";
export { recordTools } from "./tools.ts";
