import type { Run, RunStart } from "../recorder/run.ts";
import { chainResult } from "./chain-run.ts";
import { chatResult, isCutOff, isStreamed } from "./chat-result.ts";
import type { HandledRun } from "./run-details.ts";
import { shapeOf } from "./shape.ts";
import { thrownKind } from "./thrown-kind.ts";
import { toolOutcome, toolRun } from "./tool-run.ts";

/** Settles a model call with its answer. */
export function endModel(ended: HandledRun, output: unknown, extraParams: unknown): Promise<void> {
  const { run, details } = ended;
  // Cached and some whole answers are announced as one token, but their callers wait for the whole.
  ended.isStreamed &&= isStreamed(output) || details.delivered?.hasEvents === true;
  const end = chatResult(output, extraParams);
  return isCutOff(output) ? run.truncate(end) : run.succeed(end);
}

/** Settles a tool run with what it gave. A message that says "error" is a failure although nothing was thrown. */
export function endTool({ run, details }: HandledRun, output: unknown): Promise<void> {
  const { end, error } = toolOutcome(output, details.tool);
  return error ? run.fail(error, end) : run.succeed(end);
}

/**
 * Settles a chain's run, and the calls that a graph's node answered without running a tool.
 *
 * @param extra `{inputs}` of a streamed chain, which shows its real input only now.
 * @param start Starts a run below this one.
 */
export async function endChain(
  ended: HandledRun,
  output: unknown,
  extra: unknown,
  start: (run: RunStart) => Run,
): Promise<void> {
  const { run, details, isWaiting } = ended;
  const end = chainResult(output, shapeOf<"inputs">(extra)?.inputs, run.kind);
  const unexecuted = details.node?.unexecutedCalls(output) ?? [];
  await Promise.all([
    ...unexecuted.map((call) => start(toolRun(call.run)).fail(call.error, call.end)),
    isWaiting ? run.interrupt(end) : run.succeed(end),
  ]);
}

/** Settles a run that an error callback ended, as what it really was. */
export function endThrown(ended: HandledRun, error: unknown): Promise<void> {
  const { run, parent, details } = ended;
  const delivered = details.delivered?.result;
  const end = delivered === undefined ? undefined : chatResult(delivered);
  switch (thrownKind(error, details.signal)) {
    case "waits":
      // Before 1.4.18 LangGraph tells its handlers of an interrupt by this alone.
      if (parent?.details.isGraph) parent.isWaiting = true;
      return run.interrupt(end);
    case "hands_over":
      return run.succeed(end);
    case "cancelled":
      return run.cancel(end);
    case "failed":
      return run.fail(error, end);
  }
}
