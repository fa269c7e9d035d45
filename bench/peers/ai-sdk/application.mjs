// The application that is recorded: ai 7 with a model that answers at once.
import { generateText, stepCountIs, streamText, tool, wrapLanguageModel } from "ai";
import { z } from "zod";
import { textsOf } from "../text.mjs";

/** Parts of text that a streamed answer comes in. */
export const STREAMED_PARTS = 500;

export const settled = async () => {};

const usage = {
  inputTokens: { total: 120, noCache: 120, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 80, text: 80, reasoning: 0 },
};
const stop = { unified: "stop", raw: "stop" };

/** One call of the application: `generate`, `tool` (a call of a tool between two of the model) or `stream`. */
export function applicationOf(
  { flow, bytes, parts = STREAMED_PARTS },
  { middleware, wrapTools = (tools) => tools },
) {
  const question = textsOf(bytes);
  const bare = modelOf(flow, textsOf(bytes), parts);
  const model = middleware ? wrapLanguageModel({ model: bare, middleware }) : bare;
  switch (flow) {
    case "generate":
      return () => generateText({ model, prompt: question() });
    case "tool": {
      const found = textsOf(bytes);
      const lookup = tool({
        description: "looks up an applicant",
        inputSchema: z.object({ id: z.string() }),
        execute: async () => found(),
      });
      const tools = wrapTools({ lookup });
      return () => generateText({ model, prompt: question(), tools, stopWhen: stepCountIs(3) });
    }
    case "stream":
      return async () => {
        const { textStream } = streamText({ model, prompt: "Assess the applicant." });
        for await (const _ of textStream);
      };
    default:
      throw new Error(`There is no flow ${flow}`);
  }
}

function modelOf(flow, answer, partCount) {
  let lastCall = 0;
  return {
    specificationVersion: "v4",
    provider: "bench",
    modelId: "bench-1",
    supportedUrls: {},
    async doGenerate({ prompt }) {
      const isAsked = flow === "tool" && prompt.at(-1).role !== "tool";
      return {
        content: [isAsked ? toolCall(++lastCall) : { type: "text", text: answer() }],
        finishReason: isAsked ? { unified: "tool-calls", raw: "tool_calls" } : stop,
        usage,
        warnings: [],
      };
    },
    async doStream() {
      const parts = streamedParts(answer(), partCount);
      let next = 0;
      const stream = new ReadableStream({
        pull(controller) {
          if (next < parts.length) controller.enqueue(parts[next++]);
          else controller.close();
        },
      });
      return { stream };
    },
  };
}

const toolCall = (number) => ({
  type: "tool-call",
  toolCallId: `call_${number}`,
  toolName: "lookup",
  input: '{"id":"A-1042"}',
});

function streamedParts(text, count) {
  const length = Math.ceil(text.length / count);
  const deltas = Array.from({ length: count }, (_, index) => ({
    type: "text-delta",
    id: "1",
    delta: text.slice(index * length, (index + 1) * length) || " ",
  }));
  return [
    { type: "stream-start", warnings: [] },
    { type: "text-start", id: "1" },
    ...deltas,
    { type: "text-end", id: "1" },
    { type: "finish", finishReason: stop, usage },
  ];
}
