import { isRetryable, retryAfterOf, statusOf } from "../client/retry.ts";
import { isComplianceGuardError } from "../core/errors.ts";

/** What follows from a failed try to deliver an event. */
export type FailedTry =
  /** A fact with a derived id that the platform has already. */
  | { readonly next: "already_recorded" }
  /** Passing trouble. */
  | { readonly next: "retry"; readonly retryAfterMs: number | undefined }
  /** Nothing can be delivered until somebody changes something; everything is kept. */
  | { readonly next: "pause"; readonly reason: string }
  /** Too large: once more without the payload. */
  | { readonly next: "reduce" }
  /** The id is taken by another body: again under a new one. */
  | { readonly next: "rename" }
  /** Refused for good. */
  | { readonly next: "dead_letter"; readonly code: string; readonly status: number | undefined };

/**
 * What to do after `error`. Nothing is ever dropped: what is no passing trouble and no fault of the event itself pauses the
 * queue.
 */
export function outcomeOf(error: unknown, event: { readonly hasDerivedId: boolean }): FailedTry {
  const status = statusOf(error);
  if (isComplianceGuardError(error) && error.code === "unknown_system_id") {
    return { next: "dead_letter", code: "unknown_system_id", status };
  }
  if (isRetryable(error)) return { next: "retry", retryAfterMs: retryAfterOf(error) };
  switch (status) {
    case 400:
    case 422:
      return { next: "dead_letter", code: "api_error", status };
    case 409:
      return { next: event.hasDerivedId ? "already_recorded" : "rename" };
    case 413:
      return { next: "reduce" };
    default:
      return { next: "pause", reason: pauseReasons[status ?? 0] ?? `status_${status ?? "none"}` };
  }
}

const pauseReasons: Readonly<Record<number, string>> = {
  401: "unauthorized",
  403: "forbidden",
  404: "not_found",
};
