import { generateText, stepCountIs, tool, wrapLanguageModel } from "ai";
import { expect, test } from "vitest";
import { z } from "zod";
import { complianceGuardMiddleware } from "../../src/ai-sdk/index.ts";
import { startRecording } from "../support/recording.ts";
import { scriptedModel } from "../support/scripted-model.ts";

// What the README says no record is made of, because the AI SDK shows it to nobody. LangChain's is in test/langchain/unseen.test.ts.

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
