import { ComplianceGuardError } from "../core/errors.ts";
import { checkedDecision, type ReviewDecision, type ReviewRequest } from "./decision.ts";
import type { Acceptance } from "./proposal.ts";
import type { Fallback, ReviewSettings } from "./review-options.ts";
import { isAuthenticated, type Reviewer } from "./reviewer.ts";

/** Why there is no decision although the reviewer was asked. */
export type Failure = "reviewer_error" | "invalid_decision" | "invalid_edit" | "unauthenticated";

/** What came of asking a reviewer. `runnable` is what an edit runs. */
export type Answer =
  | { readonly came: "decision"; readonly decision: ReviewDecision; readonly runnable?: unknown }
  | { readonly came: "failure"; readonly failure: Failure; readonly cause: unknown }
  | { readonly came: "expiry" }
  | { readonly came: "cancellation"; readonly reason: unknown };

/** One reviewer's share of a review. */
export interface Question {
  readonly reviewer: Reviewer;
  readonly request: ReviewRequest;
  readonly onExpiry: Fallback;
  readonly onFailure: Fallback;
  readonly signal: AbortSignal | undefined;
  readonly accept: ((final: unknown) => Promise<Acceptance>) | undefined;
  /** Hears of each failure. */
  readonly report: (cause: unknown) => void;
}

/**
 * Asks until there is an answer that counts, the time is over, or whoever waits gave up. The first of these decides; what
 * the reviewer says later changes nothing. Never rejects.
 */
export async function ask(question: Question, settings: ReviewSettings): Promise<Answer> {
  const over = new AbortController();
  const ended = endOf(
    question,
    question.onExpiry === "wait" ? undefined : settings.expiresAfterMs,
    over.signal,
  );
  try {
    for (;;) {
      const answer = await Promise.race([ended, answerOf(question, settings, over.signal)]);
      if (answer.came !== "failure") return answer;
      question.report(answer.cause);
      if (question.onFailure !== "wait" || answer.failure === "unauthenticated") return answer;
      const early = await Promise.race([ended, pause(settings.retryAfterMs, over.signal)]);
      if (early) return early;
    }
  } finally {
    over.abort(
      new ComplianceGuardError("aborted", "The review is over: nobody waits for this answer any more"),
    );
  }
}

/** Resolves when the waiting ends without an answer. */
function endOf({ signal }: Question, expiresAfterMs: number | undefined, over: AbortSignal): Promise<Answer> {
  return new Promise((resolve) => {
    const cancel = (): void => resolve({ came: "cancellation", reason: signal?.reason });
    if (signal?.aborted) return cancel();
    signal?.addEventListener("abort", cancel, { once: true, signal: over });
    if (expiresAfterMs === undefined) return;
    // Not unref'd: a process that has nothing else to do must still come to reject what nobody approved.
    const timer = setTimeout(() => resolve({ came: "expiry" }), expiresAfterMs);
    over.addEventListener("abort", () => clearTimeout(timer), { once: true });
  });
}

function pause(delayMs: number, over: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), delayMs);
    over.addEventListener("abort", () => clearTimeout(timer), { once: true });
  });
}

async function answerOf(question: Question, settings: ReviewSettings, over: AbortSignal): Promise<Answer> {
  const { reviewer, request, accept } = question;
  if (isRefused(reviewer, settings)) return failed("unauthenticated", unauthenticated());
  try {
    const problemWith = accept && (async (final: unknown) => problemOf(await accept(final)));
    const given: unknown = await reviewer(request, { signal: over, problemWith });
    return await checkedAnswer(given, question);
  } catch (cause) {
    return failed("reviewer_error", cause);
  }
}

async function checkedAnswer(given: unknown, { request, accept }: Question): Promise<Answer> {
  let decision: ReviewDecision;
  try {
    decision = checkedDecision(given, request.allowedDecisions);
  } catch (cause) {
    return failed("invalid_decision", cause);
  }
  if (decision.type !== "edit") return { came: "decision", decision };
  try {
    const acceptance: Acceptance = accept ? await accept(decision.final) : { value: decision.final };
    if ("value" in acceptance) return { came: "decision", decision, runnable: acceptance.value };
    return failed("invalid_edit", misfit());
  } catch (cause) {
    return failed("invalid_edit", cause);
  }
}

/** A policy is no person, so there is nobody to authenticate. */
function isRefused(reviewer: Reviewer, { requireAuthentication }: ReviewSettings): boolean {
  if (reviewer.isPolicy || isAuthenticated(reviewer)) return false;
  return requireAuthentication || reviewer.authentication === "none";
}

function problemOf(acceptance: Acceptance): string | undefined {
  return "problem" in acceptance ? acceptance.problem : undefined;
}

function failed(failure: Failure, cause: unknown): Answer {
  return { came: "failure", failure, cause };
}

function unauthenticated(): ComplianceGuardError {
  return new ComplianceGuardError(
    "review_failed",
    "The reviewer does not say how it knows who decides: use hostReviewer(), terminalReviewer() or another that signs persons in",
  );
}

function misfit(): ComplianceGuardError {
  return new ComplianceGuardError(
    "review_failed",
    "The reviewer's edit does not fit the tool's schema, so it was not applied",
  );
}
