// A streamed AI SDK call, recorded. Run: npm run example examples/ai-sdk-stream.ts
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { simulateReadableStream, streamText, wrapLanguageModel } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { ComplianceGuardClient, createRecorder } from "complianceguard";
import { complianceGuardMiddleware } from "complianceguard/ai-sdk";
import { startServer } from "complianceguard/server";

const directory = await mkdtemp(join(tmpdir(), "complianceguard-"));
const server = await startServer({ directory, port: 0, systems: ["cv-screening-prod"] });
const apiKey = server.apiKey ?? "";
const recorder = createRecorder({
  baseUrl: server.url,
  apiKey,
  systemId: "cv-screening-prod",
  version: "2026.05.01",
  decisionClassification: "automated_decision",
  outbox: { directory },
});

// A model that answers offline; any model of any provider stands here.
const usage = {
  inputTokens: { total: 9, noCache: 9, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 3, text: 3, reasoning: 0 },
};
const deltas = ["Short-list ", "applicant ", "7."];
const words = deltas.map((delta) => ({ type: "text-delta", id: "1", delta }) as const);
const offlineModel = new MockLanguageModelV4({
  modelId: "gpt-5",
  doStream: async () => ({
    stream: simulateReadableStream({
      chunks: [
        { type: "stream-start", warnings: [] },
        { type: "text-start", id: "1" },
        ...words,
        { type: "text-end", id: "1" },
        { type: "finish", usage, finishReason: { unified: "stop", raw: "stop" } },
      ],
    }),
  }),
});

const model = wrapLanguageModel({ model: offlineModel, middleware: complianceGuardMiddleware({ recorder }) });
const result = streamText({
  model,
  prompt: "Short-list applicant 7?",
  providerOptions: { complianceguard: { correlationId: "application-7" } },
});
for await (const text of result.textStream) process.stdout.write(text);
console.log();
console.log(await recorder.close()); // the stream does not wait for its event: close or flush does

const client = new ComplianceGuardClient({ baseUrl: server.url, apiKey });
for await (const { modelId, correlationId } of client.listEvents()) console.log(modelId, correlationId);
await client.close();
await server.close();
await rm(directory, { recursive: true });
