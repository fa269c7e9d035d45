import { boundedList } from "../recorder/bounded-list.ts";
import type { Recorder } from "../recorder/recorder.ts";
import { type ApprovalResponse, approvalsOf, approvalsOfStep, isAnybodyAsked } from "./approval-history.ts";
import {
  type ApprovalReviewer,
  type ApprovalSource,
  keepApprovals,
  keepRefusedAnswers,
} from "./approvals.ts";
import { ModelAttempts } from "./model-attempts.ts";
import { Operation } from "./operation.ts";
import { ToolExecutions } from "./tool-executions.ts";
import { keepUnexecutedCall } from "./unexecuted-calls.ts";
import { member, textMember } from "./unknown-shape.ts";

/** One call of the framework, from its first event to its last: the run, its models, its tools and its approvals. */
export class CallRecord {
  readonly recorder: Recorder;
  readonly attempts: ModelAttempts;
  readonly tools: ToolExecutions;
  readonly #operation: Operation;
  readonly #reviewer: ApprovalReviewer | undefined;
  /** Answers that come with this call: the framework may refuse them. */
  readonly #answers: readonly ApprovalResponse[];
  /** An answer that is none of the kind asked for is found after the end. */
  #mayFailAfterEnd = false;

  constructor(recorder: Recorder, event: unknown, reviewer: ApprovalReviewer | undefined) {
    this.recorder = recorder;
    this.#reviewer = reviewer;
    this.#answers = approvalsOf(member(event, "messages")).latest;
    const decided = this.#answers.flatMap(({ request }) => request?.call.toolCallId ?? []);
    this.#operation = new Operation(recorder, event, decided);
    this.attempts = new ModelAttempts(this.#operation);
    this.tools = new ToolExecutions(this.#operation);
    this.#mayFailAfterEnd = this.#operation.mayExpectJson;
  }

  /** True where no event of it is expected any more. */
  get isOver(): boolean {
    return this.#operation.hasEnded && !this.#mayFailAfterEnd && !this.tools.areOpen;
  }

  /** True where nothing of it is under way: what may still be heard of it follows at once. */
  get isIdle(): boolean {
    return !this.attempts.areOpen && !this.tools.areOpen && !this.#operation.isOpenAgent;
  }

  /** True where it was given up. */
  get isAbandoned(): boolean {
    return this.#operation.isAbandoned;
  }

  async started(): Promise<void> {
    await keepApprovals({ requests: [], responses: this.#answers }, this.#source);
  }

  stepStarted(event: unknown): void {
    // Here no tool waits for a person: that must not age.
    this.#operation.touch();
    this.#operation.startStep(event);
    this.attempts.startStep(event);
  }

  async stepEnded(event: unknown): Promise<void> {
    const content = member(event, "content");
    const approvals = approvalsOfStep(content);
    const invalid = boundedList(content).filter(isInvalidCall);
    if (approvals.requests.length + invalid.length > 0) {
      // A stream's answer is recorded a moment after its last part: the calls in it are known only then.
      await new Promise((resolve) => setImmediate(resolve));
      for (const call of invalid) this.#recordUnexecuted(call, content);
      await keepApprovals(approvals, this.#source);
    }
    await this.#operation.endStep(event);
  }

  async ended(event: unknown): Promise<void> {
    const last = boundedList(member(event, "steps")).at(-1);
    await this.#operation.ended(event, isAnybodyAsked(approvalsOfStep(member(last, "content"))));
  }

  async aborted(event: unknown): Promise<void> {
    this.attempts.aborted();
    this.#mayFailAfterEnd = false;
    await this.#operation.aborted(event);
  }

  async failed(event: unknown): Promise<void> {
    this.#mayFailAfterEnd = false;
    await this.#recordRefusedAnswers(member(event, "error"));
    await this.#operation.failed(event);
  }

  get #source(): ApprovalSource {
    const { recorder } = this;
    return { recorder, reviewer: this.#reviewer, correlationId: this.#operation.correlationId };
  }

  async #recordRefusedAnswers(error: unknown): Promise<void> {
    if (!refusals.has(textMember(error, "name"))) return;
    const approvalId = textMember(error, "approvalId");
    const refused = this.#answers.filter((answer) => answer.approvalId === approvalId);
    await keepRefusedAnswers(refused, this.#source);
  }

  #recordUnexecuted(call: unknown, content: unknown): void {
    const toolCallId = textMember(call, "toolCallId") ?? "";
    const error = boundedList(content).find(
      (part) => member(part, "type") === "tool-error" && member(part, "toolCallId") === toolCallId,
    );
    void keepUnexecutedCall(
      {
        toolCallId,
        name: textMember(call, "toolName") ?? "",
        arguments: member(call, "input"),
        result: member(error, "error"),
        frameworkVersion: this.#operation.version,
        parent: this.#operation.current,
      },
      this.recorder,
    );
  }
}

/** The framework's errors about answers it does not accept. */
const refusals: ReadonlySet<string | undefined> = new Set([
  "AI_InvalidToolApprovalError",
  "AI_InvalidToolApprovalSignatureError",
  "AI_ToolCallNotFoundForApprovalError",
]);

function isInvalidCall(part: unknown): boolean {
  return (
    member(part, "type") === "tool-call" &&
    member(part, "invalid") === true &&
    member(part, "providerExecuted") !== true
  );
}
