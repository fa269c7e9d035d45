import { type ErrorCode, isComplianceGuardError } from "../core/errors.ts";
import type { PinnedKey, RecordedComponent } from "./event-writer.ts";
import type { FailurePolicy } from "./failure-policy.ts";
import { LinkedRun } from "./linked-run.ts";
import { MetadataDraft } from "./metadata.ts";
import { isNotShown } from "./not-shown.ts";
import { refusal } from "./refusal.ts";
import type { Run, RunEnd, RunKind } from "./run.ts";
import { type RunFacts, type RunOutcome, runEventFields } from "./run-event.ts";
import type { RunSupport } from "./run-support.ts";
import type { ProposedCall } from "./tool-call-memory.ts";

/** A run that becomes exactly one event; and one more, naming the first, when an end comes after it was given up. */
export class RecordedRun extends LinkedRun implements Run {
  readonly isRecorded = true;
  readonly admitted: Promise<void>;
  #facts: RunFacts;
  readonly #support: RunSupport;
  #metadata: MetadataDraft;
  readonly #key: PinnedKey;
  readonly #startedAt: number;
  #begun: Promise<void> | undefined;
  #input: RecordedComponent;
  #firstTokenMs: number | undefined;
  /** When it was last heard of, as far as the alarm knows; undefined while it may be silent. */
  #heardAt: number | undefined;
  #delivered: (() => RunEnd) | undefined;
  #state: "open" | "abandoned" | "settled" = "open";
  #isReported = false;
  #isAmended = false;

  constructor(
    facts: RunFacts,
    captured: {
      readonly input: RecordedComponent;
      readonly metadata: MetadataDraft;
      readonly key: PinnedKey;
    },
    policy: FailurePolicy,
    support: RunSupport,
  ) {
    super();
    this.#facts = facts;
    this.#support = support;
    this.#input = captured.input;
    this.#metadata = captured.metadata;
    this.#key = captured.key;
    this.#startedAt = support.clock.monotonic();
    if (support.writer.keepsStartRecords) {
      if (policy === "block") this.begin();
      else support.started(this);
    }
    this.admitted = policy === "block" && this.#begun ? this.#admission(this.#begun) : Promise.resolve();
    // An adapter that cannot refuse a call does not listen; that must not end the process.
    this.admitted.catch(() => {});
    this.touch();
  }

  /** Hands the start record to the sink. */
  begin(): void {
    this.#begun = this.#begin();
    this.#begun.catch((cause) => this.#reportNotKept("record_not_kept", cause));
  }

  get facts(): RunFacts {
    return this.#facts;
  }

  get eventId(): string {
    return this.facts.eventId;
  }

  get kind(): RunKind {
    return this.facts.kind;
  }

  get correlationId(): string {
    return this.facts.correlationId;
  }

  get isSettled(): boolean {
    return this.#state !== "open";
  }

  get inputReference(): string {
    return this.#input.reference;
  }

  /** What is told of the run so far, beside its content. */
  get metadata(): MetadataDraft {
    return this.#metadata;
  }

  /** The same run, told more exactly by somebody nearer to it. The start record stays as it is. */
  refine(facts: RunFacts, input: RecordedComponent | undefined, metadata: MetadataDraft): void {
    if (this.#state !== "open") return;
    this.#facts = facts;
    this.#input = input ?? this.#input;
    this.#metadata = metadata;
  }

  firstToken(): void {
    this.#firstTokenMs ??= this.#elapsed();
    this.touch();
  }

  touch(): void {
    if (this.#state !== "open") return;
    const now = performance.now();
    const { abandonAfterMs, silence } = this.#support;
    // Of the many parts of a stream only a few are worth the cost: a thousandth of the time more or less is as good.
    if (this.#heardAt !== undefined && now - this.#heardAt < abandonAfterMs / 1000) return;
    this.#heardAt = now;
    silence.set(this);
  }

  holdForReview(): void {
    this.#heardAt = undefined;
    this.#support.silence.clear(this);
  }

  replaceInput(input: unknown): void {
    if (this.#state !== "open") return;
    const { component, repairs } = this.#support.writer.capture(input);
    this.#input = component;
    this.#metadata.countRepairs(repairs);
    this.#facts = { ...this.#facts, argumentsModified: true, isInputHidden: false };
  }

  proposes(calls: readonly ProposedCall[], known: Pick<RunEnd, "modelId"> = {}): void {
    if (this.#state === "open") this.#support.learn(this, { ...known, proposedCalls: calls });
  }

  onAbandon(delivered: () => RunEnd): void {
    this.#delivered = delivered;
  }

  /** Nothing more is heard: what was delivered so far is recorded. */
  giveUp(): void {
    let end: RunEnd = {};
    try {
      end = this.#delivered?.() ?? end;
    } catch (cause) {
      this.#support.report({ code: "record_not_kept", eventId: this.eventId, cause });
    }
    void this.abandon(end);
  }

  succeed(end: RunEnd = {}): Promise<void> {
    return this.#settle({ end });
  }

  fail(error: unknown, end: RunEnd = {}): Promise<void> {
    return this.#settle({ error: { thrown: error }, end });
  }

  cancel(end: RunEnd = {}): Promise<void> {
    return this.#settle({ status: "cancelled", end });
  }

  truncate(end: RunEnd = {}): Promise<void> {
    return this.#settle({ status: "truncated", end });
  }

  interrupt(end: RunEnd = {}): Promise<void> {
    return this.#settle({ status: "interrupted", end });
  }

  abandon(end: RunEnd = {}): Promise<void> {
    return this.#state === "open" ? this.#settle({ status: "abandoned", end }) : Promise.resolve();
  }

  async amend(error: unknown, end: RunEnd = {}): Promise<void> {
    if (this.#state !== "settled") return await this.fail(error, end);
    if (this.#isAmended) return;
    this.#isAmended = true;
    await this.#kept(this.#write({ error: { thrown: error }, end }, true));
  }

  #settle(outcome: Pick<RunOutcome, "status" | "error" | "end">): Promise<void> {
    if (this.#state === "settled") return Promise.resolve();
    const isAmendment = this.#state === "abandoned";
    this.#state = outcome.status === "abandoned" ? "abandoned" : "settled";
    this.holdForReview();
    this.#support.closed(this);
    return this.#kept(this.#write(outcome, isAmendment));
  }

  #kept(written: Promise<void>): Promise<void> {
    this.#support.track(written);
    return this.#support.maxWait.for(written, this.eventId);
  }

  /** Everything up to the first await happens in the caller's turn, before anything can change what it passed. */
  async #write(outcome: Pick<RunOutcome, "status" | "error" | "end">, isAmendment: boolean): Promise<void> {
    const { end } = outcome;
    let facts = this.#facts;
    try {
      if (isAmendment) facts = this.#support.amendment(facts);
      const output = this.#support.writer.capture(end.output);
      const metadata = this.#metadata.copy();
      let input = this.#input;
      // What is found out after the end is about what it says itself: the content of the run is held no more.
      if (end.input !== undefined || this.#isAmended) {
        const captured = this.#support.writer.capture(end.input);
        input = captured.component;
        facts = { ...facts, isInputHidden: isNotShown(end.input) };
        metadata.countRepairs(captured.repairs);
      }
      if (!this.#isAmended) {
        this.#input = input;
        const { isInputHidden } = facts;
        if (isInputHidden !== this.#facts.isInputHidden) this.#facts = { ...this.#facts, isInputHidden };
      }
      metadata.add(end.metadata);
      metadata.countRepairs(output.repairs);
      const fields = runEventFields(facts, {
        ...outcome,
        latencyMs: this.#elapsed(),
        firstTokenMs: this.#firstTokenMs,
        amends: isAmendment ? this.facts.eventId : undefined,
      });
      this.#support.learn(this, end);
      const event = { fields, input, output: output.component, metadata, key: this.#key };
      const submitted = this.#support.writer.submit(event);
      const begun = this.#begun?.catch(() => {});
      this.#forget();
      await (begun ? Promise.all([submitted, begun]) : submitted);
    } catch (cause) {
      const code = isComplianceGuardError(cause) ? cause.code : "record_not_kept";
      // Where an amendment has got no number of its own, none is missing.
      if (!isAmendment || facts !== this.#facts) this.#support.lost(facts.recorder, !isAmendment);
      if (isAmendment) this.#support.report({ code, eventId: facts.eventId, cause });
      else this.#reportNotKept(code, cause);
    }
  }

  /** Start and end fail for the same reason: one event, one report. */
  #reportNotKept(code: ErrorCode, cause: unknown): void {
    if (this.#isReported) return;
    this.#isReported = true;
    this.#support.report({ code, eventId: this.eventId, cause });
  }

  /** A handle lives on as a parent; its content need not. Of an abandoned run it may still be amended. */
  #forget(): void {
    if (this.#state !== "settled") return;
    this.#input = { reference: this.#input.reference };
    this.#metadata = new MetadataDraft();
    this.#delivered = undefined;
  }

  async #begin(): Promise<void> {
    const fields = runEventFields(this.facts, { status: "abandoned", latencyMs: 0, end: {} });
    await this.#support.writer.begin(fields, this.#input, this.#metadata);
  }

  /** Under `block`: no start record in time, no call, and then no event either. */
  async #admission(begun: Promise<void>): Promise<void> {
    const { maxWait, writer } = this.#support;
    try {
      await maxWait.forStart(begun);
    } catch (cause) {
      // Given up or cancelled before: it has its event, or has been counted as lost.
      if (this.#state !== "open") throw refusal(this.kind, cause);
      this.#state = "settled";
      this.holdForReview();
      this.#support.closed(this);
      this.#support.lost(this.facts.recorder, true);
      await maxWait.forAside(writer.discard(this.eventId));
      throw refusal(this.kind, cause);
    }
  }

  #elapsed(): number {
    return this.#support.clock.monotonic() - this.#startedAt;
  }
}
