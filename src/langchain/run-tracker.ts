import type { Recorder } from "../recorder/recorder.ts";
import type { Run, RunEnd, RunStart } from "../recorder/run.ts";
import { RunMap, type TrackedRun } from "./run-map.ts";

/** What the handler needs of a recorder. */
export type RunRecorder = Pick<
  Recorder,
  "start" | "isBlocking" | "abandonAfterMs" | "reportTrouble" | "record" | "callOf" | "inTime"
>;

/** LangChain's ids of a run and of the one around it. */
export interface RunIds {
  readonly runId: string;
  readonly parentRunId: string | undefined;
}

/** What a start callback makes of its arguments. */
export interface DescribedRun<Details> {
  readonly start: RunStart;
  readonly details: Details;
  /** What was handed out of its result so far, for a run that nothing more is heard of. */
  readonly delivered?: (() => RunEnd) | undefined;
  /** Its result is handed out in parts. */
  readonly isStreamed?: boolean | undefined;
  /** It runs its steps itself, one after another: nobody else goes on when one of them has ended. */
  readonly isSequence?: boolean | undefined;
  /** It only turns one value into another, as prompts and parsers do. */
  readonly isPure?: boolean | undefined;
}

/**
 * Carries runs from their start callbacks to their end callbacks. Whatever goes wrong on the way is reported and never reaches the
 * application's call, but for the refusal of a blocking failure policy.
 */
export class RunTracker<Details> {
  readonly #recorder: RunRecorder;
  readonly #runs: RunMap<Details>;

  constructor(recorder: RunRecorder) {
    this.#recorder = recorder;
    this.#runs = new RunMap({ abandonAfterMs: recorder.abandonAfterMs });
  }

  /**
   * Starts a run; a second start of an id that is open is ignored. `describe` reads everything before this first returns. A
   * run that may do something outside waits until the events of the steps before it are kept.
   * @throws {ComplianceGuardError} `record_not_kept` where the failure policy refuses the call, and where it refused a tool
   * of the same root before: frameworks make a message to the model of that, and the model must not go on with it.
   */
  async start(
    ids: RunIds,
    describe: (parent: TrackedRun<Details> | undefined) => DescribedRun<Details>,
  ): Promise<void> {
    const { refusal } = this.#runs.find(ids.parentRunId)?.root ?? {};
    if (refusal !== undefined) throw refusal;
    let isPure = false;
    const opened = this.#guarded(() =>
      this.#runs.open(ids.runId, ids.parentRunId, (parent) => {
        const described = describe(parent);
        isPure = described.isPure ?? false;
        const run = this.#recorder.start({ ...described.start, runId: ids.runId, parent: parent?.run });
        if (described.delivered) run.onAbandon(described.delivered);
        const { details, isStreamed, isSequence } = described;
        return { run, details, isStreamed, isSequence };
      }),
    );
    // Only what hands out parts itself lets its steps do so; LangChain says it of the steps alone.
    if (opened?.isStreamed && opened.parent) opened.parent.isStreamed = true;
    // LangChain runs the step once this is over.
    if (!isPure && opened?.parent?.isSequence && opened.parent.unawaited)
      await Promise.all(opened.parent.unawaited);
    if (!opened || !this.#recorder.isBlocking) return;
    try {
      await opened.run.admitted;
    } catch (refusal) {
      this.#runs.end(ids.runId);
      if (opened.run.kind === "tool") opened.root.refusal = refusal;
      throw refusal;
    }
  }

  /** A sign of life of a run. */
  hear(runId: string): TrackedRun<Details> | undefined {
    return this.#guarded(() => this.#runs.hear(runId));
  }

  /** A part of a run's result was handed out: `add` keeps it and says whether it holds anything of the answer. */
  streamed(runId: string, add: (details: Details) => boolean): void {
    const run = this.hear(runId);
    if (run?.details === undefined) return;
    run.isStreamed = true;
    const { details } = run;
    if (this.#guarded(() => add(details))) run.run.firstToken();
  }

  /**
   * Ends a run; an end without a start is ignored. Resolves when its event is kept; at once where the run was streamed, since
   * the last part must not be held back, and for a step of a sequence, which waits before its next step that may do something
   * and before its end: events that come together cost one commit. What `settle` cannot read does not cost the event.
   */
  end(runId: string, settle: (run: TrackedRun<Details>) => Promise<void>): Promise<void> {
    return this.#end(runId, settle, (run) => run.succeed(unreadable));
  }

  /** Ends a run that `error` ended. */
  endThrown(
    runId: string,
    error: unknown,
    settle: (run: TrackedRun<Details>) => Promise<void>,
  ): Promise<void> {
    return this.#end(runId, settle, (run) => run.fail(error, unreadable));
  }

  async #end(
    runId: string,
    settle: (run: TrackedRun<Details>) => Promise<void>,
    settleUnread: (run: Run) => Promise<void>,
  ): Promise<void> {
    const ended = this.#guarded(() => this.#runs.end(runId));
    if (!ended) return;
    const settled = this.#settled(ended, settle, settleUnread);
    const waiting = waitingRun(ended);
    if (waiting === ended) {
      await settled;
      if (ended.unawaited) await Promise.all(ended.unawaited);
    } else if (waiting) {
      waiting.unawaited ??= new Set();
      for (const each of [settled, ...(ended.unawaited ?? [])]) addUntilDone(waiting.unawaited, each);
    }
  }

  #guarded<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (cause) {
      this.#recorder.reportTrouble({ code: "record_not_kept", cause });
      return undefined;
    }
  }

  /** Never rejects. What cannot be read must not cost the event. */
  async #settled(
    ended: TrackedRun<Details>,
    settle: (run: TrackedRun<Details>) => Promise<void>,
    settleUnread: (run: Run) => Promise<void>,
  ): Promise<void> {
    try {
      await settle(ended);
    } catch (cause) {
      this.#recorder.reportTrouble({ code: "record_not_kept", eventId: ended.run.eventId, cause });
      await settleUnread(ended.run);
    } finally {
      ended.details = undefined;
    }
  }
}

/** The run whose end waits for the event of one that ends: itself, or one around it; undefined where nobody waits. */
function waitingRun<Details>(ended: TrackedRun<Details>): TrackedRun<Details> | undefined {
  const { parent, root } = ended;
  if (ended.isStreamed) return root === ended ? undefined : root;
  return parent?.isSequence && !parent.hasEnded ? parent : ended;
}

const unreadable: RunEnd = { output: { unrepresentable: "output" } };

function addUntilDone(pending: Set<Promise<void>>, work: Promise<void>): void {
  pending.add(work);
  void work.then(() => pending.delete(work));
}
