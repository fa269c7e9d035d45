import {
  generateText,
  jsonSchema,
  type LanguageModel,
  type LanguageModelMiddleware,
  tool,
  wrapLanguageModel,
} from "ai";
import { complianceGuardMiddleware, type RecorderOption, recordTools } from "../../src/ai-sdk/index.ts";

// What users write, compiled against each major of the framework by types.test.ts.

export async function shortList(
  model: Exclude<LanguageModel, string>,
  options: RecorderOption,
): Promise<number> {
  const middleware: LanguageModelMiddleware = complianceGuardMiddleware(options);
  const recorded = wrapLanguageModel({
    model: model as Parameters<typeof wrapLanguageModel>[0]["model"],
    middleware: [middleware, complianceGuardMiddleware(options)],
  });
  const tools = recordTools(
    {
      score: tool({
        description: "Scores an applicant.",
        inputSchema: jsonSchema<{ id: number }>({ type: "object", properties: { id: { type: "number" } } }),
        execute: async ({ id }) => ({ score: id / 10 }),
      }),
    },
    options,
  );
  const { steps } = await generateText({ model: recorded, tools, prompt: "Short-list applicant 7?" });
  // The types of the tools survive: name, input and output.
  const result = steps[0]?.staticToolResults[0];
  const name: "score" | undefined = result?.toolName;
  return name ? (result?.output.score ?? 0) + (result?.input.id ?? 0) : 0;
}
