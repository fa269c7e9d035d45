import { ComplianceGuardHandler } from "../../../dist/langchain/index.js";
import { recorderOf } from "../recorder.mjs";

export function create(input) {
  const { recorder, flush } = recorderOf(input);
  return { handler: new ComplianceGuardHandler({ recorder }), flush };
}
