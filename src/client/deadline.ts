import { ComplianceGuardError } from "../core/errors.ts";

/** What a call that runs under a deadline is given. */
export interface Deadline {
  /** Fires at the deadline or when the caller gives up; its reason is the ComplianceGuardError the call then throws. */
  readonly signal: AbortSignal;
  /** How much time is left, in milliseconds. */
  remainingMs(): number;
}

/**
 * Runs `operation` for at most `timeoutMs`. The promise settles at the deadline even where the operation ignores its
 * signal, as a custom `fetch` may.
 * @param callerSignal Aborts the call before that.
 * @throws {ComplianceGuardError} `timeout` at the deadline; `aborted` when `callerSignal` fires, its reason as `cause`.
 */
export async function withinDeadline<Result>(
  timeoutMs: number,
  callerSignal: AbortSignal | undefined,
  operation: (deadline: Deadline) => Promise<Result>,
): Promise<Result> {
  if (callerSignal?.aborted) throw abortedBy(callerSignal);
  const controller = new AbortController();
  const { signal } = controller;
  const startedMs = performance.now();
  const remainingMs = (): number => timeoutMs - (performance.now() - startedMs);
  return new Promise((resolve, reject) => {
    const end = (reason: ComplianceGuardError): void => {
      release();
      reject(reason);
      controller.abort(reason);
    };
    const onAbort = (): void => end(abortedBy(callerSignal as AbortSignal));
    const timer = setTimeout(() => end(timeoutAfter(timeoutMs)), timeoutMs);
    callerSignal?.addEventListener("abort", onAbort, { once: true });
    const release = (): void => {
      clearTimeout(timer);
      callerSignal?.removeEventListener("abort", onAbort);
    };
    operation({ signal, remainingMs }).then(
      (result) => {
        release();
        resolve(result);
      },
      (error) => {
        release();
        reject(error);
      },
    );
  });
}

function abortedBy(signal: AbortSignal): ComplianceGuardError {
  return new ComplianceGuardError("aborted", "The call was aborted by its signal", { cause: signal.reason });
}

function timeoutAfter(timeoutMs: number): ComplianceGuardError {
  return new ComplianceGuardError(
    "timeout",
    `The platform gave no complete answer within ${timeoutMs} ms: check that it is reachable, or raise timeoutMs`,
  );
}
