import { canonicalJson } from "../core/canonical-json.ts";
import { ComplianceGuardError } from "../core/errors.ts";

/** What a reviewer may do with a proposal. `respond` answers in its place: a tool does not run then. */
export type DecisionType = "approve" | "edit" | "reject" | "respond";

/** What is up for review. */
export interface ReviewSubject {
  /** A tool call that waits to run, or an answer that waits to be given. */
  readonly kind: "tool_call" | "output";
  /** The tool's name: the application's word, not the model's. */
  readonly name?: string | undefined;
  /** The arguments of the tool call, or the answer (text or JSON). Written by a model. A copy, frozen. */
  readonly proposed: unknown;
}

/** Everything a person is shown. What is decided holds for exactly this. */
export interface ReviewRequest {
  readonly id: string;
  /** That of the decision under review. */
  readonly correlationId: string;
  readonly systemId: string;
  readonly subject: ReviewSubject;
  readonly question?: string | undefined;
  readonly context?: unknown;
  /** Who wrote `question` and `context`. A model's text is shown as such, below the application's facts. */
  readonly askedBy: "model" | "application";
  readonly allowedDecisions: readonly DecisionType[];
  /** RFC 3339. */
  readonly requestedAtUtc: string;
  /** RFC 3339. Nobody waits for an answer after it, unless the review says so. */
  readonly expiresAtUtc?: string | undefined;
}

/**
 * What a reviewer decided. `reason` is sent to the platform in clear (as `humanOversight.notes`): tell who types it. `final`
 * has the form of `subject.proposed`; like `message` it stays in the hashed or sealed content.
 */
export type ReviewDecision =
  | { readonly type: "approve"; readonly reviewerId: string; readonly reason?: string | undefined }
  | { readonly type: "edit"; readonly reviewerId: string; readonly reason: string; readonly final: unknown }
  | { readonly type: "reject"; readonly reviewerId: string; readonly reason: string }
  | { readonly type: "respond"; readonly reviewerId: string; readonly message: string };

/**
 * The decision as a copy nobody else holds, with the members of its type and no others. Only own properties count:
 * nothing is decided by what an object inherits.
 * @throws {ComplianceGuardError} `review_failed`, naming the member: not an object, a type unknown or not allowed, a
 * blank reviewerId, an edit or rejection without a reason, an edit without a `final` that JSON can hold.
 */
export function checkedDecision(decision: unknown, allowed: readonly DecisionType[]): ReviewDecision {
  if (typeof decision !== "object" || decision === null) throw invalid("must be an object");
  const type = ownMember(decision, "type");
  const decided = allowed.find((each) => each === type);
  if (!decided) throw invalid(`type must be one of ${allowed.join(", ")}`);
  const reviewerId = textMember(decision, "reviewerId");
  switch (decided) {
    case "approve":
      return ownMember(decision, "reason") === undefined
        ? { type: decided, reviewerId }
        : { type: decided, reviewerId, reason: textMember(decision, "reason") };
    case "edit":
      return {
        type: decided,
        reviewerId,
        reason: textMember(decision, "reason"),
        final: jsonMember(decision, "final"),
      };
    case "reject":
      return { type: decided, reviewerId, reason: textMember(decision, "reason") };
    case "respond":
      return { type: decided, reviewerId, message: textMember(decision, "message") };
  }
}

/** Every type of decision, in the order people are offered them. */
export const decisionTypes: readonly DecisionType[] = ["approve", "edit", "reject", "respond"];

function ownMember(decision: object, name: string): unknown {
  return Object.hasOwn(decision, name) ? (decision as Record<string, unknown>)[name] : undefined;
}

function textMember(decision: object, name: string): string {
  const value = ownMember(decision, name);
  if (typeof value !== "string" || value.trim() === "")
    throw invalid(`${name} must be text that is not blank`);
  return value.toWellFormed();
}

function jsonMember(decision: object, name: string): unknown {
  const value = ownMember(decision, name);
  if (value === undefined) throw invalid(`${name} is missing`);
  try {
    return JSON.parse(canonicalJson(value));
  } catch (cause) {
    throw invalid(`${name} must be what JSON can hold`, cause);
  }
}

function invalid(expectation: string, cause?: unknown): ComplianceGuardError {
  return new ComplianceGuardError("review_failed", `The review's decision is not valid: ${expectation}`, {
    cause,
  });
}
