import { ComplianceGuardError } from "./errors.ts";
import type { JsonObject } from "./event.ts";
import { isUuid } from "./uuid.ts";

/** A person's decision that replaced a system's (AI Act Art. 14 (4) (d)). */
export interface Override {
  /** Ties the override to the original decision: its correlation id, or the request id that the application gave it. */
  readonly requestId: string;
  /** Who decided. Sent as it is, as `humanOversight.reviewerId`: give a pseudonym where it is personal data. */
  readonly userId: string;
  /** Why. Sent as it is, in clear, as `humanOversight.notes`. */
  readonly reason: string;
  /** What the system had decided: the input of the new event, so only hashed or sealed. */
  readonly originalOutput?: unknown;
  /** What holds instead: the output of the new event, so only hashed or sealed. */
  readonly finalOutput?: unknown;
  /** Which event was overridden, where it is known: a request may have made many. */
  readonly reviewedEventId?: string | null | undefined;
  /** @default "automated_decision" */
  readonly decisionClassification?: string | null | undefined;
  /** Replaces single fields of the block that is made of the above; null and undefined ones do not. */
  readonly humanOversight?: JsonObject | null | undefined;
  readonly systemState?: JsonObject | null | undefined;
}

/** What an override says of an event, in the words of `ingestEvent`. */
export interface OverrideEvent {
  readonly input: unknown;
  readonly output: unknown;
  readonly correlationId: string;
  readonly decisionClassification: string;
  readonly humanOversight: JsonObject;
  readonly systemState?: JsonObject | undefined;
}

/**
 * The arguments of `ingestEvent` that record an override, as the wire format's logOverride has them. Whatever else is given
 * (identity, model, metadata, payload key …) is handed on. What was reviewed goes to `systemState.review`, beside the
 * caller's own fields there, and says `authentication: "asserted"` unless the caller knows better; without
 * `reviewedEventId` and `systemState.review` nothing is added that the Python client would not send.
 * @throws {ComplianceGuardError} `invalid_argument`, naming the field and what it must be.
 */
export function buildOverride<Others extends object>(
  override: Override & Others,
): Omit<Others, keyof Override> & OverrideEvent {
  const { originalOutput, finalOutput, requestId, userId, reason, reviewedEventId, ...others } = override;
  const { decisionClassification, humanOversight, systemState, ...rest } = others;
  requireText({ requestId, userId });
  if (typeof reason !== "string") throw invalid("reason", "text");
  return {
    ...(rest as Omit<Others, keyof Override>),
    input: originalOutput,
    output: finalOutput,
    correlationId: requestId,
    decisionClassification: decisionClassification ?? "automated_decision",
    humanOversight: oversightOf(userId, reason, humanOversight),
    ...withReview(systemState, reviewedEventId),
  };
}

function oversightOf(reviewerId: string, notes: string, given: JsonObject | null | undefined): JsonObject {
  const defaults = {
    decision: "override",
    reviewerType: "human",
    reviewerId,
    interventionType: "override",
    notes,
  };
  const replacing = Object.entries(objectOf("humanOversight", given)).filter(([, value]) => value != null);
  return { ...defaults, ...Object.fromEntries(replacing) };
}

function withReview(
  systemState: JsonObject | null | undefined,
  reviewedEventId: string | null | undefined,
): { readonly systemState?: JsonObject } {
  const state = objectOf("systemState", systemState);
  const { review } = state;
  if (reviewedEventId == null && review == null) return systemState == null ? {} : { systemState };
  const reviewed = reviewOf(objectOf("systemState.review", review), reviewedEventId);
  return { systemState: { ...state, review: reviewed } };
}

function reviewOf(given: JsonObject, reviewedEventId: string | null | undefined): JsonObject {
  const { authentication, reviewed_event_id: knownEventId } = given;
  // Nobody has seen this person sign in: the id is the caller's word.
  const review = { ...given, authentication: authentication ?? "asserted" };
  if (reviewedEventId == null) return review;
  if (!isUuid(reviewedEventId)) throw invalid("reviewedEventId", "a UUID");
  if ((knownEventId ?? reviewedEventId) !== reviewedEventId) {
    throw invalid("reviewedEventId", "the same event as systemState.review.reviewed_event_id");
  }
  return { ...review, reviewed_event_id: reviewedEventId };
}

function requireText(fields: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value !== "string" || value === "") throw invalid(name, "non-empty text");
  }
}

function objectOf(name: string, value: unknown): JsonObject {
  if (value == null) return {};
  if (Object.prototype.toString.call(value) !== "[object Object]") throw invalid(name, "an object");
  return value as JsonObject;
}

function invalid(name: string, expected: string): ComplianceGuardError {
  return new ComplianceGuardError("invalid_argument", `${name} must be ${expected}`);
}
