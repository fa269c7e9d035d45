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
  const isTimeUp = await new Promise<boolean>((resolve, reject) => {
    const timer = setTimeout(() => resolve(true), maxWaitMs);
    const ended = (settle: () => void): void => {
      clearTimeout(timer);
      settle();
    };
    work.then(
      () => ended(() => resolve(false)),
      (error) => ended(() => reject(error)),
    );
  });
  if (!isTimeUp) return;
  const message = `The event was not kept within ${maxWaitMs} ms; the call goes on, and flush() still waits for it`;
  report({ code: "timeout", eventId, cause: new ComplianceGuardError("timeout", message) });
}
