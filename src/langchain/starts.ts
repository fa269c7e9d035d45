import { boundedList } from "../recorder/bounded-list.ts";
import type { RunKind } from "../recorder/run.ts";
import { agentStep } from "./agent-step.ts";
import type { ChainStarted, ModelStarted, RetrieverStarted, ToolStarted } from "./callback-arguments.ts";
import { chainRun, isGraph, isSequence } from "./chain-run.ts";
import { DeliveredAnswer } from "./delivered-answer.ts";
import { deliveredOf } from "./endings.ts";
import { graphNode } from "./graph-node.ts";
import { modelCall, signalOf } from "./model-call.ts";
import { resumedAnswers } from "./resumed-answers.ts";
import { retrieval } from "./retrieval.ts";
import { type HandledRun, nodesAround, type RunDetails } from "./run-details.ts";
import type { DescribedRun } from "./run-tracker.ts";
import { shapeOf, textOf } from "./shape.ts";
import { stockReview } from "./stock-review.ts";
import { toolRun } from "./tool-run.ts";

/** A run as its start callback describes it. */
export type Described = DescribedRun<RunDetails>;

/** A call of a chat model. */
export function describeModel(started: ModelStarted): Described {
  const [, messages, , , extraParams, tags, metadata, runName] = started;
  const delivered = new DeliveredAnswer();
  return {
    start: modelCall({
      messages: boundedList(boundedList(messages)[0]),
      extraParams,
      tags,
      metadata,
      runName,
    }),
    details: {
      signal: signalOf(extraParams),
      delivered,
      provider: shapeOf<"ls_provider">(metadata)?.ls_provider,
    },
    delivered: () => deliveredOf(delivered) ?? {},
  };
}

/** A tool run. The nodes around it learn that the call was executed. */
export function describeTool(
  started: ToolStarted,
  parent: HandledRun | undefined,
  knownTools: ReadonlySet<string>,
): Described {
  const [, input, runId, , tags, metadata, runName, givenCallId] = started;
  const nodes = nodesAround(parent);
  const toolCallId =
    textOf(givenCallId) ?? (parent?.details?.tool ? undefined : nodes[0]?.onlyCallId(runName));
  for (const node of nodes) node.executed(toolCallId, runId);
  const name = textOf(runName) ?? nodes[0]?.toolName(toolCallId) ?? "";
  const tool = { name, isKnownName: knownTools.has(name), input, toolCallId, tags, metadata, runName };
  return { start: toolRun(tool), details: { tool } };
}

/** A retrieval. */
export function describeRetrieval(started: RetrieverStarted): Described {
  const [, query, , , tags, metadata, runName] = started;
  return { start: retrieval(query, { tags, metadata, runName }), details: {} };
}

/** A run of a chain, a graph or an agent, or a step of one; or a tool that was made of a runnable. */
export function describeChain(
  started: ChainStarted,
  parent: HandledRun | undefined,
  knownTools: ReadonlySet<string>,
): Described {
  const [serialized, inputs, runId, parentRunId, tags, metadata, runType, runName, extra] = started;
  const call = shapeOf<"type" | "id" | "args">(inputs);
  // `asTool()` gives a tool that calls back as the chain it is: it is known by the call that its node was sent.
  if (call?.type === "tool_call" && parent?.details?.node?.onlyCallId(runName) === call.id) {
    const asTool = [serialized, call.args, runId, parentRunId, tags, metadata, runName, call.id] as const;
    return describeTool(asTool, parent, knownTools);
  }
  const node = parent && graphNode(inputs, metadata, runName);
  const review = stockReview(inputs, metadata, runName);
  return {
    start: chainRun({ serialized, inputs, runType, isRoot: !parent, tags, metadata, runName }),
    details: {
      node,
      step: node && !review ? agentStep(inputs, runName) : undefined,
      review,
      isGraph: isGraph(serialized),
      answers: resumedAnswers(inputs),
      metadata,
    },
    isStreamed: shapeOf<"lc_defers_inputs">(extra)?.lc_defers_inputs === true,
    isSequence: isSequence(serialized),
    isPure: runType === "prompt" || runType === "parser",
  };
}

/** A run whose start callback cannot be read, because something in it throws: it is one event all the same. */
export function unreadableStart(kind: RunKind, parent: HandledRun | undefined): Described {
  const input = (): unknown => ({ unrepresentable: "unreadable" });
  return {
    start: { kind: kind === "chain" && parent ? "step" : kind, framework: "langchain", input },
    details: {},
  };
}
