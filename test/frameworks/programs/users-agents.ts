import { humanReviewTool } from "complianceguard/langchain";
import { createAgent } from "langchain";
import { guarded, handler, model, recorder } from "./users-core.ts";

/** What users write with agents; only the compiler reads it. */
const asking = humanReviewTool({
  recorder,
  reviewer: async () => ({ type: "approve", reviewerId: "alice" }),
});
const agent = createAgent({ model, tools: [guarded, asking] });
const answered = agent.invoke(
  { messages: [{ role: "user", content: "?" }] },
  { callbacks: [handler], configurable: { thread_id: "t1" } },
);
void answered;
