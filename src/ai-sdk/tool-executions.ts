import { parsedToolInput, toolOutput } from "../recorder/neutral-form.ts";
import { NOT_SHOWN } from "../recorder/not-shown.ts";
import { present } from "../recorder/present.ts";
import type { Run } from "../recorder/run.ts";
import { currentToolRun, offerToolRun } from "./current-tool-run.ts";
import type { Operation } from "./operation.ts";
import { outcomeOfError } from "./outcome.ts";
import { givenError, isToolInputShown } from "./telemetry-events.ts";
import { member, textMember } from "./unknown-shape.ts";

/** One execution of a tool, from the event before it to the one after it. */
interface Execution {
  readonly run: Run;
  readonly toolCallId: string;
  readonly toolCall: unknown;
  hasBegun: boolean;
  /** What `execute` threw: the events may hide it. */
  thrown?: { readonly error: unknown };
}

/**
 * The tools that one operation executes. Each run is offered to whoever wraps the tool's `execute` (`recordTools`, a review), who
 * sees its true arguments and its end: one tool run is one event.
 */
export class ToolExecutions {
  readonly #operation: Operation;
  readonly #open: Execution[] = [];

  constructor(operation: Operation) {
    this.#operation = operation;
  }

  get areOpen(): boolean {
    return this.#open.length > 0;
  }

  /** The framework is about to execute a tool. */
  started(event: unknown): void {
    const { recorder, version } = this.#operation;
    this.#operation.usesTools();
    const toolCall = member(event, "toolCall");
    const toolCallId = textMember(toolCall, "toolCallId") ?? "";
    const name = textMember(toolCall, "toolName") ?? "";
    const run = recorder.start({
      kind: "tool",
      input: () => (isToolInputShown(event) ? parsedToolInput(name, member(toolCall, "input")) : NOT_SHOWN),
      metadata: () => present({ tool_call_id: toolCallId }),
      parent: this.#operation.current,
      framework: "ai",
      frameworkVersion: version,
      name,
      // The framework executes only what the application has given it.
      isKnownName: true,
      toolCallId,
    });
    offerToolRun(run, { recorder, toolCallId });
    this.#open.push({ run, toolCallId, toolCall, hasBegun: false });
  }

  /** Executes it; what models and tools do in there belongs to it. */
  async execute<T>(event: unknown, execute: () => PromiseLike<T>): Promise<T> {
    const execution = this.#find(event, (each) => !each.hasBegun);
    if (!execution) return await execute();
    execution.hasBegun = true;
    if (this.#operation.recorder.isBlocking) await execution.run.admitted;
    try {
      return await currentToolRun.run(execution.run, execute);
    } catch (error) {
      execution.thrown = { error };
      throw error;
    }
  }

  /** The framework has executed it, well or not. Resolves when the event is kept. */
  async ended(event: unknown): Promise<void> {
    const execution = this.#find(event, () => true);
    if (!execution) return;
    this.#open.splice(this.#open.indexOf(execution), 1);
    const { run, thrown } = execution;
    const output = member(event, "toolOutput");
    if (member(output, "type") !== "tool-error") {
      const isHidden = member(event, "recordOutputs") === false && member(output, "output") === undefined;
      return await run.succeed({ output: isHidden ? NOT_SHOWN : toolOutput(member(output, "output")) });
    }
    const error = thrown ? thrown.error : givenError(event, member(output, "error"));
    await (outcomeOfError(error).kind === "cancel" ? run.cancel() : run.fail(error));
  }

  /** Weak providers use one id for several calls, so the call itself counts, where the events do not hide a part of it. */
  #find(event: unknown, isWanted: (execution: Execution) => boolean): Execution | undefined {
    const toolCall = member(event, "toolCall");
    const toolCallId = textMember(event, "toolCallId") ?? textMember(toolCall, "toolCallId");
    return (
      this.#open.find((each) => each.toolCall === toolCall && isWanted(each)) ??
      this.#open.find((each) => each.toolCallId === toolCallId && isWanted(each))
    );
  }
}
