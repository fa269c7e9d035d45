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
  /** A run below it asked a person: an interrupt that ends this one is the same. */
  hasAsked = false;
  /** Of an outermost run: why a tool below it was refused. Nothing more of it may start. */
  refusal: unknown;
  /** It runs its steps itself, one after another. */
  readonly isSequence: boolean;
  /** Events of runs below this one that nobody waited for yet; undefined as long as there was none. */
  unawaited: Set<Promise<void>> | undefined;
  /** Its end was told: it waits for nothing any more. */
  hasEnded = false;
  lastHeardMs = 0;

  constructor(runId: string, parent: TrackedRun<Details> | undefined, started: StartedRun<Details>) {
    this.runId = runId;
    this.parent = parent;
    this.run = started.run;
    this.details = started.details;
    this.isStreamed = started.isStreamed ?? false;
    this.isSequence = started.isSequence ?? false;
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
  readonly isSequence?: boolean | undefined;
}

/** Bounds of the map, for what never ends: streams that a consumer walked away from. */
export interface RunMapOptions {
  /**
   * When the recorder gives a run up that nothing is heard of. Twice as long after its last sign of life it is forgotten here: an end
   * that comes late still finds it. Milliseconds. @default 900000 (15 minutes)
   */
  readonly abandonAfterMs?: number | undefined;
  /** Ended runs, kept because a child may still start below them. @default 1000 */
  readonly maxEnded?: number | undefined;
  /** Milliseconds. @default Date.now */
  readonly now?: (() => number) | undefined;
}

/**
 * Knows runs by LangChain's ids, which is all that its callbacks give. What never ends is forgotten by age: a recorded run once the recorder
 * has given it up, a step once nothing recorded is open around or below it. Ids are never parsed: their form differs between versions.
 */
export class RunMap<Details> {
  readonly #open = new Map<string, TrackedRun<Details>>();
  readonly #ended = new Map<string, TrackedRun<Details>>();
  readonly #abandonAfterMs: number;
  readonly #maxEnded: number;
  readonly #now: () => number;
  #sweepTimer: NodeJS.Timeout | undefined;

  constructor(options: RunMapOptions = {}) {
    this.#abandonAfterMs = options.abandonAfterMs ?? 900_000;
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

  /**
   * Opens a run below its parent, if that is known. An id that is open is not opened again; one that has ended is another run's:
   * callers may choose ids, and use one again.
   */
  open(
    runId: string,
    parentRunId: string | undefined,
    start: (parent: TrackedRun<Details> | undefined) => StartedRun<Details>,
  ): TrackedRun<Details> | undefined {
    if (this.#open.has(runId)) return undefined;
    const parent = this.find(parentRunId);
    const run = new TrackedRun(runId, parent, start(parent));
    this.#ended.delete(runId);
    this.#open.set(runId, run);
    this.#hear(run);
    this.#sweepTimer ??= this.#sweepLater();
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
    run.hasEnded = true;
    this.#ended.set(runId, run);
    if (this.#ended.size > this.#maxEnded) this.#ended.delete(oldest(this.#ended));
    // An application may make a handler a request: a timer would hold each of them.
    if (this.#open.size === 0) this.#stopSweeping();
    return run;
  }

  #hear(run: TrackedRun<Details>): void {
    const now = this.#now();
    for (let each: TrackedRun<Details> | undefined = run; each; each = each.parent) {
      each.lastHeardMs = now;
      each.run.touch();
    }
  }

  #sweepLater(): NodeJS.Timeout {
    return setTimeout(() => this.#sweep(), this.#abandonAfterMs).unref();
  }

  #stopSweeping(): void {
    clearTimeout(this.#sweepTimer);
    this.#sweepTimer = undefined;
  }

  /** Forgets what was silent too long, unless the recorder waits for it: a run may wait for a person for days. */
  #sweep(): void {
    const silentSince = this.#now() - 2 * this.#abandonAfterMs;
    const awaited = new Set([...this.#open.values()].filter(isAwaited).flatMap(withParents));
    for (const [runId, run] of this.#open) {
      const isKept = run.lastHeardMs > silentSince || awaited.has(run) || withParents(run).some(isAwaited);
      if (!isKept) this.#open.delete(runId);
    }
    this.#sweepTimer = this.#open.size > 0 ? this.#sweepLater() : undefined;
  }
}

/** Its event is still to come. */
function isAwaited({ run }: TrackedRun<unknown>): boolean {
  return run.isRecorded && !run.isSettled;
}

function withParents<Details>(run: TrackedRun<Details>): TrackedRun<Details>[] {
  return [run, ...(run.parent ? withParents(run.parent) : [])];
}

function oldest(runs: ReadonlyMap<string, unknown>): string {
  return runs.keys().next().value ?? "";
}
