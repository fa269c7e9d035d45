import {
  ApiError,
  ComplianceGuardError,
  isComplianceGuardError,
  OutboxFullError,
  UnknownSystemError,
} from "../core/errors.ts";
import type { PlainError } from "./messages.ts";

/** An error as it crosses from thread to thread: prototypes do not. */
export function plainErrorOf(error: unknown): PlainError {
  if (!isComplianceGuardError(error)) {
    return { code: "outbox_unusable", message: error instanceof Error ? error.message : String(error) };
  }
  const { code, message, status, problem, body, retryAfterMs } = error as ApiError;
  return { code, message, status, problem, body, retryAfterMs };
}

/** The error again, with the class its code stands for. */
export function errorOf({
  code,
  message,
  status,
  problem,
  body = "",
  retryAfterMs,
}: PlainError): ComplianceGuardError {
  if (code === "outbox_full") return new OutboxFullError(message);
  if (code === "unknown_system_id" && status !== undefined)
    return new UnknownSystemError(status, body, undefined);
  if (status !== undefined) return new ApiError(status, body, { code, message, problem, retryAfterMs });
  return new ComplianceGuardError(code, message);
}
