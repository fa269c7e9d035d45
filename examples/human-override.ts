// A person overrides a decision: AI Act Art. 14. Run: npm run example examples/human-override.ts
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ComplianceGuardClient, createRecorder } from "complianceguard";
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

const run = recorder.start({
  kind: "model",
  correlationId: "application-7",
  input: () => ({ applicant: 7 }),
});
await run.succeed({ output: { shortlist: true } });

await recorder.logOverride({
  requestId: "application-7", // the correlation id of the decision
  reviewedEventId: run.eventId,
  userId: "alice@example.com",
  reason: "The required degree is missing.", // sent in clear
  originalOutput: { shortlist: true },
  finalOutput: { shortlist: false },
});
await recorder.close();

const client = new ComplianceGuardClient({ baseUrl: server.url, apiKey });
for await (const event of client.listEvents({ correlationId: "application-7" })) {
  console.log(
    event.sequenceNumber,
    event.actor?.type,
    event.humanOversight?.["decision"] ?? "decided",
    event.outputReference,
  );
}
await client.close();
await server.close();
await rm(directory, { recursive: true });
