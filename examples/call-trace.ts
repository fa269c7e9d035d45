// Latency and outcome of a provider call that no adapter sees: AI Act Art. 15. Run: npm run example examples/call-trace.ts
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ComplianceGuardClient, traceCall } from "complianceguard";
import { startServer } from "complianceguard/server";

const directory = await mkdtemp(join(tmpdir(), "complianceguard-"));
const server = await startServer({ directory, port: 0, systems: ["cv-screening-prod"] });
const client = new ComplianceGuardClient({ baseUrl: server.url, apiKey: server.apiKey ?? "" });

/** Stands for any provider: it answers once and then fails. */
let calls = 0;
async function provider(applicant: number): Promise<{ shortlist: boolean }> {
  if (++calls > 1) throw Object.assign(new Error("quota exceeded"), { status: 429 });
  return { shortlist: applicant === 7 };
}

for (const applicant of [7, 8]) {
  const trace = traceCall();
  const output = await trace.run(() => provider(applicant)).catch((error: Error) => ({ failed: error.name }));
  const systemState = trace.systemState({ metrics: { confidence: 0.82 } });
  await client.ingestEvent({
    systemId: "cv-screening-prod",
    modelId: "gpt-5",
    version: "2026.05.01",
    decisionClassification: "automated_decision",
    input: { applicant },
    output,
    systemState,
  });
  console.log(`applicant ${applicant}:`, systemState);
}
await client.close();
await server.close();
await rm(directory, { recursive: true });
