import { hashedErrorMessage } from "../core/error-message.ts";
import type { Actor, EventFields } from "../core/event.ts";
import { shortestTimestamp } from "../core/timestamp.ts";
import { modelIdInClear, toolNameInClear, UNKNOWN_TOOL } from "./names.ts";
import { isNotShown } from "./not-shown.ts";
import type { TraceIds } from "./open-telemetry.ts";
import { errorMessage, providerStatus } from "./provider-status.ts";
import type { FinishReason, RunEnd, RunKind } from "./run.ts";
import type { RootLinks } from "./tool-call-memory.ts";
import { clearJson } from "./total-capture.ts";

/** What is known of a run from its start on and never changes: clear fields only, no content. */
export interface RunFacts {
  readonly eventId: string;
  readonly kind: RunKind;
  readonly systemId: string;
  readonly version: string;
  readonly decisionClassification: string;
  readonly correlationId: string;
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number;
  readonly runId: string;
  readonly parentId: string | undefined;
  readonly root: RootLinks;
  readonly framework: string | undefined;
  readonly frameworkVersion: string | undefined;
  /** The model asked for, as the framework said it. */
  readonly requestedModelId: string | undefined;
  /** The model behind a tool run or a root run, where the recorder knows one. */
  readonly relatedModelId: () => string | undefined;
  readonly actorName: string | undefined;
  readonly argumentsModified: boolean;
  /** The framework did not show the input. */
  readonly isInputHidden: boolean;
  readonly attempt: number | undefined;
  readonly dataSubjects: readonly string[] | undefined;
  readonly metrics: Readonly<Record<string, unknown>> | undefined;
  readonly trace: TraceIds | undefined;
  readonly recorder: { readonly id: string; readonly sequence: number };
}

/** How a run ended. `status` is a word the Python client has none for, or undefined for success and errors. */
export interface RunOutcome {
  readonly status?: "cancelled" | "truncated" | "abandoned" | "interrupted" | undefined;
  readonly error?: { readonly thrown: unknown } | undefined;
  /** Milliseconds of the monotonic clock. */
  readonly latencyMs: number;
  readonly firstTokenMs?: number | undefined;
  readonly end: RunEnd;
  /** The event this one corrects. */
  readonly amends?: string | undefined;
}

/**
 * The clear fields of a run's event. Pure. The clear text in them is checked: whatever might be content is left out. What is unknown is
 * undefined, and does not stand in the event's text.
 */
export function runEventFields(facts: RunFacts, outcome: RunOutcome): EventFields {
  return {
    eventId: facts.eventId,
    systemId: facts.systemId,
    occurredAtUtc: shortestTimestamp(facts.startedAtMs),
    modelId: modelIdOf(facts, outcome.end),
    version: facts.version,
    decisionClassification: facts.decisionClassification,
    correlationId: facts.correlationId,
    idempotencyKey: facts.eventId,
    actor: actorOf(facts, outcome.end),
    systemState: {
      performance: performanceOf(facts, outcome),
      run: runOf(facts, outcome),
      metrics: metricsOf(facts, outcome.end),
      recorder: facts.recorder,
    },
    dataSubjects: facts.dataSubjects,
    referenceData: outcome.end.referenceData && clearJson(outcome.end.referenceData),
  };
}

/** A copy each: nothing that is sent in clear may change between the body and its sealed copy. */
function metricsOf(facts: RunFacts, end: RunEnd): Readonly<Record<string, unknown>> | undefined {
  return end.metrics ? { ...facts.metrics, ...clearJson(end.metrics) } : facts.metrics;
}

/** The model that answered, else the one asked for, each only where it is a name and not a path. */
export function modelIdOf(facts: Pick<RunFacts, "requestedModelId" | "relatedModelId">, end: RunEnd): string {
  return (
    modelIdInClear(end.modelId) ??
    modelIdInClear(facts.requestedModelId) ??
    facts.relatedModelId() ??
    "unknown"
  );
}

const actorTypes: Record<RunKind, Actor["type"]> = {
  model: "model",
  embeddings: "model",
  rerank: "model",
  tool: "tool",
  retriever: "retriever",
  agent: "agent",
  chain: "chain",
  step: "chain",
};

function actorOf(facts: RunFacts, end: RunEnd): Actor {
  const type = actorTypes[facts.kind];
  const name =
    facts.kind === "tool" ? (facts.actorName ?? toolNameInClear(end.name) ?? UNKNOWN_TOOL) : facts.actorName;
  return name === undefined ? { type } : { type, name };
}

function performanceOf(facts: RunFacts, outcome: RunOutcome): Record<string, unknown> {
  const { error, end } = outcome;
  return {
    latency_ms: Math.max(0, Math.floor(outcome.latencyMs)),
    provider_status: outcome.status ?? (error ? providerStatus(error.thrown) : "success"),
    provider_error_message:
      error && !isNotShown(error.thrown) ? hashedErrorMessage(errorMessage(error.thrown)) : undefined,
    time_to_first_token_ms: outcome.firstTokenMs === undefined ? undefined : Math.floor(outcome.firstTokenMs),
    input_tokens: countOf(end.inputTokens),
    output_tokens: countOf(end.outputTokens),
    attempt: countOf(facts.attempt),
  };
}

const finishReasons: ReadonlySet<unknown> = new Set<FinishReason>([
  "stop",
  "length",
  "tool_calls",
  "content_filter",
  "error",
  "other",
]);

function runOf(facts: RunFacts, { end, amends }: RunOutcome): Record<string, unknown> {
  return {
    id: facts.runId,
    parent_id: facts.parentId,
    root_id: facts.root.id,
    kind: facts.kind,
    framework: facts.framework,
    framework_version:
      facts.frameworkVersion && /^[\w.+-]{1,64}$/.test(facts.frameworkVersion)
        ? facts.frameworkVersion
        : undefined,
    finish_reason: finishReasons.has(end.finishReason) ? end.finishReason : undefined,
    cached: end.isCached ? true : undefined,
    arguments_modified: facts.argumentsModified ? true : undefined,
    payload_omitted: facts.isInputHidden || isNotShown(end.output) ? "not_shown" : undefined,
    amends,
    ...facts.trace,
  };
}

/** Providers report nonsense now and then; only a count is a count. */
function countOf(value: number | undefined): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? value : undefined;
}
