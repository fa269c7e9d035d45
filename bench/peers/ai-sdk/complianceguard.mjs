import { complianceGuardMiddleware, recordTools } from "../../../dist/ai-sdk/index.js";
import { recorderOf } from "../recorder.mjs";

export function create(input) {
  const { recorder, flush } = recorderOf(input);
  return {
    middleware: complianceGuardMiddleware({ recorder }),
    wrapTools: (tools) => recordTools(tools, { recorder }),
    flush,
  };
}
