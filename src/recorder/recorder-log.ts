import { PACKAGE_VERSION } from "../core/package-version.ts";
import { NumberRanges } from "./number-ranges.ts";
import type { RecordedFact } from "./recorded-fact.ts";
import type { RecorderOptions } from "./recorder-options.ts";

/** A fact about the recorder, and what to do where it could not be kept. */
export interface Statement {
  readonly fact: RecordedFact;
  /** It is to be said again. */
  unsaid(): void;
}

/**
 * What a recorder says of itself, so that an auditor can tell a quiet day from a broken recorder: `started` before its first
 * event, `lost` before the first one after a loss, `stopped` when it is closed. It counts; whoever writes asks it what to say.
 */
export class RecorderLog {
  readonly #options: RecorderOptions;
  #isStarted = false;
  #isStartSaid = false;
  #started = 0;
  #leftOut = 0;
  #failed = 0;
  #failedRuns = 0;
  #lost = new NumberRanges();

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** A run took a number; `left_out` where the `record` option keeps it out. */
  counted(verdict: "recorded" | "left_out"): void {
    this.#started++;
    if (verdict === "left_out") this.#leftOut++;
  }

  /** The event with this number was not kept; `isRun` where it was a run's. */
  lost(sequence: number, isRun: boolean): void {
    this.#failed++;
    if (isRun) this.#failedRuns++;
    this.#lost.add(sequence);
  }

  /** What has to be recorded before the next event. */
  due(): Statement[] {
    if (!this.#options.recorderEvents) return [];
    const due: Statement[] = [];
    this.#isStarted = true;
    if (!this.#isStartSaid) {
      const unsaid = (): void => {
        this.#isStartSaid = false;
      };
      due.push({ fact: fact("started", this.#surroundings()), unsaid });
      this.#isStartSaid = true;
    }
    const lost = this.#lost;
    if (lost.ranges.length > 0) {
      this.#lost = new NumberRanges();
      const details = { sequences: lost.ranges, ...(!lost.isExact && { approximate: true }) };
      due.push({ fact: fact("lost", details), unsaid: () => this.#lost.addAll(lost) });
    }
    return due;
  }

  /** What has to be recorded when the recorder is closed; nothing where it never recorded anything. */
  closing(): Statement[] {
    if (!this.#isStarted) return [];
    const counts = {
      runs_started: this.#started,
      runs_recorded: this.#started - this.#leftOut - this.#failedRuns,
      runs_left_out: this.#leftOut,
      events_failed: this.#failed,
    };
    return [...this.due(), { fact: fact("stopped", counts), unsaid: () => {} }];
  }

  #surroundings(): Readonly<Record<string, unknown>> {
    const { record, onFailure } = this.#options;
    const { filter, ...fields } = typeof record === "function" ? { filter: record } : (record ?? {});
    return {
      versions: { complianceguard: PACKAGE_VERSION, node: process.versions.node },
      record: { ...fields, filtered: filter !== undefined },
      on_failure: typeof onFailure === "function" ? "function" : (onFailure ?? "continue"),
    };
  }
}

function fact(event: string, details: Readonly<Record<string, unknown>>): RecordedFact {
  return {
    actor: { type: "recorder" },
    systemState: { lifecycle: { event, ...details } },
    dataSubjects: [],
  };
}
