import { idOf, shapeOf } from "./shape.ts";

/**
 * What an error callback really tells:
 * - `waits`: the graph was interrupted for a person, which is no error
 * - `hands_over`: a command for the parent graph, which is how some tools and nodes succeed
 * - `cancelled`: the consumer or an abort signal ended it, or the graph was asked to stop
 * - `failed`: an error, a deadline among them
 */
export type ThrownKind = "waits" | "hands_over" | "cancelled" | "failed";

/**
 * Tells control flow and cancellation from failure. LangGraph's control flow is known by `is_bubble_up` alone: an error that is only named
 * `GraphInterrupt` is an error.
 *
 * @param signal The signal the run was given, where it is known.
 */
export function thrownKind(error: unknown, signal?: AbortSignal | undefined): ThrownKind {
  const thrown = shapeOf<"is_bubble_up" | "interrupts" | "command" | "name">(error);
  if (thrown?.is_bubble_up === true) {
    if (Array.isArray(thrown.interrupts)) return "waits";
    return thrown.command === undefined ? "cancelled" : "hands_over";
  }
  const isReason = signal?.aborted === true && signal.reason === error && !/Timeout/.test(idOf(thrown?.name));
  return isReason || isAbort(error) ? "cancelled" : "failed";
}

const abortNames: ReadonlySet<unknown> = new Set(["AbortError", "ModelAbortError", "APIUserAbortError"]);
const abortMessages: ReadonlySet<unknown> = new Set([
  "AbortError",
  "Abort",
  "Aborted",
  "Request was aborted.",
]);

/** Providers and LangChain itself name an abort differently, some only in the message. */
function isAbort(error: unknown): boolean {
  const thrown = shapeOf<"name" | "message" | "code" | "constructor">(error);
  if (!thrown) return false;
  return (
    abortNames.has(thrown.name) ||
    (typeof thrown.constructor === "function" && abortNames.has(thrown.constructor.name)) ||
    abortMessages.has(thrown.message) ||
    thrown.code === "ABORT_ERR"
  );
}
