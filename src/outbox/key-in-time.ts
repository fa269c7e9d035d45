import type { ApiKey } from "../client/api-key.ts";
import { ComplianceGuardError } from "../core/errors.ts";

/**
 * An API key whose function is waited for `timeoutMs` and no longer: one that never answers would hold a request for ever, and
 * nobody would hear of it.
 * @returns A function that rejects with `key_unavailable` then; a fixed key as it is.
 */
export function keyInTime(apiKey: ApiKey, timeoutMs: number): ApiKey {
  if (typeof apiKey === "string") return apiKey;
  return async () => {
    const tooLate = Promise.withResolvers<never>();
    const timer = setTimeout(
      () =>
        tooLate.reject(
          new ComplianceGuardError(
            "key_unavailable",
            `The apiKey function has not answered within ${timeoutMs} ms`,
          ),
        ),
      timeoutMs,
    );
    timer.unref();
    try {
      return await Promise.race([apiKey(), tooLate.promise]);
    } finally {
      clearTimeout(timer);
    }
  };
}
