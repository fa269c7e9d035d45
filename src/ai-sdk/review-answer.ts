import { explainRejection, type ReviewOutcome } from "../review/outcome.ts";
import { member, namesOf, textMember } from "./unknown-shape.ts";

/**
 * What stands in a tool result for a tool that did not run. Plain JSON, so that it is still recognised when a message comes
 * back from a browser or a database.
 */
export interface ReviewAnswer {
  readonly complianceGuardReview: "rejected" | "responded";
  /** What the model is told. */
  readonly text: string;
}

/** The answer in place of a tool's output. */
export function reviewAnswer(
  outcome: Extract<ReviewOutcome, { decision: "rejected" | "responded" }>,
): ReviewAnswer {
  return outcome.decision === "rejected"
    ? { complianceGuardReview: "rejected", text: explainRejection(outcome) }
    : { complianceGuardReview: "responded", text: outcome.message };
}

/**
 * The tool's `toModelOutput` with the answers of a review made into the framework's own: on ai 6 and 7 a rejection is
 * `execution-denied`, on ai 5, which has no such word, an `error-text`. Everything else is as it was without us.
 *
 * ai 5 calls it with the output, later versions with `{toolCallId, input, output}`: told apart by that shape, since a
 * package cannot know which `ai` its caller loaded.
 */
export function reviewedModelOutput(tool: object): (argument: unknown) => unknown {
  const original = member(tool, "toModelOutput");
  return (argument) => {
    const isCall = isOutputOfCall(argument);
    const output = isCall ? member(argument, "output") : argument;
    const kind = member(output, "complianceGuardReview");
    const text = textMember(output, "text") ?? "";
    if (kind === "responded") return { type: "text", value: text };
    if (kind === "rejected") {
      return isCall ? { type: "execution-denied", reason: text } : { type: "error-text", value: text };
    }
    if (typeof original === "function") return Reflect.apply(original, tool, [argument]);
    return typeof output === "string"
      ? { type: "text", value: output }
      : { type: "json", value: output === undefined ? null : output };
  };
}

function isOutputOfCall(argument: unknown): boolean {
  return namesOf(argument).toSorted().join() === "input,output,toolCallId";
}
