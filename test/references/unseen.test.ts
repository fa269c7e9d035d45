import { Document } from "@langchain/core/documents";
import { FakeEmbeddings, FakeVectorStore } from "@langchain/core/utils/testing";
import { generateText, stepCountIs, tool, wrapLanguageModel } from "ai";
import { expect, test } from "vitest";
import { z } from "zod";
import { complianceGuardMiddleware } from "../../src/ai-sdk/index.ts";
import { ComplianceGuardHandler } from "../../src/langchain/index.ts";
import { startRecording } from "../support/recording.ts";
import { scriptedModel } from "../support/scripted-model.ts";

// What the README says no record is made of, because the frameworks show it to nobody.

test("a direct similaritySearch is not recorded, the same store as a retriever is", async () => {
  const { recorder, events } = startRecording();
  const callbacks = [new ComplianceGuardHandler({ recorder })];
  const store = new FakeVectorStore(new FakeEmbeddings());
  await store.addDocuments([new Document({ pageContent: "Job 12 needs a degree." })]);
  await store.similaritySearch("requirements", 1, undefined, callbacks);
  expect(await events()).toEqual([]);
  await store.asRetriever().invoke("requirements", { callbacks });
  expect((await events()).map(({ actor }) => actor?.type)).toEqual(["retriever"]);
});

test("another model that prepareStep returns is not recorded unless it is wrapped itself", async () => {
  const { recorder, events } = startRecording();
  const call = { type: "tool-call", toolCallId: "1", toolName: "score", input: "{}" };
  const answers = () =>
    scriptedModel("v4", [
      { content: [call], finish: "tool-calls" },
      { content: [{ type: "text", text: "Yes." }] },
    ]);
  const middleware = complianceGuardMiddleware({ recorder });
  const model = wrapLanguageModel({ model: answers() as never, middleware });
  const other = scriptedModel("v4", [{ content: [{ type: "text", text: "Yes." }] }]) as never;
  const tools = { score: tool({ inputSchema: z.object({}), execute: () => 1 }) };
  const ask = (next: never) =>
    generateText({
      model,
      tools,
      prompt: "?",
      stopWhen: stepCountIs(2),
      prepareStep: ({ stepNumber }) => (stepNumber === 0 ? {} : { model: next }),
    });
  await ask(other);
  expect(await events()).toHaveLength(1);
});
