import { createOpenAI } from "@ai-sdk/openai";
import { ChatOpenAI } from "@langchain/openai";
import { streamText, wrapLanguageModel } from "ai";
import { expect, test } from "vitest";
import { complianceGuardMiddleware } from "../../src/ai-sdk/index.ts";
import { ComplianceGuardHandler } from "../../src/langchain/index.ts";
import { startOpenAiServer } from "../support/openai-server.ts";
import { startRecording, statusOf } from "../support/recording.ts";

// The provider sends a few words and then nothing, and keeps the connection open.
const silent = { text: "Short-list applicant 7 because of six years of experience.", hangAfter: 4 };

test("an answer nobody finishes is recorded with what was delivered of it, by LangChain", async () => {
  await using server = await startOpenAiServer([silent]);
  const { recorder, events } = startRecording();
  const model = new ChatOpenAI({
    model: "gpt-5",
    apiKey: "none",
    configuration: { baseURL: server.baseURL },
  });
  const stream = await model.stream("?", { callbacks: [new ComplianceGuardHandler({ recorder })] });
  const reader = stream.getReader();
  let text = "";
  while (text === "") text += (await reader.read()).value?.text ?? "";
  // LangChain tells its callbacks of a token when the next one is asked for.
  await reader.read();
  await recorder.close();
  const [event] = await events();
  expect(statusOf(event)).toBe("abandoned");
  expect(JSON.stringify(event?.output)).toContain(text);
});

test("an answer nobody finishes is recorded with what was delivered of it, by the AI SDK", async () => {
  await using server = await startOpenAiServer([silent]);
  const { recorder, events } = startRecording();
  const provider = createOpenAI({ baseURL: server.baseURL, apiKey: "none" });
  const model = wrapLanguageModel({
    model: provider.chat("gpt-5"),
    middleware: complianceGuardMiddleware({ recorder }),
  });
  const { textStream } = streamText({ model, prompt: "?" });
  const { value: text } = await textStream[Symbol.asyncIterator]().next();
  await recorder.close();
  const [event] = await events();
  expect(statusOf(event)).toBe("abandoned");
  expect(JSON.stringify(event?.output)).toContain(text);
});
