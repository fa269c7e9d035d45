import type { Run } from "../recorder/run.ts";

/** A run as the callbacks of one handler know it. */
export class TrackedRun<Details> {
  readonly runId: string;
  readonly parent: TrackedRun<Details> | undefined;
  readonly run: Run;
  /** Undefined once the run is settled: an ended run is only there to be a parent. */
  details: Details | undefined;
  /** Parts of it were handed out before its end. */
  isStreamed: boolean;
  /** The graph said that it waits for a person. */
  isWaiting = false;
  /** Of an outermost run: why a tool below it was refused. Nothing more of it may start. */
  refusal: unknown;
  /** Events of streamed runs below this one that nobody waited for yet. */
  readonly unawaited: Set<Promise<void>> = new Set();
  lastHeardMs = 0;

  constructor(runId: string, parent: TrackedRun<Details> | undefined, started: StartedRun<Details>) {
    this.runId = runId;
    this.parent = parent;
    this.run = started.run;
    this.details = started.details;
    this.isStreamed = started.isStreamed ?? false;
  }

  /** The outermost run that is known. */
  get root(): TrackedRun<Details> {
    return this.parent?.root ?? this;
  }
}

/** What opening a run gives: the recorder's handle and whatever the handler has to know at its end. */
export interface StartedRun<Details> {
  readonly run: Run;
  readonly details: Details;
  readonly isStreamed?: boolean | undefined;
}

/** Bounds of the map, for what never ends: streams that a consumer walked away from. */
export interface RunMapOptions {
  /** Open runs; beyond it the longest silent is forgotten. @default 10000 */
  readonly maxOpen?: number | undefined;
  /** Open runs of which nothing was heard for so long are forgotten. Milliseconds. @default 86400000 (one day) */
  readonly maxSilenceMs?: number | undefined;
  /** Ended runs, kept because a child may still start below them. @default 1000 */
  readonly maxEnded?: number | undefined;
  /** Milliseconds. @default Date.now */
  readonly now?: (() => number) | undefined;
}

/**
 * Knows runs by LangChain's ids, which is all that its callbacks give. A run that is forgotten is not lost: the recorder
 * has given it up by then, or will. Ids are never parsed: their form differs between versions.
 */
export class RunMap<Details> {
  /** In the order they were last heard of. */
  readonly #open = new Map<string, TrackedRun<Details>>();
  readonly #ended = new Map<string, TrackedRun<Details>>();
  readonly #maxOpen: number;
  readonly #maxSilenceMs: number;
  readonly #maxEnded: number;
  readonly #now: () => number;

  constructor(options: RunMapOptions = {}) {
    this.#maxOpen = options.maxOpen ?? 10_000;
    this.#maxSilenceMs = options.maxSilenceMs ?? 86_400_000;
    this.#maxEnded = options.maxEnded ?? 1000;
    this.#now = options.now ?? Date.now;
  }

  /** How many runs are open. */
  get size(): number {
    return this.#open.size;
  }

  /** The run of an id, open or ended a short while ago. */
  find(runId: string | undefined): TrackedRun<Details> | undefined {
    return runId === undefined ? undefined : (this.#open.get(runId) ?? this.#ended.get(runId));
  }

  /** Opens a run below its parent, if that is known. An id that is known already is not opened again. */
  open(
    runId: string,
    parentRunId: string | undefined,
    start: (parent: TrackedRun<Details> | undefined) => StartedRun<Details>,
  ): TrackedRun<Details> | undefined {
    if (this.find(runId)) return undefined;
    const parent = this.find(parentRunId);
    const run = new TrackedRun(runId, parent, start(parent));
    this.#open.set(runId, run);
    this.#hear(run);
    this.#evict();
    return run;
  }

  /** A sign of life: of the run and of all that enclose it. */
  hear(runId: string): TrackedRun<Details> | undefined {
    const run = this.#open.get(runId);
    if (run) this.#hear(run);
    return run;
  }

  /** Closes a run. Undefined for an end without a start and for a second end. */
  end(runId: string): TrackedRun<Details> | undefined {
    const run = this.hear(runId);
    if (!run) return undefined;
    this.#open.delete(runId);
    this.#ended.set(runId, run);
    if (this.#ended.size > this.#maxEnded) this.#ended.delete(oldest(this.#ended));
    return run;
  }

  #hear(run: TrackedRun<Details>): void {
    const now = this.#now();
    for (let each: TrackedRun<Details> | undefined = run; each; each = each.parent) {
      each.lastHeardMs = now;
      each.run.touch();
      if (this.#open.delete(each.runId)) this.#open.set(each.runId, each);
    }
  }

  #evict(): void {
    const silentSince = this.#now() - this.#maxSilenceMs;
    for (const [runId, { lastHeardMs }] of this.#open) {
      if (this.#open.size <= this.#maxOpen && lastHeardMs >= silentSince) return;
      this.#open.delete(runId);
    }
  }
}

function oldest(runs: ReadonlyMap<string, unknown>): string {
  return runs.keys().next().value ?? "";
}
