import { ComplianceGuardError } from "../core/errors.ts";
import type { Trouble } from "./trouble.ts";

/**
 * Waits for `work`, at most `maxWaitMs`: a sink that never answers must not stop the application. What takes longer goes on,
 * `flush` still waits for it, and the trouble is reported as `timeout`. Rejects as `work` does.
 */
export async function inTime(
  work: Promise<unknown>,
  {
    maxWaitMs,
    eventId,
    report,
  }: { maxWaitMs: number; eventId: string | undefined; report: (trouble: Trouble) => void },
): Promise<void> {
  if (await endsWithin(maxWaitMs, work)) return;
  const message = `The event was not kept within ${maxWaitMs} ms; the call goes on, and flush() still waits for it`;
  report({ code: "timeout", eventId, cause: new ComplianceGuardError("timeout", message) });
}

/** Whether `work` ends within `timeoutMs`; what takes longer goes on. Rejects as `work` does until then. */
export function endsWithin(timeoutMs: number, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(false), timeoutMs);
    work.then(
      () => {
        clearTimeout(timer);
        resolve(true);
      },
      (error) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}

/** Why a call is refused whose start record a sink does not answer for. */
export function lateStart(maxWaitMs: number): ComplianceGuardError {
  return new ComplianceGuardError("timeout", `The start record was not kept within ${maxWaitMs} ms`);
}
