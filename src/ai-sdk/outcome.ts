import type { Answer } from "./answer.ts";
import { finishOf, isCutOff } from "./finish.ts";
import type { StreamAnswer } from "./stream-answer.ts";
import type { StreamEnd } from "./stream-tap.ts";
import { member, textMember } from "./unknown-shape.ts";
import { usageOf } from "./usage.ts";

/** How a call at a model ended, in the recorder's words. */
export type Outcome =
  | { readonly kind: "succeed" | "truncate" | "cancel" }
  | { readonly kind: "fail"; readonly error: unknown };

/** The outcome of a plain call that returned. */
export function outcomeOfAnswer(answer: Answer): Outcome {
  const isInterrupted = finishOf(member(answer, "finishReason"))?.words.unified === "interrupted";
  return { kind: isInterrupted ? "truncate" : "succeed" };
}

/** The outcome of a call that threw, or whose stream broke: an abort is the application's own will. */
export function outcomeOfError(error: unknown, signal?: AbortSignal | undefined): Outcome {
  const isAbort = signal?.aborted === true || textMember(error, "name") === "AbortError";
  return isAbort ? { kind: "cancel" } : { kind: "fail", error };
}

/**
 * The outcome of a stream. An error the provider reported outranks its finish (some send one all the same), and the finish
 * whatever came after it.
 */
export function outcomeOfStream(seen: Pick<StreamAnswer, "error" | "finish">, end: StreamEnd): Outcome {
  if (seen.error) return outcomeOfError(seen.error.thrown);
  if (seen.finish !== undefined) {
    const hasUsage = usageOf(member(seen.finish, "usage")).details !== undefined;
    return { kind: isCutOff(member(seen.finish, "finishReason"), hasUsage) ? "truncate" : "succeed" };
  }
  if (end.kind === "failed") return outcomeOfError(end.error);
  return { kind: end.kind === "cancelled" ? "cancel" : "truncate" };
}
