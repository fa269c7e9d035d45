import { boundedList } from "../recorder/bounded-list.ts";
import type { RunEnd } from "../recorder/run.ts";
import { numberOf, type Shape, shapeOf, textOf } from "./shape.ts";

/**
 * Collects the parts of a streamed answer, so that a call that fails or is cut off is recorded with what was delivered of it:
 * LangChain's error callbacks show nothing of it.
 */
export class DeliveredAnswer {
  readonly #content: unknown[] = [];
  readonly #callChunks: unknown[] = [];
  #hasEvents = false;
  #finish: "none" | "unexplained" | "explained" = "none";
  #modelId: string | undefined;
  #startTokens = 0;
  #provisionalTokens = 0;

  /** The answer came by the newer streaming protocol, whose result does not show that it was streamed. */
  get hasEvents(): boolean {
    return this.#hasEvents;
  }

  /** Adds a token or, where there is one, its chunk. Gives false where it holds nothing yet: the first often only names the role. */
  addToken(token: unknown, fields: unknown): boolean {
    const chunk = shapeOf<"message">(shapeOf<"chunk">(fields)?.chunk);
    const message = shapeOf<keyof AnswerChunk>(chunk?.message);
    if (message) this.#readStart(message);
    const content = message ? message.content : token;
    const blocks = typeof content === "string" ? textBlocks(content) : boundedList(content);
    const calls = boundedList(message?.tool_call_chunks);
    this.#content.push(...blocks);
    this.#callChunks.push(...calls);
    const { reasoning_content: reasoning } = shapeOf<"reasoning_content">(message?.additional_kwargs) ?? {};
    return blocks.length > 0 || calls.length > 0 || textOf(reasoning) !== undefined;
  }

  /** Adds an event of the newer streaming protocol. Gives false where it holds nothing of the answer. */
  addEvent(value: unknown): boolean {
    this.#hasEvents = true;
    const event = shapeOf<keyof StreamEvent>(value);
    const delta = shapeOf<"type" | "text" | "args">(event?.delta);
    const started = shapeOf<"type" | "id" | "name" | "args">(event?.content);
    if (event?.event === "content-block-start" && started?.type === "tool_call_chunk") {
      this.#callChunks.push({ ...started, index: event.index });
    } else if (delta?.type === "text-delta") this.#content.push(...textBlocks(textOf(delta.text) ?? ""));
    else if (delta?.type === "tool-call-delta")
      this.#callChunks.push({ args: delta.args, index: event?.index });
    else if (event?.event === "message-start") this.#startTokens = outputTokensOf(event.usage);
    else if (event?.event === "provider") this.#readProviderEvent(event);
    else if (event?.event === "message-finish")
      this.#finish = textOf(event.reason) === undefined ? "unexplained" : "explained";
    return event?.event === "content-block-delta";
  }

  /**
   * Whether an answer of the newer protocol ended without its end, which its result does not show.
   *
   * @param isExplained Its provider always says why it stops.
   */
  isCutOff(isExplained: boolean): boolean {
    return this.#hasEvents && this.#finish !== "explained" && (isExplained || this.#finish === "none");
  }

  /**
   * The end of an answer with what only its parts told. LangChain adds what Anthropic counts at the start of a stream to the total it
   * counts at the end, and leaves Anthropic's model out of the newer protocol's result.
   */
  complete(end: RunEnd): RunEnd {
    const { modelId = this.#modelId, outputTokens = 0 } = end;
    const isSum = this.#provisionalTokens > 0 && outputTokens > this.#provisionalTokens;
    return {
      ...end,
      modelId,
      outputTokens: isSum ? outputTokens - this.#provisionalTokens : end.outputTokens,
    };
  }

  /** What was delivered as the framework's result would have shown it, or undefined where nothing was. */
  get result(): unknown {
    if (this.#content.length === 0 && this.#callChunks.length === 0) return undefined;
    const message = { type: "ai", content: this.#content, tool_call_chunks: this.#callChunks };
    return { generations: [[{ message }]] };
  }

  /** A stream's first part names its provider and, some providers', its model. */
  #readStart({ response_metadata, additional_kwargs, usage_metadata }: AnswerChunk): void {
    const facts = shapeOf<"model_provider" | "model_name">(response_metadata);
    const model = textOf(facts?.model_name) ?? textOf(shapeOf<"model">(additional_kwargs)?.model);
    this.#modelId ??= model;
    if (facts?.model_provider === "anthropic") this.#provisionalTokens ||= outputTokensOf(usage_metadata);
  }

  #readProviderEvent({ provider, name, payload }: StreamEvent): void {
    if (provider !== "anthropic" || name !== "message_start") return;
    this.#modelId ??= textOf(shapeOf<"model">(payload)?.model);
    this.#provisionalTokens = this.#startTokens;
  }
}

type AnswerChunk = Shape<
  "content" | "tool_call_chunks" | "additional_kwargs" | "response_metadata" | "usage_metadata"
>;

type StreamEvent = Shape<
  "event" | "index" | "content" | "delta" | "usage" | "reason" | "provider" | "name" | "payload"
>;

function outputTokensOf(usage: unknown): number {
  return numberOf(shapeOf<"output_tokens">(usage)?.output_tokens) ?? 0;
}

function textBlocks(text: string): unknown[] {
  return text === "" ? [] : [{ type: "text", text }];
}
