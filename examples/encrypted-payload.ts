// Seals the content under a key of yours; only who has the key can read and check it. Run: npm run example examples/encrypted-payload.ts
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ComplianceGuardClient,
  createRecorder,
  decryptEvent,
  generateKey,
  verifyEvent,
} from "complianceguard";
import { startServer } from "complianceguard/server";

const directory = await mkdtemp(join(tmpdir(), "complianceguard-"));
const server = await startServer({ directory, port: 0, systems: ["cv-screening-prod"] });
const apiKey = server.apiKey ?? "";
const payloadKey = generateKey(); // keep it where the platform is not

const recorder = createRecorder({
  baseUrl: server.url,
  apiKey,
  systemId: "cv-screening-prod",
  version: "2026.05.01",
  decisionClassification: "automated_decision",
  outbox: { directory },
  payloadKey,
  payloadKeyId: "2026-05",
});
const run = recorder.start({ kind: "model", modelId: "gpt-5", input: () => ({ applicant: 7 }) });
await run.succeed({ output: { shortlist: true } });
await recorder.close();

const client = new ComplianceGuardClient({ baseUrl: server.url, apiKey });
const event = await client.getEvent(run.eventId);
const { input, output } = await decryptEvent(event, payloadKey);
console.log("the auditor reads", input, output);

const { authenticated, differs } = await verifyEvent({ ...event, modelId: "another-model" }, payloadKey);
console.log(`${authenticated.length} fields are as they were sent; changed since:`, differs);

await client.close();
await server.close();
await rm(directory, { recursive: true });
