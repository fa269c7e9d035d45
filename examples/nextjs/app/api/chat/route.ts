// app/api/chat/route.ts of a Next.js application: a chat for `useChat` whose model calls and tool runs are all recorded.
import { openai } from "@ai-sdk/openai";
import * as ai from "ai";
import { createRecorder } from "complianceguard";
import { complianceGuardMiddleware, recordTools } from "complianceguard/ai-sdk";
import { after } from "next/server";
import { z } from "zod";

export const runtime = "nodejs"; // events are kept on a disk before they are sent: the edge has none

const score = ai.tool({
  description: "Scores an applicant from 0 to 1.",
  inputSchema: z.object({ applicant: z.number() }),
  execute: async ({ applicant }) => ({ applicant, score: applicant / 10 }),
});

function setUp() {
  const recorder = createRecorder({
    systemId: "cv-screening-prod",
    version: "2026.05.01",
    decisionClassification: "automated_decision",
  });
  const middleware = complianceGuardMiddleware({ recorder });
  const model = ai.wrapLanguageModel({ model: openai("gpt-5"), middleware });
  return { recorder, model, tools: recordTools({ score }, { recorder }) };
}

// With the first request: `next build` loads this file too, where there are neither keys nor a platform.
let chat: ReturnType<typeof setUp> | undefined;

export async function POST(request: Request): Promise<Response> {
  chat ??= setUp();
  const { recorder, model, tools } = chat;
  const { id, messages } = (await request.json()) as { id: string; messages: ai.UIMessage[] };
  // Correlation ids go out in clear, and this one the browser chose: only a UUID says nothing about anybody.
  const correlationId = z.uuid().safeParse(id).data;

  const result = ai.streamText({
    model,
    tools,
    messages: await ai.convertToModelMessages(messages),
    stopWhen: ai.stepCountIs(5),
    abortSignal: request.signal, // a user who leaves ends the call: its event says `cancelled`
    providerOptions: correlationId ? { complianceguard: { correlationId } } : {},
  });
  after(() => recorder.flush()); // once the response is out: no token waits for a record

  return ai.createUIMessageStreamResponse({
    stream: ai.toUIMessageStream({ stream: result.stream }),
    consumeSseStream: ai.consumeStream, // a stream that nobody reads any more still comes to its end
  });
}
