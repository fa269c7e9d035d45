import type { Callbacks } from "@langchain/core/callbacks/manager";
import { RunnableLambda } from "@langchain/core/runnables";
import { type DynamicTool, tool } from "@langchain/core/tools";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { createRecorder, memorySink, type Recorder } from "complianceguard";
import { ComplianceGuardHandler, requireHumanReview } from "complianceguard/langchain";

/** What users write with core alone; only the compiler reads it. */
export const recorder: Recorder = createRecorder({
  sink: memorySink(),
  systemId: "cv-screening-prod",
  version: "1",
  decisionClassification: "automated_decision",
});
export const handler: ComplianceGuardHandler = new ComplianceGuardHandler({ recorder });
export const callbacks: Callbacks = [handler];

export const model: FakeListChatModel = new FakeListChatModel({ responses: ["Yes."], callbacks: [handler] });
const bound = model.withConfig({ callbacks: [handler] });
const asked = bound
  .pipe(RunnableLambda.from((answer: { readonly content: unknown }) => answer.content))
  .invoke("a", {
    callbacks: [handler],
    metadata: { complianceguard: { correlationId: "application-7", dataSubjects: ["applicant-7"] } },
  });
void asked;

const score: DynamicTool = tool(async (input: string) => input.length, {
  name: "score",
  description: "scores",
  callbacks: [handler],
});
export const guarded: DynamicTool = requireHumanReview(score, {
  recorder,
  reviewer: async () => ({ type: "approve", reviewerId: "alice" }),
});
