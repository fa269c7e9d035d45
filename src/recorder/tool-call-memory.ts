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
  /** The reference of the proposed arguments. */
  readonly argumentsReference: string | undefined;
  /** The run that executes it, while it is open. */
  readonly toolRun?: Run | undefined;
  /** True once a run has executed it or stood for it, also when that is over. */
  readonly hasRun?: boolean | undefined;
}

/**
 * Remembers which model call, root and correlation a tool call came from, so that tool runs and later model calls that
 * carry its result find them without help. Ids are the provider's and not unique: the latest meaning counts, within one correlation
 * where it is known. Bounded: the oldest are forgotten first.
 */
export class ToolCallMemory {
  readonly #calls = new Map<string, KnownCall>();
  readonly #capacity: number;

  constructor(capacity = 10_000) {
    this.#capacity = capacity;
  }

  /** @param correlationId Where the call is looked for first. */
  get(toolCallId: string, correlationId?: string | undefined): KnownCall | undefined {
    const near =
      correlationId === undefined ? undefined : this.#calls.get(nearKey(toolCallId, correlationId));
    return near ?? this.#calls.get(toolCallId);
  }

  remember(toolCallId: string, call: KnownCall): void {
    for (const key of [toolCallId, nearKey(toolCallId, call.correlationId)]) {
      this.#calls.delete(key);
      this.#calls.set(key, call);
    }
    for (const oldest of this.#calls.keys()) {
      if (this.#calls.size <= 2 * this.#capacity) break;
      this.#calls.delete(oldest);
    }
  }

  /** The run that executes a call is over. */
  forgetRun(toolCallId: string, run: Run): void {
    const keys = [toolCallId, nearKey(toolCallId, run.correlationId)];
    const known = keys.map((key) => this.#calls.get(key)).find((call) => call?.toolRun === run);
    if (!known) return;
    // One object for both: there may be ten thousand.
    const over = { ...known, toolRun: undefined };
    for (const key of keys) if (this.#calls.get(key)?.toolRun === run) this.#calls.set(key, over);
  }

  /** The latest of the given calls that is known. */
  latestKnown(toolCallIds: readonly string[], correlationId?: string | undefined): KnownCall | undefined {
    for (let index = toolCallIds.length - 1; index >= 0; index--) {
      const call = this.get(toolCallIds[index] as string, correlationId);
      if (call) return call;
    }
    return undefined;
  }
}

function nearKey(toolCallId: string, correlationId: string): string {
  return `${correlationId}\u0000${toolCallId}`;
}
