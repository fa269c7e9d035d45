import { boundedList } from "../recorder/bounded-list.ts";
import { valueComponent } from "../recorder/neutral-form.ts";
import type { RunEnd, RunKind, RunStart } from "../recorder/run.ts";
import { translateMessage } from "./messages.ts";
import { requestedModel } from "./model-call.ts";
import { numberOf, shapeOf, textOf } from "./shape.ts";
import { type StartContext, startFacts, startMetadata } from "./start-context.ts";

/** The callback's arguments that describe a chain's, graph's or agent's run, or a step of one. */
export interface ChainRun extends StartContext {
  readonly serialized: unknown;
  readonly inputs: unknown;
  readonly runType?: unknown;
  /** No run that is known encloses it. */
  readonly isRoot: boolean;
}

/** The start of a chain's run. Models that only decide (`runType: "llm"`) come this way too and are model calls. */
export function chainRun(run: ChainRun): RunStart {
  const kind = kindOf(run);
  return {
    kind,
    ...startFacts(run),
    input: () => chainValue(run.inputs),
    modelId: kind === "model" ? requestedModel({}, run.metadata) : undefined,
    metadata: () => startMetadata(run),
  };
}

/**
 * The end of a chain's run.
 *
 * @param inputs The real input, where a streamed chain shows it only now.
 */
export function chainResult(outputs: unknown, inputs: unknown, kind: RunKind): RunEnd {
  const end: RunEnd = {
    output: chainValue(outputs),
    input: inputs === undefined ? undefined : chainValue(inputs),
  };
  if (kind !== "model") return end;
  const answer = shapeOf<"usage_metadata" | "model" | "requestId">(outputs);
  const usage = shapeOf<"input_tokens" | "output_tokens">(answer?.usage_metadata);
  return {
    ...end,
    modelId: textOf(answer?.model),
    inputTokens: numberOf(usage?.input_tokens),
    outputTokens: numberOf(usage?.output_tokens),
    metadata: { response_id: textOf(answer?.requestId) },
  };
}

/** A value on either side of a chain, its messages in the neutral form. */
function chainValue(value: unknown): { readonly value: unknown } {
  return valueComponent(value, translateMessage);
}

/** True for a run of LangGraph: a graph of the user's or an agent made of one. */
export function isGraph(serialized: unknown): boolean {
  const id = boundedList(shapeOf<"id">(serialized)?.id);
  return id.includes("langgraph") || id.includes("CompiledStateGraph");
}

/** True for a chain whose steps run one after another: what `pipe` makes. */
export function isSequence(serialized: unknown): boolean {
  return boundedList(shapeOf<"id">(serialized)?.id).at(-1) === "RunnableSequence";
}

function kindOf({ serialized, metadata, runType, isRoot }: ChainRun): RunKind {
  if (runType === "llm") return "model";
  if (!isRoot) return "step";
  const integration = shapeOf<"ls_integration">(metadata)?.ls_integration;
  return isGraph(serialized) || integration === "langchain_create_agent" ? "agent" : "chain";
}
