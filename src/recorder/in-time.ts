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
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<"timeout">((resolve) => {
    timer = setTimeout(() => resolve("timeout"), maxWaitMs);
  });
  try {
    if ((await Promise.race([work, timeout])) !== "timeout") return;
  } finally {
    clearTimeout(timer);
  }
  const message = `The event was not kept within ${maxWaitMs} ms; the call goes on, and flush() still waits for it`;
  report({ code: "timeout", eventId, cause: new ComplianceGuardError("timeout", message) });
}
