import { types } from "node:util";
import { parsedToolInput } from "../recorder/neutral-form.ts";
import { present } from "../recorder/present.ts";
import type { Recorder } from "../recorder/recorder.ts";
import { currentToolRun, takeToolRun } from "./current-tool-run.ts";
import { markRecordedTool } from "./recorded-tools.ts";
import { type RecorderOption, requireRecorder } from "./recorder-option.ts";
import { ToolRun } from "./tool-run.ts";
import { member, textMember } from "./unknown-shape.ts";

type Execute = (...args: readonly unknown[]) => unknown;

/** Marks an `execute` of ours with its recorder, also for other loaded copies of this package. */
const recordedBy: unique symbol = Symbol.for("complianceguard.recordedBy") as never;

/**
 * The same tools, each recorded as one event when it runs, with the arguments it was given and what came of it. Names, schemas
 * and types stay; tools without `execute` (the client or the provider runs them) stay as they are, and so do tools that this
 * recorder records already. Errors pass unchanged; outputs that come in pieces are forwarded one by one, the last is recorded.
 *
 * `execute` of a recorded tool returns a promise, which resolves when the event is kept, or an async iterable as before.
 * @throws {ComplianceGuardError} `invalid_option` without a recorder. Under `onFailure: "block"` a tool whose start record
 * could not be kept does not run and its call rejects with `record_not_kept`, which the framework shows to the model.
 */
export function recordTools<Tools extends object>(tools: Tools, options: RecorderOption): Tools {
  const recorder = requireRecorder("recordTools", options);
  const entries = Object.entries(tools).map(([name, tool]) => [name, recordedTool(name, tool, recorder)]);
  return Object.fromEntries(entries) as Tools;
}

function recordedTool(name: string, tool: unknown, recorder: Recorder): unknown {
  const execute = member(tool, "execute");
  if (typeof execute !== "function") return tool;
  markRecordedTool(name, recorder);
  if (member(execute, recordedBy) === recorder) return tool;
  return Object.create(Object.getPrototypeOf(tool), {
    ...Object.getOwnPropertyDescriptors(tool as object),
    execute: {
      value: recordedExecute(name, tool, execute as Execute, recorder),
      enumerable: true,
      configurable: true,
      writable: true,
    },
  });
}

function isAsyncGenerator(execute: Execute): boolean {
  return types.isGeneratorFunction(execute) && types.isAsyncFunction(execute);
}

function recordedExecute(name: string, tool: unknown, execute: Execute, recorder: Recorder): Execute {
  const start = ([input, options]: readonly unknown[]): ToolRun => {
    const toolCallId = textMember(options, "toolCallId");
    const offered = takeToolRun(recorder, toolCallId);
    const run = recorder.start({
      kind: "tool",
      // The framework has parsed the arguments already: text stays text.
      input: () => parsedToolInput(name, input),
      metadata: () => present({ tool_call_id: toolCallId }),
      parent: currentToolRun.getStore(),
      refines: offered && { run: offered },
      framework: "ai",
      name,
      isKnownName: true,
      toolCallId,
    });
    return new ToolRun(run, recorder.isBlocking, member(options, "abortSignal") as AbortSignal | undefined);
  };
  const call = (args: readonly unknown[]): unknown => Reflect.apply(execute, tool, args);
  // A generator stays one, so that whoever looks can tell that its outputs come one by one.
  const recorded: Execute = isAsyncGenerator(execute)
    ? async function* (...args) {
        yield* start(args).outputs(() => call(args) as AsyncIterable<unknown>);
      }
    : (...args) => start(args).output(() => call(args));
  return Object.defineProperty(recorded, recordedBy, { value: recorder });
}
