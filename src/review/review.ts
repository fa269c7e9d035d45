import { ComplianceGuardError } from "../core/errors.ts";
import { shortestTimestamp } from "../core/timestamp.ts";
import type { Run } from "../recorder/run.ts";
import type { KnownCall } from "../recorder/tool-call-memory.ts";
import { captureReference } from "../recorder/total-capture.ts";
import { type Answer, ask, type Failure } from "./ask.ts";
import type { DecisionType, ReviewRequest } from "./decision.ts";
import type { ReviewOutcome } from "./outcome.ts";
import { type Proposal, proposedComponent, type Snapshot, shownCopy, takeSnapshot } from "./proposal.ts";
import { type Fallback, type ReviewOptions, type ReviewSettings, reviewSettings } from "./review-options.ts";
import { type ReviewFacts, ReviewRecord } from "./review-record.ts";
import { policyReviewer, type Reviewer } from "./reviewer.ts";

/** Holds one review: asks, records, and says what may run. */
export type Review = (proposal: Proposal) => Promise<ReviewOutcome>;

/**
 * Prepares reviews with these options. A review that expires, fails or cannot be shown exactly is a rejection. Rejects
 * with the signal's reason when the call that waits is given up, and with `record_not_kept` where the recorder's failure
 * policy refuses what cannot be recorded; what was proposed must not run then.
 * @param decisions What is allowed where the options do not say.
 * @throws {ComplianceGuardError} `invalid_option`, naming the option and the remedy.
 */
export function prepareReview(options: ReviewOptions, decisions: readonly DecisionType[]): Review {
  const settings = reviewSettings(options, decisions);
  return (proposal) => new HeldReview(proposal, settings).outcome();
}

/** One reviewer's turn: what was asked, what came of it, and where it is recorded. */
interface Turn {
  readonly reviewer: Reviewer;
  readonly requestId: string;
  readonly record: ReviewRecord;
  readonly answer: Answer;
}

interface TurnOptions {
  readonly reviewer: Reviewer;
  readonly onExpiry: Fallback;
  readonly onFailure: Fallback;
  readonly escalatedFrom?: string | undefined;
}

const exemption = policyReviewer("when", () => ({ type: "approve" }));

/** One proposal from the request to what may run. */
class HeldReview {
  readonly #proposal: Proposal;
  readonly #settings: ReviewSettings;
  readonly #snapshot: Snapshot;
  readonly #call: KnownCall | undefined;
  readonly #correlationId: string;

  constructor(proposal: Proposal, settings: ReviewSettings) {
    this.#proposal = proposal;
    this.#settings = settings;
    this.#snapshot = takeSnapshot(proposal);
    this.#call =
      proposal.toolCallId === undefined ? undefined : settings.recorder.callOf(proposal.toolCallId);
    this.#correlationId =
      proposal.correlationId ??
      this.#run?.correlationId ??
      this.#call?.correlationId ??
      settings.recorder.currentCorrelationId() ??
      settings.newId();
  }

  async outcome(): Promise<ReviewOutcome> {
    this.#proposal.signal?.throwIfAborted();
    const { toolCallId } = this.#proposal;
    const release = toolCallId === undefined ? undefined : this.#settings.recorder.holdForReview(toolCallId);
    try {
      return await this.#decide();
    } finally {
      release?.();
    }
  }

  /** The run that waits. An ended one is another attempt under the same id. */
  get #run(): Run | undefined {
    const run = this.#call?.toolRun;
    return run?.isSettled ? undefined : run;
  }

  /** A tool call is decided by the run that waits, an answer by the model that proposes it in a call of the review tool. */
  get #decisionEventId(): string | undefined {
    const run = this.#run?.isRecorded ? this.#run.eventId : undefined;
    const model = this.#call?.modelEventId;
    return this.#proposal.kind === "tool_call" ? (run ?? model) : (model ?? run);
  }

  async #decide(): Promise<ReviewOutcome> {
    const { reviewer, onExpiry, onFailure, escalateTo } = this.#settings;
    if (!this.#snapshot.isExact) return await this.#refuse();
    const asked = (await this.#isExempt()) ? exemption : reviewer;
    const turn = await this.#turn({ reviewer: asked, onExpiry, onFailure });
    const way = fallbackOf(turn.answer, this.#settings);
    if (way !== "escalate" || !escalateTo) return await this.#conclude(turn);
    await this.#keep(turn.record.ended("escalated", failureOf(turn.answer)));
    const escalatedFrom = turn.requestId;
    return await this.#conclude(
      await this.#turn({ reviewer: escalateTo, onExpiry: "reject", onFailure: "reject", escalatedFrom }),
    );
  }

  async #turn({ reviewer, onExpiry, onFailure, escalatedFrom }: TurnOptions): Promise<Turn> {
    const { recorder } = this.#settings;
    const request = this.#request();
    const record = this.#record(request, reviewer.isPolicy ? undefined : this.#shown(request), escalatedFrom);
    const requested = reviewer.isPolicy ? undefined : this.#keep(record.requested());
    // Without the policy `block` the person is asked while the request is still on its way.
    if (recorder.isBlocking) await requested;
    const { signal, accept } = this.#proposal;
    const report = (cause: unknown): void => recorder.reportTrouble({ code: "review_failed", cause });
    const question = { reviewer, request, onExpiry, onFailure, signal, accept, report };
    const answer = await ask(question, this.#settings);
    await requested;
    return { reviewer, requestId: request.id, record, answer };
  }

  async #conclude({ reviewer, record, answer }: Turn): Promise<ReviewOutcome> {
    switch (answer.came) {
      case "cancellation":
        await this.#keep(record.ended("cancelled"));
        throw answer.reason;
      case "expiry":
        await this.#keep(record.ended("expired"));
        return { decision: "rejected", cause: "expired" };
      case "failure":
        await this.#keep(record.ended("failed", answer.failure));
        return { decision: "rejected", cause: "failed" };
      case "decision": {
        const { decision, runnable } = answer;
        const final =
          decision.type === "edit" ? proposedComponent(this.#proposal, decision.final) : undefined;
        await this.#keep(record.decided(decision, reviewer, final));
        if (decision.type === "reject")
          return { decision: "rejected", cause: "reviewer", reason: decision.reason };
        if (decision.type === "respond") return { decision: "responded", message: decision.message };
        if (!this.#isUnchanged()) {
          await this.#keep(record.ended("not_applied"));
          return { decision: "rejected", cause: "not_applied" };
        }
        return decision.type === "edit"
          ? { decision: "edited", final: runnable, reason: decision.reason }
          : { decision: "approved", final: this.#snapshot.runnable };
      }
    }
  }

  /** What cannot be shown exactly as it would run is nothing a person can decide about. */
  async #refuse(): Promise<ReviewOutcome> {
    await this.#keep(this.#record(this.#request(), undefined).ended("not_applied"));
    return { decision: "rejected", cause: "not_applied" };
  }

  /** The copy is what runs; whoever changed the original meanwhile did not mean the copy. */
  #isUnchanged(): boolean {
    return takeSnapshot(this.#proposal).reference === this.#snapshot.reference;
  }

  async #isExempt(): Promise<boolean> {
    try {
      return (await this.#settings.when?.(this.#snapshot.shown)) === false;
    } catch (cause) {
      // A rule that cannot say "no need" leaves the decision with the reviewer.
      this.#settings.recorder.reportTrouble({ code: "review_failed", cause });
      return false;
    }
  }

  #request(): ReviewRequest {
    const { clock, expiresAfterMs, newId, allowedDecisions, recorder } = this.#settings;
    const { kind, name, question, context, askedBy } = this.#proposal;
    const now = clock.now();
    return Object.freeze({
      id: newId(),
      correlationId: this.#correlationId,
      systemId: recorder.systemIdOf(this.#correlationId),
      subject: Object.freeze({ kind, ...(name !== undefined && { name }), proposed: this.#snapshot.shown }),
      ...(question !== undefined && { question }),
      ...(context !== undefined && { context: shownCopy(context) }),
      askedBy,
      allowedDecisions: Object.freeze(allowedDecisions),
      requestedAtUtc: shortestTimestamp(now),
      ...(expiresAfterMs !== undefined && { expiresAtUtc: shortestTimestamp(now + expiresAfterMs) }),
    });
  }

  #record(request: ReviewRequest, shown: ReviewFacts["shown"], escalatedFrom?: string): ReviewRecord {
    const { recorder, clock } = this.#settings;
    const { component, reference } = this.#snapshot;
    const facts = {
      request,
      proposed: component,
      proposedReference: reference,
      shown,
      reviewedEventId: this.#proposal.reviewedEventId ?? this.#decisionEventId,
      modelId: this.#call?.modelId,
      toolCallId: this.#proposal.toolCallId,
      escalatedFrom,
    };
    return new ReviewRecord(recorder, facts, () => shortestTimestamp(clock.now()));
  }

  /** Everything the person sees, as it is recorded. */
  #shown(request: ReviewRequest): NonNullable<ReviewFacts["shown"]> {
    const component = {
      proposed: this.#snapshot.component,
      kind: request.subject.kind,
      name: request.subject.name,
      question: request.question,
      context: request.context,
      asked_by: request.askedBy,
      allowed_decisions: request.allowedDecisions,
      request_id: request.id,
      system_id: request.systemId,
      correlation_id: request.correlationId,
      requested_at_utc: request.requestedAtUtc,
      expires_at_utc: request.expiresAtUtc,
    };
    return { component, reference: captureReference(component).component.reference };
  }

  /** Under the failure policy `continue` a record that is not kept is reported; else it stops what it should have proved. */
  async #keep(written: Promise<void>): Promise<void> {
    const { recorder } = this.#settings;
    try {
      await written;
    } catch (cause) {
      if (recorder.isBlocking) throw notKept(cause);
      recorder.reportTrouble({ code: "record_not_kept", cause });
    }
  }
}

/** What the settings provide for an answer that is no decision. `wait` is over by then: what cannot be waited out is rejected. */
function fallbackOf(answer: Answer, { onExpiry, onFailure }: ReviewSettings): Fallback {
  if (answer.came === "expiry") return onExpiry;
  return answer.came === "failure" ? onFailure : "reject";
}

function failureOf(answer: Answer): Failure | undefined {
  return answer.came === "failure" ? answer.failure : undefined;
}

function notKept(cause: unknown): ComplianceGuardError {
  return new ComplianceGuardError(
    "record_not_kept",
    'The review was broken off: its record could not be kept, and onFailure is not "continue". Mend what the cause says',
    { cause },
  );
}
