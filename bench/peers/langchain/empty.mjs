// A handler that hears of everything, is awaited and does nothing: what it costs that there is one.
import { BaseCallbackHandler } from "@langchain/core/callbacks/base";

const METHODS = [
  "handleLLMStart",
  "handleChatModelStart",
  "handleLLMNewToken",
  "handleLLMEnd",
  "handleLLMError",
  "handleChainStart",
  "handleChainEnd",
  "handleChainError",
  "handleToolStart",
  "handleToolEnd",
  "handleToolError",
  "handleRetrieverStart",
  "handleRetrieverEnd",
  "handleRetrieverError",
];

class Empty extends BaseCallbackHandler {
  name = "empty";
  awaitHandlers = true;
}
for (const method of METHODS) Empty.prototype[method] = async () => {};

export const create = () => ({ handler: new Empty(), flush: async () => {} });
