import { ChatAnthropic } from "@langchain/anthropic";
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { ChatDeepSeek } from "@langchain/deepseek";
import { ChatGoogleGenerativeAI } from "@langchain/google-genai";
import { ChatOpenAI } from "@langchain/openai";
import { ChatXAI } from "@langchain/xai";

/** LangChain's own class for each wire format, at a local address (given with `/v1`). */
export const langChainModels: Readonly<Record<string, (url: string) => BaseChatModel>> = {
  openai: (baseURL) => new ChatOpenAI({ ...common, configuration: { baseURL } }),
  "openai-responses": (baseURL) =>
    new ChatOpenAI({ ...common, useResponsesApi: true, configuration: { baseURL } }),
  "openai-compatible": (baseURL) => new ChatXAI({ ...common, baseURL } as never),
  deepseek: (baseURL) => new ChatDeepSeek({ ...common, configuration: { baseURL } }),
  anthropic: (url) => new ChatAnthropic({ ...common, anthropicApiUrl: url.replace("/v1", "") }),
  google: (url) => new ChatGoogleGenerativeAI({ ...common, baseUrl: url.replace("/v1", "") }),
};
const common = { model: "requested", apiKey: "none", maxRetries: 0 };
