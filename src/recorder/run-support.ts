import type { Alarm } from "./alarm.ts";
import type { Clock } from "./clock.ts";
import type { EventWriter } from "./event-writer.ts";
import type { MaxWait } from "./max-wait.ts";
import type { RecordedRun } from "./recorded-run.ts";
import type { SequenceNumber } from "./recorder-parts.ts";
import type { RunEnd } from "./run.ts";
import type { RunFacts } from "./run-event.ts";
import type { Trouble } from "./trouble.ts";

/** What a recorded run needs of its recorder. */
export interface RunSupport {
  readonly writer: EventWriter;
  readonly clock: Clock;
  readonly maxWait: MaxWait;
  readonly abandonAfterMs: number;
  /** Rings after that time, to give a run up. */
  readonly silence: Alarm<RecordedRun>;
  report(trouble: Trouble): void;
  /** Lets `flush` and `waitUntil` know of work under way. */
  track(work: Promise<unknown>): void;
  /** The run ended well enough to be remembered: its model, its proposed calls. */
  learn(run: RecordedRun, end: RunEnd): void;
  /** New identity for an event that amends another. */
  amendment(facts: RunFacts): RunFacts;
  /** There will be no event with this number; `isRun` where there is none of the run at all. */
  lost(number: SequenceNumber, isRun: boolean): void;
  /** The run has started: its start record comes when it is still open a moment later. */
  started(run: RecordedRun): void;
  /** The run is no longer open. */
  closed(run: RecordedRun): void;
}
