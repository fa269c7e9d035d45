import type { RunEnd } from "../recorder/run.ts";
import { chainResult } from "./chain-run.ts";
import { chatResult, isCutOff, isStreamed, saysWhyItStops } from "./chat-result.ts";
import type { DeliveredAnswer } from "./delivered-answer.ts";
import { type UnexecutedCall, unexecutedCall } from "./graph-node.ts";
import { recordInterrupts } from "./interrupt-requests.ts";
import type { ProposedCall } from "./proposed-calls.ts";
import { type HandledRun, nodesAround, type RunDetails } from "./run-details.ts";
import type { RunRecorder } from "./run-tracker.ts";
import { shapeOf } from "./shape.ts";
import { droppedCalls, recordDecisions } from "./stock-review-events.ts";
import { thrownKind } from "./thrown-kind.ts";
import { together } from "./together.ts";
import { toolOutcome, toolRun } from "./tool-run.ts";

/** Settles a model call with its answer. */
export function endModel(ended: HandledRun, output: unknown, extraParams: unknown): Promise<void> {
  const { run, details } = ended;
  // Cached and some whole answers are announced as one token, but their callers wait for the whole.
  ended.isStreamed &&= isStreamed(output) || details?.delivered?.hasEvents === true;
  const answer = chatResult(output, extraParams);
  const end = details?.delivered?.complete(answer) ?? answer;
  const isCut = isCutOff(output) || details?.delivered?.isCutOff(saysWhyItStops(details.provider));
  return isCut ? run.truncate(end) : run.succeed(end);
}

/** Settles a tool run with what it gave. A message that says "error" is a failure although nothing was thrown. */
export function endTool({ run, details }: HandledRun, output: unknown): Promise<void> {
  const { end, error } = toolOutcome(output, details?.tool);
  return error ? run.fail(error, end) : run.succeed(end);
}

/**
 * Settles a chain's run, and what a graph's node shows beside its own result: calls that it answered without running a
 * tool, and what a person decided.
 *
 * @param extra `{inputs}` of a streamed chain, which shows its real input only now.
 */
export function endChain(
  ended: HandledRun,
  output: unknown,
  extra: unknown,
  recorder: RunRecorder,
): Promise<void> {
  const { run, details, isWaiting } = ended;
  if (details?.tool) return endTool(ended, output);
  const end = run.isRecorded ? chainResult(output, shapeOf<"inputs">(extra)?.inputs, run.kind) : {};
  const unexecuted = [
    ...answeredCalls(ended, output, recorder),
    ...droppedCalls(details?.review, output),
    ...notExecuted(details, details?.step?.passedOver(output), "the agent went on without it"),
  ];
  return together([
    ...(details?.review ? [recordDecisions(ended, output, recorder)] : []),
    ...recordUnexecuted(unexecuted, ended, recorder),
    isWaiting ? run.interrupt(end) : run.succeed(end),
  ]);
}

/** What was streamed of an answer that never came to its end; undefined where nothing was. */
export function deliveredOf(answer: DeliveredAnswer | undefined): RunEnd | undefined {
  const delivered = answer?.result;
  return delivered === undefined ? undefined : answer?.complete(chatResult(delivered));
}

/** Settles a run that an error callback ended, as what it really was. */
export async function endThrown(ended: HandledRun, error: unknown, recorder: RunRecorder): Promise<void> {
  const { run, parent, details } = ended;
  const end = deliveredOf(details?.delivered);
  switch (thrownKind(error, details?.signal)) {
    case "waits":
      // Before 1.4.18 LangGraph tells its handlers of an interrupt by this alone.
      if (parent?.details?.isGraph) parent.isWaiting = true;
      await Promise.all([recordInterrupts(ended, error, recorder), run.interrupt(end)]);
      return;
    case "hands_over":
      return await (details?.tool ? endTool(ended, shapeOf<"command">(error)?.command) : run.succeed());
    case "cancelled":
      return await run.cancel(end);
    case "failed": {
      const unexecuted = [
        ...(details?.node?.callBefore(error) ?? []),
        ...notExecuted(details, details?.step?.waiting, "a middleware ended the agent before it"),
      ];
      await Promise.all([...recordUnexecuted(unexecuted, ended, recorder), run.fail(error, end)]);
      return;
    }
  }
}

/** The calls that a node answered although their tools did not run. A middleware may answer long after, what is an event already. */
function answeredCalls(
  { run, details }: HandledRun,
  output: unknown,
  recorder: RunRecorder,
): UnexecutedCall[] {
  const calls = details?.node?.unexecutedCalls(output) ?? [];
  if (details?.node?.isMiddleware !== true) return calls;
  return calls.filter(
    ({ run: { toolCallId = "" } }) => !recorder.callOf(toolCallId, run.correlationId)?.hasRun,
  );
}

/** Calls that a step of an agent leaves, unless it ran their tools itself. */
function notExecuted(
  details: RunDetails | undefined,
  calls: readonly ProposedCall[] | undefined,
  why: string,
): UnexecutedCall[] {
  return (calls ?? [])
    .filter(({ id }) => details?.node?.mayHaveExecuted(id) !== true)
    .map((call) => unexecutedCall(call, why));
}

function recordUnexecuted(
  calls: readonly UnexecutedCall[],
  { run: parent, parent: around }: HandledRun,
  recorder: RunRecorder,
): Promise<void>[] {
  const nodes = nodesAround(around);
  return calls.map((call) => {
    for (const node of nodes) node.toldBelow(call.run.toolCallId);
    return recorder.start({ ...toolRun(call.run), parent }).fail(call.error, call.end);
  });
}
