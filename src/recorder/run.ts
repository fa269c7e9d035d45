import type { ComplianceGuardError } from "../core/errors.ts";
import type { ProposedCall } from "./tool-call-memory.ts";

/** What kind of work a run is. `step` is everything inside a chain or agent that is none of the others. */
export type RunKind = "model" | "tool" | "retriever" | "agent" | "chain" | "step" | "embeddings" | "rerank";

/** What options that are functions of the run are told. No content. */
export interface RunDescription {
  readonly kind: RunKind;
  readonly correlationId: string;
  readonly framework?: string | undefined;
  /** A tool's name. */
  readonly name?: string | undefined;
  /** The model asked for. */
  readonly modelId?: string | undefined;
}

/** What is wrong with what a caller said of a run, and the value it stands in. */
export interface RefusedLabels {
  readonly source: unknown;
  readonly errors: readonly ComplianceGuardError[];
}

/** A run that another piece of an integration has started. */
export interface RefinedRun {
  /** As `start` returned it. Where it has ended, or is another recorder's, a new run starts. */
  readonly run: Run;
  /** Its input is known to be the same: what was captured stays, and `input` is not called. @default false */
  readonly keepsInput?: boolean | undefined;
}

/** What an adapter knows when a run starts. */
export interface RunStart {
  readonly kind: RunKind;
  /** The recorded content, in the neutral form of its kind. Called at once, and only where the run is recorded. */
  readonly input: () => unknown;
  /** Goes into the sealed metadata component. Called at once, and only where the run is recorded. */
  readonly metadata?: (() => Readonly<Record<string, unknown>>) | undefined;
  /** The run this one belongs to, as `start` returned it. */
  readonly parent?: Run | undefined;
  /** An open run of the same recorder that this is: seen nearer to where it happens, it is told again and stays one event. */
  readonly refines?: RefinedRun | undefined;
  /** The framework's own id of the run. Sent as it is where it is a UUID, else as a UUID derived from it. */
  readonly runId?: string | undefined;
  readonly framework?: string | undefined;
  readonly frameworkVersion?: string | undefined;
  /** The model asked for (models), or the one the application names. */
  readonly modelId?: string | undefined;
  /** A tool's name. In clear only where it was declared to a model of the same root run or `isKnownName` is set. */
  readonly name?: string | undefined;
  /** The name is the application's own: the tool is wrapped by us, or really ran under it. */
  readonly isKnownName?: boolean | undefined;
  /** The caller's own correlation id, sent as given. Inherited by every run below. */
  readonly correlationId?: string | undefined;
  /** A conversation's id. Sent as it is where it is a UUID, else as a pseudonym. */
  readonly threadId?: string | undefined;
  readonly dataSubjects?: readonly string[] | undefined;
  /** What kind of decision it is, in place of the recorder's own word. */
  readonly decisionClassification?: string | undefined;
  /** Figures of the caller's own, sent in clear as `systemState.metrics`. Those of the end stand beside them. */
  readonly metrics?: Readonly<Record<string, unknown>> | undefined;
  /** Labels of the caller's that the adapter left out. Reported once, however many runs below inherit their source. */
  readonly refusedLabels?: RefusedLabels | undefined;
  /** The call a tool run answers. */
  readonly toolCallId?: string | undefined;
  /** Calls whose results a model run carries: they tie it to the run that made them where there is no parent. */
  readonly answeredToolCallIds?: readonly string[] | undefined;
  /** Names of the tools declared to a model. */
  readonly declaredTools?: readonly string[] | undefined;
  /** 1 for the first attempt, where the framework shows attempts. */
  readonly attempt?: number | undefined;
}

/** What an adapter knows when a run ends, or of the part of it that was delivered. */
export interface RunEnd {
  /** The output in the neutral form of its kind. Read at once. */
  readonly output?: unknown;
  /** Replaces the input, where the framework shows the real one only at the end. */
  readonly input?: unknown;
  /** Added to the sealed metadata component. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** The model that answered. */
  readonly modelId?: string | undefined;
  /** The tool's own name, where only the end tells it. */
  readonly name?: string | undefined;
  /** One of `stop length tool_calls content_filter error other`; the framework's own word goes into the metadata. */
  readonly finishReason?: FinishReason | undefined;
  readonly inputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
  readonly isCached?: boolean | undefined;
  /** Calls the model asked the application to execute. Remembered, so that their runs find this one. */
  readonly proposedCalls?: readonly ProposedCall[] | undefined;
  readonly referenceData?: readonly Readonly<Record<string, unknown>>[] | undefined;
  /** Only what the caller gave: nothing is inferred. */
  readonly metrics?: Readonly<Record<string, unknown>> | undefined;
}

/** The neutral words for why a model stopped. */
export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | "error" | "other";

/**
 * A started run. Settled once: the first of `succeed`, `fail`, `cancel`, `truncate`, `interrupt` and `abandon` decides, later ones
 * are ignored (but for one that follows an abandonment, which becomes an amending event). None of them ever throws or
 * rejects: trouble of the recorder's own goes to `onError`. Each resolves when the event is kept by the sink.
 */
export interface Run {
  /** The id of the event this run becomes. */
  readonly eventId: string;
  readonly kind: RunKind;
  /** False where the options leave this run out: the handle then only links its children. */
  readonly isRecorded: boolean;
  readonly isSettled: boolean;
  readonly correlationId: string;
  /**
   * Resolves when the call may go ahead. Rejects with a ComplianceGuardError `record_not_kept` only under the failure
   * policy `block`, when the start record could not be kept: the call must then not be made.
   */
  readonly admitted: Promise<void>;
  /** The reference of the input as captured; undefined where the run is not recorded. */
  readonly inputReference: string | undefined;
  /** The first token (or chunk) arrived. Only the first call counts; each is a sign of life. */
  firstToken(): void;
  /** A sign of life: postpones abandonment. */
  touch(): void;
  /** The run waits for a person: it does not age until the next `touch`. */
  holdForReview(): void;
  /**
   * What a tool executes is not what the start said, because a person edited it. Captured at once; the event says
   * `arguments_modified`.
   */
  replaceInput(input: unknown): void;
  /**
   * The model asks for these calls, said before its answer is whole: a stream's tools run while it goes on, and their runs
   * are to find this one. What is known of the answer so far may be given too.
   */
  proposes(calls: readonly ProposedCall[], known?: Pick<RunEnd, "modelId">): void;
  /** Tells what was delivered so far, asked only where the recorder itself gives the run up. */
  onAbandon(delivered: () => RunEnd): void;
  succeed(end?: RunEnd): Promise<void>;
  /** An error ended the run. `error` is read for its name, status and message (hashed) only. */
  fail(error: unknown, end?: RunEnd): Promise<void>;
  /** The consumer or an abort signal ended it. */
  cancel(end?: RunEnd): Promise<void>;
  /** The answer ended without its end. */
  truncate(end?: RunEnd): Promise<void>;
  /** It waits for a human and this run is over; not an error. */
  interrupt(end?: RunEnd): Promise<void>;
  /** Nothing more was heard of it. */
  abandon(end?: RunEnd): Promise<void>;
  /**
   * What came to light after the end: nobody could use what the run gave, because of `error`. One more event, once, that names
   * the run's own (`amends`); its input is `end.input`. Of a run that has no end yet it is the end.
   */
  amend(error: unknown, end?: RunEnd): Promise<void>;
}
