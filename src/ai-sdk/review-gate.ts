import { UNKNOWN_TOOL } from "../recorder/names.ts";
import { present } from "../recorder/present.ts";
import type { Recorder } from "../recorder/recorder.ts";
import type { Run } from "../recorder/run.ts";
import { proposedComponent } from "../review/proposal.ts";
import { prepareRequiredReview, type RequireHumanReviewOptions } from "../review/required-review.ts";
import { type ReviewAnswer, reviewAnswer } from "./review-answer.ts";
import { schemaAcceptance } from "./schema-acceptance.ts";
import { failUnexecuted } from "./unexecuted-calls.ts";
import { member, textMember } from "./unknown-shape.ts";

/** How an application insists on a review of a tool of the AI SDK. */
export interface RequireHumanReviewToolOptions extends RequireHumanReviewOptions {
  /** The tool's name, which tools of the AI SDK do not know. @default the name the model called it by, where that was recorded */
  readonly name?: string | undefined;
}

/** Leads each call of one tool past its reviewer, and keeps its run's record true. */
export class ReviewGate {
  readonly #recorder: Recorder;
  readonly #name: string | undefined;
  readonly #accept: ReturnType<typeof schemaAcceptance>;
  readonly #review: ReturnType<typeof prepareRequiredReview>;

  /** @throws {ComplianceGuardError} `invalid_option`, naming the option and the remedy. */
  constructor(tool: object, options: RequireHumanReviewToolOptions) {
    this.#review = prepareRequiredReview(options);
    this.#accept = schemaAcceptance(member(tool, "inputSchema"));
    this.#recorder = options.recorder;
    this.#name = options.name;
  }

  /** The arguments to execute with, or what stands in for the output. */
  async pass(args: readonly unknown[]): Promise<{ args: readonly unknown[] } | { answer: ReviewAnswer }> {
    const [input, options, ...rest] = args;
    const toolCallId = textMember(options, "toolCallId");
    const signal = member(options, "abortSignal") as AbortSignal | undefined;
    const name = this.#name ?? this.#call(toolCallId)?.name ?? UNKNOWN_TOOL;
    const outcome = await this.#review({ name, args: input, toolCallId, signal, accept: this.#accept });
    if (outcome.decision === "approved") return { args: [outcome.final, options, ...rest] };
    const run = this.#openRun(toolCallId);
    if (outcome.decision === "edited") {
      run?.replaceInput(proposedComponent({ kind: "tool_call", name }, outcome.final));
      return { args: [outcome.final, options, ...rest] };
    }
    const answer = reviewAnswer(outcome);
    // Settled here, the run is no success to whoever started it.
    await failUnexecuted(run ?? this.#start(name, input, toolCallId), answer.text);
    return { answer };
  }

  #call(toolCallId: string | undefined): ReturnType<Recorder["callOf"]> {
    return toolCallId === undefined ? undefined : this.#recorder.callOf(toolCallId);
  }

  #openRun(toolCallId: string | undefined): Run | undefined {
    const run = this.#call(toolCallId)?.toolRun;
    return run?.isSettled ? undefined : run;
  }

  /** A call whose run would only have begun behind this gate is still a tool call that never ran. */
  #start(name: string, input: unknown, toolCallId: string | undefined): Run {
    return this.#recorder.start({
      kind: "tool",
      input: () => proposedComponent({ kind: "tool_call", name }, input),
      metadata: () => present({ tool_call_id: toolCallId }),
      framework: "ai",
      name,
      isKnownName: true,
      toolCallId,
    });
  }
}
