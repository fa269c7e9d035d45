import type { Recorder } from "../recorder/recorder.ts";
import type { Run, RunEnd } from "../recorder/run.ts";
import { type Answer, proposedCallOf, runEndOf } from "./answer.ts";
import { type Outcome, outcomeOfAnswer, outcomeOfError, outcomeOfStream } from "./outcome.ts";
import { StreamAnswer } from "./stream-answer.ts";
import { type StreamEnd, type StreamListener, tapStream } from "./stream-tap.ts";
import { textMember } from "./unknown-shape.ts";
import { keepUnparsedArguments } from "./unparsed-arguments.ts";

/** One attempt at a model, plain or streamed: settles its run by what is seen of it. */
export class ModelCall implements StreamListener {
  readonly #run: Run;
  readonly #recorder: Recorder;
  readonly #signal: AbortSignal | undefined;
  readonly #onOutcome: (outcome: Outcome, answer: Answer | undefined) => void;
  readonly #streamed = new StreamAnswer();
  #hasToken = false;
  #isFinishing = false;
  #hasStreamEnded = false;

  /** @param onOutcome Hears how the call ended and with which answer, whole or cut, before the run is settled. */
  constructor(
    run: Run,
    recorder: Recorder,
    signal: AbortSignal | undefined,
    onOutcome: (outcome: Outcome, answer: Answer | undefined) => void,
  ) {
    this.#run = run;
    this.#recorder = recorder;
    this.#signal = signal;
    this.#onOutcome = onOutcome;
  }

  /** The plain call returned. Resolves when the event is kept. */
  async answered(answer: Answer): Promise<void> {
    await this.#settle(outcomeOfAnswer(answer), answer);
  }

  /** The call threw before there was anything to read. Resolves when the event is kept. */
  async failed(error: unknown): Promise<void> {
    await this.#settle(outcomeOfError(error, this.#signal));
  }

  /** The stream of the answer to hand on. Its event is not waited for. What is no readable stream is handed on unseen. */
  tap<T>(stream: ReadableStream<T>): ReadableStream<T> {
    this.#run.onAbandon(() => this.#endOf(this.#streamed.answer(), "cut"));
    try {
      return tapStream(stream, this, this.#signal);
    } catch (cause) {
      this.trouble(cause);
      void this.#run.abandon();
      return stream;
    }
  }

  part(part: unknown): void {
    const isContinuation = this.#streamed.add(part);
    if (!this.#hasToken && isToken(part)) {
      this.#hasToken = true;
      this.#run.firstToken();
    } else this.#run.touch();
    if (isContinuation) return;
    const call = proposedCallOf(part);
    if (call) this.#run.proposes([call], { modelId: this.#streamed.modelId });
    if (this.#isFinishing || this.#streamed.finish === undefined) return;
    this.#isFinishing = true;
    // Not at once: hashing must not hold back the last part. Nor later: a reader may stop at it.
    setImmediate(() => this.end({ kind: "ended" }));
  }

  end(end: StreamEnd): void {
    if (this.#hasStreamEnded) return;
    this.#hasStreamEnded = true;
    void this.#settle(outcomeOfStream(this.#streamed, end), this.#streamed.answer());
  }

  trouble(cause: unknown): void {
    this.#recorder.reportTrouble({ code: "record_not_kept", eventId: this.#run.eventId, cause });
  }

  #settle(outcome: Outcome, answer?: Answer): Promise<void> {
    this.#onOutcome(outcome, answer);
    const end = this.#endOf(answer, outcome.kind === "succeed" ? "whole" : "cut");
    keepUnparsedArguments(this.#recorder, end.proposedCalls ?? []);
    switch (outcome.kind) {
      case "succeed":
        return this.#run.succeed(end);
      case "truncate":
        return this.#run.truncate(end);
      case "cancel":
        return this.#run.cancel(end);
      case "fail":
        return this.#run.fail(outcome.error, end);
    }
  }

  /** An event without its output is worth more than none. */
  #endOf(answer: Answer | undefined, extent: "whole" | "cut"): RunEnd {
    try {
      return answer ? runEndOf(answer, extent) : {};
    } catch (cause) {
      this.trouble(cause);
      return {};
    }
  }
}

/** What a reader would call the first of the answer: marks of a beginning and empty deltas are none. */
function isToken(part: unknown): boolean {
  const type = textMember(part, "type") ?? "";
  if (type.endsWith("-delta")) return textMember(part, "delta") !== "";
  return type === "tool-call" || type === "file";
}
