import { boundedList } from "../recorder/bounded-list.ts";
import { shapeOf, textOf } from "./shape.ts";

/**
 * Collects the parts of a streamed answer, so that a call that fails or is cut off is recorded with what was delivered of it:
 * LangChain's error callbacks show nothing of it.
 */
export class DeliveredAnswer {
  readonly #content: unknown[] = [];
  readonly #callChunks: unknown[] = [];
  #hasEvents = false;

  /** The answer came by the newer streaming protocol, whose result does not show that it was streamed. */
  get hasEvents(): boolean {
    return this.#hasEvents;
  }

  /** Adds a token or, where there is one, its chunk. Gives false where it holds nothing yet: the first often only names the role. */
  addToken(token: unknown, fields: unknown): boolean {
    const chunk = shapeOf<"message">(shapeOf<"chunk">(fields)?.chunk);
    const message = shapeOf<"content" | "tool_call_chunks" | "additional_kwargs">(chunk?.message);
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
    const event = shapeOf<"event" | "index" | "content" | "delta">(value);
    const delta = shapeOf<"type" | "text" | "args">(event?.delta);
    const started = shapeOf<"type" | "id" | "name" | "args">(event?.content);
    if (event?.event === "content-block-start" && started?.type === "tool_call_chunk") {
      this.#callChunks.push({ ...started, index: event.index });
    } else if (delta?.type === "text-delta") this.#content.push(...textBlocks(textOf(delta.text) ?? ""));
    else if (delta?.type === "tool-call-delta")
      this.#callChunks.push({ args: delta.args, index: event?.index });
    return event?.event === "content-block-delta";
  }

  /** What was delivered as the framework's result would have shown it, or undefined where nothing was. */
  get result(): unknown {
    if (this.#content.length === 0 && this.#callChunks.length === 0) return undefined;
    const message = { type: "ai", content: this.#content, tool_call_chunks: this.#callChunks };
    return { generations: [[{ message }]] };
  }
}

function textBlocks(text: string): unknown[] {
  return text === "" ? [] : [{ type: "text", text }];
}
