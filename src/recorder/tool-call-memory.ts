import type { Run } from "./run.ts";

/** A call that a model asked the application to execute. */
export interface ProposedCall {
  readonly id: string;
  readonly name: string;
  /** Parsed JSON, or the text where it does not parse. */
  readonly arguments: unknown;
}

/** What every run below one root shares. */
export interface RootLinks {
  readonly id: string;
  /** The latest model that answered, the best word for who decided what followed. */
  modelId: string | undefined;
  /** Tools declared to a model of this root: their names are the application's, not the model's. */
  declaredTools: ReadonlySet<string>;
}

/** What is remembered of a tool call from its proposal on. */
export interface KnownCall {
  readonly name: string;
  readonly root: RootLinks;
  readonly correlationId: string;
  readonly modelId: string | undefined;
  /** The event of the model call that proposed it. */
  readonly modelEventId: string | undefined;
  /** What was proposed under this id, as `proposalOf` names it: providers repeat ids, even within one answer. Empty where nothing was seen. */
  readonly proposals: ReadonlySet<string>;
  /** The run that executes it, while it is open. */
  readonly toolRun?: Run | undefined;
  /** True once a run has executed it or stood for it, also when that is over. */
  readonly hasRun?: boolean | undefined;
}

/** Names what a call with this id proposed, where whoever asks can tell. */
export type ProposalOf = (toolCallId: string) => string | undefined;

/**
 * Remembers which model call, root and correlation a tool call came from, so that tool runs and later model calls that
 * carry its result find them without help. Ids are the provider's and not unique. Within one correlation the latest meaning counts;
 * where several know the id, the one that proposed just this, and none where that is not one: no person's decision must
 * end up in another's record. Bounded: the oldest are forgotten first.
 */
export class ToolCallMemory {
  /** By id, then by correlation. */
  readonly #calls = new Map<string, Map<string, KnownCall>>();
  readonly #capacity: number;
  #size = 0;

  constructor(capacity = 10_000) {
    this.#capacity = capacity;
  }

  /**
   * @param correlationId Where the call is looked for first.
   * @param proposalOf Asked only where several correlations know the id.
   */
  get(
    toolCallId: string,
    correlationId?: string | undefined,
    proposalOf?: ProposalOf | undefined,
  ): KnownCall | undefined {
    const known = this.#calls.get(toolCallId);
    if (!known) return undefined;
    const near = correlationId === undefined ? undefined : known.get(correlationId);
    if (near) return near;
    const proposal = known.size > 1 ? proposalOf?.(toolCallId) : undefined;
    const candidates = [...known.values()].filter(
      ({ proposals }) => known.size === 1 || (proposal !== undefined && proposals.has(proposal)),
    );
    return candidates.length === 1 ? candidates[0] : undefined;
  }

  /** What is known of the call within this correlation. */
  within(toolCallId: string, correlationId: string): KnownCall | undefined {
    return this.#calls.get(toolCallId)?.get(correlationId);
  }

  remember(toolCallId: string, call: KnownCall): void {
    const known = this.#calls.get(toolCallId) ?? new Map<string, KnownCall>();
    this.#calls.delete(toolCallId);
    this.#calls.set(toolCallId, known);
    if (!known.delete(call.correlationId)) this.#size += 1;
    known.set(call.correlationId, call);
    while (this.#size > this.#capacity) this.#forgetOldest();
  }

  /** The run that executes a call is over. */
  forgetRun(toolCallId: string, run: Run): void {
    const known = this.#calls.get(toolCallId);
    for (const [correlationId, call] of known ?? [])
      if (call.toolRun === run) known?.set(correlationId, { ...call, toolRun: undefined });
  }

  /** The latest of the given calls that is known. */
  latestKnown(
    toolCallIds: readonly string[],
    correlationId?: string | undefined,
    proposalOf?: ProposalOf | undefined,
  ): KnownCall | undefined {
    for (let index = toolCallIds.length - 1; index >= 0; index--) {
      const call = this.get(toolCallIds[index] as string, correlationId, proposalOf);
      if (call) return call;
    }
    return undefined;
  }

  #forgetOldest(): void {
    for (const [toolCallId, known] of this.#calls) {
      for (const correlationId of known.keys()) {
        known.delete(correlationId);
        this.#size -= 1;
        break;
      }
      if (known.size === 0) this.#calls.delete(toolCallId);
      return;
    }
  }
}
