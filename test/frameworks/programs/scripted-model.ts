import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import type { AIMessage } from "@langchain/core/messages";
import type { Load } from "./recording.ts";

/** One scripted answer: a text, the tool calls of an agent's turn, or an error. */
export type Answer = string | Error | readonly ToolCall[];

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly args: Record<string, unknown>;
}

/** A chat model of the loaded core that gives scripted answers; no core before 1.1.33 brings one for agents. */
export async function scriptedModel(load: Load, ...answers: readonly Answer[]): Promise<BaseChatModel> {
  const { BaseChatModel: Base } = (await load(
    "@langchain/core/language_models/chat_models",
  )) as typeof import("@langchain/core/language_models/chat_models");
  const messages = (await load("@langchain/core/messages")) as typeof import("@langchain/core/messages");
  const { ChatGenerationChunk } = (await load(
    "@langchain/core/outputs",
  )) as typeof import("@langchain/core/outputs");
  const script = [...answers];
  const next = (): Exclude<Answer, Error> => {
    const answer = script.shift() ?? "nothing more";
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const toMessage = (answer: Exclude<Answer, Error>): AIMessage =>
    typeof answer === "string"
      ? new messages.AIMessage({ content: answer, response_metadata: { finish_reason: "stop" } })
      : new messages.AIMessage({
          content: "",
          tool_calls: answer.map((call) => ({ ...call, type: "tool_call" as const })),
          response_metadata: { finish_reason: "tool_calls" },
        });

  class Scripted extends Base {
    override _llmType(): string {
      return "scripted";
    }
    override bindTools(): this {
      return this;
    }
    override async _generate() {
      const message = toMessage(next());
      return { generations: [{ text: message.text ?? "", message }] };
    }
    override async *_streamResponseChunks(...[, , run]: Parameters<BaseChatModel["_streamResponseChunks"]>) {
      const answer = next();
      const pieces = typeof answer === "string" ? (answer.match(/.{1,4}/gs) ?? []) : [""];
      for (const [index, piece] of pieces.entries()) {
        const isLast = index === pieces.length - 1;
        const calls = typeof answer === "string" ? [] : answer;
        const message = new messages.AIMessageChunk({
          content: piece,
          tool_call_chunks: calls.map(({ id, name, args }, place) => ({
            id,
            name,
            args: JSON.stringify(args),
            index: place,
            type: "tool_call_chunk" as const,
          })),
          response_metadata: isLast ? { finish_reason: calls.length > 0 ? "tool_calls" : "stop" } : {},
        });
        const chunk = new ChatGenerationChunk({ text: piece, message });
        yield chunk;
        await run?.handleLLMNewToken(piece, undefined, undefined, undefined, undefined, { chunk });
      }
    }
  }
  return new Scripted({}) as BaseChatModel;
}
