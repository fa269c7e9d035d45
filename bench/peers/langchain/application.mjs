// The application that is recorded: prompt, model, parser. Its model answers with as much text as it was asked, at once or after a while.
import { setTimeout as pause } from "node:timers/promises";
import { awaitAllCallbacks } from "@langchain/core/callbacks/promises";
import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessage } from "@langchain/core/messages";
import { StringOutputParser } from "@langchain/core/output_parsers";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { textsOf } from "../text.mjs";

/** LangChain may still be telling its handlers when a call has returned. */
export const settled = awaitAllCallbacks;

const usage = { input_tokens: 120, output_tokens: 80, total_tokens: 200 };

class Model extends BaseChatModel {
  #answer;
  #takesMs;
  constructor(answer, takesMs) {
    super({});
    this.#answer = answer;
    this.#takesMs = takesMs;
  }
  static lc_name() {
    return "BenchModel";
  }
  _llmType() {
    return "bench";
  }
  _combineLLMOutput() {
    return {};
  }
  invocationParams() {
    return { model: "bench-1", temperature: 0 };
  }
  async _generate() {
    if (this.#takesMs > 0) await pause(this.#takesMs);
    const text = this.#answer();
    const message = new AIMessage({
      content: text,
      usage_metadata: usage,
      response_metadata: { model_name: "bench-1", finish_reason: "stop" },
    });
    return { generations: [{ text, message }], llmOutput: {} };
  }
}

/** One call of the application, with prompt and answer of so many bytes each. */
export function applicationOf({ bytes, modelMs = 0 }, { handler }) {
  const question = textsOf(bytes);
  const chain = ChatPromptTemplate.fromMessages([
    ["system", "You are a careful assistant."],
    ["human", "{input}"],
  ])
    .pipe(new Model(textsOf(bytes), modelMs))
    .pipe(new StringOutputParser());
  return () => chain.invoke({ input: question() }, handler && { callbacks: [handler] });
}
