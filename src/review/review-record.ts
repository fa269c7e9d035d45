import type { Recorder } from "../recorder/recorder.ts";
import type { Failure } from "./ask.ts";
import type { ReviewDecision, ReviewRequest } from "./decision.ts";
import { type Reviewer, reviewerTypeOf } from "./reviewer.ts";

/** What every event of one review says of it. */
export interface ReviewFacts {
  readonly request: ReviewRequest;
  /** The component under review and its reference. */
  readonly proposed: unknown;
  readonly proposedReference: string;
  /** The component of everything that is shown and its reference; undefined where a policy decides and nobody is shown anything. */
  readonly shown?: { readonly component: unknown; readonly reference: string } | undefined;
  /** The event of the decision under review, where it is known. */
  readonly reviewedEventId: string | undefined;
  readonly modelId: string | undefined;
  readonly toolCallId: string | undefined;
  /** The request that was escalated to this one. */
  readonly escalatedFrom?: string | undefined;
}

/** How a review ends that nobody decided. `not_applied`: what was decided no longer is what would run. */
export type UndecidedEnd = "expired" | "failed" | "cancelled" | "escalated" | "not_applied";

/**
 * Writes the events of one review, as the table of decisions has them. Each method resolves when its event is kept and
 * rejects when it is not: what nobody can prove must then not run.
 */
export class ReviewRecord {
  readonly #recorder: Recorder;
  readonly #facts: ReviewFacts;
  readonly #now: () => string;

  constructor(recorder: Recorder, facts: ReviewFacts, now: () => string) {
    this.#recorder = recorder;
    this.#facts = facts;
    this.#now = now;
  }

  /** Somebody is asked from now on. */
  async requested(): Promise<void> {
    const { request, shown } = this.#facts;
    await this.#recorder.record({
      ...this.#common(),
      actor: { type: request.askedBy === "model" ? "agent" : "recorder" },
      input: shown?.component,
      humanOversight: { decision: "pending", interventionType: "review_request" },
      review: this.#review({}),
    });
  }

  /** Somebody decided. `final` is the component of an edit's outcome. */
  async decided(decision: ReviewDecision, reviewer: Reviewer, final: unknown): Promise<void> {
    if (reviewer.isPolicy) return await this.#policyDecided(decision, final);
    const review = this.#review({
      decided_at_utc: this.#now(),
      authentication: reviewer.authentication ?? "asserted",
    });
    const reviewerType = reviewerTypeOf(reviewer);
    // Where nobody knows that a person decided, the event must not say that one acted.
    const actor = { type: reviewerType === "human" ? "human" : "reviewer" };
    if (decision.type === "approve") {
      const { proposed } = this.#facts;
      await this.#recorder.record({
        ...this.#common(),
        actor,
        input: { proposed },
        output: { final: proposed },
        humanOversight: {
          decision: "approve",
          reviewerType,
          reviewerId: decision.reviewerId,
          interventionType: "approval",
          ...(decision.reason !== undefined && { notes: decision.reason }),
        },
        review,
      });
      return;
    }
    const { correlationId, ...common } = this.#common();
    await this.#recorder.logOverride({
      ...common,
      actor,
      requestId: correlationId,
      userId: decision.reviewerId,
      reason: reasonOf(decision),
      originalOutput: this.#facts.proposed,
      finalOutput: outputOf(decision, final),
      humanOversight: { reviewerType, decision: decision.type === "reject" ? "reject" : "override" },
      review,
    });
  }

  /** Nobody decided, or what was decided cannot be applied. */
  async ended(how: UndecidedEnd, failure?: Failure): Promise<void> {
    const rejection = how === "escalated" ? {} : { rejected: true };
    await this.#recorder.record({
      ...this.#common(),
      actor: { type: "recorder" },
      input: { proposed: this.#facts.proposed },
      output: { ...rejection, [how]: true },
      humanOversight: { decision: how, reviewerType: "none" },
      review: this.#review({ decided_at_utc: this.#now(), authentication: "none", failure }),
    });
  }

  async #policyDecided(decision: ReviewDecision, final: unknown): Promise<void> {
    const { proposed } = this.#facts;
    const isApproval = decision.type === "approve";
    const reason = decision.type === "respond" ? undefined : decision.reason;
    await this.#recorder.record({
      ...this.#common(),
      actor: { type: "policy" },
      input: { proposed },
      output: isApproval ? { final: proposed } : outputOf(decision, { final }),
      humanOversight: {
        decision: isApproval ? "approve" : decision.type === "reject" ? "reject" : "override",
        reviewerType: "policy",
        reviewerId: decision.reviewerId,
        interventionType: isApproval ? "approval" : "override",
        ...(reason !== undefined && { notes: reason }),
      },
      review: this.#review({ decided_at_utc: this.#now(), authentication: "none" }),
    });
  }

  #common(): { correlationId: string; modelId: string | undefined; metadata: Record<string, unknown> } {
    const { request, modelId, toolCallId } = this.#facts;
    return {
      correlationId: request.correlationId,
      modelId,
      metadata: toolCallId === undefined ? {} : { tool_call_id: toolCallId },
    };
  }

  #review(more: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    const { request, reviewedEventId, proposedReference, shown, escalatedFrom } = this.#facts;
    const members = {
      request_id: request.id,
      reviewed_event_id: reviewedEventId,
      reviewed_reference: proposedReference,
      shown_reference: shown?.reference,
      requested_at_utc: request.requestedAtUtc,
      escalated_from: escalatedFrom,
      ...more,
    };
    return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
  }
}

/** An answer is content and stays in the output; the note only says that there is one. */
function reasonOf(decision: Exclude<ReviewDecision, { type: "approve" }>): string {
  return decision.type === "respond" ? "answered by the reviewer" : decision.reason;
}

function outputOf(decision: ReviewDecision, edited: unknown): unknown {
  if (decision.type === "reject") return { rejected: true };
  return decision.type === "respond" ? { response: decision.message } : edited;
}
