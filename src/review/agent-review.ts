import { type ReviewResult, reviewResult } from "./outcome.ts";
import type { Acceptance } from "./proposal.ts";
import { prepareReview } from "./review.ts";
import type { ReviewOptions } from "./review-options.ts";

/** A tool with which an agent asks a person. */
export interface HumanReviewToolOptions extends ReviewOptions {
  /** The name the model calls it by. @default "human_review" */
  readonly name?: string | undefined;
  /** What the model is told of it. @default when to ask, and to use the final output as it is */
  readonly description?: string | undefined;
}

/** What the agent gives: texts, all of them a model's. */
export interface AgentReviewInput {
  readonly proposed: string;
  readonly question?: string | undefined;
  readonly context?: string | undefined;
}

/** The call of the tool, as the framework shows it. */
export interface AgentReviewCall {
  readonly toolCallId: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** What the model is told of the tool where the application does not say. */
export const agentReviewDescription: string =
  "Ask a human reviewer to approve, edit, reject or answer a proposed output before you give it. " +
  "If the decision is approved or edited, use finalOutput exactly as it is. If it is responded, act on the response. " +
  "If it is rejected, do not give the proposed output.";

/** The tool's input as JSON Schema: every model provider takes it. */
export const agentReviewSchema: {
  readonly type: "object";
  readonly properties: Record<
    keyof AgentReviewInput,
    { readonly type: "string"; readonly description: string }
  >;
  readonly required: string[];
  readonly additionalProperties: false;
} = {
  type: "object",
  properties: {
    proposed: { type: "string", description: "The exact output you propose, complete and word for word." },
    question: { type: "string", description: "What the reviewer should decide." },
    context: { type: "string", description: "What the reviewer needs to know to decide." },
  },
  required: ["proposed"],
  additionalProperties: false,
};

/**
 * The input where it is one, else what is wrong with it.
 * A framework checks it with the schema; this is for those that leave it to the schema's owner.
 */
export function checkedAgentInput(input: unknown): { value: AgentReviewInput } | { problem: string } {
  if (typeof input !== "object" || input === null) return { problem: "the input must be an object" };
  const { proposed, question, context } = input as Readonly<Record<string, unknown>>;
  if (typeof proposed !== "string") return { problem: "proposed must be text" };
  if (!isOptionalText(question)) return { problem: "question must be text" };
  if (!isOptionalText(context)) return { problem: "context must be text" };
  return { value: { proposed, question, context } };
}

/**
 * Prepares the reviews an agent asks for.
 * @throws {ComplianceGuardError} `invalid_option`, naming the option and the remedy.
 */
export function prepareAgentReview(
  options: ReviewOptions,
): (input: AgentReviewInput, call: AgentReviewCall) => Promise<ReviewResult> {
  const review = prepareReview(options, ["approve", "edit", "reject", "respond"]);
  return async ({ proposed, question, context }, { toolCallId, signal }) =>
    reviewResult(
      await review({
        kind: "output",
        proposed,
        question,
        context,
        askedBy: "model",
        toolCallId,
        signal,
        accept: acceptText,
      }),
    );
}

/** The agent proposes text and is promised text. */
async function acceptText(final: unknown): Promise<Acceptance> {
  return typeof final === "string" ? { value: final } : { problem: "the answer must be text, in quotes" };
}

function isOptionalText(value: unknown): value is string | undefined {
  return value === undefined || typeof value === "string";
}
