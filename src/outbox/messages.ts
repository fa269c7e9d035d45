import type { ErrorCode } from "../core/errors.ts";

/** What the outbox's thread is started with. */
export interface OutboxOpening {
  /** The destination's own directory, absolute. */
  readonly directory: string;
  readonly baseUrl: string;
  /** The API key where it is no function: known before the first record. */
  readonly fixedKey: string | undefined;
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly maxBytes: number;
  /** True where requests go through a `fetch` or dispatcher that only the application's thread has. */
  readonly sendsOutside: boolean;
  /** Delivers files of another API key that no answer has pinned yet: the operator says that both keys are one tenant's. */
  readonly acceptsOtherKey: boolean;
  /** The data file of a thread of this process that has died: it stays this process's own, and its runs go on. */
  readonly continues?: string | undefined;
}

/** What is asked for one record. Its body stands in the bytes of the batch, after those of the records before it. */
export interface RecordRequest {
  readonly action: "begin" | "submit" | "discard";
  readonly eventId: string;
  readonly hasDerivedId: boolean;
  readonly size: number;
}

/** What the thread can be asked for beside records. */
export type OutboxMethod = "ready" | "status" | "flush" | "replay" | "deadLetters" | "drop" | "close";

/** To the thread. */
export type ToWorker =
  | {
      readonly kind: "records";
      readonly id: number;
      readonly records: readonly RecordRequest[];
      readonly bytes: Uint8Array;
    }
  | { readonly kind: "call"; readonly id: number; readonly method: OutboxMethod; readonly input: unknown }
  | {
      readonly kind: "given";
      readonly id: number;
      readonly output?: unknown;
      readonly error?: PlainError | undefined;
    };

/** From the thread. */
export type FromWorker =
  | { readonly kind: "kept"; readonly id: number; readonly refusals: readonly Refused[] }
  | {
      readonly kind: "reply";
      readonly id: number;
      readonly output?: unknown;
      readonly error?: PlainError | undefined;
    }
  | { readonly kind: "ask"; readonly id: number; readonly question: Question }
  | { readonly kind: "trouble"; readonly trouble: PlainTrouble };

/** A record of a batch that was not kept. */
export interface Refused {
  readonly index: number;
  readonly error: PlainError;
}

/** What only the application's thread can do: call the `apiKey` function, send through its `fetch` or dispatcher. */
export type Question =
  | { readonly what: "key" }
  | { readonly what: "send"; readonly eventId: string; readonly body: Uint8Array };

/** Trouble on its way to `onTrouble`. */
export interface PlainTrouble {
  readonly code: ErrorCode;
  readonly eventId?: string | undefined;
  readonly message: string;
}

/** An error of this package as it crosses from thread to thread. */
export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly status?: number | undefined;
  readonly problem?: string | undefined;
  readonly body?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** An event that was refused for good, and is kept. */
export interface DeadLetter {
  readonly eventId: string;
  /** `api_error`, `unknown_system_id` or `outbox_damaged`. */
  readonly code: string;
  readonly status?: number | undefined;
  /** The platform's problem body, at most 2,000 characters. */
  readonly answer: string;
  readonly refusedAtUtc: string;
}
