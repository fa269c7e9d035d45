// A LangChain agent whose model calls and tool runs become events. Run: npm run example examples/langchain-agent.ts
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AIMessage } from "@langchain/core/messages";
import { ComplianceGuardClient, createRecorder } from "complianceguard";
import { ComplianceGuardHandler } from "complianceguard/langchain";
import { startServer } from "complianceguard/server";
import { createAgent, fakeModel, tool } from "langchain";

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

const score = tool(async ({ applicant }: { applicant: number }) => ({ applicant, score: 0.82 }), {
  name: "score",
  description: "Scores an applicant from 0 to 1.",
  schema: { type: "object", properties: { applicant: { type: "integer" } }, required: ["applicant"] },
});
// A model that answers offline; any chat model of LangChain stands here.
const model = fakeModel()
  .respondWithTools([{ name: "score", args: { applicant: 7 }, id: "call_1" }])
  .respond(new AIMessage("Short-list applicant 7."));

const agent = createAgent({ model, tools: [score] }).withConfig({
  callbacks: [new ComplianceGuardHandler({ recorder })],
});
const result = await agent.invoke(
  { messages: [{ role: "user", content: "Short-list applicant 7?" }] },
  { metadata: { complianceguard: { correlationId: "application-7" } } },
);
console.log(result.messages.at(-1)?.content);
await recorder.close();

const client = new ComplianceGuardClient({ baseUrl: server.url, apiKey });
for await (const event of client.listEvents()) {
  console.log(
    event.sequenceNumber,
    event.actor?.type,
    event.actor?.name ?? "",
    event.correlationId,
    event.outputReference,
  );
}
await client.close();
await server.close();
await rm(directory, { recursive: true });
