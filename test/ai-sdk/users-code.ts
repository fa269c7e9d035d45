import {
  createProviderRegistry,
  generateText,
  jsonSchema,
  type LanguageModel,
  streamText,
  tool,
  wrapLanguageModel,
  wrapProvider,
} from "ai";
import {
  complianceGuardMiddleware,
  humanReviewTool,
  type RecorderOption,
  recordTools,
  recordUnexecutedCalls,
  requireHumanReview,
} from "../../src/ai-sdk/index.ts";
import { hostReviewer } from "../../src/review/index.ts";

// What users write, compiled against each major of the framework by types.test.ts.

export async function shortList(
  model: Exclude<LanguageModel, string>,
  options: RecorderOption,
): Promise<number> {
  const middleware = complianceGuardMiddleware(options);
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
  const { steps, response } = await generateText({
    model: recorded,
    tools,
    prompt: "Short-list applicant 7?",
  });
  await recordUnexecutedCalls(response.messages, options);
  // The types of the tools survive: name, input and output.
  const result = steps[0]?.staticToolResults[0];
  const name: "score" | undefined = result?.toolName;
  return name ? (result?.output.score ?? 0) + (result?.input.id ?? 0) : 0;
}

export function talk(model: LanguageModel, options: RecorderOption): unknown {
  return streamText({
    model,
    prompt: "Short-list applicant 7?",
    onFinish: ({ response }) => recordUnexecutedCalls(response.messages, options),
  }).textStream;
}

export function wrapAll(
  provider: Parameters<typeof wrapProvider>[0]["provider"],
  options: RecorderOption,
): unknown {
  const languageModelMiddleware = complianceGuardMiddleware(options);
  const wrapped = wrapProvider({ provider, languageModelMiddleware: [languageModelMiddleware] });
  return [wrapped, createProviderRegistry({ wrapped }, { languageModelMiddleware })];
}

export async function refund(model: LanguageModel, { recorder }: RecorderOption): Promise<number> {
  const reviewer = hostReviewer(async () => ({ type: "approve", reviewerId: "alice" }));
  const reviewed = requireHumanReview(
    tool({
      description: "Refunds.",
      inputSchema: jsonSchema<{ amount: number }>({
        type: "object",
        properties: { amount: { type: "number" } },
      }),
      execute: async ({ amount }) => ({ refunded: amount }),
    }),
    { recorder, reviewer, expiresAfterMs: 60_000 },
  );
  const tools = { refund: reviewed, human_review: humanReviewTool({ recorder, reviewer }) };
  const { steps } = await generateText({ model, tools, prompt: "Refund me 500." });
  const result = steps[0]?.staticToolResults[0];
  if (result?.toolName === "refund") return result.output.refunded + result.input.amount;
  return result?.output.decision === "edited"
    ? result.output.reason.length
    : (result?.input.proposed.length ?? 0);
}
