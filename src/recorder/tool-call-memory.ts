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
 * end up in another's record. Bounded: of `capacity` calls the later half is known for sure, the oldest are forgotten first.
 */
export class ToolCallMemory {
  /**
   * By id, one a correlation, the oldest first. Lists, since thousands of ids are known in one correlation each. What has come
   * since the last turn, and what came before it: a large Map in which one key is deleted and set again and again gets slow.
   */
  #young = new Map<string, readonly KnownCall[]>();
  #old = new Map<string, readonly KnownCall[]>();
  readonly #capacity: number;
  #youngCalls = 0;

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
    const known = this.#callsOf(toolCallId);
    const proposal = known.length > 1 ? proposalOf?.(toolCallId) : undefined;
    const candidates =
      proposal === undefined ? known : known.filter(({ proposals }) => proposals.includes(proposal));
    return candidates.length === 1 ? candidates[0] : undefined;
  }

  /** What is known of the call within this correlation. */
  within(toolCallId: string, correlationId: string): KnownCall | undefined {
    return this.#callsOf(toolCallId).find((call) => call.correlationId === correlationId);
  }

  remember(toolCallId: string, call: KnownCall): void {
    const others = this.#callsOf(toolCallId).filter((each) => each.correlationId !== call.correlationId);
    this.#set(toolCallId, [...others.slice(1 - MAX_CORRELATIONS), call]);
  }

  /** The run that executes a call is over. */
  forgetRun(toolCallId: string, run: Run): void {
    const known = this.#callsOf(toolCallId);
    if (!known.some(({ toolRun }) => toolRun === run)) return;
    this.#set(
      toolCallId,
      known.map((call) => (call.toolRun === run ? { ...call, toolRun: undefined } : call)),
    );
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

  #callsOf(toolCallId: string): readonly KnownCall[] {
    return this.#young.get(toolCallId) ?? this.#old.get(toolCallId) ?? NONE;
  }

  /** The calls of an id, which is then among the latest. */
  #set(toolCallId: string, calls: readonly KnownCall[]): void {
    this.#youngCalls += calls.length - (this.#young.get(toolCallId)?.length ?? 0);
    this.#young.set(toolCallId, calls);
    // An outdated copy would hold a run that is over, and count twice.
    this.#old.delete(toolCallId);
    if (this.#youngCalls < this.#capacity / 2) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngCalls = 0;
  }
}

const NONE: readonly KnownCall[] = [];

/** So many correlations are told apart under one id. */
const MAX_CORRELATIONS = 256;
