import { withinDeadline } from "./deadline.ts";
import { type Connection, exchange, type HttpRequest } from "./http.ts";
import { isRetryable, retryAfterOf, retryDelay } from "./retry.ts";
import type { Timing } from "./timing.ts";

/** One call of the client: what is asked, how the answer is read, how long and how often it is tried. */
export interface Call<Answer> {
  readonly request: HttpRequest;
  /** Reads the text of a 2xx answer; what it throws counts as a failed try. */
  readonly read: (text: string) => Answer;
  readonly retries: number;
  readonly timeoutMs: number;
  /** The caller's. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Makes a call, again after trouble that may pass, until its one deadline. When the next try would come after the deadline,
 * the last error is thrown at once: it tells more than the timeout that waiting would end in.
 * @throws {ComplianceGuardError} What `exchange`, `withinDeadline` and `read` throw.
 */
export function retriedExchange<Answer>(
  { request, read, retries, timeoutMs, signal: callerSignal }: Call<Answer>,
  connection: Connection,
  { random, wait }: Timing,
): Promise<Answer> {
  return withinDeadline(timeoutMs, callerSignal, async ({ signal, remainingMs }) => {
    for (let attempt = 0; ; attempt++) {
      try {
        return read(await exchange(request, connection, signal));
      } catch (error) {
        if (attempt >= retries || !isRetryable(error)) throw error;
        const delayMs = retryDelay(attempt, random, retryAfterOf(error));
        if (delayMs >= remainingMs()) throw error;
        await wait(delayMs, signal);
      }
    }
  });
}
