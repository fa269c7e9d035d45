import type { FinishReason } from "../recorder/run.ts";

/** Why a model stopped, in the words of its provider. */
export interface GivenReason {
  readonly reason: string | undefined;
  /** What OpenAI's responses form says of an answer that is `incomplete`. */
  readonly incomplete?: string | undefined;
  /** The answer holds calls: some providers say only `stop` where they stopped for a tool. */
  readonly hasCalls: boolean;
}

/** The neutral word for why a model stopped; undefined where its provider gave none. */
export function finishReason({ reason, incomplete, hasCalls }: GivenReason): FinishReason | undefined {
  const word = (incomplete ?? reason)?.toLowerCase();
  if (word === undefined) return undefined;
  const neutral = reasons.find(([pattern]) => pattern.test(word))?.[1] ?? "other";
  return neutral === "stop" && hasCalls ? "tool_calls" : neutral;
}

const reasons: readonly (readonly [RegExp, FinishReason])[] = [
  [/^(stop|end_turn|stop_sequence|completed?|eos|finish_reason_stop|pause_turn)$/, "stop"],
  [
    /^(length|max_tokens|max_output_tokens|max_completion_tokens|model_context_window_exceeded|model_length)$/,
    "length",
  ],
  [/^(tool_calls?|tool_use|function_call)$/, "tool_calls"],
  [
    /^(content_filter(ed)?|safety|image_safety|recitation|language|blocklist|prohibited_content|spii|refusal|guardrail_intervened)$/,
    "content_filter",
  ],
  [/^(error|failed|malformed_function_call|unexpected_tool_call|malformed_tool_call)$/, "error"],
];
