import { boundedList } from "../recorder/bounded-list.ts";
import { NeutralConversation, proposedCalls } from "../recorder/neutral-form.ts";
import { someOf } from "../recorder/present.ts";
import type { RunEnd } from "../recorder/run.ts";
import { finishReason } from "./finish-reason.ts";
import { type MessageShape, readMessage } from "./messages.ts";
import { numberOf, type Shape, shapeOf, textOf } from "./shape.ts";

type Generation = Shape<"text" | "message" | "generationInfo" | "concat">;

/**
 * The end of a model call from the framework's `LLMResult`. The same answer gives the same output whichever way the model
 * was called: a whole message, one put together from chunks, or standard content blocks. An empty stream is an
 * answer with nothing in it.
 */
export function chatResult(result: unknown, extraParams?: unknown): RunEnd {
  const answer = shapeOf<"generations" | "llmOutput">(result);
  const generations = boundedList(boundedList(answer?.generations)[0]).map((each) =>
    shapeOf<keyof Generation>(each),
  );
  const conversation = new NeutralConversation();
  const messages = generations.map((generation) => messageOf(generation));
  const read = messages.map((message) => readMessage(message, "answer"));
  for (const { pieces } of read) conversation.add("assistant", pieces);
  const output = conversation.component();
  const calls = proposedCalls(output.messages);
  const first = sources(generations[0], messages[0], answer?.llmOutput);
  const reason = rawReason(first);
  return {
    output,
    proposedCalls: calls,
    modelId: firstText(first, ["model_name", "model", "modelName"]),
    finishReason: finishReason({ reason, incomplete: incompleteReason(first), hasCalls: calls.length > 0 }),
    ...tokens(messages[0], first),
    isCached: shapeOf<"cached">(extraParams)?.cached === true ? true : undefined,
    metadata: {
      finish_reason: reason,
      response_id: responseId(messages[0], first),
      tool_call_ids: someOf(calls.map(({ id }) => id)),
      dropped_calls: conversation.droppedCalls || undefined,
      ...setAside(read),
      grounding: firstOf(first, ["groundingMetadata", "citationMetadata"]),
      usage: messages[0]?.usage_metadata,
    },
  };
}

/** Whether a provider's streams always say why they stopped, as far as LangChain passes it on. */
export function saysWhyItStops(provider: unknown): boolean {
  return sayWhyTheyStop.has(provider);
}

const sayWhyTheyStop: ReadonlySet<unknown> = new Set([
  "openai",
  "anthropic",
  "deepseek",
  "xai",
  "google-genai",
]);

/** Whether an answer ended without its end: a stream that gave nothing at all, or never said why it stopped. */
export function isCutOff(result: unknown): boolean {
  const generation = firstGeneration(result);
  if (!generation) return true;
  const message = messageOf(generation);
  const provider = shapeOf<"model_provider">(message?.response_metadata)?.model_provider;
  const isChunk = isStreamed(result);
  return (
    isChunk && saysWhyItStops(provider) && rawReason(sources(generation, message, undefined)) === undefined
  );
}

/** Whether an answer was put together from the chunks of a stream. Some models announce a whole answer as one token. */
export function isStreamed(result: unknown): boolean {
  const generation = firstGeneration(result);
  return generation === undefined || typeof generation.concat === "function";
}

function firstGeneration(result: unknown): Generation | undefined {
  return shapeOf(boundedList(boundedList(shapeOf<"generations">(result)?.generations)[0])[0]);
}

function messageOf(generation: Generation | undefined): MessageShape | undefined {
  const message = shapeOf<keyof MessageShape>(generation?.message);
  if (message) return message;
  // Legacy text models: the text is one assistant message.
  return { role: "assistant", content: textOf(generation?.text) ?? "" };
}

/** Where a fact about the answer may stand, the likeliest first: it moves with the way of calling. */
function sources(
  generation: Generation | undefined,
  message: MessageShape | undefined,
  llmOutput: unknown,
): Facts[] {
  return [message?.response_metadata, generation?.generationInfo, llmOutput, message?.additional_kwargs]
    .map((each) => shapeOf<keyof Facts>(each))
    .filter((each) => each !== undefined);
}

type Facts = Shape<
  | "finish_reason"
  | "finishReason"
  | "stop_reason"
  | "done_reason"
  | "status"
  | "incomplete_details"
  | "model_name"
  | "model"
  | "modelName"
  | "id"
  | "tokenUsage"
  | "estimatedTokenUsage"
  | "usage"
  | "groundingMetadata"
  | "citationMetadata"
>;

function rawReason(facts: readonly Facts[]): string | undefined {
  return firstText(facts, ["finish_reason", "finishReason", "stop_reason", "done_reason", "status"]);
}

function firstText(facts: readonly Facts[], names: readonly (keyof Facts)[]): string | undefined {
  for (const each of facts) {
    for (const name of names) {
      const text = textOf(each[name]);
      if (text !== undefined) return text;
    }
  }
  return undefined;
}

function firstOf(facts: readonly Facts[], names: readonly (keyof Facts)[]): unknown {
  for (const each of facts) {
    for (const name of names) if (each[name] !== undefined) return each[name];
  }
  return undefined;
}

/** Why an answer of OpenAI's responses form is incomplete. */
function incompleteReason(facts: readonly Facts[]): string | undefined {
  for (const each of facts) {
    const reason = textOf(shapeOf<"reason">(each.incomplete_details)?.reason);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function tokens(
  message: MessageShape | undefined,
  facts: readonly Facts[],
): Pick<RunEnd, "inputTokens" | "outputTokens"> {
  const usage = shapeOf<"input_tokens" | "output_tokens">(message?.usage_metadata);
  if (usage)
    return { inputTokens: numberOf(usage.input_tokens), outputTokens: numberOf(usage.output_tokens) };
  for (const each of facts) {
    const counted = shapeOf<string>(each.tokenUsage ?? each.estimatedTokenUsage ?? each.usage);
    const inputTokens = firstNumber(counted, [
      "promptTokens",
      "prompt_tokens",
      "input_tokens",
      "inputTokens",
    ]);
    const outputTokens = firstNumber(counted, [
      "completionTokens",
      "completion_tokens",
      "output_tokens",
      "outputTokens",
    ]);
    if (inputTokens !== undefined || outputTokens !== undefined) return { inputTokens, outputTokens };
  }
  return {};
}

function firstNumber(facts: Shape<string> | undefined, names: readonly string[]): number | undefined {
  for (const name of names) {
    const number = numberOf(facts?.[name]);
    if (number !== undefined) return number;
  }
  return undefined;
}

/** `run-…` ids are LangChain's own. */
function responseId(message: MessageShape | undefined, facts: readonly Facts[]): string | undefined {
  const id = textOf(message?.id);
  return id === undefined || id.startsWith("run-") ? firstText(facts, ["id"]) : id;
}

function setAside(read: readonly ReturnType<typeof readMessage>[]): Record<string, unknown> {
  const all = read.map((each) => each.setAside);
  return {
    reasoning: someOf(all.flatMap(({ reasoning }) => reasoning).filter((text) => text !== "")),
    sources: someOf(all.flatMap(({ sources: each }) => each)),
    provider_calls: someOf(all.flatMap(({ providerCalls }) => providerCalls)),
    refusals: someOf(all.flatMap(({ refusals }) => refusals)),
    other_blocks: someOf(all.flatMap(({ otherBlocks }) => otherBlocks)),
  };
}
