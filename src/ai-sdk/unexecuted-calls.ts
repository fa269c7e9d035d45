import { setImmediate } from "node:timers/promises";
import { boundedList } from "../recorder/bounded-list.ts";
import { parsedToolInput, toolOutput } from "../recorder/neutral-form.ts";
import { present } from "../recorder/present.ts";
import type { Recorder } from "../recorder/recorder.ts";
import type { Run } from "../recorder/run.ts";
import { currentToolRun } from "./current-tool-run.ts";
import { isUnsuccessful, toolResultOf, toolResults } from "./prompt.ts";
import { isRecordedTool } from "./recorded-tools.ts";
import { type RecorderOption, requireRecorder } from "./recorder-option.ts";
import { member, textMember } from "./unknown-shape.ts";
import { takeUnparsedArguments } from "./unparsed-arguments.ts";

/** A tool call that the framework answered without running the tool. */
export interface UnexecutedCall {
  readonly toolCallId: string;
  readonly name: string;
  /** As the framework shows them; what did not parse is recorded as the model wrote it. */
  readonly arguments: unknown;
  /** What the model is told in place of a result. */
  readonly result: unknown;
  readonly frameworkVersion?: string | undefined;
  /** The run it belongs to. @default the tool run around it */
  readonly parent?: Run | undefined;
}

/**
 * Records the tool calls of a call's last step that never ran: invalid arguments, a tool that does not exist, denied. No later
 * model call tells of these, so hand over what the call gave back, `response.messages` (ai 7's telemetry sees them by itself).
 * Each is one event however often it is seen and by whom; calls that ran, or that no recorded model call asked for, are none.
 *
 * Resolves when the events are kept; trouble goes to `onError`. The first ai 5 throws at such a call, and gives no messages.
 * @throws {ComplianceGuardError} `invalid_option` without a recorder.
 * @example
 * const { response } = await generateText({ model, tools, prompt });
 * await recordUnexecutedCalls(response.messages, { recorder });
 * @example
 * streamText({ model, tools, prompt, onFinish: ({ response }) => recordUnexecutedCalls(response.messages, { recorder }) });
 */
export async function recordUnexecutedCalls(
  messages: readonly unknown[],
  options: RecorderOption,
): Promise<void> {
  const recorder = requireRecorder("recordUnexecutedCalls", options);
  // A stream's answer is taken down one turn after its last part: what did not parse is known only then.
  await setImmediate();
  await Promise.all(keepUnexecutedCalls(messages, recorder, undefined));
}

/**
 * Records the tool calls that a prompt answers although no tool ran. The framework calls nobody for these, they show only in what
 * the model is told next. Each is one event, by whichever piece of the integration sees it first; a tool that may have run
 * unseen is none. Each promise resolves when an event is kept, and none rejects.
 */
export function keepUnexecutedCalls(
  prompt: unknown,
  recorder: Recorder,
  frameworkVersion: string | undefined,
): readonly Promise<void>[] {
  return toolResults(prompt).flatMap((part) => {
    const output = member(part, "output");
    if (!isUnsuccessful(output)) return [];
    const toolCallId = textMember(part, "toolCallId") ?? "";
    const name = textMember(part, "toolName") ?? "";
    if (!hasNeverRun({ toolCallId, name, output }, recorder)) return [];
    const proposed = proposedArguments(prompt, toolCallId);
    const result = toolResultOf(output);
    return keepUnexecutedCall({ toolCallId, name, arguments: proposed, result, frameworkVersion }, recorder);
  });
}

/**
 * Records one such call, unless it is recorded already or no recorded model call asked for it. Resolves when the event is kept,
 * and never rejects.
 */
export async function keepUnexecutedCall(call: UnexecutedCall, recorder: Recorder): Promise<void> {
  const { toolCallId, name, result, frameworkVersion } = call;
  const known = recorder.callOf(toolCallId);
  if (!known || known.hasRun) return;
  const proposed = takeUnparsedArguments(recorder, toolCallId) ?? call.arguments;
  const run = recorder.start({
    kind: "tool",
    input: () => parsedToolInput(name, proposed),
    metadata: () => present({ tool_call_id: toolCallId }),
    parent: call.parent ?? currentToolRun.getStore(),
    framework: "ai",
    frameworkVersion,
    name,
    toolCallId,
  });
  await failUnexecuted(run, result);
}

/** Settles the run of a tool that did not run. Resolves when the event is kept. */
export function failUnexecuted(run: Run, result: unknown): Promise<void> {
  const message = typeof result === "string" ? result : "";
  const end = { output: toolOutput(result), metadata: { executed: false } };
  return run.fail({ name: "ToolNotExecuted", message }, end);
}

/** An error in place of a result may come from a tool that ran, where nobody records its runs. */
function hasNeverRun(
  { toolCallId, name, output }: { toolCallId: string; name: string; output: unknown },
  recorder: Recorder,
): boolean {
  const known = recorder.callOf(toolCallId);
  if (!known || known.hasRun) return false;
  const isDenied = member(output, "type") === "execution-denied";
  return isDenied || !known.root.declaredTools.has(name) || isRecordedTool(name, recorder);
}

/** Ids may repeat in a long conversation: the latest call of the id counts. */
function proposedArguments(prompt: unknown, toolCallId: string): unknown {
  const call = boundedList(prompt)
    .flatMap((message) => boundedList(member(message, "content")))
    .findLast((part) => member(part, "type") === "tool-call" && member(part, "toolCallId") === toolCallId);
  return member(call, "input");
}
