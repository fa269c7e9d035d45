import { type ErrorCode, isComplianceGuardError } from "../core/errors.ts";

/** The recorder's own trouble: never the application's errors. */
export interface Trouble {
  readonly code: ErrorCode;
  /** The event it concerns, where it concerns one. */
  readonly eventId?: string | undefined;
  /** The error behind it. */
  readonly cause: unknown;
}

const WARN_AGAIN_AFTER_MS = 60_000;

/**
 * Makes trouble heard: through `onError`, else as a process warning, once a code and minute, so that a wrong key or an
 * unregistered system is never silent.
 */
export function troubleReporter(
  onError: ((trouble: Trouble) => void) | undefined,
  now: () => number,
): (trouble: Trouble) => void {
  const warnedAt = new Map<ErrorCode, number>();
  const warn = (trouble: Trouble, text: string): void => {
    const last = warnedAt.get(trouble.code);
    if (last !== undefined && now() - last < WARN_AGAIN_AFTER_MS) return;
    warnedAt.set(trouble.code, now());
    process.emitWarning(text, { type: "ComplianceGuardWarning", code: trouble.code });
  };
  return (trouble) => {
    if (!onError) return warn(trouble, describe(trouble));
    try {
      onError(trouble);
    } catch {
      // The listener's own failure must not reach the user's call, and must not hide the trouble.
      warn(trouble, `onError itself failed on: ${describe(trouble)}`);
    }
  };
}

/** Our own messages hold no content; a foreign error's message might, so only its name is told. */
function describe({ code, eventId, cause }: Trouble): string {
  const reason = isComplianceGuardError(cause)
    ? cause.message
    : `${code}${cause instanceof Error ? ` (${cause.name})` : ""}`;
  return eventId ? `${reason} [event ${eventId}]` : reason;
}
