import { ComplianceGuardError } from "../core/errors.ts";
import type { RunDescription, RunKind } from "./run.ts";

/** Which runs become events. What is not named keeps its default. */
export interface RecordFields {
  /** Model calls. @default true */
  readonly models?: boolean | undefined;
  /** Tool runs. @default true */
  readonly tools?: boolean | undefined;
  /** Retrievals. @default true */
  readonly retrievals?: boolean | undefined;
  /** Top-level chain and agent runs. @default true */
  readonly chains?: boolean | undefined;
  /** Inner steps of chains and agents: they repeat the same content. @default false */
  readonly steps?: boolean | undefined;
  /** Calls of embedding models: by `complianceGuardEmbeddingMiddleware` (AI SDK), or started by you (`recorder.start`). @default false */
  readonly embeddings?: boolean | undefined;
  /** Runs of the kind `rerank` that you start yourself (`recorder.start`): no adapter makes any. @default false */
  readonly reranks?: boolean | undefined;
  /** Anything finer: false leaves the run out. Its number in the recorder's sequence stays taken, so the omission shows. */
  readonly filter?: ((run: RunDescription) => boolean) | undefined;
}

/** The option as users write it: fields, or the finer function alone. */
export type RecordOption = RecordFields | ((run: RunDescription) => boolean);

/** What the option says of a run: `off` leaves no trace, `left_out` leaves a gap in the sequence. */
export type RecordVerdict = "recorded" | "left_out" | "off";

const fieldOfKind: Record<RunKind, Exclude<keyof RecordFields, "filter">> = {
  model: "models",
  tool: "tools",
  retriever: "retrievals",
  agent: "chains",
  chain: "chains",
  step: "steps",
  embeddings: "embeddings",
  rerank: "reranks",
};

const defaults: Required<Omit<RecordFields, "filter">> = {
  models: true,
  tools: true,
  retrievals: true,
  chains: true,
  steps: false,
  embeddings: false,
  reranks: false,
};

/**
 * The decision which runs are recorded, as one function. A filter that throws records the run: leaving a decision out must be meant.
 * @throws {ComplianceGuardError} `invalid_option` for a field that does not exist or is not of its type.
 */
export function recordDecision(option: RecordOption | undefined): (run: RunDescription) => RecordVerdict {
  const fields = fieldsOf(option);
  return (run) => {
    const field = fieldOfKind[run.kind];
    if (!(fields[field] ?? defaults[field])) return "off";
    try {
      return fields.filter?.(run) === false ? "left_out" : "recorded";
    } catch {
      return "recorded";
    }
  };
}

function fieldsOf(option: RecordOption | undefined): RecordFields {
  if (option === undefined) return {};
  if (typeof option === "function") return { filter: option };
  if (typeof option !== "object" || option === null || Array.isArray(option)) {
    throw invalid("record must be an object such as { steps: true }, or a function of the run");
  }
  for (const [name, value] of Object.entries(option)) {
    const expected = name === "filter" ? "function" : Object.hasOwn(defaults, name) ? "boolean" : undefined;
    if (expected === undefined) {
      throw invalid(`record has no field "${name}": it takes ${Object.keys(defaults).join(", ")} and filter`);
    }
    if (value !== undefined && typeof value !== expected)
      throw invalid(`record.${name} must be a ${expected}`);
  }
  return option;
}

function invalid(message: string): ComplianceGuardError {
  return new ComplianceGuardError("invalid_option", message);
}
