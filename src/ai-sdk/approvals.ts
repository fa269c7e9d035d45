import { ComplianceGuardError, isComplianceGuardError } from "../core/errors.ts";
import type { RecordedFact } from "../recorder/recorded-fact.ts";
import type { Recorder } from "../recorder/recorder.ts";
import type { Trouble } from "../recorder/trouble.ts";
import { decisionFact, notAppliedFact, proposedReference, requestFact } from "./approval-facts.ts";
import {
  type ApprovalHistory,
  type ApprovalRequest,
  type ApprovalResponse,
  approvalsOf,
} from "./approval-history.ts";
import { type RecorderOption, requireRecorder } from "./recorder-option.ts";
import { shared } from "./shared.ts";

/** An answer to a request for approval, as the function that names its reviewer is told. */
export interface ApprovalAnswer {
  readonly approvalId: string;
  readonly toolCallId: string;
  readonly toolName: string;
  readonly isApproved: boolean;
}

/**
 * Who decided, as your application's own login says: an id, or a function that gives one where the answer arrives. Never take
 * it from a message: a browser or a model can write those.
 */
export type ApprovalReviewer = string | ((answer: ApprovalAnswer) => string | undefined);

/** How {@link recordApprovals} records. */
export interface RecordApprovalsOptions extends RecorderOption {
  /** @default nobody: decisions are recorded as `unattributed` */
  readonly reviewer?: ApprovalReviewer | undefined;
  /** @default the one of the call that proposed the tool call where it was recorded here, else that of `withContext` */
  readonly correlationId?: string | undefined;
}

/**
 * Records the approvals in a conversation: what was asked, and what was decided, each once however often the history is seen
 * again and whoever sees it. Takes model messages or UI messages of ai 6 and 7. Resolves when the events are kept.
 *
 * Call it where the messages arrive, before the model is called, and with what a call gives back (`response.messages`) where the
 * telemetry of ai 7 does not do that: then a history that was edited meanwhile is recorded as an override.
 * @throws {ComplianceGuardError} `invalid_option` without a recorder or for a reviewer that is no id. Under `onFailure: "block"`
 * `record_not_kept` where an event could not be kept: do not go on then.
 * @example
 * const { messages } = await request.json();
 * await recordApprovals(messages, { recorder, reviewer: session.user.id });
 */
export async function recordApprovals(
  messages: readonly unknown[],
  options: RecordApprovalsOptions,
): Promise<void> {
  const recorder = requireRecorder("recordApprovals", options);
  const { reviewer, correlationId } = options;
  requireReviewer("recordApprovals", reviewer);
  const trouble = await keepApprovals(approvalsOf(messages), { recorder, reviewer, correlationId });
  if (!trouble || !recorder.isBlocking) return;
  throw new ComplianceGuardError(
    "record_not_kept",
    'The approvals could not be recorded, and onFailure is not "continue": do not go on with the call. Mend what the cause says',
    { cause: trouble.cause },
  );
}

/** Where approvals are seen, and who is known to answer them. */
export interface ApprovalSource {
  readonly recorder: Recorder;
  readonly reviewer: ApprovalReviewer | undefined;
  readonly correlationId: string | undefined;
}

/** Records what was asked and answered. Never rejects: trouble is reported, and the first of it returned. */
export async function keepApprovals(
  history: Pick<ApprovalHistory, "requests" | "responses">,
  source: ApprovalSource,
): Promise<Trouble | undefined> {
  const asked = askedBy(source.recorder);
  const facts = [
    ...history.requests.filter(({ isAutomatic }) => !isAutomatic).map((each) => requestFact(each, source)),
    ...history.responses.map((each) => answerFact(each, source, asked)),
  ];
  for (const request of history.requests) asked.remember(request);
  return await keepFacts(facts, source.recorder);
}

/** Records that answers changed nothing. */
export async function keepRefusedAnswers(
  responses: readonly ApprovalResponse[],
  source: ApprovalSource,
): Promise<void> {
  await keepFacts(
    responses.map((each) => notAppliedFact(each, source)),
    source.recorder,
  );
}

/** @throws {ComplianceGuardError} `invalid_option` for one that is neither an id nor a function. */
export function requireReviewer(functionName: string, reviewer: unknown): void {
  if (reviewer === undefined || typeof reviewer === "function") return;
  if (typeof reviewer === "string" && reviewer.trim() !== "") return;
  throw new ComplianceGuardError(
    "invalid_option",
    `${functionName}: reviewer must be the id of who your session says is signed in, or a function that gives it; leave it out where nobody is`,
  );
}

function answerFact(
  response: ApprovalResponse,
  source: ApprovalSource,
  asked: AskedReferences,
): RecordedFact {
  const { request } = response;
  if (!request) return notAppliedFact(response, source);
  const reviewerId = reviewerOf(response, request, source);
  return decisionFact(response, source, { reviewerId, askedReference: asked.differing(request) });
}

function reviewerOf(
  { approvalId, isApproved }: ApprovalResponse,
  { call }: ApprovalRequest,
  { recorder, reviewer }: ApprovalSource,
): string | undefined {
  if (typeof reviewer !== "function") return reviewer;
  try {
    const { toolCallId, name: toolName } = call;
    const id: unknown = reviewer({ approvalId, toolCallId, toolName, isApproved });
    return typeof id === "string" && id.trim() !== "" ? id : undefined;
  } catch (cause) {
    recorder.reportTrouble({ code: "review_failed", cause });
    return undefined;
  }
}

async function keepFacts(facts: readonly RecordedFact[], recorder: Recorder): Promise<Trouble | undefined> {
  const kept = await Promise.allSettled(facts.map((fact) => recorder.inTime(recorder.record(fact))));
  const troubles = kept
    .filter((each) => each.status === "rejected")
    .map(
      ({ reason }): Trouble => ({
        code: isComplianceGuardError(reason) ? reason.code : "record_not_kept",
        cause: reason,
      }),
    );
  for (const trouble of troubles) recorder.reportTrouble(trouble);
  return troubles[0];
}

/**
 * What was asked under which approval, by its reference: the framework keeps it in the history alone, which comes back from a
 * browser. The first meaning counts. Bounded: the oldest are forgotten first.
 */
class AskedReferences {
  readonly #references = new Map<string, string>();

  remember({ approvalId, call }: ApprovalRequest): void {
    if (this.#references.has(approvalId)) return;
    this.#references.set(approvalId, proposedReference(call));
    const [oldest] = this.#references.keys();
    if (this.#references.size > 10_000 && oldest !== undefined) this.#references.delete(oldest);
  }

  /** The reference of what was asked, where that is not what the request holds now. */
  differing({ approvalId, call }: ApprovalRequest): string | undefined {
    const reference = this.#references.get(approvalId);
    return reference === undefined || reference === proposedReference(call) ? undefined : reference;
  }
}

function askedBy(recorder: Recorder): AskedReferences {
  const byRecorder = shared("asked-approvals", () => new WeakMap<Recorder, AskedReferences>());
  const known = byRecorder.get(recorder) ?? new AskedReferences();
  byRecorder.set(recorder, known);
  return known;
}
