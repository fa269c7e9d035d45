import { present } from "../recorder/present.ts";
import { member, numberMember } from "./unknown-shape.ts";

/** Token counts, each where the provider gave it. */
export interface Usage {
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
  /** The finer counts too, for the metadata. Undefined where there are none at all. */
  readonly details: Readonly<Record<string, unknown>> | undefined;
}

/** Reads usage: flat numbers (specification V2) or nested totals (V3 and V4). */
export function usageOf(usage: unknown): Usage {
  const input = member(usage, "inputTokens");
  const output = member(usage, "outputTokens");
  const inputTokens = countOf(input);
  const outputTokens = countOf(output);
  const details = present({
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    total_tokens: numberMember(usage, "totalTokens"),
    cache_read_tokens: numberMember(input, "cacheRead") ?? numberMember(usage, "cachedInputTokens"),
    cache_write_tokens: numberMember(input, "cacheWrite"),
    reasoning_tokens: numberMember(output, "reasoning") ?? numberMember(usage, "reasoningTokens"),
  });
  return { inputTokens, outputTokens, details: Object.keys(details).length > 0 ? details : undefined };
}

function countOf(tokens: unknown): number | undefined {
  return typeof tokens === "number" ? tokens : numberMember(tokens, "total");
}
