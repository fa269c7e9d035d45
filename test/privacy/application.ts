// An application with a canary in every place where a framework carries text. Run by canary.test.ts as a process of its own.
import { createOpenAI } from "@ai-sdk/openai";
import { Document } from "@langchain/core/documents";
import { FakeRetriever } from "@langchain/core/utils/testing";
import { ChatOpenAI } from "@langchain/openai";
import { tool as aiTool, generateText, jsonSchema, stepCountIs, streamText, wrapLanguageModel } from "ai";
import { createAgent, tool } from "langchain";
import { complianceGuardMiddleware, recordTools } from "../../src/ai-sdk/index.ts";
import { createRecorder } from "../../src/create-recorder.ts";
import { ComplianceGuardHandler } from "../../src/langchain/index.ts";
import { hostReviewer, reviewOutput } from "../../src/review/index.ts";
import { startOpenAiServer } from "../support/openai-server.ts";

const canary = process.env["CANARY"] as string;
const recorder = createRecorder({
  version: "1",
  decisionClassification: "automated_decision",
  timeoutMs: 5_000,
  outbox: { directory: process.env["OUTBOX_DIRECTORY"] },
});

class CanaryError extends Error {
  override readonly name = `${canary} Error`;
  readonly status = 200;
  readonly responseBody = canary;
  readonly headers = { authorization: canary };
}

await using server = await startOpenAiServer(({ body }) => {
  if (body.messages?.length === 9)
    return { status: 400, error: { message: canary, code: canary, param: canary } };
  const isAnswered = JSON.stringify(body.messages).includes('"role":"tool"');
  const toolCalls = [
    { id: `${canary}-1`, name: "score", arguments: JSON.stringify({ note: canary }) },
    { id: `${canary}-2`, name: `${canary}_invented`, arguments: canary },
  ];
  const shared = { text: canary, reasoning: canary, finishReason: canary, model: `/models/${canary}.gguf` };
  return isAnswered ? shared : { ...shared, toolCalls };
});
const baseURL = server.baseURL;
const fail = async (): Promise<string> => {
  throw new CanaryError(canary);
};

// LangChain: agent, stream, retriever, failing tool, HTTP error.
const model = new ChatOpenAI({
  model: "gpt-5",
  apiKey: canary,
  maxRetries: 0,
  configuration: { baseURL: `${baseURL}?${canary}`, defaultHeaders: { "x-own": canary } },
});
const schema = { type: "object", properties: { note: { type: "string", description: canary } } } as never;
const score = tool(fail, { name: "score", description: canary, schema, metadata: { own: canary } });
const agent = createAgent({ model, tools: [score], name: canary, systemPrompt: canary });
const options = {
  callbacks: [new ComplianceGuardHandler({ recorder })],
  runName: canary,
  tags: [canary],
  metadata: { [canary]: canary },
  configurable: { thread_id: canary, user_id: canary },
};
const messages = [{ role: "user", content: canary, name: canary }];
await agent.invoke({ messages }, options).catch(() => {});
for await (const _ of await model.stream(canary, options));
await model
  .invoke(
    Array.from({ length: 9 }, () => messages[0] as never),
    options,
  )
  .catch(() => {});
const documents = [new Document({ pageContent: canary, metadata: { source: canary }, id: canary })];
await new FakeRetriever({ output: documents }).invoke(canary, options);

// The AI SDK: an agent's loop with a failing tool, a stream, an HTTP error.
const wrapped = wrapLanguageModel({
  model: createOpenAI({ baseURL, apiKey: canary, headers: { "x-own": canary } }).chat("gpt-5"),
  middleware: complianceGuardMiddleware({ recorder }),
});
const tools = recordTools(
  { score: aiTool({ description: canary, inputSchema: jsonSchema<object>(schema), execute: fail }) },
  { recorder },
);
const call = { model: wrapped, maxRetries: 0, headers: { authorization: canary }, stopSequences: [canary] };
await generateText({
  ...call,
  tools,
  prompt: canary,
  stopWhen: stepCountIs(3),
  providerOptions: { openai: { user: canary } },
});
await streamText({ ...call, prompt: canary, onError: () => {} }).text;
const nine = Array.from({ length: 9 }, () => ({ role: "user" as const, content: canary }));
await generateText({ ...call, messages: nine }).catch(() => {});

// A person approves an answer; reviewer and reason are sent as given, so they hold no canary.
const reviewer = hostReviewer(async () => ({
  type: "edit",
  reviewerId: "alice",
  reason: "shorter",
  final: canary,
}));
await reviewOutput({ recorder, reviewer, proposed: canary, question: canary, context: { canary } });

const status = await recorder.close();
if (status.delivered < 12 || status.waiting + status.deadLetters > 0) throw new Error(JSON.stringify(status));
// Each framework's own warnings are not ours; the canary test reads only what this package could have written.
