// Records one decision on a platform of its own, and reads it back. Run: npm run example examples/first-event.ts
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ComplianceGuardClient } from "complianceguard";
import { startServer } from "complianceguard/server";

const directory = await mkdtemp(join(tmpdir(), "complianceguard-"));
const server = await startServer({ directory, port: 0, systems: ["cv-screening-prod"] });
const client = new ComplianceGuardClient({ baseUrl: server.url, apiKey: server.apiKey ?? "" });

const result = await client.ingestEvent({
  systemId: "cv-screening-prod",
  modelId: "gpt-5",
  version: "2026.05.01",
  decisionClassification: "automated_decision",
  input: { applicant: 7 },
  output: { shortlist: true },
});
console.log(
  `event ${result.eventId} is number ${result.sequenceNumber} of the record, hash ${result.eventHash}`,
);

const stored = await client.getEvent(result.eventId);
console.log("the platform knows the content only as", stored.inputReference, "and", stored.outputReference);

await client.close();
await server.close();
await rm(directory, { recursive: true });
