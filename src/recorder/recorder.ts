import { isComplianceGuardError } from "../core/errors.ts";
import { checkEventFields } from "../core/event.ts";
import type { DeliveryStatus, EventSink } from "../core/event-sink.ts";
import { readCallerLabels } from "./caller-labels.ts";
import type { RunContext } from "./context.ts";
import { DerivedFacts } from "./derived-facts.ts";
import type { WrittenEvent } from "./event-writer.ts";
import { MetadataDraft } from "./metadata.ts";
import {
  derivedIdOf,
  factFields,
  type OverrideFact,
  overrideToFact,
  type RecordedFact,
} from "./recorded-fact.ts";
import type { Statement } from "./recorder-log.ts";
import type { RecorderOptions } from "./recorder-options.ts";
import { type RecorderParts, recorderParts, textOf } from "./recorder-parts.ts";
import type { Run, RunStart } from "./run.ts";
import { RunStarter } from "./run-starter.ts";
import type { KnownCall } from "./tool-call-memory.ts";
import type { Trouble } from "./trouble.ts";

/** Turns runs of any framework into events: one for each, whatever happens to it. Made by `createRecorder`. */
export class Recorder implements AsyncDisposable {
  /** A UUIDv7 made with the recorder: with the sequence numbers it shows whether events are missing. */
  readonly id: string;
  /** True where the failure policy may refuse calls: adapters then wait for `run.admitted`. */
  readonly isBlocking: boolean;
  /** A run without a sign of life for so long is given up. Milliseconds. */
  readonly abandonAfterMs: number;
  readonly #parts: RecorderParts;
  readonly #starter: RunStarter;
  readonly #sink: EventSink;
  readonly #derivedFacts = new DerivedFacts();

  /**
   * @throws {ComplianceGuardError} `invalid_option`, naming the option and the remedy; `invalid_payload_key` where the
   * `pseudonymKey` is not 32 bytes.
   */
  constructor(options: RecorderOptions) {
    this.#parts = recorderParts(options);
    this.#starter = new RunStarter(this.#parts);
    this.#sink = options.sink;
    this.id = this.#parts.id;
    this.abandonAfterMs = this.#parts.abandonAfterMs;
    this.isBlocking = options.onFailure !== undefined && options.onFailure !== "continue";
  }

  /**
   * Starts a run. The content is captured before this returns, so what the caller passed may change afterwards. Never
   * throws: trouble goes to `onError`, and what is not of its type is left out of the event. A run of a kind that there is
   * not is not recorded; under a failure policy that blocks, its call is refused.
   */
  start(start: RunStart): Run {
    this.#say(this.#parts.log.due());
    return this.#starter.start(start);
  }

  /**
   * Everything that runs inside `work`, however deep, inherits the correlation id and the data subjects. One that is not of
   * its type is left out and reported: `work` runs all the same.
   */
  withContext<T>(context: RunContext, work: () => T): T {
    const { contexts, report } = this.#parts;
    const labels = readCallerLabels(context, "withContext", (cause) => report({ code: cause.code, cause }));
    return contexts.run(labels, work);
  }

  /** The correlation id that `withContext` gives here. */
  currentCorrelationId(): string | undefined {
    return this.#parts.contexts.current?.correlationId;
  }

  /**
   * The system that a fact with this correlation id belongs to.
   * @throws {ComplianceGuardError} `invalid_option` where a `systemId` function gives no text.
   */
  systemIdOf(correlationId: string): string {
    return textOf("systemId", this.#parts.options.systemId, { kind: "step", correlationId });
  }

  /**
   * What is remembered of a tool call that a model proposed: the latest of this id, since providers repeat them.
   * @param correlationId Where it is looked for first.
   */
  callOf(toolCallId: string, correlationId?: string): KnownCall | undefined {
    return this.#starter.callOf(toolCallId, correlationId);
  }

  /**
   * The tool call waits for a person, and with it everything around it: none of its runs ages until the returned function
   * is called. A call that nothing is remembered of holds nothing.
   */
  holdForReview(toolCallId: string): () => void {
    return this.#starter.holdForReview(toolCallId);
  }

  /**
   * Records a fact that is no run: a review, a decision. Resolves when the event is kept; a fact with a derived id that was
   * recorded here before, with that event.
   * @throws What the sink throws: the fact is then not kept. (A run's trouble goes to `onError` instead.)
   */
  async record(fact: RecordedFact): Promise<WrittenEvent> {
    this.#say(this.#parts.log.due());
    const eventId = derivedIdOf(fact, this.#parts);
    const written =
      eventId === undefined
        ? this.#writeFact(fact)
        : this.#derivedFacts.once(eventId, () => this.#writeFact({ ...fact, eventId }));
    this.#parts.pending.add(written);
    return await written;
  }

  /**
   * Records that a person overrode a decision (AI Act Art. 14): as the client's `logOverride`, delivered like every event.
   * @throws What the sink throws: the override is then not kept.
   */
  async logOverride(override: OverrideFact): Promise<WrittenEvent> {
    return await this.record(overrideToFact(override));
  }

  /** Waits for `work` of an adapter's, at most `maxWaitMs`; then the trouble is reported. Rejects as `work` does. */
  async inTime(work: Promise<unknown>, eventId?: string): Promise<void> {
    await this.#parts.maxWait.for(work, eventId);
  }

  /** Tells of trouble an adapter had: to `onError`, else as a process warning. */
  reportTrouble(trouble: Trouble): void {
    this.#parts.report(trouble);
  }

  /**
   * Fails early where nothing would be accepted: a wrong key, an unusable directory. Optional.
   * @throws {ComplianceGuardError} What is wrong and what to do.
   */
  async ready(): Promise<void> {
    await this.#sink.ready?.();
  }

  /** Waits until every settled run is kept and delivered, or `timeoutMs` has passed, and says what is left. */
  async flush(options: { readonly timeoutMs?: number | undefined } = {}): Promise<DeliveryStatus> {
    const { clock, pending } = this.#parts;
    const startedAt = clock.monotonic();
    this.#starter.writeStartRecords();
    const unsettled = await pending.settled(options.timeoutMs);
    const timeoutMs = options.timeoutMs && Math.max(0, options.timeoutMs - (clock.monotonic() - startedAt));
    const status = await this.#sink.flush({ timeoutMs });
    return { ...status, waiting: Math.max(status.waiting, unsettled) };
  }

  /** Gives up the runs that are still open, flushes, and releases the sink. */
  async close(options: { readonly timeoutMs?: number | undefined } = {}): Promise<DeliveryStatus> {
    this.#starter.abandonAll();
    const { clock, pending, log } = this.#parts;
    const startedAt = clock.monotonic();
    await pending.settled(options.timeoutMs);
    this.#say(log.closing());
    const remainingMs = (): number | undefined =>
      options.timeoutMs && Math.max(0, options.timeoutMs - (clock.monotonic() - startedAt));
    const unsettled = await pending.settled(remainingMs());
    const status = await this.#sink.close({ timeoutMs: remainingMs() });
    return { ...status, waiting: Math.max(status.waiting, unsettled) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Records what the recorder says of itself. Never throws: trouble is reported. */
  #say(statements: readonly Statement[]): void {
    for (const { fact, unsaid } of statements) {
      const written = this.#writeFact(fact).catch((cause) => {
        unsaid();
        this.#parts.report({ code: isComplianceGuardError(cause) ? cause.code : "record_not_kept", cause });
      });
      this.#parts.pending.add(written);
    }
  }

  async #writeFact(fact: RecordedFact): Promise<WrittenEvent> {
    const metadata = new MetadataDraft();
    metadata.add(fact.metadata);
    const { writer } = this.#parts;
    const input = writer.capture(fact.input);
    const output = writer.capture(fact.output);
    metadata.countRepairs(input.repairs + output.repairs);
    const number = this.#parts.nextNumber();
    try {
      const fields = checkEventFields(factFields(fact, this.#parts, number));
      return await writer.submit({
        fields,
        input: input.component,
        output: output.component,
        metadata,
        key: writer.pinKey({ eventId: fields.eventId, systemId: fields.systemId }),
        hasDerivedId: fact.derivedFrom !== undefined,
      });
    } catch (error) {
      this.#parts.log.lost(number.sequence, false);
      throw error;
    }
  }
}
