import { isComplianceGuardError } from "../core/errors.ts";

const BASE_DELAY_MS = 500;
const MAX_DELAY_MS = 5 * 60_000;
const MAX_RETRY_AFTER_MS = 60 * 60_000;

/**
 * How long to wait before trying again, in milliseconds: a random part of min(5 min, 0.5 s · 2^attempt), so that many
 * clients do not come back together, but at least what the platform asked for, of which an hour counts.
 * @param attempt How many tries failed before the one that just failed: 0 after the first.
 * @param random A number from 0 to 1, as `Math.random` gives.
 * @param retryAfterMs The platform's `Retry-After`, as {@link parseRetryAfter} gives it.
 */
export function retryDelay(attempt: number, random: () => number, retryAfterMs?: number | undefined): number {
  const delayMs = random() * Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** attempt);
  return Math.max(delayMs, Math.min(retryAfterMs ?? 0, MAX_RETRY_AFTER_MS));
}

/**
 * Tells whether the same request may succeed later: after 408, 425, 429 and 5xx, after trouble of the network, after
 * an attempt that ran out of time, after a 2xx that was no answer of the platform, and when the API key could not be
 * fetched. Everything else, a redirect too, needs somebody to change something first.
 */
export function isRetryable(error: unknown): boolean {
  if (!isComplianceGuardError(error)) return false;
  switch (error.code) {
    case "network_error":
    case "timeout":
    case "invalid_answer":
    case "key_unavailable":
      return true;
    case "api_error": {
      const status = statusOf(error) ?? 0;
      return status === 408 || status === 425 || status === 429 || (status >= 500 && status <= 599);
    }
    default:
      return false;
  }
}

/** The `Retry-After` an error carries, in milliseconds, where it carries one. */
export function retryAfterOf(error: unknown): number | undefined {
  const value = isComplianceGuardError(error) && "retryAfterMs" in error ? error.retryAfterMs : undefined;
  return typeof value === "number" ? value : undefined;
}

/** The HTTP status an error carries, where the platform answered with one. Reads errors of another copy of this package too. */
export function statusOf(error: unknown): number | undefined {
  const value = isComplianceGuardError(error) && "status" in error ? error.status : undefined;
  return typeof value === "number" ? value : undefined;
}

/** The code of the problem JSON an error carries, where the platform answered with one. */
export function problemCodeOf(error: unknown): string | undefined {
  const value = isComplianceGuardError(error) && "problem" in error ? error.problem : undefined;
  return typeof value === "string" ? value : undefined;
}

/**
 * Reads a `Retry-After` header (RFC 9110, section 10.2.3): seconds or one of the three forms of an HTTP date, of which
 * one in the past is 0. Gives milliseconds, or undefined for anything else.
 * @param nowMs The wall clock, in milliseconds since the epoch.
 */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1000;
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /.test(text)) return undefined;
  // asctime, the oldest of the forms, names no zone and means GMT; Date.parse would read it as local time.
  const dateMs = Date.parse(text.endsWith("GMT") ? text : `${text} GMT`);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}
