import { hashedErrorMessage, truncatedErrorMessage } from "../core/error-message.ts";
import { type Clock, systemClock } from "./clock.ts";
import { errorMessage, providerStatus } from "./provider-status.ts";

/** How a call is traced. */
export interface CallTraceOptions {
  /**
   * Send the SHA-256 of the provider's error message instead of its text. Turn it off only where the platform may read
   * whatever a provider puts into its errors, which can be the prompt.
   * @default true
   */
  readonly hashErrorMessages?: boolean | undefined;
  /** The monotonic clock. @default the system's */
  readonly clock?: Pick<Clock, "monotonic"> | undefined;
}

/** `systemState.performance` as a call trace fills it; empty before the call has ended. */
export interface CallPerformance {
  /** Whole milliseconds, rounded down, by a monotonic clock. */
  readonly latency_ms?: number;
  /** `success`, the HTTP status of the error, or `error:` and its type. */
  readonly provider_status?: string;
  /** Of a failure: the first 500 code points of its message, as SHA-256 unless raw text was asked for. */
  readonly provider_error_message?: string;
}

/** Measures one call of a provider for an event's `systemState`. */
export interface CallTrace {
  /**
   * Runs the call, synchronous or not, and gives its result; what it throws is thrown on unchanged. A call that returns
   * a stream is measured until it returns. A second run replaces what the first one measured.
   */
  run<Result>(call: () => Result): Result extends PromiseLike<infer Value> ? Promise<Value> : Result;
  /** The `systemState` for `ingestEvent`: `performance`, and beside it what else is given, e.g. `{ metrics }`. */
  systemState(extra?: Readonly<Record<string, unknown>>): Record<string, unknown>;
}

/**
 * Measures latency and outcome of one call of a provider, for applications that record without an adapter.
 *
 * @example
 * const trace = traceCall();
 * const answer = await trace.run(() => provider.call(question));
 * await client.ingestEvent({ ...event, output: answer, systemState: trace.systemState() });
 */
export function traceCall({
  hashErrorMessages = true,
  clock = systemClock,
}: CallTraceOptions = {}): CallTrace {
  let performance: CallPerformance = {};
  const shownMessage = hashErrorMessages ? hashedErrorMessage : truncatedErrorMessage;

  return {
    run(call) {
      const startedMs = clock.monotonic();
      const latencyMs = (): number => Math.floor(clock.monotonic() - startedMs);
      const succeeded = (): void => {
        performance = { latency_ms: latencyMs(), provider_status: "success" };
      };
      const failed = (error: unknown): void => {
        performance = {
          latency_ms: latencyMs(),
          provider_status: providerStatus(error),
          provider_error_message: shownMessage(errorMessage(error)),
        };
      };
      return observed(call, succeeded, failed) as never;
    },
    systemState: (extra) => ({ performance: { ...performance }, ...extra }),
  };
}

/** Calls, tells how it ended, and passes the end on. */
function observed(call: () => unknown, succeeded: () => void, failed: (error: unknown) => void): unknown {
  let result: unknown;
  try {
    result = call();
  } catch (error) {
    failed(error);
    throw error;
  }
  if (!isPromiseLike(result)) {
    succeeded();
    return result;
  }
  // Through one `then` only: some libraries' thenables start their work again at each.
  return Promise.resolve(result).then(
    (value) => {
      succeeded();
      return value;
    },
    (error) => {
      failed(error);
      throw error;
    },
  );
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
