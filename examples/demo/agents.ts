import { createOpenAI } from "@ai-sdk/openai";
import { BaseRetriever } from "@langchain/core/retrievers";
import { ChatOpenAI } from "@langchain/openai";
import { tool as aiTool, jsonSchema, stepCountIs, ToolLoopAgent, wrapLanguageModel } from "ai";
import type { Recorder } from "complianceguard";
import { complianceGuardMiddleware, recordTools } from "complianceguard/ai-sdk";
import { ComplianceGuardHandler } from "complianceguard/langchain";
import { createAgent, tool } from "langchain";
import { instructions, question, requirements, scoreApplicant, toolSchemas } from "./job.ts";

/** The OpenAI-compatible endpoint both agents use. */
export interface Endpoint {
  readonly baseURL: string;
  readonly apiKey: string;
  readonly model: string;
}

class JobRetriever extends BaseRetriever {
  lc_namespace: string[] = ["demo"];
  override async _getRelevantDocuments(): Promise<typeof requirements> {
    return requirements;
  }
}

/** The job as a LangChain agent, with a retriever behind one of its tools. Gives the agent's answer. */
export async function runLangChain(
  recorder: Recorder,
  { baseURL, apiKey, model }: Endpoint,
): Promise<string> {
  const retriever = new JobRetriever();
  const lookUp = tool(
    async ({ job }: { job: number }, config) => {
      const documents = await retriever.invoke(`requirements of job ${job}`, config);
      return documents.map(({ pageContent }) => pageContent).join("\n");
    },
    { name: "job_requirements", ...described("job_requirements") },
  );
  const score = tool(
    async ({ applicant }: { applicant: number }) => JSON.stringify(scoreApplicant(applicant)),
    {
      name: "score_applicant",
      ...described("score_applicant"),
    },
  );
  const chat = new ChatOpenAI({ model, apiKey, maxRetries: 1, configuration: { baseURL } });
  const agent = createAgent({ model: chat, tools: [lookUp, score], systemPrompt: instructions });
  const { messages } = await agent.invoke(
    { messages: [{ role: "user", content: question }] },
    { callbacks: [new ComplianceGuardHandler({ recorder })] },
  );
  return messages.at(-1)?.text ?? "";
}

/** The same job as a streamed AI SDK agent. */
export async function runAiSdk(recorder: Recorder, { baseURL, apiKey, model }: Endpoint): Promise<string> {
  const chat = createOpenAI({ baseURL, apiKey }).chat(model);
  const tools = {
    job_requirements: aiTool({
      ...inputOf<{ job: number }>("job_requirements"),
      execute: async () => requirements.map(({ pageContent }) => pageContent).join("\n"),
    }),
    score_applicant: aiTool({
      ...inputOf<{ applicant: number }>("score_applicant"),
      execute: async ({ applicant }) => JSON.stringify(scoreApplicant(applicant)),
    }),
  };
  const agent = new ToolLoopAgent({
    model: wrapLanguageModel({ model: chat, middleware: complianceGuardMiddleware({ recorder }) }),
    tools: recordTools(tools, { recorder }),
    instructions,
    stopWhen: stepCountIs(6),
  });
  const result = await agent.stream({ prompt: question });
  let text = "";
  for await (const part of result.textStream) text += part;
  return text;
}

function described(name: keyof typeof toolSchemas): { description: string; schema: object } {
  const { description, parameters } = toolSchemas[name];
  return { description, schema: parameters };
}

function inputOf<Input>(name: keyof typeof toolSchemas) {
  const { description, parameters } = toolSchemas[name];
  return { description, inputSchema: jsonSchema<Input>(parameters as never) };
}
