import type { AgentStep } from "./agent-step.ts";
import type { DeliveredAnswer } from "./delivered-answer.ts";
import type { GraphNode } from "./graph-node.ts";
import type { ResumedAnswers } from "./resumed-answers.ts";
import type { TrackedRun } from "./run-map.ts";
import type { StockReview } from "./stock-review.ts";
import type { ToolRun } from "./tool-run.ts";

/** What a run's later callbacks need to know of its start, by the kind of run. */
export interface RunDetails {
  /** Of a model call: what could end it, and what was streamed of its answer. */
  readonly signal?: AbortSignal | undefined;
  readonly delivered?: DeliveredAnswer | undefined;
  /** Of a model call: the provider, as LangChain names it. */
  readonly provider?: unknown;
  readonly tool?: ToolRun | undefined;
  /** Of a step that is a node of a graph. */
  readonly node?: GraphNode | undefined;
  /** Of a node that is a step of an agent where calls may be passed over. */
  readonly step?: AgentStep | undefined;
  /** Of a node that is the framework's own review by a person. */
  readonly review?: StockReview | undefined;
  /** Of a chain that is itself a graph. */
  readonly isGraph?: boolean | undefined;
  /** Of a graph that a person's answers resume. */
  readonly answers?: ResumedAnswers | undefined;
  /** Of a chain: what its callbacks said of it. */
  readonly metadata?: unknown;
}

/** A run of the handler's. */
export type HandledRun = TrackedRun<RunDetails>;

/** The answers that a run or what encloses it was resumed with. */
export function answersAround(run: HandledRun | undefined): ResumedAnswers | undefined {
  return run && (run.details?.answers ?? answersAround(run.parent));
}

/** The nodes of graphs that a run with this parent runs in, from the innermost. */
export function nodesAround(parent: HandledRun | undefined): GraphNode[] {
  if (!parent) return [];
  const node = parent.details?.node;
  return node ? [node, ...nodesAround(parent.parent)] : nodesAround(parent.parent);
}
