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
  /**
   * The references of the inputs that were proposed under this id, with spaces between them: providers repeat ids, even within one
   * answer. Empty where none was seen. Text, since thousands are remembered and a list takes as much again.
   */
  readonly proposals: string;
  /** The run that executes it, while it is open. */
  readonly toolRun?: Run | undefined;
  /** True once a run has executed it or stood for it, also when that is over. */
  readonly hasRun?: boolean | undefined;
}

/** The reference of the input that was proposed under this id, where whoever asks can tell. */
export type ProposalOf = (toolCallId: string) => string | undefined;

/**
 * Remembers which model call, root and correlation a tool call came from, so that tool runs and later model calls that
 * carry its result find them without help. Ids are the provider's and not unique. Within one correlation the latest meaning counts;
 * where several know the id, the one that proposed just this, and none where that is not one: no person's decision must
 * end up in another's record. Bounded: the oldest are forgotten first.
 */
export class ToolCallMemory {
  /** By id, one a correlation, the oldest first. Lists, since thousands of ids are known in one correlation each. */
  readonly #calls = new Map<string, readonly KnownCall[]>();
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
    const near = correlationId === undefined ? undefined : this.within(toolCallId, correlationId);
    if (near) return near;
    const known = this.#calls.get(toolCallId) ?? [];
    const proposal = known.length > 1 ? proposalOf?.(toolCallId) : undefined;
    const candidates =
      proposal === undefined ? known : known.filter(({ proposals }) => proposals.includes(proposal));
    return candidates.length === 1 ? candidates[0] : undefined;
  }

  /** What is known of the call within this correlation. */
  within(toolCallId: string, correlationId: string): KnownCall | undefined {
    return this.#calls.get(toolCallId)?.find((call) => call.correlationId === correlationId);
  }

  remember(toolCallId: string, call: KnownCall): void {
    const others = this.#others(toolCallId, call.correlationId).slice(1 - MAX_CORRELATIONS);
    this.#set(toolCallId, [...others, call]);
    if (this.#size > this.#capacity) this.#forgetOldest();
  }

  /** The run that executes a call is over. */
  forgetRun(toolCallId: string, run: Run): void {
    const known = this.#calls.get(toolCallId);
    const over = known?.map((call) => (call.toolRun === run ? { ...call, toolRun: undefined } : call));
    if (over) this.#calls.set(toolCallId, over);
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

  #others(toolCallId: string, correlationId: string): readonly KnownCall[] {
    return (this.#calls.get(toolCallId) ?? []).filter((call) => call.correlationId !== correlationId);
  }

  /** The calls of an id, which is then the latest. */
  #set(toolCallId: string, calls: readonly KnownCall[]): void {
    this.#size += calls.length - (this.#calls.get(toolCallId)?.length ?? 0);
    this.#calls.delete(toolCallId);
    if (calls.length > 0) this.#calls.set(toolCallId, calls);
  }

  /** Many at once: a Map from which each new entry pushes out one is slow to tell which is its oldest. */
  #forgetOldest(): void {
    const kept = Math.ceil(this.#capacity * (1 - FORGOTTEN_AT_ONCE));
    for (const [toolCallId, calls] of this.#calls) {
      if (this.#size <= kept) return;
      const others = calls.slice(this.#size - kept);
      this.#size -= calls.length - others.length;
      if (others.length > 0) this.#calls.set(toolCallId, others);
      else this.#calls.delete(toolCallId);
    }
  }
}

/** So many correlations are told apart under one id. */
const MAX_CORRELATIONS = 256;

/** A part of the capacity. */
const FORGOTTEN_AT_ONCE = 1 / 16;
