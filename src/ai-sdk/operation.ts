import type { ComplianceGuardError } from "../core/errors.ts";
import { boundedList } from "../recorder/bounded-list.ts";
import type { CallerLabels } from "../recorder/caller-labels.ts";
import { NOT_SHOWN } from "../recorder/not-shown.ts";
import { present } from "../recorder/present.ts";
import type { Recorder } from "../recorder/recorder.ts";
import type { Run, RunEnd, RunStart } from "../recorder/run.ts";
import { type ComplianceGuardCallOptions, readCallOptions } from "./call-options.ts";
import { currentToolRun } from "./current-tool-run.ts";
import { finishOf } from "./finish.ts";
import { outcomeOfError } from "./outcome.ts";
import { recordOutputFailure } from "./output-failure.ts";
import { answeredToolCallIds } from "./prompt.ts";
import {
  givenAnswer,
  givenError,
  givenMessages,
  messagesComponent,
  toolNames,
  versionOf,
} from "./telemetry-events.ts";
import { member, numberMember, textMember } from "./unknown-shape.ts";

/**
 * One call of `generateText` or `streamText` as its events show it. Where it has tools it is the run of an agent, recorded as
 * such; else it only ties together what happens in it.
 */
export class Operation {
  readonly recorder: Recorder;
  readonly isStream: boolean;
  readonly version: string | undefined;
  readonly modelId: string | undefined;
  /** What the model answers may be held against a schema, when it has answered. */
  readonly mayExpectJson: boolean;
  readonly labels: ComplianceGuardCallOptions;
  /** What is wrong with the caller's labels: for whoever finds that no middleware reports it. */
  readonly labelErrors: ComplianceGuardError[] = [];
  /** The tool run that calls a model in turn. */
  readonly #enclosing: Run | undefined;
  readonly #run: Run;
  #agent: Run | undefined;
  #step: { readonly run: Run; readonly number: number | undefined } | undefined;
  #failure: { readonly error: unknown } | undefined;
  /** The model call that ended last. */
  #model: Run | undefined;
  #endedBy: string | undefined;

  /** @param decidedCalls The ids of tool calls that it brings a decision about. */
  constructor(recorder: Recorder, event: unknown, decidedCalls: readonly string[]) {
    this.recorder = recorder;
    this.isStream = textMember(event, "operationId") === "ai.streamText";
    this.version = versionOf(event);
    const own = member(member(event, "providerOptions"), "complianceguard");
    this.labels = readCallOptions(own, (error) => this.labelErrors.push(error));
    this.modelId = textMember(event, "modelId");
    this.mayExpectJson = member(event, "output") !== undefined || member(event, "recordInputs") === false;
    this.#enclosing = currentToolRun.getStore();
    const start = this.#startOf(event, decidedCalls);
    this.#run = recorder.start(start);
    if (start.kind === "agent") this.#agent = this.#run;
  }

  get correlationId(): string {
    return this.#run.correlationId;
  }

  /** What happens next belongs to this run. */
  get current(): Run {
    return this.#step?.run ?? this.#agent ?? this.#run;
  }

  get hasEnded(): boolean {
    return this.#endedBy !== undefined;
  }

  /** It is an agent's run of which nothing was heard for too long. */
  get isAbandoned(): boolean {
    return this.#endedBy === undefined && this.#agent?.isSettled === true;
  }

  /** It is an agent's run of which the end is not known. */
  get isOpenAgent(): boolean {
    return this.#agent?.isSettled === false;
  }

  /** A step begins, or the next attempt at it. */
  startStep(event: unknown): void {
    const number = numberMember(event, "stepNumber");
    // Without tools there is one step, which is the call itself.
    if (!this.#agent || this.#step?.number === number) return;
    void this.#step?.run.cancel();
    const run = this.recorder.start({
      kind: "step",
      input: () => messagesComponent(givenMessages(event)),
      metadata: () => present({ step: number }),
      parent: this.#agent,
      modelId: textMember(event, "modelId"),
      framework: "ai",
      frameworkVersion: this.version,
    });
    this.#step = { run, number };
  }

  async endStep(event: unknown): Promise<void> {
    const step = this.#step;
    this.#step = undefined;
    await step?.run.succeed({ output: messagesComponent(givenAnswer(event)) });
  }

  /** A tool is called: whatever the events hid, it is the run of an agent. */
  usesTools(): void {
    if (this.#enclosing) return;
    this.#agent ??= this.recorder.start({
      kind: "agent",
      input: () => NOT_SHOWN,
      parent: this.#run,
      modelId: this.modelId,
      framework: "ai",
      frameworkVersion: this.version,
    });
  }

  /** The caller's labels, where the events hid them. */
  learnLabels({ correlationId, dataSubjects }: CallerLabels): void {
    if (correlationId === undefined && dataSubjects === undefined) return;
    if (this.labels.correlationId !== undefined || this.labels.dataSubjects !== undefined) return;
    for (const run of this.#runs) {
      this.recorder.start({
        kind: run.kind,
        input: () => NOT_SHOWN,
        refines: { run, keepsInput: true },
        modelId: this.modelId,
        framework: "ai",
        correlationId,
        dataSubjects,
      });
    }
  }

  /** A sign of life. */
  touch(): void {
    for (const run of this.#runs) run.touch();
  }

  /** An attempt at a model ended. */
  modelEnded(run: Run, failure?: { readonly error: unknown }): void {
    this.#model = run;
    this.#failure = failure;
  }

  /** It went through. @param isWaiting For a person's approval. */
  async ended(event: unknown, isWaiting: boolean): Promise<void> {
    this.#endedBy = "end";
    const reason = textMember(event, "finishReason");
    const end: RunEnd = {
      output: messagesComponent(givenAnswer(event)),
      finishReason: finishOf(reason)?.reason,
      metadata: present({ steps: boundedList(member(event, "steps")).length }),
    };
    // The provider's error is in the stream, not in this event.
    if (reason === "error")
      return await this.#settle((run) => run.fail(this.#failure?.error ?? NOT_SHOWN, end));
    if (reason === "interrupted") return await this.#settle((run) => run.truncate(end));
    await this.#settle((run) => (isWaiting ? run.interrupt(end) : run.succeed(end)));
  }

  /** An abort signal ended it, with the steps it had completed. */
  async aborted(event: unknown): Promise<void> {
    this.#endedBy = "abort";
    const steps = boundedList(member(event, "steps"));
    const answers = steps.map((step) =>
      givenAnswer({ ...asObject(event), response: member(step, "response") }),
    );
    const isShown = answers.every((answer) => answer !== undefined);
    const output = isShown ? answers.flatMap((answer) => answer ?? []) : undefined;
    await this.#settle((run) => run.cancel(steps.length > 0 ? { output: messagesComponent(output) } : {}));
  }

  /**
   * It failed. After it went through this is a second fact about the same decision: the answer is there, and is none of the
   * kind that was asked for.
   */
  async failed(event: unknown): Promise<void> {
    const shown = givenError(event, member(event, "error"));
    const isAfterEnd = this.#endedBy === "end";
    this.#endedBy = "error";
    const isRecorded = await recordOutputFailure(shown, { recorder: this.recorder });
    // Whatever else comes after the end: the answer could not be used.
    if (isAfterEnd && !isRecorded) await this.#model?.amend(shown, { input: NOT_SHOWN });
    if (isAfterEnd) return;
    const error = shown === NOT_SHOWN ? (this.#failure?.error ?? NOT_SHOWN) : shown;
    const outcome = outcomeOfError(error);
    await this.#settle((run) => (outcome.kind === "cancel" ? run.cancel() : run.fail(error)));
  }

  async #settle(settle: (run: Run) => Promise<void>): Promise<void> {
    const runs = this.#runs;
    this.#step = undefined;
    await Promise.all(runs.map(settle));
  }

  /** Its own runs, the innermost first. */
  get #runs(): Run[] {
    return [...new Set([this.#step?.run, this.#agent, this.#run])].filter((run) => run !== undefined);
  }

  #startOf(event: unknown, decidedCalls: readonly string[]): RunStart {
    const messages = givenMessages(event);
    const names = toolNames(event);
    return {
      // Only the outermost is the decision as the application sees it.
      kind: names.length > 0 && !this.#enclosing ? "agent" : "step",
      input: () => messagesComponent(messages),
      metadata: () =>
        present({
          user: this.labels.metadata,
          operation: textMember(event, "operationId"),
          function_id: textMember(event, "functionId"),
          provider: textMember(event, "provider"),
          requested_model: this.modelId,
        }),
      parent: this.#enclosing,
      framework: "ai",
      frameworkVersion: this.version,
      modelId: this.modelId,
      correlationId: this.labels.correlationId,
      dataSubjects: this.labels.dataSubjects,
      answeredToolCallIds: [...answeredToolCallIds(messages), ...decidedCalls],
      declaredTools: names,
    };
  }
}

function asObject(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}
