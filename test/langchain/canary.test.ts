import { Document } from "@langchain/core/documents";
import { AIMessage, HumanMessage, SystemMessage } from "@langchain/core/messages";
import { RunnableLambda } from "@langchain/core/runnables";
import { FakeRetriever } from "@langchain/core/utils/testing";
import { ChatOpenAI } from "@langchain/openai";
import { createAgent, tool } from "langchain";
import { beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { ComplianceGuardHandler } from "../../src/langchain/index.ts";
import { memorySink } from "../../src/recorder/memory-sink.ts";
import { Recorder } from "../../src/recorder/recorder.ts";
import { startOpenAiServer } from "../support/openai-server.ts";

const canary = "canary-7f3a";
const warnings: string[] = [];

beforeAll(() => {
  for (const method of ["warn", "error", "log"] as const) {
    vi.spyOn(console, method).mockImplementation((...said) => void warnings.push(said.join(" ")));
  }
});

/** Every byte that reaches the sink, start records included. */
function setUp() {
  const sink = memorySink();
  const bytes: string[] = [];
  const keep = { ...sink };
  keep.begin = async (start) => void bytes.push(Buffer.from(start.body).toString());
  keep.submit = async (event) => void bytes.push(Buffer.from(event.body).toString());
  const recorder = new Recorder({
    sink: keep,
    systemId: "cv-screening-prod",
    version: "1",
    decisionClassification: "automated_decision",
    onError: (trouble) => void bytes.push(JSON.stringify(trouble)),
  });
  return { recorder, bytes, callbacks: [new ComplianceGuardHandler({ recorder })] };
}

test("nothing that might be content is sent in clear, wherever LangChain carries text", async () => {
  await using server = await startOpenAiServer([
    {
      text: canary,
      reasoning: canary,
      toolCalls: [
        { id: `${canary}-call`, name: "score", arguments: JSON.stringify({ note: canary }) },
        { id: `${canary}-other`, name: `${canary}_invented`, arguments: canary },
      ],
      finishReason: canary,
      model: `/${canary}/model.gguf`,
    },
    { status: 400, error: { message: canary, code: canary, param: canary } },
  ]);
  const { recorder, bytes, callbacks } = setUp();
  const model = new ChatOpenAI({
    model: "gpt-5",
    apiKey: `${canary}-key`,
    maxRetries: 0,
    configuration: { baseURL: `${server.baseURL}?${canary}`, defaultHeaders: { authorization: canary } },
  });
  const score = tool(
    () => {
      throw Object.assign(new Error(canary), { name: `${canary} error`, code: canary });
    },
    { name: "score", description: canary, schema: z.object({ note: z.string() }), metadata: { own: canary } },
  );
  const agent = createAgent({ model, tools: [score], name: `${canary}-agent` });
  const options = {
    callbacks,
    runName: canary,
    tags: [canary],
    metadata: { [canary]: canary, session: canary },
    configurable: { thread_id: canary, user_id: canary },
  };
  const messages = [new SystemMessage(canary), new HumanMessage({ content: canary, name: canary })];
  await agent.invoke({ messages }, options).catch(() => {});
  const documents = [new Document({ pageContent: canary, metadata: { source: canary }, id: canary })];
  await new FakeRetriever({ output: documents }).invoke(canary, options);
  const chain = RunnableLambda.from(() => {
    throw canary;
  });
  await chain.invoke({ [canary]: new AIMessage(canary) }, options).catch(() => {});
  await recorder.close();
  const kinds = bytes.map((each) => /"kind":"(\w+)"/.exec(each)?.[1]);
  expect(new Set(kinds)).toEqual(new Set(["agent", "model", "tool", "retriever", "chain"]));
  expect(bytes.filter((each) => each.includes(canary))).toEqual([]);
  expect(warnings.filter((each) => each.includes("ComplianceGuard") && each.includes(canary))).toEqual([]);
});
