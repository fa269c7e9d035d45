export { ComplianceGuardHandler, type ComplianceGuardHandlerOptions } from "./handler.ts";
export type { ExposeDocument, LangChainDocument } from "./retrieval.ts";
